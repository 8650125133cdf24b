"""The ways in, as anybody outside meets them."""
