"""Invoicing's tables."""
