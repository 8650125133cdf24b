"""A household moves: from a day on its plans by age are rated where it lives then (ENR-13, ENR-17)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Refused
from bulkhead.kernel.personal import Masked
from enrollment.domain.endings import AskedBy
from enrollment.domain.households import AreaChange, Household

_CITATION = "45 CFR 155.330(b)"


class CannotMove(Refused):
    """A move cannot be told of for that day by whoever tells of it."""

    kind = "cannot-move"


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Where a household lives from a day on, and who says so."""

    since: date
    address: Masked
    by: AskedBy


def check_move(move: Move, *, today: date) -> None:
    """Check that a household tells of no days gone by: staff does (ENR-13). Raises `CannotMove`."""
    if move.by == "household" and move.since < today:
        raise CannotMove(
            "a move is told of from today on",
            field="/from",
            reasons=(
                Reason(
                    rule="ENR-13",
                    says=f"Premiums of days gone by are changed by staff only; {today} would do.",
                    citation=_CITATION,
                    facts={"would_do": str(today)},
                ),
            ),
        )


def moved(household: Household, *, since: date, area: int | None) -> Household:
    """Return the household as living in a rating area from a day on; an address in none moves no premium (ENR-17)."""
    if area is None or (area == household.area_on(since) and not _comes_later(household, since)):
        return household
    change = AreaChange(since=since, rating_area=area)
    return replace(household, area_changes=(*household.area_changes, change))


def address_changed(*, since: date, area: int | None) -> Reason:
    """Return the reason of a change of address: the day and the rating area it is in, never the address."""
    where = "in no rating area that is known" if area is None else f"in rating area {area}"
    facts = {"address_since": str(since)} | ({} if area is None else {"rating_area": str(area)})
    return Reason(
        rule="ENR-13",
        says=f"From {since} the household has another address, {where}.",
        citation=_CITATION,
        facts=facts,
    )


def _comes_later(household: Household, since: date) -> bool:
    return any(each.since > since for each in household.area_changes)
