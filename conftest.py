"""What every test of the repository may ask for, and how examples are tried out."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import settings

pytest_plugins = ("bulkhead.testing.backing",)

# How long one example takes says more about the machine's other work than about the code.
settings.register_profile("bulkhead", deadline=None, print_blob=True)
settings.load_profile("bulkhead")


@pytest.fixture(autouse=True)
def _logs_as_they_were() -> Iterator[None]:
    """Undo what a test set about logs: it may send them to a stream that is closed when the test ends."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    was = structlog.get_config() if structlog.is_configured() else None
    yield
    structlog.reset_defaults()
    if was is not None:
        structlog.configure(**was)
    root.handlers[:] = handlers
    root.setLevel(level)
