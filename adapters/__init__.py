"""The outside: databases, git, transcripts and issue files, each in a folder of its own, and what opens them."""
