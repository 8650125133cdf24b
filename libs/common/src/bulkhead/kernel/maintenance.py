"""Maintenance windows: announced before they begin, and refused where they touch a deadline (OPS-2).

A service takes itself out for a while, and its members' requests with it. What it holds a window against is the
calendar of the exchange's deadlines, which each service's policy file has alike, and what it knows of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from math import ceil
from typing import ClassVar, Final, Literal, Protocol, TypeAlias, get_args

from bulkhead.kernel.calendar import (
    CoverageMonth,
    in_exchange_time,
    is_weekly_business_day,
    last_business_day,
    local,
    local_date,
)
from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Conflict, InvalidValue, Refused
from bulkhead.kernel.parameters import ParameterFault, outside
from bulkhead.kernel.personal import Masked

Weekday: TypeAlias = Literal["monday", "tuesday", "wednesday", "thursday", "friday"]

WEEKDAYS: Final[tuple[Weekday, ...]] = get_args(Weekday)
"""Weekdays by number, Monday first, as `date.weekday` counts them."""

DeadlineKind: TypeAlias = Literal[
    "binder-due",
    "monthly-due",
    "month-end",
    "selection-cutoff",
    "open-enrollment-ends",
    "remittance",
]
"""What is due on a day: the first premium of a selection, a monthly invoice, what may still be paid on time for it, a
selection for the next month, any selection at all, or what carriers are paid."""

DEADLINES: Final[Mapping[DeadlineKind, tuple[str, str]]] = {
    "binder-due": ("ENR-6", "first premiums are due"),
    "monthly-due": ("INV-2", "monthly invoices are due, and autopay draws"),
    "month-end": ("INV-2", "the last day on which a month's premium is on time"),
    "selection-cutoff": ("ENR-3", "the last day to select for the earlier start"),
    "open-enrollment-ends": ("ENR-1", "open enrollment ends"),
    "remittance": ("PAY-6", "carriers are paid"),
}
"""By which rule each kind is a deadline, and what it is in words."""

WindowState: TypeAlias = Literal["requested", "scheduled", "declined", "withdrawn", "ended"]
WindowStep: TypeAlias = Literal["approve", "decline", "withdraw", "end"]
WindowPhase: TypeAlias = Literal[
    "requested", "scheduled", "under-way", "over", "declined", "withdrawn", "ended"
]
Told: TypeAlias = Literal["nothing", "scheduled", "started", "ended"]

STEPS: Final[Mapping[tuple[WindowPhase, WindowStep], WindowState]] = {
    ("requested", "approve"): "scheduled",
    ("requested", "decline"): "declined",
    ("requested", "withdraw"): "withdrawn",
    ("scheduled", "withdraw"): "withdrawn",
    ("under-way", "end"): "ended",
}
"""How a window goes on by what people do; a pair that is not here raises `WindowNotOpen`. It begins and is over by the
clock."""

_SOURCE: Final = "chosen (OPS-2)"
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceTerms:
    """When a service may be taken out, and the exchange's deadlines by the calendar (OPS-2).

    All five services' policy files have the same, so each refuses for every deadline. ``notice_hours`` lie between
    scheduling a window and its beginning, and no more than ``furthest_days``: what is due later is not known yet. It is
    ``longest_hours`` at most. A deadline is kept clear from ``clear_hours`` before its day on.
    """

    notice_hours: int
    furthest_days: int
    longest_hours: int
    clear_hours: int
    due_day: int
    cutoff_day: int
    selection_cutoffs: tuple[date, ...]
    open_enrollment_ends: tuple[date, ...]
    remittance_weekday: Weekday
    remit_on_last_business_day: bool
    state_holidays: tuple[date, ...]

    def faults(self) -> list[ParameterFault]:
        """Return what of these terms cannot be meant."""
        return [
            *outside(self, "OPS-2", "notice_hours", least=1, most=24 * 14),
            *outside(self, "OPS-2", "furthest_days", least=1, most=90),
            *outside(self, "OPS-2", "longest_hours", least=1, most=24 * 7),
            *outside(self, "OPS-2", "clear_hours", least=0, most=72),
            *outside(self, "OPS-2", "due_day", "cutoff_day", least=1, most=28),
        ]

    def unlike(self, **own: object) -> list[ParameterFault]:
        """Return a fault for each of these values, by name, that a service's own parameters have otherwise."""
        return [
            ParameterFault(
                parameter="maintenance",
                problem=f"has another {name} than this file says elsewhere: {value} is what is meant",
                rule="OPS-2",
                key=name,
            )
            for name, value in own.items()
            if getattr(self, name) != value
        ]

    def deadlines_on(self, day: date) -> list[DeadlineKind]:
        """Return the deadlines that a day has by the calendar alone, whoever it concerns: none of a binder's."""
        month, holidays = CoverageMonth.of(day), frozenset(self.state_holidays)
        found: dict[DeadlineKind, bool] = {
            "monthly-due": day.day == self.due_day,
            "month-end": day == month.last_day,
            "selection-cutoff": day.day == self.cutoff_day or day in self.selection_cutoffs,
            "open-enrollment-ends": day in self.open_enrollment_ends,
            "remittance": self._remits_on(day, holidays=holidays),
        }
        return [kind for kind, is_so in found.items() if is_so]

    def _remits_on(self, day: date, *, holidays: frozenset[date]) -> bool:
        weekday = WEEKDAYS.index(self.remittance_weekday)
        if is_weekly_business_day(day, weekday=weekday, extra_holidays=holidays):
            return True
        month_end = last_business_day(CoverageMonth.of(day), extra_holidays=holidays)
        return self.remit_on_last_business_day and day == month_end


