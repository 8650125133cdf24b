"""What every test of the repository may ask for, and how examples are tried out."""

from __future__ import annotations

from hypothesis import settings

pytest_plugins = ("bulkhead.testing.backing",)

# How long one example takes says more about the machine's other work than about the code.
settings.register_profile("bulkhead", deadline=None, print_blob=True)
settings.load_profile("bulkhead")
