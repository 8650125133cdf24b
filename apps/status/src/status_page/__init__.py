"""The status page: what works now, what does not, and what people can do meanwhile (OPS-3, NOT-2)."""
