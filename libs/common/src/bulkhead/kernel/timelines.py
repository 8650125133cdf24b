"""What became of a household, in the one shape in which all services tell it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Literal, TypeAlias

from bulkhead.kernel.calendar import local
from bulkhead.kernel.explanations import Ground

About: TypeAlias = Literal[
    "household", "policy", "invoice", "payment", "refund", "autopay", "transmission", "file", "list", "notice"
]
"""What something is about: of which kind the thing is that ``subject`` names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """Something that became of a household: at an instant, counting for a date, by these grounds.

    ``what`` is a stable code of its service's, ``subject`` the id of what it is ``about``, ``cents`` the amount where
    there is one. ``facts`` are dates, amounts and ids only. ``sentence`` names what says it, where the service has
    sentences. It is ``marked`` where a correction caused it (OPS-5).
    """

    at: datetime
    on: date
    what: str
    about: About
    subject: str
    cents: int | None = None
    facts: Mapping[str, str] = field(default_factory=lambda: dict[str, str]())
    grounds: tuple[Ground, ...] = ()
    marked: bool = False
    sentence: str | None = None


Place: TypeAlias = tuple[str, str]
"""Where in a timeline something is: its instant, and how many are of the same instant before it."""


def earliest(on: date, *after: datetime | None) -> datetime:
    """Return the earliest instant at which something can have been of which the day alone is kept: that day's
    beginning, or the last of what it came ``after``.
    """
    return max([local(on), *(each for each in after if each is not None)])


def marks(grounds: Iterable[Ground]) -> bool:
    """Return whether one of the grounds is a correction (OPS-5)."""
    return any(each.reason.rule == "OPS-5" for each in grounds)


def in_own_order(happened: Iterable[Happened]) -> list[Happened]:
    """Return what a service has in its own order, so that its instants have it too: nothing is earlier than what came
    before it.
    """
    found: list[Happened] = []
    for each in happened:
        last = found[-1].at if found else each.at
        found.append(each if each.at >= last else replace(each, at=last))
    return found


def placed(happened: Iterable[Happened]) -> list[tuple[Place, Happened]]:
    """Return it by instant, each with its place; what is of one instant stays as it is given."""
    found: list[tuple[Place, Happened]] = []
    before, same = "", 0
    for each in sorted(happened, key=lambda one: one.at):
        instant = each.at.astimezone(UTC).isoformat(timespec="microseconds")
        same = same + 1 if instant == before else 0
        before = instant
        found.append(((instant, f"{same:09d}"), each))
    return found