class HasMaintenance(Protocol):
    """A service's dated parameters: among them when it may be taken out, with the pack's citation of that."""

    @property
    def maintenance(self) -> MaintenanceTerms:
        """The terms on that date."""
        ...

    @property
    def citations(self) -> Mapping[str, str]:
        """Where each value comes from, by parameter."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """A deadline that a window touches. ``households`` is how many it concerns by what the service knows, None where it
    does not know whom.
    """

    kind: DeadlineKind
    on: date
    households: int | None

    def reason(self, *, citation: str) -> Reason:
        """Return why a window is refused for it."""
        rule, says = DEADLINES[self.kind]
        facts = {"deadline": self.kind, "on": str(self.on), "by": rule}
        if self.households is not None:
            facts["households"] = str(self.households)
        return Reason(
            rule="OPS-2", says=f"it touches {self.on}: {says} ({rule})", citation=citation, facts=facts
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceWindow:
    """A while in which a service is taken out, from ``begins_at`` up to ``ends_at``, which is not in it.

    ``override`` is why it may touch the ``deadlines`` it was found to touch, None of one that touches none; then it
    takes a second person, ``by_two``. ``ended_at`` is None unless somebody ended it early. ``told`` is what others were
    told of it last. ``reason`` and ``override`` are free text: they are kept here and go nowhere else.
    """

    maintenance: str
    state: WindowState
    begins_at: datetime
    ends_at: datetime
    reason: Masked
    override: Masked | None
    deadlines: tuple[Deadline, ...]
    by_two: bool
    asked_at: datetime
    asked_by: str
    decided_at: datetime | None = None
    decided_by: str | None = None
    closed_at: datetime | None = None
    closed_by: str | None = None
    told: Told = "nothing"

    @property
    def until(self) -> datetime:
        """When it is over, or was: as it was scheduled, or earlier where somebody ended it."""
        return self.closed_at if self.state == "ended" and self.closed_at is not None else self.ends_at

    def phase(self, now: datetime) -> WindowPhase:
        """Return how it stands at an instant: by what people did, and by the clock."""
        if self.state != "scheduled":
            return self.state
        if now < self.begins_at:
            return "scheduled"
        return "under-way" if now < self.ends_at else "over"


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceScheduled:
    """A service will be taken out, from ``begins_at`` up to ``ends_at``. ``touches_deadlines``: two people said so."""

    maintenance: str
    service: str
    begins_at: datetime
    ends_at: datetime
    touches_deadlines: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceWithdrawn:
    """A window that was scheduled will not be."""

    maintenance: str
    service: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceStarted:
    """A window has begun, as it was scheduled."""

    maintenance: str
    service: str
    begins_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceEnded:
    """A window is over since ``ended_at``: by the clock, or earlier."""

    maintenance: str
    service: str
    begins_at: datetime
    ended_at: datetime


class MaintenanceTouchesDeadlines(Conflict):
    """A window touches deadlines: the reasons name each, and how many households it concerns (OPS-2)."""

    kind: ClassVar[str] = "maintenance-touches-deadlines"


class MaintenanceOverlaps(Conflict):
    """The service is to be taken out at that time already (OPS-2)."""

    kind: ClassVar[str] = "maintenance-overlaps"


class WindowNotOpen(Conflict):
    """A window is decided once, withdrawn before it begins and ended while it lasts (OPS-2)."""

    kind: ClassVar[str] = "maintenance-window-not-open"


class UnderMaintenance(Refused):
    """The service is taken out for a while, as announced: nothing was done, and `Retry-After` says when to ask again
    (OPS-2).
    """

    kind: ClassVar[str] = "under-maintenance"
    status: ClassVar[int] = 503
    kept: ClassVar[bool] = False


def kept_clear(day: date, *, terms: MaintenanceTerms) -> tuple[datetime, datetime]:
    """Return from when up to when a deadline's day is kept clear: some hours before it, and the whole day.

    The hours are hours, also in the nights when clocks change; the day is as long as it is here.
    """
    begins = in_exchange_time(local(day) - terms.clear_hours * _HOUR)
    return begins, local(day + _DAY)


def touches(begins_at: datetime, ends_at: datetime, day: date, *, terms: MaintenanceTerms) -> bool:
    """Whether a window has an instant in common with what is kept clear for a day. One that ends as that begins, or
    begins as the day is over, has none.
    """
    clear_from, clear_until = kept_clear(day, terms=terms)
    return begins_at < clear_until and clear_from < ends_at


def days_to_look_at(begins_at: datetime, ends_at: datetime, *, terms: MaintenanceTerms) -> list[date]:
    """Return the days whose deadlines a window would touch, in order."""
    day, last = local_date(begins_at), local_date(ends_at + terms.clear_hours * _HOUR)
    days: list[date] = []
    while day <= last:
        if touches(begins_at, ends_at, day, terms=terms):
            days.append(day)
        day += _DAY
    return days


def require_sensible(
    window: MaintenanceWindow, *, now: datetime, terms: MaintenanceTerms, citation: str
) -> None:
    """Raise `InvalidValue` for a window that is none, is too long, or is not announced in time (OPS-2)."""
    says = (
        (
            "begins_at",
            window.begins_at < now + terms.notice_hours * _HOUR,
            f"must be {terms.notice_hours} hours from now or later: members are told before",
        ),
        (
            "begins_at",
            window.begins_at > now + terms.furthest_days * _DAY,
            f"must be {terms.furthest_days} days from now or earlier: what is due later is not known yet",
        ),
        ("ends_at", window.ends_at <= window.begins_at, "must be after it begins"),
        (
            "ends_at",
            window.ends_at - window.begins_at > terms.longest_hours * _HOUR,
            f"must be {terms.longest_hours} hours after it begins or earlier",
        ),
    )
    facts = {
        "notice_hours": str(terms.notice_hours),
        "furthest_days": str(terms.furthest_days),
        "longest_hours": str(terms.longest_hours),
    }
    for field, is_so, problem in says:
        if is_so:
            raise InvalidValue(
                field=f"/{field}",
                problem=problem,
                reasons=(
                    Reason(
                        rule="OPS-2",
                        says="a window is announced before it begins, and bounded",
                        citation=citation,
                        facts=facts,
                    ),
                ),
            )


def require_apart(window: MaintenanceWindow, others: Iterable[MaintenanceWindow], *, now: datetime) -> None:
    """Raise `MaintenanceOverlaps` where another that is asked for or scheduled has an instant in common with it."""
    for each in others:
        open_still = each.phase(now) in ("requested", "scheduled", "under-way")
        if (
            each.maintenance != window.maintenance
            and open_still
            and window.begins_at < each.ends_at
            and each.begins_at < window.ends_at
        ):
            raise MaintenanceOverlaps(
                "there is a window at that time already: withdraw it first",
                reasons=(
                    Reason(
                        rule="OPS-2",
                        says="a service is taken out by one window at a time",
                        citation=_SOURCE,
                        facts={
                            "maintenance": each.maintenance,
                            "begins_at": each.begins_at.isoformat(),
                            "ends_at": each.ends_at.isoformat(),
                        },
                    ),
                ),
            )


def stepped(window: MaintenanceWindow, what: WindowStep, *, by: str, now: datetime) -> MaintenanceWindow:
    """Return the window after a step that a person takes; raises `WindowNotOpen` where it has not that step now."""
    phase = window.phase(now)
    state = STEPS.get((phase, what))
    if state is None:
        raise WindowNotOpen(
            f"the window is {phase}",
            reasons=(
                Reason(
                    rule="OPS-2",
                    says="a window is decided once, withdrawn before it begins and ended while it lasts",
                    citation=_SOURCE,
                    facts={"maintenance": window.maintenance, "is": phase},
                ),
            ),
        )
    if what in ("approve", "decline"):
        return replace(window, state=state, decided_at=now, decided_by=by)
    return replace(window, state=state, closed_at=now, closed_by=by)


def to_tell(
    window: MaintenanceWindow, *, service: str, now: datetime
) -> tuple[Sequence[object], MaintenanceWindow]:
    """Return what others are to be told of a window by now and were not, and the window as they then know it.

    One that began and is over in the meantime, as where the service was away, is told of as both.
    """
    said: list[object] = []
    told, phase = window.told, window.phase(now)
    stood = phase in ("scheduled", "under-way", "over", "ended")
    if told == "nothing" and stood:
        said.append(
            MaintenanceScheduled(
                maintenance=window.maintenance,
                service=service,
                begins_at=window.begins_at,
                ends_at=window.ends_at,
                touches_deadlines=bool(window.deadlines),
            )
        )
        told = "scheduled"
    if told == "scheduled" and phase == "withdrawn":
        said.append(MaintenanceWithdrawn(maintenance=window.maintenance, service=service))
        told = "ended"
    if told == "scheduled" and phase in ("under-way", "over", "ended"):
        said.append(
            MaintenanceStarted(
                maintenance=window.maintenance,
                service=service,
                begins_at=window.begins_at,
                ends_at=window.ends_at,
            )
        )
        told = "started"
    if told == "started" and phase in ("over", "ended"):
        said.append(
            MaintenanceEnded(
                maintenance=window.maintenance,
                service=service,
                begins_at=window.begins_at,
                ended_at=window.until,
            )
        )
        told = "ended"
    return said, replace(window, told=told)


def refusal_of_intake(window: MaintenanceWindow, *, now: datetime) -> UnderMaintenance:
    """Return what a member is told who asks for something meanwhile: until when."""
    return UnderMaintenance(
        f"This is being worked on, as announced, until {window.ends_at.isoformat()}. Nothing was done: please ask again"
        " then, or call, or write.",
        reasons=(
            Reason(
                rule="OPS-2",
                says="the service is taken out for maintenance that was announced",
                citation=_SOURCE,
                facts={
                    "maintenance": window.maintenance,
                    "began_at": window.begins_at.isoformat(),
                    "until": window.ends_at.isoformat(),
                },
            ),
        ),
        retry_after_seconds=max(1, ceil((window.ends_at - now).total_seconds())),
    )
