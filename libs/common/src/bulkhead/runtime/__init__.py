"""Runs a service: settings, loops, one process of it, its command line."""
