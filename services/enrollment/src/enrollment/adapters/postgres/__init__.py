"""Enrollment in PostgreSQL."""
