"""The policy pack, as notifications reads it."""
