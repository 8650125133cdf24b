"""The recorder: what was asked of an exchange and what it answered, and at the end whether it kept its word.

It trusts nobody. It shares no code with the services: it sees their public APIs, their topics and their files, and has
a book of its own.
"""
