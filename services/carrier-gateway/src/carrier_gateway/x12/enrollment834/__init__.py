"""The 834 benefit enrollment and maintenance set, 005010X220A1."""
