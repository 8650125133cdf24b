"""How the program of a service begins. It is loaded before all else, and loads nothing itself."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

from bulkhead.runtime.memory import made_to_stay


def start(package: str) -> None:
    """Run the command line of the service that is imported by this name."""
    with made_to_stay(), _not_there("rich"):
        cli = import_module(f"{package}.entrypoints.cli").cli
    cli()


@contextmanager
def _not_there(name: str) -> Iterator[None]:
    """Let a library be imported by nobody.

    structlog loads rich where it is there, for logs in colours. Ours are JSON, and it is a twentieth of a start. A
    command that prints help in colours loads it later.
    """
    before = sys.modules.get(name)
    sys.modules[name] = None  # pyright: ignore[reportArgumentType] - Python's way to say so
    try:
        yield
    finally:
        if before is None:
            del sys.modules[name]
        else:
            sys.modules[name] = before
