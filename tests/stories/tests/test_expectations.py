"""Comparing: fields left out are not compared, never means never, and both sides are shown."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from bulkhead.kernel.calendar import local
from stories.exchange import Place
from stories.expectations import Failure, check
from stories.facts import Facts
from stories.language import Expectation
from stories.lookout import SUSPENSE, Lookout
from stories.outcome import Outcome, Refusal
from stories.tests.builders import ScriptedExchange, story_of


def facts_of(exchange: ScriptedExchange) -> Facts:
    story = story_of("- {at: 2016-06-01T23:00, expect: accepted}")
    return Facts(exchange, Lookout(exchange, story, lambda: local(date(2016, 6, 1), 23)))


async def told(step: str, exchange: ScriptedExchange, before: Outcome | None = None) -> Failure | None:
    (expectation,) = story_of(step).steps[0].expectations
    return await check(expectation, facts_of(exchange), before)


def listing(*items: dict[str, Any]) -> dict[str, Any]:
    return {"items": list(items), "next_cursor": None}


POLICY = {
    "plan": "SILVER",
    "effective": "2016-01-01",
    "lifecycle": "active",
    "from": "2016-01-01",
    "through": None,
    "coverage_ends": "2016-12-31",
    "end_reason": None,
}
ROW = {
    "carrier": "BCBSVT", "on": "2016-06-01", "household": "june", "month": 1, "of": 1, "past_due_cents": 50_000,
    "pay_by": "2016-06-30", "claims": "pay", "action": "termination-notice", "effective": None,
}  # fmt: skip
INVOICE = {
    "invoice": "i-1", "kind": "initial", "dated": "2015-12-04", "due": "2015-12-25", "total_cents": 54_000,
    "voided_on": None,
    "charges": [{"policy": "p", "month": "2016-01", "net_cents": 50_000}, {"policy": "q", "month": "2016-01", "net_cents": 4_000}],
}  # fmt: skip


def exchange_with(**answers: Any) -> ScriptedExchange:
    exchange = ScriptedExchange()
    for path, body in answers.items():
        service, _, rest = path.partition("__")
        exchange.answers[service, "/v1/households/june/" + rest] = body
    return exchange


async def test_what_is_given_is_compared_and_what_is_left_out_is_not() -> None:
    exchange = exchange_with(invoicing__invoices=listing(INVOICE))
    assert (
        await told("- {at: 2016-01-01T00:00, expect: {invoice: {household: june, total: 540.00}}}", exchange)
        is None
    )
    assert (
        await told(
            "- {at: 2016-01-01T00:00, expect: {invoice: {charges: {2016-01: 540.00}, mailed: false}}}",
            exchange,
        )
        is None
    )


async def test_a_failure_shows_expected_beside_found_field_by_field() -> None:
    exchange = exchange_with(
        invoicing__invoices=listing({**INVOICE, "dated": "2016-01-05", "kind": "monthly"}, INVOICE)
    )
    failure = await told(
        "- {at: 2016-01-01T00:00, expect: {invoice: {household: june, kind: initial, due: 2015-12-24, charges: {2016-01: 540.00, 2016-02: 1.00}}}}",
        exchange,
    )
    assert failure is not None
    assert failure.headline == (
        "expected invoice {household: june, kind: initial, due: 2015-12-24, charges: {2016-01: 540.00, 2016-02: 1.00}}"
    )
    assert [" ".join(line.split()) for line in failure.table] == [
        "expected found",
        "household june june",
        "kind initial initial",
        "due 2015-12-24 2015-12-25 <-- differs",
        "charges {2016-01: 540.00, 2016-02: 1.00} {2016-01: 540.00} <-- differs",
        "(the closest of 2 found)",
    ]


async def test_nothing_of_the_kind_is_told_as_such() -> None:
    failure = await told(
        "- {at: 2016-01-01T00:00, expect: {balance: {household: june, owed: 0.00}}}", ScriptedExchange()
    )
    assert failure is not None
    assert failure.table == ("found     nothing of the kind",)


async def test_never_fails_on_what_has_come_about_and_shows_it() -> None:
    exchange = ScriptedExchange()
    exchange.answers["invoicing", "/v1/delinquency-lists?carrier=BCBSVT&on=2016-06-01"] = listing(ROW)
    failure = await told("- {at: 2016-06-01T23:00, never: {listed: {household: june}}}", exchange)
    assert failure is not None
    assert failure.headline == "never expected listed {household: june}"
    assert any(line.split() == ["past_due", "500.00"] for line in failure.table)
    assert (
        await told(
            "- {at: 2016-06-01T23:00, never: {listed: {household: june, action: terminate}}}", exchange
        )
        is None
    )


async def test_the_delinquency_lists_of_every_first_are_looked_at_where_no_date_is_given() -> None:
    exchange = ScriptedExchange()
    exchange.answers["invoicing", "/v1/delinquency-lists?carrier=BCBSVT&on=2016-06-01"] = listing(ROW)
    step = "- {at: 2016-06-01T23:00, expect: {listed: {carrier: BCBSVT, household: june, month: 1, pay_by: 2016-06-30}}}"
    assert await told(step, exchange) is None


async def test_no_grace_is_a_fact_of_its_own() -> None:
    exchange = exchange_with(invoicing__grace={"in_grace": False, "month": None, "of": None})
    assert (
        await told("- {at: 2016-01-01T00:00, expect: {grace: {household: june, none: true}}}", exchange)
        is None
    )
    assert await told("- {at: 2016-01-01T00:00, never: {grace: {household: june}}}", exchange) is None
    assert (
        await told("- {at: 2016-01-01T00:00, expect: {grace: {household: june, month: 1}}}", exchange)
        is not None
    )
    exchange = exchange_with(invoicing__grace={"in_grace": True, "month": 2, "of": 3})
    assert (
        await told("- {at: 2016-01-01T00:00, expect: {grace: {household: june, month: 2, of: 3}}}", exchange)
        is None
    )
    assert await told("- {at: 2016-01-01T00:00, never: {grace: {household: june}}}", exchange) is not None
    assert (
        await told("- {at: 2016-01-01T00:00, expect: {grace: {household: june, none: true}}}", exchange)
        is not None
    )


async def test_coverage_is_compared_with_any_policy_of_the_household() -> None:
    canceled = {**POLICY, "lifecycle": "canceled", "end_reason": "non-payment"}
    exchange = exchange_with(enrollment__policies=listing(canceled, {**POLICY, "plan": "DENTAL"}))
    assert (
        await told(
            "- {at: 2016-01-01T00:00, expect: {coverage: {household: june, plan: SILVER, is: canceled, reason: non-payment}}}",
            exchange,
        )
        is None
    )
    assert (
        await told(
            "- {at: 2016-01-01T00:00, never: {coverage: {household: june, plan: SILVER, is: active}}}",
            exchange,
        )
        is None
    )


async def test_a_refusal_holds_when_the_rule_is_among_its_reasons() -> None:
    refused = Outcome(line=9, word="select", answered=[Refusal(says="closed", rules=("ENR-1", "ENR-3"))])
    accepted = Outcome(line=9, word="select")
    exchange = ScriptedExchange()
    assert await told("- {at: 2016-01-01T00:00, expect: {refused: {rule: ENR-3}}}", exchange, refused) is None
    assert await told("- {at: 2016-01-01T00:00, expect: {refused: {}}}", exchange, refused) is None
    assert await told("- {at: 2016-01-01T00:00, never: accepted}", exchange, refused) is None
    assert await told("- {at: 2016-01-01T00:00, expect: accepted}", exchange, accepted) is None
    failure = await told("- {at: 2016-01-01T00:00, expect: accepted}", exchange, refused)
    assert failure is not None
    assert failure.table == (
        "found     nothing of the kind; 'select' on line 9 was refused: closed [ENR-1, ENR-3]",
    )
    failure = await told("- {at: 2016-01-01T00:00, expect: {refused: {rule: ENR-1}}}", exchange, accepted)
    assert failure is not None
    assert failure.table == ("found     nothing of the kind; 'select' on line 9 was accepted",)


REMITTANCE = b"""\
carrier,BCBSVT
business date,2016-05-04
issued on,2016-05-05
brought forward,0.00
total,0.00
carried,310.00
household,policy,month,amount
june,p,2016-03,-300.00
june,p,2016-04,40.00
june,q,2016-04,4.00
june,q,2016-03,-10.00
"""


@pytest.mark.parametrize(
    ("fields", "holds"),
    [
        ("remitted: {carrier: BCBSVT, on: 2016-05-05, household: june, month: 2016-04, amount: 44.00}", True),
        ("remitted: {carrier: BCBSVT, on: 2016-05-05, household: june, month: 2016-04, amount: 40.00}", True),
        ("remitted: {household: june, month: 2016-03, amount: -310.00}", True),
        ("remitted: {household: june, month: 2016-03, amount: 300.00}", False),
        ("remitted: {carrier: BCBSVT, on: 2016-05-04}", False),
        ("remittance: {carrier: BCBSVT, on: 2016-05-05, total: 0.00, carried: 310.00}", True),
        ("remittance: {carrier: DELTA}", False),
    ],
)
async def test_remittances_are_read_from_their_files(fields: str, *, holds: bool) -> None:
    exchange = ScriptedExchange()
    exchange.out[Place.REMITTANCES]["BCBSVT/REMIT_2016-05-04_1.csv"] = REMITTANCE
    assert (await told(f"- {{at: 2016-06-01T00:00, expect: {{{fields}}}}}", exchange) is None) is holds


MAIL = b"""\
X-Bulkhead-Notice: n-1
X-Bulkhead-Notice-Type: invoice
X-Bulkhead-Household: june
X-Bulkhead-Invoice: i-1
Date: Fri, 04 Dec 2015 23:30:00 -0500
Subject: Your invoice
Content-Type: text/plain; charset=utf-8

