"""What a pack says of invoicing is held against what can be meant."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.invoicing.tests.builders import VERMONT_2016


def test_INV_2_what_the_rules_have_can_be_meant() -> None:
    assert VERMONT_2016.faults() == []


@pytest.mark.parametrize("day", [0, 29, 40])
def test_INV_2_a_due_day_that_not_every_month_has_is_no_due_day(day: int) -> None:
    found = replace(VERMONT_2016, due_day=day).faults()
    assert [(each.parameter, each.rule) for each in found][:1] == [("due_day", "INV-2")]
    assert f"is {day}: it must be 1 to 28" in found[0].problem


@pytest.mark.parametrize("day", [3, 5])
def test_INV_3_a_due_day_before_the_invoice_would_bill_nobody(day: int) -> None:
    _, found = replace(VERMONT_2016, due_day=day).faults()
    assert (found.parameter, found.rule) == ("due_day", "INV-2, INV-3")
    assert "made on 5 (run_day): it must be later" in found.problem


@pytest.mark.parametrize(
    "name",
    ["binder_due_days", "run_day", "grace_months_assisted", "grace_months_unassisted", "postmark_months"],
)
def test_INV_1_INV_8_INV_12_a_count_of_nothing_is_refused(name: str) -> None:
    assert [each.parameter for each in replace(VERMONT_2016, **{name: 0}).faults()] == [name]


@pytest.mark.parametrize(
    ("name", "value"),
    [("reinstatement_ask_days", 0), ("reinstatement_pay_months", 0), ("reinstatements_a_year", -1)],
)
def test_INV_13_limits_that_nobody_could_keep_are_refused(name: str, value: int) -> None:
    found = replace(VERMONT_2016, **{name: value}).faults()
    assert [(each.parameter, each.rule) for each in found] == [(name, "INV-13")]
