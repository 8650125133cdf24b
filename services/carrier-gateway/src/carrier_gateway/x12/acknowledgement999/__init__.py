"""The 999 implementation acknowledgment, 005010X231A1: what became of a functional group and of each set in it."""
