"""Measurements: ``make bench NAME=relay``. Each ends with its ratio to what stands beside it in the same run."""
