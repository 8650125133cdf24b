"""How enrollment is reached: its HTTP API and its command line."""
