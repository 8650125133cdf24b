"""Invoicing's HTTP interface."""
