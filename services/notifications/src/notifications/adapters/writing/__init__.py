"""Puts notices into words."""
