"""X12 as a pure library: segments, envelopes, and the 834. Build, parse and validate are apart.

Nothing here knows a carrier, a database or a rule of the exchange; nothing here raises on what it reads.
"""
