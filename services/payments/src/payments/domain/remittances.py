"""Remittance: on which days carriers are paid, what a remittance holds, and what is carried forward."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Literal

from bulkhead.kernel.calendar import (
    CoverageMonth,
    is_weekly_business_day,
    last_business_day,
    local_date,
)
from bulkhead.kernel.ids import derived_id
from bulkhead.kernel.maintenance import WEEKDAYS
from bulkhead.kernel.parameters import DatedParameters
from payments.domain.events import IssuedLine, RemittanceIssued
from payments.domain.parameters import PaymentsParameters
from payments.domain.settlements import Settlement

ISSUED_AT = time(16)
"""When a day's remittances are issued, in the exchange's time (PAY-6)."""

LINES_PER_EVENT = 2_000
"""An event must fit into one message: a longer remittance is told in parts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemittanceLine:
    """One premium in a remittance. Its key is the settlement and the direction: each happens once, ever
    (PAY-6).
    """

    settlement: str
    direction: Literal["paid", "taken-back"]
    remittance: str
    carrier: str
    business_date: date
    household: str
    policy: str
    month: CoverageMonth
    cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Remittance:
    """What one carrier is paid on one remittance day (PAY-6, PAY-7).

    ``net_cents`` is the sum of its lines; ``brought_forward_cents`` what the carrier owed before (0 or more),
    ``carried_cents`` what it owes after. ``sequence`` numbers the carrier's remittances without a gap.
    ``file`` is the path of its file below the remittance folder.
    """

    remittance: str
    carrier: str
    business_date: date
    sequence: int
    issued_on: date
    lines: int
    net_cents: int
    brought_forward_cents: int
    total_cents: int
    carried_cents: int
    file: str
    file_state: Literal["to-write", "written"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RemittanceToTell:
    """How far an issued remittance is told, while it is not told whole.

    It is told in ``parts`` of ``size`` lines, the last of what is left: both stay as they were when it was issued,
    whatever this program would choose. ``part`` is the next to be told. Told are all lines of the households up to
    ``after``, in the order of `in_order`, and the first ``beyond`` lines behind them.
    """

    remittance: str
    issued_on: date
    parts: int
    size: int
    part: int
    after: str
    beyond: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierBalance:
    """What a carrier owes after its last remittance, and that remittance's number."""

    carrier: str
    sequence: int
    carried_cents: int


def is_remittance_day(day: date, *, parameters: PaymentsParameters) -> bool:
    """Whether carriers are paid on a day (PAY-6, CAL-2).

    Every Wednesday, moved to the next business day where it is none, and the last business day of the month.
    """
    holidays = parameters.extra_holidays
    weekday = WEEKDAYS.index(parameters.remittance_weekday)
    if is_weekly_business_day(day, weekday=weekday, extra_holidays=holidays):
        return True
    month_end = last_business_day(CoverageMonth.of(day), extra_holidays=holidays)
    return parameters.remit_on_last_business_day and day == month_end


def next_remittance_day(day: date, *, parameters: DatedParameters[PaymentsParameters]) -> date:
    """Return the first remittance day on or after a day (PAY-6)."""
    while not is_remittance_day(day, parameters=parameters.as_of(day)):
        day += timedelta(days=1)
    return day


def remittance_id(*, carrier: str, business_date: date) -> str:
    """Return the id of the one remittance a carrier can have on a day (PAY-6)."""
    return derived_id("remittance", carrier, business_date.isoformat())


def line_of(
    settlement: Settlement, *, direction: Literal["paid", "taken-back"], business_date: date
) -> RemittanceLine:
    """Return the line that pays a settled premium, or takes its full amount back (PAY-6, PAY-7)."""
    return RemittanceLine(
        settlement=settlement.settlement,
        direction=direction,
        remittance=remittance_id(carrier=settlement.carrier, business_date=business_date),
        carrier=settlement.carrier,
        business_date=business_date,
        household=settlement.household,
        policy=settlement.policy,
        month=settlement.month,
        cents=settlement.cents if direction == "paid" else -settlement.cents,
    )


def issue(
    *,
    carrier: str,
    business_date: date,
    now: datetime,
    lines: int,
    net_cents: int,
    before: CarrierBalance,
) -> tuple[Remittance, CarrierBalance]:
    """Return a carrier's remittance of so many lines with this sum, and its balance after it (PAY-7).

    A net below zero pays nothing and is carried forward: ``net - brought forward = total - carried``.
    """
    due_cents = net_cents - before.carried_cents
    sequence = before.sequence + 1
    remittance = Remittance(
        remittance=remittance_id(carrier=carrier, business_date=business_date),
        carrier=carrier,
        business_date=business_date,
        sequence=sequence,
        issued_on=local_date(now),
        lines=lines,
        net_cents=net_cents,
        brought_forward_cents=before.carried_cents,
        total_cents=max(0, due_cents),
        carried_cents=max(0, -due_cents),
        file=f"{carrier}/REMIT_{business_date.isoformat()}_{sequence}.csv",
        file_state="to-write",
    )
    after = CarrierBalance(carrier=carrier, sequence=sequence, carried_cents=remittance.carried_cents)
    return remittance, after


def written(remittance: Remittance) -> Remittance:
    """Return the remittance as one whose file is written."""
    return replace(remittance, file_state="written")


def in_order(lines: Iterable[RemittanceLine]) -> list[RemittanceLine]:
    """Return lines in the one order they are written and told in."""
    return sorted(
        lines, key=lambda line: (line.household, line.policy, line.month, line.settlement, line.direction)
    )


def to_tell(remittance: Remittance, *, size: int) -> RemittanceToTell:
    """Return that nothing of a remittance is told yet, and that it will be in parts of so many lines: one at least."""
    return RemittanceToTell(
        remittance=remittance.remittance,
        issued_on=remittance.issued_on,
        parts=max(1, math.ceil(remittance.lines / size)),
        size=size,
        part=1,
        after="",
        beyond=0,
    )


def told(telling: RemittanceToTell, lines: Sequence[RemittanceLine]) -> RemittanceToTell:
    """Return how far a remittance is told after one more part, of these lines."""
    after, beyond = telling.after, telling.beyond + len(lines)
    if lines and lines[0].household != lines[-1].household:
        # More lines of the last household may follow: it is looked at again, from its first line on.
        before = max(index for index, line in enumerate(lines) if line.household != lines[-1].household)
        after, beyond = lines[before].household, len(lines) - before - 1
    return replace(telling, part=telling.part + 1, after=after, beyond=beyond)


def issued_event(
    remittance: Remittance, telling: RemittanceToTell, lines: Sequence[RemittanceLine]
) -> RemittanceIssued:
    """Return what is told of a remittance in the next of its parts, numbered from 1, which has these lines."""
    return RemittanceIssued(
        remittance=remittance.remittance,
        carrier=remittance.carrier,
        business_date=remittance.business_date,
        issued_on=remittance.issued_on,
        total_cents=remittance.total_cents,
        brought_forward_cents=remittance.brought_forward_cents,
        carried_cents=remittance.carried_cents,
        lines=tuple(_issued(line) for line in lines),
        part=telling.part,
        parts=telling.parts,
        sequence=remittance.sequence,
    )


def _issued(line: RemittanceLine) -> IssuedLine:
    return IssuedLine(
        household=line.household,
        policy=line.policy,
        month=line.month,
        cents=line.cents,
        settlement=line.settlement,
    )
