"""How the program of a service begins. It is loaded before all else, and loads nothing itself."""

from __future__ import annotations

from importlib import import_module

from bulkhead.runtime.memory import made_to_stay


def start(package: str) -> None:
    """Run the command line of the service that is imported by this name."""
    with made_to_stay():
        cli = import_module(f"{package}.entrypoints.cli").cli
    cli()
