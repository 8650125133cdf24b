"""Cut-offs that move: money could not be paid online in the last day before one, or staff says so (OPS-4).

The days from a cut-off to the day it moved to count as one long day: each cut-off among them moves to the last of
them, so that none that was later comes to be earlier, and what comes on any of them counts as of the first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import ClassVar, Final

from bulkhead.kernel.calendar import local, local_date
from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Conflict, InvalidValue
from bulkhead.kernel.ids import derived_id
from bulkhead.kernel.personal import Masked
from invoicing.domain.events import ExtensionGround
from invoicing.domain.parameters import InvoicingParameters

ONLINE: Final = "payments-online"
"""The channel whose outages move cut-offs: money that is tried for on the last evening is tried for there (N2)."""

_MINUTE = timedelta(minutes=1)


class ExtensionIsUsed(Conflict):
    """An extension that somebody has relied on is not taken back (OPS-4)."""

    kind: ClassVar[str] = "extension-is-used"


class ExtensionIsWithdrawn(Conflict):
    """An extension is taken back once (OPS-4)."""

    kind: ClassVar[str] = "extension-is-withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A while in which nobody could pay online, as it was measured; ``ended_at`` is None while it lasts."""

    began_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """What is due on ``cutoff``, or after it and before ``until``, may be paid through ``until``.

    ``minutes`` is how long nobody could pay online on the cut-off's day, None of one that was declared, by
    ``recorded_by``; ``citation`` is the pack's for what let it move. ``told_through`` is the last household for which
    it was seen what this changes, None once all were.
    """

    extension: str
    cutoff: date
    until: date
    ground: ExtensionGround
    minutes: int | None
    note: Masked | None
    recorded_at: datetime
    recorded_by: str | None
    citation: str = ""
    withdrawn_at: datetime | None = None
    withdrawn_by: str | None = None
    told_through: str | None = ""

    def withdrawn(self, *, by: str, now: datetime, used: int) -> Extension:
        """Return it taken back, to be told of again; raises `ExtensionIsWithdrawn` and `ExtensionIsUsed`.

        ``used`` is how many payments are on time by it. Once the day is over on which people could still have paid in
        time, those who were told rely on it as well.
        """
        facts = {"cutoff": str(self.cutoff), "until": str(self.until), "payments": str(used)}
        if self.withdrawn_at is not None:
            raise ExtensionIsWithdrawn(
                "this extension was taken back already",
                reasons=(
                    Reason(
                        rule="OPS-4",
                        says="an extension is taken back once",
                        citation=self.citation,
                        facts=facts,
                    ),
                ),
            )
        told_in_time = local_date(self.recorded_at) <= self.cutoff < local_date(now)
        if used or told_in_time:
            raise ExtensionIsUsed(
                "somebody relies on this extension",
                reasons=(
                    Reason(
                        rule="OPS-4",
                        says="an extension can be taken back until money counts by it, or the cut-off has passed "
                        "that it was told for",
                        citation=self.citation,
                        facts=facts,
                    ),
                ),
            )
        return replace(self, withdrawn_at=now, withdrawn_by=by, told_through="")

    def reason(self) -> Reason:
        """Return why a cut-off moved."""
        says = (
            "paying online was not possible for so long in the last day before the cut-off that it moved"
            if self.ground == "outage"
            else "the exchange moved the cut-off"
        )
        minutes = {} if self.minutes is None else {"minutes_away": str(self.minutes)}
        facts = {"cutoff": str(self.cutoff), "until": str(self.until), **minutes}
        return Reason(rule="OPS-4", says=says, citation=self.citation, facts=facts)


