"""Invoicing's API: who may see what, and what a wrong request is told."""

from __future__ import annotations

from datetime import date

import pytest

from services.invoicing.tests.contract.http import ISSUER, Desk


@pytest.fixture
async def desk() -> Desk:
    return await Desk().open()


async def test_a_member_sees_the_balance_and_the_invoices_of_its_own_household(desk: Desk) -> None:
    balance = (await desk.get("/v1/households/h/balance", household="h")).json()
    assert (balance["owed_cents"], balance["held_cents"], balance["credit_cents"]) == (0, 0, 20000)
    months = (await desk.get("/v1/households/h/months", household="h")).json()["items"]
    assert months == [{"month": "2016-01", "charged_cents": 50000, "owed_cents": 0, "settled": True}]
    (invoice,) = (await desk.get("/v1/households/h/invoices", household="h")).json()["items"]
    assert (invoice["kind"], invoice["dated"], invoice["due"]) == ("initial", "2015-12-04", "2015-12-25")
    assert invoice["charges"] == [{"policy": "h-silver", "month": "2016-01", "net_cents": 50000}]


@pytest.mark.parametrize("what", ["balance", "invoices", "grace", "ledger"])
async def test_another_households_token_gets_404_and_none_401(desk: Desk, what: str) -> None:
    other = await desk.get(f"/v1/households/h/{what}", household="other")
    assert (other.status_code, other.headers["content-type"]) == (404, "application/problem+json")
    assert (await desk.client.get(f"/v1/households/h/{what}")).status_code == 401


async def test_INV_6_a_refund_above_the_credit_names_the_field_and_the_rule(desk: Desk) -> None:
    answer = await desk.client.post(
        "/v1/households/h/refunds", json={"amount_cents": 20001}, headers=ISSUER.headers("operator", key="k1")
    )
    problem = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert problem["errors"][0]["field"] == "/amount_cents"
    assert [reason["rule"] for reason in problem["reasons"]] == ["INV-6"]
    assert await desk.book.balance("h") == (0, 0, 20000)


async def test_PAY_2_a_refund_asked_for_twice_is_paid_once(desk: Desk) -> None:
    headers = ISSUER.headers("operator", key="k1")
    first = await desk.client.post("/v1/households/h/refunds", json={"amount_cents": 5000}, headers=headers)
    again = await desk.client.post("/v1/households/h/refunds", json={"amount_cents": 5000}, headers=headers)
    other = await desk.client.post("/v1/households/h/refunds", json={"amount_cents": 6000}, headers=headers)
    assert (first.status_code, again.status_code, first.json()) == (201, 201, again.json())
    assert other.status_code == 422
    assert await desk.book.balance("h") == (0, 0, 15000)


async def test_OPS_5_a_refund_above_the_limit_waits_until_another_operator_approves_it(desk: Desk) -> None:
    await desk.book.pay("h", 70000)  # 900.00 of credit
    path, body = "/v1/households/h/refunds", {"amount_cents": 90000}
    headers = ISSUER.headers("operator", key="k1", subject="ann")
    tried = await desk.client.post(
        f"{path}?dry_run=true", json=body, headers=ISSUER.headers("operator", subject="ann")
    )
    assert [each["type"] for each in tried.json()["events"]] == ["RefundApproved"]
    asked = (await desk.client.post(path, json=body, headers=headers)).json()
    assert (asked["state"], asked["takes_two"], asked["approved_on"]) == ("requested", True, None)
    (waiting,) = (await desk.as_operator("/v1/corrections?state=requested")).json()["items"]
    assert (waiting["correction"], waiting["kind"], waiting["because"], waiting["invoice"]) == (
        asked["refund"],
        "refund-credit",
        "credit-asked-for",
        None,
    )
    assert await desk.book.balance("h") == (0, 0, 90000)
    decisions, approve = f"/v1/corrections/{asked['refund']}/decisions", {"decision": "approve"}
    for who, status in (("ann", 409), ("bea", 201)):
        headers = ISSUER.headers("operator", key=f"by-{who}", subject=who)
        assert (await desk.client.post(decisions, json=approve, headers=headers)).status_code == status
    assert await desk.book.balance("h") == (0, 0, 0)
    again = await desk.client.post(
        path, json=body, headers=ISSUER.headers("operator", key="k2", subject="ann")
    )
    assert (again.status_code, again.json()["reasons"][0]["rule"]) == (422, "INV-6")
    refusals = (await desk.as_operator("/v1/households/h/refusals/explain")).json()["items"]
    assert ["INV-6"] in [[each["rule"] for each in refusal["because"]] for refusal in refusals]


