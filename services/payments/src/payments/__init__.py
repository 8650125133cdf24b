"""Payments: what was paid, how far the money has got, and whom it went to."""
