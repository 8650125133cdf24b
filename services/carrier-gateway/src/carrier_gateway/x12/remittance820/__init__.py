"""The 820 of exchanges: what a carrier is paid for whom (005010X306)."""
