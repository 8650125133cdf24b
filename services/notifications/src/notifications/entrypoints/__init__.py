"""How the world reaches notifications."""
