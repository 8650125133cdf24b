"""The carrier gateway: what carriers are told and what they say."""
