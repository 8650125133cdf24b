"""Payments' tables."""
