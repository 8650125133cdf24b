"""The four facts of a policy: every pair of state and event, spelled out."""

from __future__ import annotations

from datetime import date
from itertools import product
from typing import Any, get_args

import pytest

from bulkhead.kernel.errors import Impossible
from enrollment.domain import acknowledgement, lifecycle, payment_standing, verification
from enrollment.domain.machine import NoSuchTransition

LIFECYCLE = """
              none        called-off  ends
awaited       selected    canceled    -
begun         active      canceled    terminated
over          expired     canceled    terminated
"""
ACKNOWLEDGEMENT = """
              send         effectuate   reject
unsent        sent         -            -
sent          sent         effectuated  rejected
effectuated   effectuated  effectuated  -
rejected      sent         effectuated  rejected
"""
STANDING = """
              pay-binder  enter-grace  advance-grace  leave-grace  end    restore
binder-due    current     binder-due   binder-due     binder-due   ended  -
current       current     in-grace     in-grace       current      ended  current
in-grace      in-grace    in-grace     in-grace       current      ended  in-grace
ended         ended       ended        ended          ended        ended  current
"""
VERIFICATION = """
              confirm     reopen      run-out
pending       verified    pending     failed
verified      verified    pending     verified
failed        verified    pending     failed
"""


class Derived:
    """The lifecycle, which follows from its two sides, asked like the machines."""

    @staticmethod
    def after(*, state: lifecycle.Begun, event: lifecycle.Ending) -> lifecycle.Lifecycle:
        return lifecycle.of(begun=state, ending=event)


MACHINES = {
    "lifecycle": (Derived, LIFECYCLE, lifecycle.Begun, lifecycle.Ending),
    "acknowledgement": (
        acknowledgement,
        ACKNOWLEDGEMENT,
        acknowledgement.Acknowledgement,
        acknowledgement.AcknowledgementEvent,
    ),
    "standing": (payment_standing, STANDING, payment_standing.Standing, payment_standing.StandingEvent),
    "verification": (verification, VERIFICATION, verification.Verification, verification.VerificationEvent),
}


def pairs(table: str) -> dict[tuple[str, str], str]:
    head, *rows = table.strip().splitlines()
    cells = [row.split() for row in rows]
    return {
        (state, event): following
        for state, *following_states in cells
        for event, following in zip(head.split(), following_states, strict=True)
    }


CASES = [
    pytest.param(module, state, event, following, id=f"{name}: {state}, {event}")
    for name, (module, table, _, _) in MACHINES.items()
    for (state, event), following in pairs(table).items()
]


@pytest.mark.parametrize(("module", "state", "event", "following"), CASES)
def test_ENR_9_every_pair_of_state_and_event_is_known_or_raises(
    module: Any, state: str, event: str, following: str
) -> None:
    if following == "-":
        with pytest.raises(NoSuchTransition):
            module.after(state=state, event=event)
    else:
        assert module.after(state=state, event=event) == following


@pytest.mark.parametrize("name", MACHINES)
def test_ENR_9_the_tables_above_leave_no_state_and_no_event_out(name: str) -> None:
    _, table, states, events = MACHINES[name]
    assert set(pairs(table)) == set(product(get_args(states), get_args(events)))


def test_ENR_9_an_unknown_pair_sets_the_household_aside() -> None:
    assert issubclass(NoSuchTransition, Impossible)


def test_ENR_10_eligibility_may_stay_pending_for_90_days() -> None:
    assert verification.pending_until(applied_on=date(2015, 12, 3), inconsistency_days=90) == date(2016, 3, 2)
