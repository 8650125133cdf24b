"""What can go wrong on this machine, said so that a person knows what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


class LocalError(Exception):
    """Something on this machine is not as it must be. The message ends with what to do."""


class Missing(LocalError):
    """A program that must be installed is not. ``how`` says how to get it."""

    def __init__(self, *, what: str, how: str) -> None:
        super().__init__(f"{what} is missing.\n  What to do: {how}")


class UnknownExchange(LocalError):
    """There is no exchange instance of that name."""

    def __init__(self, *, name: str, known: Sequence[str]) -> None:
        those = f"name one of {', '.join(known)}" if known else "create it (`make up` for 'main')"
        super().__init__(f"there is no exchange '{name}'.\n  What to do: {those}")


class DidNotStart(LocalError):
    """A process ended, or did not answer in time. The end of its log is in the message."""

    def __init__(self, *, what: str, why: str, log: Path, lines: Sequence[str] = ()) -> None:
        tail = "".join(f"\n    {line}" for line in lines)
        super().__init__(f"{what} did not start: {why}.\n  What to do: read {log}; its last lines:{tail}")