async def test_a_member_may_not_approve_a_refund(desk: Desk) -> None:
    answer = await desk.client.post(
        "/v1/households/h/refunds",
        json={"amount_cents": 1},
        headers=ISSUER.headers("member", key="k1", household="h"),
    )
    assert answer.status_code == 403


async def test_CAR_3_a_carrier_sees_its_own_list_and_no_other(desk: Desk) -> None:
    await desk.book.advance(date(2016, 2, 1))
    path = "/v1/delinquency-lists?carrier=MVP&on=2016-02-01"
    own = await desk.client.get(path, headers=ISSUER.headers("carrier", carrier="MVP"))
    assert [(row["household"], row["past_due_cents"], row["action"]) for row in own.json()["items"]] == [
        ("h", 30000, "termination-notice")
    ]
    assert (
        await desk.client.get(path, headers=ISSUER.headers("carrier", carrier="DELTA"))
    ).status_code == 404
    wrong = await desk.as_operator("/v1/delinquency-lists?carrier=MVP&on=the-first")
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "query/on")


@pytest.mark.parametrize(
    ("asked", "field"),
    [("carrier=a%00&on=2016-02-01", "query/carrier"), ("carrier=MVP&on=2016-02-30", "query/on")],
)
async def test_a_list_that_cannot_be_asked_for_is_a_problem(desk: Desk, asked: str, field: str) -> None:
    wrong = await desk.as_operator(f"/v1/delinquency-lists?{asked}")
    assert (wrong.status_code, [each["field"] for each in wrong.json()["errors"]]) == (422, [field])


async def test_a_cursor_of_another_list_is_a_problem(desk: Desk) -> None:
    first = (await desk.as_operator("/v1/households/h/ledger?limit=1")).json()
    wrong = await desk.as_operator(f"/v1/households/h/months?cursor={first['next_cursor']}")
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "query/cursor")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"amount_cents": "1"}, "/amount_cents"),
        ({"amount_cents": True}, "/amount_cents"),
        ({"amount_cents": 0}, "/amount_cents"),
        ({"amount_cents": 100_000_000}, "/amount_cents"),
        ({"amount_cents": 1, "amount": 2}, "/amount"),
    ],
)
async def test_a_refund_that_is_not_asked_for_as_it_must_be_is_refused(
    desk: Desk, body: dict[str, object], field: str
) -> None:
    headers = ISSUER.headers("operator", key="k1")
    answer = await desk.client.post("/v1/households/h/refunds", json=body, headers=headers)
    assert (answer.status_code, [each["field"] for each in answer.json()["errors"]]) == (422, [field])
    assert await desk.book.balance("h") == (0, 0, 20000)


async def test_INV_16_the_books_are_shown_in_sums(desk: Desk) -> None:
    books = (await desk.as_operator("/v1/books")).json()
    assert books == {
        "charged_cents": 50000,
        "settled_cents": 50000,
        "owed_cents": 0,
        "held_cents": 0,
        "credit_cents": 20000,
        "owed_back_cents": 0,
        "unapplied_cents": 20000,
        "positions_agree": True,
    }


async def test_no_corrections_are_listed_by_what_may_be_somebodys_social_security_number(desk: Desk) -> None:
    answer = await desk.as_operator("/v1/corrections?household=123-45-6789")
    assert (answer.status_code, "123-45-6789" in answer.text) == (422, False)
