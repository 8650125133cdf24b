"""Makes letters on paper."""
