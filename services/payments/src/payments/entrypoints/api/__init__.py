"""Payments' HTTP interface."""
