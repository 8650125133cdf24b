"""Whom a maintenance window of enrollment would concern: who may still select plans by a day, and who has something to
pay by it (OPS-2).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.maintenance import DeadlineKind
from bulkhead.persistence.ports import UnitOfWork
from enrollment.application.ports import Parameters
from enrollment.domain.households import Household
from enrollment.domain.policies import Policy


def concerned_by(
    parameters: Parameters,
) -> Callable[[UnitOfWork, DeadlineKind, date], Awaitable[int | None]]:
    """Return what says how many households a deadline concerns, None where enrollment does not know it: invoicing and
    payments know when first premiums are due, and payments whose money waits for carriers.
    """

    async def concerned(uow: UnitOfWork, kind: DeadlineKind, day: date) -> int | None:
        match kind:
            case "selection-cutoff" | "open-enrollment-ends":
                return len(await who_may_select(uow, day, parameters=parameters))
            case "monthly-due" | "month-end":
                return len(await _with_a_premium(uow, CoverageMonth.of(day).plus(1)))
            case "binder-due" | "remittance":
                return None

    return concerned


async def who_may_select(uow: UnitOfWork, day: date, *, parameters: Parameters) -> set[str]:
    """Return the households that may select plans on a day, by what is known now: in open enrollment those that have
    none at the end of its plan year, outside of it those whose plans end so near that it opens a special enrollment
    period (ENR-1, ENR-3). Of other events nobody knows before a selection names them.
    """
    standing = parameters.as_of(day)
    window = standing.window_on(day)
    if window is None:
        loss = standing.terms_of("loss")
        if loss is None:
            return set()
        near = {
            "through__ge": day - timedelta(days=loss.days_after),
            "through__le": day + timedelta(days=loss.days_before),
        }
        # Not paying is no loss of coverage (45 CFR 155.420(e)(1)).
        ended = await _households(uow, lifecycle="terminated", end_reason__ne="non-payment", **near)
        return ended - await _covered_on(uow, day + timedelta(days=loss.days_before + 1))
    registered = set(await uow.records(Household).distinct("household", merged_into=None))
    return registered - await _covered_on(uow, date(window.plan_year, 12, 31))


async def _covered_on(uow: UnitOfWork, day: date) -> set[str]:
    """Return the households that have a plan on a day, or have selected one for it."""
    stand = {"lifecycle": ["selected", "active"], "effective__le": day, "coverage_ends__ge": day}
    ended_later = {"lifecycle": "terminated", "effective__le": day, "through__ge": day}
    return await _households(uow, **stand) | await _households(uow, **ended_later)


async def _with_a_premium(uow: UnitOfWork, month: CoverageMonth) -> set[str]:
    """Return the households that have coverage in a month which costs something: whether that is paid, enrollment does
    not know.
    """
    first, last = month.first_day, month.last_day
    stand = {"lifecycle": "active", "effective__le": last, "coverage_ends__ge": first}
    ended_later = {"lifecycle": "terminated", "effective__le": last, "through__ge": first}
    return await _households(uow, net_cents__gt=0, **stand) | await _households(
        uow, net_cents__gt=0, **ended_later
    )


async def _households(uow: UnitOfWork, **conditions: Any) -> set[str]:
    return set(await uow.records(Policy).distinct("household", **conditions))
