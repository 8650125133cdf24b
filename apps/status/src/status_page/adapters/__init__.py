"""Asking services, and writing pages."""
