"""The event-sourced record of what AI coding agents do."""
