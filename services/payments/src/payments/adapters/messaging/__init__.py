"""Payments on the topics."""
