"""The keys that bank accounts are sealed by."""
