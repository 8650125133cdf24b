"""Which cut-offs moved, worked out from what notifications measured and from what operators declared, and from nothing
that invoicing made of it (OPS-4).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Protocol

from bulkhead.kernel.calendar import local, local_date
from invoicing.domain.extensions import Extension
from invoicing.domain.records import ListDecision, Payment
from notifications.domain.outages import Outage
from simulation.sight import Sight

_ENOUGH = timedelta(hours=1)
_LONGEST = timedelta(hours=72)
"""Longer outages move nothing by themselves, in all packs that are drawn."""
_DAY = timedelta(days=1)


class Dated(Protocol):
    """Money with the days that count."""

    @property
    def received_on(self) -> date: ...
    @property
    def postmarked_on(self) -> date | None: ...


class LongDays:
    """Days that count as one with those after them, up to the one that a cut-off moved to."""

    def __init__(self, spans: Iterable[tuple[date, date]], *, lasting_since: date | None) -> None:
        self._of: dict[date, tuple[date, date]] = {}
        for first, last in spans:
            days = {first + n * _DAY for n in range((last - first).days + 1)}
            touched = {self._of[day] for day in days if day in self._of}
            whole = min([first, *(each[0] for each in touched)]), max([last, *(each[1] for each in touched)])
            for n in range((whole[1] - whole[0]).days + 1):
                self._of[whole[0] + n * _DAY] = whole
        self._lasting_since = lasting_since

    @property
    def spans(self) -> set[tuple[date, date]]:
        """First and last days."""
        return set(self._of.values())

    def last(self, cutoff: date) -> date:
        """Return the day through which money for a cut-off is on time; `date.max` while an outage lasts."""
        last = self._of.get(cutoff, (cutoff, cutoff))[1]
        lasts = self._lasting_since is not None and last >= self._lasting_since
        return date.max - _DAY if lasts else last

    def counts_on(self, money: Dated) -> date:
        """Return the day as of which money is on time: the earlier of receipt and postmark, or the first of a long day."""
        day = min(money.received_on, money.postmarked_on or money.received_on)
        return self._of.get(day, (day, day))[0]


def long_days(sight: Sight) -> LongDays:
    """Return the days that are long by all outages there were and all that operators declared and did not withdraw."""
    outages = [each for each in sight.rows("notifications", Outage) if each.channel == "payments-online"]
    spans = [
        (each.cutoff, each.until)
        for each in sight.rows("invoicing", Extension)
        if each.ground == "declared" and each.withdrawn_at is None
    ]
    away = Counter[date]()
    for each in sorted(outages, key=lambda each: each.began_at):
        if each.ended_at is None:
            continue
        days = list(_by_day(each.began_at, each.ended_at))
        for day, seconds in days:  # with what outages before it took of the day
            away[day] += seconds
        hit = [day for day, _ in days if away[day] >= _ENOUGH.total_seconds()]
        if hit and each.ended_at - each.began_at <= _LONGEST:
            spans.append((min(hit), local_date(each.ended_at) + _DAY))
    young = sight.now - _LONGEST
    lasting = [
        local_date(each.began_at) for each in outages if each.ended_at is None and each.began_at >= young
    ]
    return LongDays(spans, lasting_since=min(lasting, default=None))


def cutoffs_moved_as_measured(sight: Sight) -> list[str]:
    """OPS-4: what invoicing moved is what was measured and declared, and money counts by it."""
    if not sight.all_there or sight.now < sight.troubled_at + timedelta(minutes=10):
        return []
    extensions = sight.rows("invoicing", Extension)
    days = long_days(sight)
    standing = [(each.cutoff, each.until) for each in extensions if each.withdrawn_at is None]
    moved = LongDays(standing, lasting_since=None).spans
    found = [f"OPS-4: cut-offs moved by {moved}, and by outages they do by {days.spans}"] * (
        moved != days.spans
    )
    if any(each.told_through is not None for each in extensions):
        return found
    return found + [
        f"OPS-4: money of {each.household} of {each.received_on} counts as of {each.on_time_date}, not {says}"
        for each in sight.rows("invoicing", Payment)
        if each.on_time_date != (says := days.counts_on(each))
    ]


def nothing_before_a_moved_cutoff(sight: Sight) -> list[str]:
    """OPS-4: no list is decided before the day is over that its cut-off was known to have moved to."""
    standing = [each for each in sight.rows("invoicing", Extension) if each.withdrawn_at is None]
    found: list[str] = []
    for each in sight.rows("invoicing", ListDecision):
        known = [one for one in standing if local_date(one.recorded_at) < each.decided_on]
        days = LongDays([(one.cutoff, one.until) for one in known], lasting_since=None)
        if each.decided_on <= days.last(each.on - _DAY):
            found.append(f"OPS-4: the list of {each.on} was decided on {each.decided_on}, in a long day")
    return found


def _by_day(began: datetime, ended: datetime) -> Iterable[tuple[date, int]]:
    """Yield each day that a while touches, with its whole seconds on it."""
    day = local_date(began)
    while day <= local_date(ended):
        first, last = max(began, local(day)), min(ended, local(day + _DAY))
        yield day, (last - first) // timedelta(seconds=1)
        day += _DAY
