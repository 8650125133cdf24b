"""Enrollment: who is covered by what, and from when."""
