"""The rules of intake, clearing, lockbox files, remittance, refunds and the books: pure, no clock, no
database.
"""
