"""Invoicing's parameters, from the policy pack."""
