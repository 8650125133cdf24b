"""Use cases of notifications, one a file."""
