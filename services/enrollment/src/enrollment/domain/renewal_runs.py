"""What is asked for about a plan year's renewals, and how far it is: a walk through all households, chunk by chunk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal, TypeAlias

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import MOST_TOO_SLOW, Conflict, Refused
from enrollment.domain.crosswalk import CITATION
from enrollment.domain.sources import SOURCES

RenewalAct: TypeAlias = Literal["plan", "run", "reverse"]
"""Look at what would be, do it, or take back what no carrier was told yet."""

RunState: TypeAlias = Literal["running", "done"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewalRun:
    """One walk through the households of a plan year's renewals.

    ``cursor`` is the last household that was done, ``households`` how many were, ``policies`` of how many policies
    something was decided, ``failed`` how many households were passed over: one had a fault of ours, or the database
    took too long for it.

    Where it takes too long, the walk goes on with fewer households ``at_once``, None for as many as it does else, until
    some are done. ``tried_alone`` is how often it took too long for the next household alone, ``slow_in_a_row`` how
    many were passed over for that since any was done. They are kept here so that a restart forgets none of it.
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
    at_once: int | None = None
    tried_alone: int = 0
    slow_in_a_row: int = 0


def gone_on(run: RenewalRun, households: Sequence[str], *, policies: int) -> RenewalRun:
    """Return a walk that has done these households, and decided something of so many policies."""
    return replace(
        run,
        cursor=households[-1],
        households=run.households + len(households),
        policies=run.policies + policies,
        at_once=None,
        tried_alone=0,
        slow_in_a_row=0,
    )


def slowed(run: RenewalRun, *, tried: int) -> RenewalRun:
    """Return a walk for so many of whose next households, tried at once, the database took too long."""
    return replace(
        run,
        at_once=max(1, tried // 2),
        tried_alone=run.tried_alone + 1 if tried == 1 else run.tried_alone,
    )


def passed_over(run: RenewalRun, household: str) -> RenewalRun:
    """Return a walk that goes on behind a household which could not be done."""
    return replace(
        run,
        cursor=household,
        households=run.households + 1,
        failed=run.failed + 1,
        at_once=None,
        tried_alone=0,
        slow_in_a_row=run.slow_in_a_row + 1 if has_tried(run) else run.slow_in_a_row,
    )


def has_tried(run: RenewalRun) -> bool:
    """Whether the next household was just tried alone for the last of a few times: somebody is told of it."""
    return run.tried_alone > 0 and run.tried_alone % MOST_TOO_SLOW == 0


def is_slow_for_all(run: RenewalRun) -> bool:
    """Whether so many were passed over in a row that the next one is not: the database is slow for all."""
    return run.slow_in_a_row >= MOST_TOO_SLOW - 1


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
