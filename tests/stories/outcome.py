"""What came of something done: accepted, or refused by which rules."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One refusal: in words, the rule ids among its reasons, and those reasons."""

    says: str
    rules: tuple[str, ...] = ()
    reasons: tuple[Mapping[str, Any], ...] = ()


@dataclass(slots=True, kw_only=True)
class Outcome:
    """The outcome of one deed.

    What is answered at once is in ``answered``; a file is answered only once it has been read, so ``later`` asks
    for what became of it.
    """

    line: int
    word: str
    says: str = ""
    answered: list[Refusal] = field(default_factory=lambda: list[Refusal]())
    later: Callable[[], Awaitable[list[Refusal]]] | None = None

    async def refusals(self) -> list[Refusal]:
        """Return every refusal there was; none means accepted."""
        return self.answered + (await self.later() if self.later is not None else [])
