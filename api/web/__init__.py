"""What every resource is served with: answers, bodies, commands, cursors, lists, problems and the service."""
