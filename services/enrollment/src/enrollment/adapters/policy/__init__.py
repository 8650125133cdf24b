"""Enrollment's parameters from a policy pack."""