@dataclass(frozen=True, slots=True)
class Cutoffs:
    """Which cut-offs moved. ``spans`` are first and last days, apart from each other, in order, by the ``extensions``
    that stand; all cut-offs since ``lasting_since`` wait for an outage to end.
    """

    spans: tuple[tuple[date, date], ...] = ()
    lasting_since: date | None = None
    extensions: tuple[Extension, ...] = ()

    @classmethod
    def of(cls, extensions: Iterable[Extension], outages: Iterable[Outage] = ()) -> Cutoffs:
        """Return what these extensions and the outages that last move."""
        standing = sorted(
            (each for each in extensions if each.withdrawn_at is None), key=lambda each: each.cutoff
        )
        spans: list[tuple[date, date]] = []
        for first, last in ((each.cutoff, each.until) for each in standing):
            if spans and first <= spans[-1][1]:
                spans[-1] = (spans[-1][0], max(last, spans[-1][1]))
            else:
                spans.append((first, last))
        began = [local_date(each.began_at) for each in outages if each.ended_at is None]
        return cls(tuple(spans), min(began, default=None), tuple(standing))

    def last_day(self, cutoff: date) -> date:
        """Return the day through which money for a cut-off is on time; `date.max` while nobody can say."""
        _, last = self.span_of(cutoff)
        lasts = self.lasting_since is not None and last >= self.lasting_since
        return date.max if lasts else last

    def changed_by(self, extension: Extension) -> tuple[Cutoffs, Cutoffs]:
        """Return which cut-offs had moved just before an extension was recorded, or taken back, and just after that."""
        at = extension.withdrawn_at or extension.recorded_at
        others = [
            each
            for each in self.extensions
            if each.extension != extension.extension
            and (each.recorded_at, each.extension) < (at, extension.extension)
        ]
        without, beside = Cutoffs.of(others), Cutoffs.of([*others, replace(extension, withdrawn_at=None)])
        return (without, beside) if extension.withdrawn_at is None else (beside, without)

    def first_still_open(self, day: date) -> date:
        """Return the first day before that one whose cut-off had not passed when it began, else that day."""
        first, last = self.span_of(day)
        if self.lasting_since is not None and last >= self.lasting_since:
            return min(first, self.lasting_since)
        return first

    def span_of(self, cutoff: date) -> tuple[date, date]:
        """Return the first and the last of the days that count as one with a cut-off's, by what is known."""
        return next(
            ((first, last) for first, last in self.spans if first <= cutoff <= last), (cutoff, cutoff)
        )

    def reasons(self, cutoff: date) -> tuple[Reason, ...]:
        """Return why a cut-off moved; nothing of one that did not."""
        first, last = self.span_of(cutoff)
        return tuple(
            each.reason() for each in self.extensions if cutoff < last and first <= each.cutoff < last
        )

    def counts_as_of(self, day: date) -> date | None:
        """Return the day as of which money of that day is on time, None where that is no earlier one."""
        return next((first for first, last in self.spans if first < day <= last), None)


def minutes_away(outages: Iterable[Outage], day: date) -> int:
    """Return for how many whole minutes of a day, from midnight to midnight here, nobody could pay online."""
    begins, ends = local(day), local(day + timedelta(days=1))
    away = timedelta()
    for each in outages:
        if each.ended_at is not None:
            away += max(timedelta(), min(each.ended_at, ends) - max(each.began_at, begins))
    return away // _MINUTE


def extension_for(
    outage: Outage, others: Iterable[Outage], *, now: datetime, parameters: InvoicingParameters
) -> Extension | None:
    """Return how an outage that is over moves cut-offs, None where it was too short, or so long that staff decides
    (OPS-4).

    The first that moves is of the first day that it took so much of, with what ``others`` took of it.
    """
    longest = timedelta(hours=parameters.relief_longest_outage_hours)
    if outage.ended_at is None or outage.ended_at - outage.began_at > longest:
        return None
    day, last = local_date(outage.began_at), local_date(outage.ended_at)
    known = [outage, *others]
    while day <= last and minutes_away(known, day) < parameters.relief_outage_minutes:
        day += timedelta(days=1)
    if day > last:
        return None
    return Extension(
        extension=derived_id("extension", outage.began_at.isoformat()),
        cutoff=day,
        until=last + timedelta(days=parameters.relief_days),
        ground="outage",
        minutes=minutes_away(known, day),
        note=None,
        recorded_at=now,
        recorded_by=None,
        citation=parameters.citations.get("relief_outage_minutes", ""),
    )


def checked(extension: Extension, *, parameters: InvoicingParameters) -> Extension:
    """Return an extension that was declared, if it may be, with the pack's citation; raises `InvalidValue` (OPS-4)."""
    citation = parameters.citations.get("declared_relief_most_days", "")
    most = timedelta(days=parameters.declared_relief_most_days)
    facts = {"most_days": str(most.days)}
    if not extension.cutoff < extension.until <= extension.cutoff + most:
        raise InvalidValue(
            field="/until",
            problem=f"must be after the cut-off, by at most {most.days} days",
            reasons=(
                Reason(
                    rule="OPS-4",
                    says="a cut-off moves by so many days at most",
                    citation=citation,
                    facts=facts,
                ),
            ),
        )
    if extension.cutoff < local_date(extension.recorded_at) - most:
        raise InvalidValue(
            field="/cutoff",
            problem=f"must be no longer than {most.days} days ago",
            reasons=(
                Reason(
                    rule="OPS-4",
                    says="a cut-off is moved no later than so many days after it",
                    citation=citation,
                    facts=facts,
                ),
            ),
        )
    return replace(extension, citation=citation)
