"""The rules of charges, invoices, grace and the receivables ledger: pure, no clock, no database."""
