"""The matrix of what carriers may say when (CAR-5), as the companion guide prints it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import get_args

import pytest
from gateway_builders import JANUARY, since

from carrier_gateway.domain.inbound import ACCEPTS, Standing, standing
from carrier_gateway.domain.records import InboundKind, Policy

PRINTED = """
effectuation  A R A  R  R
cancellation  A A A  A  R
termination   A A A* A* R
maintenance   R A R  A  R
reinstatement R R A  A  A
"""
ANSWERS = {"A": "accepted", "R": "refused", "A*": "earlier-end-only"}
POLICY = Policy(
    policy="june-medical",
    household="june",
    selection="june-selection",
    plan="SILVER",
    carrier="BCBSVT",
    kind="medical",
    effective=JANUARY,
    coverage_ends=date(2016, 12, 31),
    versions=(since(JANUARY, aptc_cents=0),),
    months=(),
    contact_version=1,
    lifecycle="active",
)


def test_CAR_5_the_matrix_is_the_printed_one() -> None:
    rows = [line.split() for line in PRINTED.strip().splitlines()]
    printed = {
        (kind, column): ANSWERS[answer]
        for kind, *answers in rows
        for column, answer in zip(get_args(Standing), answers, strict=True)
    }
    assert printed == ACCEPTS
    assert {kind for kind, _ in ACCEPTS} == set(get_args(InboundKind))


@pytest.mark.parametrize(
    ("lifecycle", "effectuated", "stands"),
    [
        ("selected", False, "initial"),
        ("active", False, "initial"),
        ("active", True, "effectuated"),
        ("terminated", False, "terminated-initial"),
        ("terminated", True, "terminated-effectuated"),
        ("canceled", False, "canceled"),
        ("canceled", True, "canceled"),
    ],
)
def test_CAR_5_how_a_policy_stands_for_the_matrix(lifecycle: str, effectuated: bool, stands: str) -> None:
    effectuated_on = date(2016, 1, 4) if effectuated else None
    confirmed = ("june-1",) if effectuated else ()
    policy = replace(POLICY, lifecycle=lifecycle, effectuated_on=effectuated_on, confirmed=confirmed)
    assert standing(policy, of={"june-1"}) == stands


def test_CAR_5_to_who_came_since_a_policy_stands_as_it_did_to_the_first_ones() -> None:
    policy = replace(POLICY, effectuated_on=date(2016, 1, 4), confirmed=("june-1",))
    assert standing(policy, of={"june-1", "june-2"}) == "initial"
    ended = replace(policy, lifecycle="terminated")
    assert standing(ended, of={"june-1", "june-2"}) == "terminated-initial"
