"""What every test of the repository may ask for: PostgreSQL, Kafka, databases of its own."""

from __future__ import annotations

pytest_plugins = ("bulkhead.testing.backing",)
