"""Names in Latin letters."""
