"""Looking, and saying what was seen."""
