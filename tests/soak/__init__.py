"""The soak: an exchange under load whose processes are killed at random, and the question afterwards what it lost.

``make soak MINUTES=10 RATE=50``
"""