Please pay  500.00
by December 25.
"""


async def test_notices_are_read_from_mails_and_from_print() -> None:
    exchange = exchange_with(invoicing__invoices=listing(INVOICE))
    exchange.delivered = [MAIL, b"Subject: somebody else's\n\nhello\n"]
    exchange.out[Place.PRINT]["may/n-2.json"] = (
        b'{"X-Bulkhead-Notice-Type": "receipt", "X-Bulkhead-Household": "may", "Date": "Sat, 05 Dec 2015 09:00:00 -0500", "says": "Thank you"}'
    )
    for step in (
        "invoice: {household: june, mailed: true}",
        "notice: {household: june, type: invoice, by: email, on: 2015-12-04, says: please pay 500.00 by, never_says: online}",
        "notice: {household: may, type: receipt, by: paper, on: 2015-12-05, says: [thank, you]}",
    ):
        assert await told(f"- {{at: 2016-06-01T00:00, expect: {{{step}}}}}", exchange) is None
    failure = await told(
        "- {at: 2016-06-01T00:00, expect: {notice: {household: june, says: [pay, 1000.00]}}}", exchange
    )
    assert failure is not None
    assert any("it does not say so" in line for line in failure.table)
    assert not any("December" in line for line in failure.table)


@pytest.mark.parametrize(
    ("payments", "invoicing", "balanced"),
    [
        ({}, {}, True),
        ({"balanced": False}, {}, False),
        ({"not_applied_cents": 8}, {}, False),
        ({}, {"positions_agree": False}, False),
    ],
)  # fmt: skip
async def test_PAY_9_the_books_balance_when_both_services_agree_to_the_cent(
    payments: dict[str, Any], invoicing: dict[str, Any], *, balanced: bool
) -> None:
    exchange = ScriptedExchange()
    sound = {"held_cents": 5, "credit_cents": 4, "owed_back_cents": 2, "positions_agree": True}
    exchange.answers["payments", "/v1/books"] = {"balanced": True, "not_applied_cents": 7} | payments
    exchange.answers["invoicing", "/v1/books"] = sound | invoicing
    failure = await told("- {at: 2016-06-01T00:00, expect: {books: {balanced: true}}}", exchange)
    assert (failure is None) is balanced


async def test_how_many_notices_there_are_counts_each_once_though_its_mail_came_twice() -> None:
    exchange = ScriptedExchange()
    other = MAIL.replace(b"n-1", b"n-2").replace(b"500.00", b"600.00")
    exchange.delivered = [MAIL, other, MAIL]
    for fields, holds in (
        ("count: 2", True),
        ("count: 3", False),
        ("count: 1, says: 600.00", True),
        ("count: 0, says: 700.00", True),
        ("count: 0", False),
    ):
        step = f"- {{at: 2016-06-01T00:00, expect: {{notice: {{household: june, type: invoice, {fields}}}}}}}"
        assert (await told(step, exchange) is None) is holds, fields
        assert (await told(step.replace("expect", "never"), exchange) is None) is not holds, fields
    failure = await told("- {at: 2016-06-01T00:00, expect: {notice: {household: june, count: 3}}}", exchange)
    assert failure is not None
    assert failure.table == ("found     2 of 2 that agree with all else",)


async def test_a_month_is_settled_when_invoicing_says_so_of_it() -> None:
    months = [{"month": "2016-01", "settled": True}, {"month": "2016-02", "settled": False}]
    exchange = exchange_with(invoicing__months=listing(*months))
    for month, holds in (("2016-01", True), ("2016-02", False), ("2016-03", False)):
        step = f"- {{at: 2016-06-01T00:00, expect: {{settled: {{household: june, month: {month}}}}}}}"
        assert (await told(step, exchange) is None) is holds


MONTH = {
    "month": "2016-06", "members": ["june-1", "june-2"], "gross_cents": 38_500, "aptc_cents": 14_000,
    "subsidy_cents": 3_500, "net_cents": 21_000,
}  # fmt: skip
PEOPLE = {
    "members": [{"member": "june-1", "name": "June Example"}, {"member": "june-2", "name": "Kid Example"}]
}


@pytest.mark.parametrize(
    ("fields", "holds"),
    [
        ("plan: SILVER, month: 2016-06, members: 2, gross: 385.00, aptc: 140.00, subsidy: 35.00, net: 210.00", True),
        ("month: 2016-06, members: [Kid Example, June Example]", True),
        ("month: 2016-06, members: [June Example]", False),
        ("month: 2016-06, members: 1", False),
        ("month: 2016-07", False),
        ("plan: DENTAL, month: 2016-06", False),
        ("month: 2016-06, net: 210.01", False),
    ],
)  # fmt: skip
async def test_ENR_13_a_policy_is_asked_what_it_costs_in_a_month_and_whom_it_covers(
    fields: str, *, holds: bool
) -> None:
    exchange = exchange_with(enrollment__policies=listing({**POLICY, "policy": "p"}))
    exchange.answers["enrollment", "/v1/households/june/policies/p/months"] = listing(MONTH)
    exchange.answers["enrollment", "/v1/households/june"] = PEOPLE
    step = f"- {{at: 2016-06-01T00:00, expect: {{policy-month: {{household: june, {fields}}}}}}}"
    failure = await told(step, exchange)
    assert (failure is None) is holds
    assert failure is None or "Kid" not in str(failure)


@pytest.mark.parametrize(
    ("fields", "holds"),
    [
        ("lifecycle: active, acknowledgement: effectuated, standing: in-grace 2, verification: pending", True),
        ("standing: in-grace", True),
        ("standing: in-grace 1", False),
        ("standing: current", False),
        ("acknowledgement: sent", False),
    ],
)  # fmt: skip
async def test_ENR_9_the_four_facts_are_read_apart(fields: str, *, holds: bool) -> None:
    standing = {"state": "in-grace", "month": 2}
    policy = {
        **POLICY, "acknowledgement": "effectuated", "payment_standing": standing, "verification": "pending",
    }  # fmt: skip
    exchange = exchange_with(enrollment__policies=listing(policy))
    step = f"- {{at: 2016-06-01T00:00, expect: {{facts: {{household: june, plan: SILVER, {fields}}}}}}}"
    assert (await told(step, exchange) is None) is holds


async def test_PAY_3_what_waits_in_suspense_is_told_by_amount_and_reason() -> None:
    exchange = ScriptedExchange()
    exchange.answers["payments", SUSPENSE] = listing(
        {"item": "i", "amount_cents": 12_345, "reason": "possible-double", "state": "open"},
        {"item": "j", "amount_cents": 500, "reason": "unreadable", "state": "assigned"},
    )
    for fields, holds in (
        ("amount: 123.45, reason: possible-double", True),
        ("amount: 123.45, reason: unreadable", False),
        ("amount: 5.00", False),
    ):
        step = f"- {{at: 2016-06-01T00:00, expect: {{suspense: {{{fields}}}}}}}"
        assert (await told(step, exchange) is None) is holds


def test_an_expectation_is_a_value() -> None:
    one = Expectation(word="books", fields={"balanced": True}, never=False, line=3)
    assert one == Expectation(word="books", fields={"balanced": True}, never=False, line=3)


@pytest.mark.parametrize(
    ("fields", "holds"),
    [
        ("extended: {cutoff: 2015-12-25, to: 2015-12-26}", True),
        ("extended: {cutoff: 2015-12-25}", True),
        ("extended: {cutoff: 2015-12-25, to: 2015-12-27}", False),
        ("extended: {cutoff: 2015-12-31}", False),
    ],
)
async def test_OPS_4_a_cutoff_is_extended_by_what_stands(fields: str, *, holds: bool) -> None:
    exchange = ScriptedExchange()
    exchange.answers["invoicing", "/v1/deadline-extensions"] = listing(
        {"cutoff": "2015-12-25", "until": "2015-12-26", "withdrawn_at": None},
        {"cutoff": "2015-12-31", "until": "2016-01-02", "withdrawn_at": "2015-12-30T09:00:00-05:00"},
    )
    assert (await told(f"- {{at: 2016-01-01T00:00, expect: {{{fields}}}}}", exchange) is None) is holds
    assert (await told(f"- {{at: 2016-01-01T00:00, never: {{{fields}}}}}", exchange) is not None) is holds
