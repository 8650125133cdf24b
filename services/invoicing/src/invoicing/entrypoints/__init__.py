"""How the world reaches invoicing."""
