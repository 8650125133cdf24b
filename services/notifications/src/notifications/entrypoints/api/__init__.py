"""The HTTP API of notifications."""
