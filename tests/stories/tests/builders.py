"""Stories in a line: the frame every test story has, with its steps put in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from textwrap import indent
from typing import Any

from stories.exchange import Answer, Place
from stories.language import KnownToHub, Story, read_story

FRAME = """\
scenario: trial
title: A trial
cites: [INV-1]
pack: vermont-2016
clock: 2015-12-01
catalog:
  - {plan: SILVER, carrier: BCBSVT, kind: medical, monthly: {single: 500.00, couple: 1000.00, parent: 965.00, family: 1405.00}}
  - {plan: DENTAL, carrier: DELTA, kind: dental, monthly: {single: 40.00, couple: 80.00, parent: 75.00, family: 110.00}}
households:
  june: {members: [{name: June Example, born: 1980-03-02}], aptc: 0.00, subsidy: 0.00, language: en, email: june@example.test}
  may: {members: [{name: May Example, born: 1981-03-02}], aptc: 0.00, subsidy: 0.00, language: en, email: may@example.test}
steps:
"""

FIRST_STEP_LINE = FRAME.count("\n") + 1


def story_of(*steps: str) -> Story:
    """Return a story with these steps; each is YAML, its ``- `` included, at its own indentation."""
    return read_story(text_of(*steps), file="trial.yaml")


def text_of(*steps: str) -> str:
    """Return a story's text with these steps."""
    return FRAME + "".join(indent(step.rstrip("\n") + "\n", "  ") for step in steps)


DONE = {"effective": "2016-01-01", "selection": "s-1"}
"""What is answered to whatever is done."""


class ScriptedExchange:
    """An exchange that answers what it was told to, and remembers what was asked of it, in order.

    ``answers`` maps ``(service, path)`` to a body; everything else gets an empty one. ``due`` are the times at which
    some duty is due: the next one after the clock is told.
    """

    def __init__(self, *, due: Sequence[datetime] = ()) -> None:
        self.answers: dict[tuple[str, str], Any] = {}
        self.problems: dict[tuple[str, str], Answer] = {}
        self.happened: list[str] = []
        self.bodies: list[tuple[str, str, Any]] = []
        self.callers: list[tuple[str, str, str | None]] = []
        self.keys: list[tuple[str, str | None]] = []
        self.staff: list[str] = []
        self.told_hub: dict[str, KnownToHub] = {}
        self.dropped: dict[str, bytes] = {}
        self.out: dict[Place, dict[str, bytes]] = {place: {} for place in Place}
        self.delivered: list[bytes] = []
        self.down: set[str] = set()
        self._due = sorted(due)
        self._now: datetime | None = None

    async def call(
        self,
        service: str,
        method: str,
        path: str,
        *,
        json: Any = None,
        role: str = "operator",
        household: str | None = None,
        key: str | None = None,
        by: str | None = None,
    ) -> Answer:
        if service in self.down:
            return Answer(status=0, body=None)
        if method != "GET":
            self.happened.append(f"{method} {service} {path}")
            self.bodies.append((service, path, json))
            self.callers.append((path, role, household))
            self.keys.append((path, key))
            self.staff.extend([] if by is None else [by])
        if (service, path) in self.problems:
            return self.problems[service, path]
        if method == "GET":
            body = self.answers.get((service, path))
            return Answer(status=404 if body is None else 200, body=body)
        return Answer(status=201, body=self.answers.get((service, path), DONE))

    async def drop(self, place: Place, name: str, data: bytes) -> None:
        self.happened.append(f"drop {place.value}")
        self.dropped[f"{place.value}/{name}"] = data

    async def tell_hub(self, household: str, known: KnownToHub) -> None:
        self.happened.append(f"hub of {household}")
        self.told_hub[household] = known

    async def call_back(self, token: str, *, about: str, way: str, times: int) -> Sequence[int]:
        self.happened.append(f"call back {token} {about} {way} {times}")
        return [202 if way == "signed" else 401] * times

    async def mail_event(self, event: Mapping[str, Any]) -> Answer:
        self.happened.append(f"mail event {event['type']}")
        return Answer(status=202, body={"followed": "paper"})

    async def files(self, place: Place, suffix: str = "") -> Mapping[str, bytes]:
        return {path: data for path, data in self.out[place].items() if path.endswith(suffix)}

    async def mails(self) -> Sequence[bytes]:
        return self.delivered

    async def set_clock(self, now: datetime) -> None:
        self._now = now
        self.happened.append(f"clock {now:%m-%d %H:%M}")

    async def quiet(self) -> None:
        return None

    def next_due(self) -> datetime | None:
        return next((each for each in self._due if self._now is None or each > self._now), None)

    async def take_down(self, name: str) -> None:
        self.happened.append(f"down {name}")
        self.down.add(name)

    async def crash(self, name: str) -> None:
        self.happened.append(f"crash {name}")
        self.down.add(name)

    async def bring_up(self, name: str, now: datetime) -> None:
        self.happened.append(f"up {name} {now:%m-%d %H:%M}")
        self.down.discard(name)

    async def close(self) -> None:
        return None

    @property
    def clock_stops(self) -> list[str]:
        """The times the clock was set to."""
        return [each.removeprefix("clock ") for each in self.happened if each.startswith("clock ")]
