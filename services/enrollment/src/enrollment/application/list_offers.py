"""A household looks at the plans it can select, at what each would cost it (ENR-8, ENR-17)."""

from __future__ import annotations

from datetime import date

from bulkhead.persistence.ports import UnitOfWork
from enrollment.application.book import PolicyBook
from enrollment.application.find_household import registered
from enrollment.application.ports import Parameters
from enrollment.domain.choices import check_people
from enrollment.domain.households import Household, covered_on
from enrollment.domain.offers import Offer, offer
from enrollment.domain.plans import Kind, Plan


async def list_offers(
    uow: UnitOfWork,
    household: str,
    *,
    effective: date,
    kind: Kind | None,
    after: str,
    limit: int,
    parameters: Parameters,
) -> list[Offer]:
    """Return the plans that are sold for the year of a first day of coverage, by id, so many at most after one; each
    with what it would cost the household from then on. Nothing changes.

    Raises `NotFound` for a household nobody registered, `NobodyToCover` where it would cover nobody then.
    """
    plans = await _sold(uow, year=effective.year, kind=kind, after=after, limit=limit)
    book = await PolicyBook.load(uow, [household])
    registered(book.find(Household, household))
    await book.take_circumstances(uow, plans=[each.plan for each in plans])
    known = book.circumstances(household)
    people = covered_on(known.members, effective, policy=None)
    check_people(people, effective=effective)
    in_force = parameters.as_of(max(uow.today, effective))
    return [
        offer(each, known=known, people=people, effective=effective, parameters=in_force) for each in plans
    ]


async def _sold(uow: UnitOfWork, *, year: int, kind: Kind | None, after: str, limit: int) -> list[Plan]:
    """Return the next plans that are sold for a year, of one kind or of all."""
    found: list[Plan] = []
    while len(found) < limit:
        rows = await uow.records(Plan).select(plan__gt=after, order_by=("plan",), limit=limit)
        found += [each for each in rows if each.is_sold_for(year) and kind in (None, each.kind)]
        if len(rows) < limit:
            break
        after = rows[-1].plan
    return found[:limit]
