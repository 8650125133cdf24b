"""Invoicing: what is owed, by whom, since when, and what follows when it is not paid."""
