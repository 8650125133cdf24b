"""What a carrier knows of X12, and which files it makes."""
