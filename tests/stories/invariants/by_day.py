"""I4 of a policy that changed: whom its carrier knows as covered, and with which tax credit, is so on every day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.money import parse_cents
from stories.edi import Enrollment834, members_of
from stories.invariants.told import Own, told_and_said
from stories.lookout import Lookout

Span = tuple[date, date | None]


@dataclass(slots=True)
class Told:
    """What a carrier makes of all it was sent of one subscriber: who is covered when, and the tax credit since each
    day.
    """

    through: date | None = None
    called_off: tuple[dict[str, list[Span]], dict[date, int]] | None = None
    spans: dict[str, list[Span]] = field(default_factory=lambda: dict[str, list[Span]]())
    credit: dict[date, int] = field(default_factory=lambda: dict[date, int]())

    def take(self, sent: Enrollment834) -> None:
        """Read one set more."""
        if sent.kind == "cancel":
            self.called_off = self.spans, self.credit
            self.spans, self.credit, self.through = {}, {}, None
        elif sent.kind == "termination":
            self.through = sent.effective
        else:
            if sent.kind != "change":
                self._forget_after(self.through or date.max)
                self.through = None
            for record in members_of(sent.segments):
                self._take(record)

    def stand_again(self) -> None:
        """Have it as it was before it was ended or called off: its carrier says that it stands again."""
        if self.called_off is not None and not self.spans:
            self.spans, self.credit = self.called_off
        self.through = None

    def _forget_after(self, day: date) -> None:
        self.credit = {each: cents for each, cents in self.credit.items() if each <= day}
        self.spans = {
            member: [(begin, end) for begin, end in spans if begin <= day]
            for member, spans in self.spans.items()
        }

    def _take(self, record: Sequence[Sequence[str]]) -> None:
        member = _value(record, "REF", "17") or ""
        begin, end = _day(record, "348"), _day(record, "357")
        spans = self.spans.get(member, [])
        if end is not None and ["REF", "17", "CANCEL"] in [list(each) for each in record]:
            spans = [span for span in spans if span[0] != end]
        elif end is not None:
            spans = [(first, _earlier(last, end) if first <= end else last) for first, last in spans]
        elif begin is not None and (record[0][3] != "001" or begin not in [first for first, _ in spans]):
            spans = [span for span in spans if span[1] is not None and span[1] < begin] + [(begin, None)]
        self.spans[member] = spans
        for since, cents in _credits(record):
            self.credit[since] = cents

    def within_its_end(self) -> Iterator[tuple[str, Span]]:
        """Yield who is covered from when to when, none later than the last day that was told."""
        for member, spans in self.spans.items():
            for begin, end in spans:
                if self.through is None or begin <= self.through:
                    yield member, (begin, end if self.through is None else _earlier(end, self.through))


@dataclass(slots=True)
class ToldOfPolicy:
    """What a carrier makes of all it was sent of a policy: of each who is or was its subscriber, by their id."""

    parts: dict[str, Told] = field(default_factory=lambda: dict[str, Told]())

    def take(self, sent: Enrollment834) -> None:
        """Read one set more."""
        self.parts.setdefault(sent.subscriber, Told()).take(sent)

    def take_own(self, said: Own) -> None:
        """Read what its carrier said by itself: what it ends is covered no more here either."""
        if said.kind == "reinstatement" and said.subscriber in self.parts:
            self.parts[said.subscriber].stand_again()

    def in_month(self, month: CoverageMonth) -> tuple[list[str], int | None] | None:
        """Return who is covered in a month and the tax credit; None where one of the two changes within it."""
        first, last = month.first_day, month.last_day
        spans = [each for part in self.parts.values() for each in part.within_its_end()]
        credit: dict[date, int] = {}
        # One that began later has taken up what was told of days after its beginning.
        for part in sorted(self.parts.values(), key=lambda each: min(each.credit, default=date.max)):
            begin = min(part.credit, default=date.max)
            credit = {day: cents for day, cents in credit.items() if day < begin} | part.credit
        if any(first < each <= last for each in (*credit, *(begin for _, (begin, _) in spans))):
            return None
        if any(end is not None and first <= end < last for _, (_, end) in spans):
            return None
        people = sorted(
            {member for member, (begin, end) in spans if begin <= first and (end is None or end >= last)}
        )
        since = max((each for each in credit if each <= first), default=None)
        return people, None if since is None else credit[since]


def _earlier(last: date | None, end: date) -> date:
    return end if last is None else min(last, end)


def _credits(record: Sequence[Sequence[str]]) -> Iterator[tuple[date, int]]:
    for index, segment in enumerate(record):
        if list(segment[:3]) == ["N1", "75", "APTC AMT"] and record[index + 2][2] == "D8":
            yield date.fromisoformat(record[index + 2][3]), parse_cents(record[index + 1][2])


def _value(record: Sequence[Sequence[str]], name: str, qualifier: str) -> str | None:
    return next((each[2] for each in record if each[0] == name and each[1] == qualifier), None)


def _day(record: Sequence[Sequence[str]], qualifier: str) -> date | None:
    text = next((each[3] for each in record if each[0] == "DTP" and each[1] == qualifier), None)
    return None if text is None else date.fromisoformat(text)


async def carriers_know_each_day(look: Lookout) -> list[str]:
    """I4: of a policy that changed its carrier knows, in each whole month, who is covered and the tax credit."""
    changed = {
        (event["household"], event["data"]["policy"])
        for event in await look.journal("enrollment")
        if event["type"] == "PolicyChanged"
    }
    if not changed:
        return []
    told: dict[str, ToldOfPolicy] = {}
    for each in await told_and_said(look):
        of_policy = told.setdefault(each.policy or "", ToldOfPolicy())
        if isinstance(each, Own):
            of_policy.take_own(each)
        else:
            of_policy.take(each)
    found: list[str] = []
    for household, policy in sorted(changed):
        if policy in told:
            path = f"/v1/households/{household}/policies/{policy}/months"
            for month in await look.items("enrollment", path):
                found += _differences(told[policy], month, of=f"{household}'s policy {policy}")
    return found


def _differences(told: ToldOfPolicy, month: dict[str, Any], *, of: str) -> Iterator[str]:
    if month["days_covered"] != month["days_in_month"]:
        return
    known = told.in_month(CoverageMonth.parse(month["month"]))
    so = sorted(month["members"]), month["aptc_cents"]
    if known is not None and known != so:
        yield f"I4: in {month['month']} {of} covers {so[0]} with {so[1]} APTC, and its carrier knows {known}"
