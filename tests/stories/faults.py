"""What can go wrong in a simulated exchange, when, and how a whole list of it is drawn, written and read again.

None of it is the business's affair, but for what is marked so: the facts must be those of the calm run.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from random import Random
from typing import Protocol

from bulkhead.kernel.calendar import EXCHANGE_ZONE
from stories.errors import StoryError
from stories.vocabulary import SERVICES


class Fault(StrEnum):
    """What happens to a service."""

    CRASH = "crash"
    """It ends between two awaits and starts again: what it had not committed is lost."""
    CRASH_COMMITTED = "crash-committed"
    """It ends right after a commit."""
    AWAY = "away"
    """One operation of it finds its database, the broker, the mail server or a folder away."""
    COMMIT_LOST = "commit-lost"
    """A commit fails, and nothing of it happened."""
    COMMIT_UNSURE = "commit-unsure"
    """A commit happens, and the caller is told that it failed."""
    AGAIN = "again"
    """It hears the last things again, as after a rebalance."""
    DOUBLED = "doubled"
    """All that is published now is written twice."""
    HALF_PUBLISHED = "half-published"
    """A publication stops half-way."""
    REPLICA = "replica"
    """A second process of it works beside the first."""
    DEAF = "deaf"
    """It hears nothing while the others go on: slow, and late for what the others say."""
    NO_DATABASE = "no-database"
    """Its database is away for a while."""
    NO_BROKER = "no-broker"
    """The broker is away for a while, for everybody."""
    NO_MAIL = "no-mail"
    """The mail server is away for a while."""
    NEWER_WRITER = "newer-writer"
    """Whoever publishes now is newer than its readers: fields and types that they do not know."""
    REQUEST_LOST = "request-lost"
    """A commit of the next request fails; who asked asks again under the same key."""
    REQUEST_UNSURE = "request-unsure"
    """The next request has its effect and its answer is lost; who asked asks again under the same key."""
    REQUEST_CRASH = "request-crash"
    """It ends while it works on the next request; who asked asks again under the same key."""
    REQUEST_TWICE = "request-twice"
    """The next request comes twice under one key."""
    LATE_DUTIES = "late-duties"
    """Its duties are done days late. That may matter to the business."""


MATTERS = frozenset({Fault.LATE_DUTIES})
"""What the business may notice: dates on which things are done."""

OF_REQUESTS = frozenset({Fault.REQUEST_LOST, Fault.REQUEST_UNSURE, Fault.REQUEST_CRASH, Fault.REQUEST_TWICE})
"""What happens to the next request rather than to the work in the background."""

_MOST_OPERATIONS = 60
_MOST_COMMITS = 6
_LONGEST_LATE_DAYS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One fault: at the ``then``-th time that the exchange is to become quiet at an instant, or the first one after.

    ``after`` counts, for each kind what it counts: operations or commits before it strikes, messages, days. ``draw``
    decides in which order what happens at once happens.
    """

    at: datetime
    then: int
    fault: Fault
    service: str
    after: int
    draw: int

    def __str__(self) -> str:
        return " ".join(
            [f"{self.at:%Y-%m-%dT%H:%M:%S}", *(str(getattr(self, each.name)) for each in fields(self)[1:])]
        )


class Plan(Protocol):
    """Says what goes wrong when an exchange is to become quiet."""

    def strike(self, now: datetime, then: int) -> Sequence[Planned]:
        """Return what goes wrong now, the ``then``-th time at this instant."""
        ...


class Listed:
    """Faults that are known beforehand, in their order."""

    def __init__(self, faults: Iterable[Planned]) -> None:
        self._ahead = sorted(faults, key=lambda each: (each.at, each.then))

    def strike(self, now: datetime, then: int) -> Sequence[Planned]:
        """Return those whose time has come."""
        due: list[Planned] = []
        while self._ahead and (self._ahead[0].at, self._ahead[0].then) <= (now, then):
            due.append(self._ahead.pop(0))
        return due


class Drawn:
    """Faults drawn as time goes by, and kept in ``drawn``: in about ``often`` of all moments one, sometimes several."""

    def __init__(self, random: Random, *, often: float, kinds: Sequence[Fault]) -> None:
        self.drawn: list[Planned] = []
        self._random = random
        self._often = often
        self._kinds = kinds

    def strike(self, now: datetime, then: int) -> Sequence[Planned]:
        """Draw what goes wrong now."""
        found: list[Planned] = []
        while self._random.random() < self._often and len(found) < 3:
            found.append(self._draw(now, then))
        self.drawn.extend(found)
        return found

    def _draw(self, now: datetime, then: int) -> Planned:
        random = self._random
        fault = random.choice(self._kinds)
        if fault is Fault.LATE_DUTIES:
            after = random.randint(1, _LONGEST_LATE_DAYS)
        elif fault in (Fault.CRASH, Fault.AWAY):
            after = random.randint(0, _MOST_OPERATIONS)
        else:
            after = random.randint(0, _MOST_COMMITS)
        return Planned(
            at=now,
            then=then,
            fault=fault,
            service=random.choice(SERVICES),
            after=after,
            draw=random.randrange(1_000_000),
        )


def written(faults: Iterable[Planned]) -> str:
    """Return a list of faults as text, one a line."""
    return "".join(f"{each}\n" for each in faults)


def read_faults(text: str, *, file: str) -> list[Planned]:
    """Return the faults of a text; raises `StoryError` naming file and line."""
    found: list[Planned] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            at, then, fault, service, after, draw = line.split()
            found.append(
                Planned(
                    at=datetime.fromisoformat(at).replace(tzinfo=EXCHANGE_ZONE),
                    then=int(then),
                    fault=Fault(fault),
                    service=service,
                    after=int(after),
                    draw=int(draw),
                )
            )
        except ValueError as error:
            raise StoryError(f"is no fault: {error}", line=number, file=file) from None
    return found
