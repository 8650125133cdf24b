"""What is asked for about a plan year's renewals, and how far it is: a walk through all households, chunk by chunk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, TypeAlias

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Conflict, Refused
from enrollment.domain.crosswalk import CITATION
from enrollment.domain.sources import SOURCES

RenewalAct: TypeAlias = Literal["plan", "run", "reverse"]
"""Look at what would be, do it, or take back what no carrier was told yet."""

RunState: TypeAlias = Literal["running", "done"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewalRun:
    """One walk through the households of a plan year's renewals.

    ``cursor`` is the last household that was done, ``households`` how many were, ``policies`` of how many policies
    something was decided, ``failed`` how many households had a fault of ours. ``slow_in_a_row`` is how many of the last
    ones were passed over because the database took too long for them.
    """

    plan_year: int
    number: int
    act: RenewalAct
    asked_by: str
    asked_at: datetime
    state: RunState
    cursor: str
    households: int
    policies: int
    failed: int
    done_at: datetime | None
    slow_in_a_row: int = 0


class RenewalsNotNow(Refused):
    """Renewals of that plan year cannot be planned, made or taken back today; the reasons say when."""

    kind = "renewals-not-now"


class RenewalRunGoesOn(Conflict):
    """Something is being done about the year's renewals already."""

    kind = "renewal-run-goes-on"


class NoCrosswalk(Refused):
    """No crosswalk was imported for the plan year: nothing could be mapped."""

    kind = "no-crosswalk"


def check_year(year: int, *, today: date) -> None:
    """Check that a plan year is the one that today's coverage is renewed for, or the one that goes on, in which what
    could not be renewed in time is renewed late; raises `RenewalsNotNow`.
    """
    last = date(year, 12, 31)
    if today.year not in (year - 1, year):
        raise RenewalsNotNow(
            "renewals are made in the year before their plan year, or late in the plan year itself",
            field="path/year",
            reasons=(
                Reason(
                    rule="ENR-14",
                    says=f"Coverage of {year - 1} is renewed for {year} from {year - 1}-01-01 to {last}.",
                    citation=SOURCES["ENR-14"],
                    facts={"plan_year": str(year), "today": str(today)},
                ),
            ),
        )


def check_may_begin(runs: Sequence[RenewalRun]) -> None:
    """Check that no other walk goes on; raises `RenewalRunGoesOn`."""
    going_on = next((each for each in runs if each.state == "running"), None)
    if going_on is not None:
        raise RenewalRunGoesOn(
            f"number {going_on.number} is not done yet",
            field="/act",
            reasons=(
                Reason(
                    rule="ENR-14",
                    says=f"Number {going_on.number} ({going_on.act}) goes through all households: ask again when it is "
                    "done.",
                    citation=SOURCES["ENR-14"],
                    facts={"number": str(going_on.number), "act": going_on.act},
                ),
            ),
        )


def no_crosswalk(year: int) -> NoCrosswalk:
    """Return the refusal of renewals for a plan year that has no crosswalk."""
    return NoCrosswalk(
        "no crosswalk was imported for the plan year",
        field="path/year",
        reasons=(
            Reason(
                rule="ENR-14",
                says=f"A crosswalk says what each plan of {year - 1} becomes in {year}: import it first.",
                citation=CITATION,
                facts={"plan_year": str(year)},
            ),
        ),
    )


def is_season(runs: Sequence[RenewalRun]) -> bool:
    """Whether renewals of a year are made: the last that was asked for besides looking is to make them."""
    acts = [each.act for each in sorted(runs, key=lambda each: each.number) if each.act != "plan"]
    return acts[-1:] == ["run"]
