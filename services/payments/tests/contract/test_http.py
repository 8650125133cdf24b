"""Payments over HTTP: what is taken, what is refused, and how it says so."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from bulkhead.kernel.errors import InvalidValue
from bulkhead.web.auth import Role
from bulkhead.web.tables import IdempotencyRecord
from payments.adapters.processor.sandbox import DECLINED_TOKEN, SandboxProcessor
from payments.application import issue_remittances
from payments.application.ports import Charge, ProcessorSilent
from payments.domain.attempts import Attempt
from payments.domain.events import PaymentReceived
from payments.domain.payments import Payment
from payments.entrypoints.api import remittances
from payments.entrypoints.api.schemas import PaymentBody
from services.payments.tests.builders import World, at, settled
from services.payments.tests.contract.support import CARD, CASH, Api, nothing_happened, problem, rules


async def test_PAY_1_a_member_pays_by_card(api: Api) -> None:
    headers = api.world.issuer.headers("member", key="key-1", household="june")
    answer = await api.client.post("/v1/households/june/payments", json=CARD, headers=headers)
    assert answer.status_code == 201
    body = answer.json()
    assert body | {"payment": "", "known_at": ""} == {
        "payment": "",
        "household": "june",
        "amount_cents": 30_000,
        "method": "card",
        "received_on": "2015-12-03",
        "postmarked_on": None,
        "known_at": "",
        "at_selection": False,
        "selection": None,
        "invoice": None,
        "status": "received",
        "clears_on": "2015-12-07",
        "cleared_on": None,
        "returned_on": None,
        "moved_cents": 0,
        "moved_from": None,
        "correction": None,
        "identification": None,
    }
    listed = await api.client.get("/v1/households/june/payments", headers=headers)
    assert listed.json() == {"items": [body], "next_cursor": None}
    assert [event.cents for event in api.world.said(PaymentReceived)] == [30_000]


async def test_another_household_does_not_exist_for_a_member(api: Api) -> None:
    headers = api.world.issuer.headers("member", key="key-1", household="avery")
    for answer in (
        await api.client.post("/v1/households/june/payments", json=CARD, headers=headers),
        await api.client.get("/v1/households/june/payments", headers=headers),
    ):
        problem(answer, status=404, kind="not-found")
    nothing_happened(api)


async def test_without_a_token_nobody_gets_in(api: Api) -> None:
    for answer in (
        await api.client.post("/v1/households/june/payments", json=CARD, headers={"Idempotency-Key": "k"}),
        await api.client.get("/v1/books"),
    ):
        problem(answer, status=401, kind="unauthenticated")
    nothing_happened(api)


@pytest.mark.parametrize(
    "path", ["/v1/books", "/v1/suspense-items", "/v1/lockbox-files", "/v1/remittances", "/v1/refund-parts"]
)
async def test_what_is_the_operators_is_not_the_members(api: Api, path: str) -> None:
    problem(await api.get(path, "member"), status=403, kind="forbidden")


async def test_PAY_2_every_payment_needs_a_key(api: Api) -> None:
    for body in (CARD, CASH):
        answer = await api.pay(body, key=None)
        assert rules(problem(answer, status=400, kind="idempotency-key-needed")) == ["PAY-2"]
    nothing_happened(api)


@pytest.mark.parametrize("body", [CARD, CASH])
async def test_PAY_2_the_same_key_and_body_gives_the_first_answer_again(api: Api, body: Any) -> None:
    first, again = await api.pay(body), await api.pay(body)
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert len(api.world.rows(Payment)) == len(api.world.said(PaymentReceived)) == 1


@pytest.mark.parametrize("first", [CARD, CASH])
@pytest.mark.parametrize("other", [{**CARD, "amount_cents": 1}, {**CASH, "amount_cents": 1}])
async def test_PAY_2_the_same_key_with_another_body_is_refused_and_charges_nothing(
    api: Api, first: Any, other: Any
) -> None:
    assert (await api.pay(first)).status_code == 201
    charges = len(api.world.kept.charges)
    body = problem(await api.pay(other), status=422, kind="idempotency-key-reused")
    assert rules(body) == ["PAY-2"]
    assert len(api.world.rows(Payment)) == 1
    assert len(api.world.kept.charges) == charges


KEPT = {
    "card without token": {"amount_cents": 1, "method": "card"},
    "card received tomorrow": {**CARD, "received_on": "2015-12-04"},
    "card of no amount": {**CARD, "amount_cents": 0},
    "card for both": {**CARD, "selection": "sel-1", "invoice": "inv-1"},
    "card declined": {**CARD, "token": DECLINED_TOKEN},
    "cash with a token": {**CASH, "token": "tok_card_ok"},
    "cash received tomorrow": {**CASH, "received_on": "2015-12-04"},
    "cash of no amount": {**CASH, "amount_cents": 0},
}


@pytest.mark.parametrize("fault", KEPT)
async def test_PAY_2_a_refused_payment_gets_its_refusal_again_and_its_key_is_taken(
    api: Api, fault: str
) -> None:
    first = await api.pay(KEPT[fault])
    api.world.set("2015-12-04T10:00")
    again = await api.pay(KEPT[fault])
    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert 400 <= first.status_code < 500
    assert again.headers["idempotency-replayed"] == "true"
    for other in ({**CARD, "amount_cents": 7}, {**CASH, "amount_cents": 7}):
        problem(await api.pay(other), status=422, kind="idempotency-key-reused")
    nothing_happened(api)


async def test_PAY_2_what_holds_a_card_number_is_not_kept_in_any_form(api: Api) -> None:
    for body in ({**CARD, "token": "4111 1111 1111 1111"}, {**CASH, "token": "4111111111111111"}):
        problem(await api.pay(body), status=422, kind="invalid-value")
    assert api.world.rows(IdempotencyRecord) == []


async def test_PAY_2_who_may_not_ask_is_refused_and_the_key_stays_free(api: Api) -> None:
    body = {**CARD, "received_on": "2015-12-01"}
    problem(
        await api.post("/v1/households/june/payments", body, "member", household="june", subject="kim"),
        status=403,
        kind="forbidden",
    )
    taken = await api.post("/v1/households/june/payments", body, subject="kim")
    assert taken.status_code == 201


async def test_PAY_1_what_was_begun_is_not_refused_afterwards(api: Api) -> None:
    api.world.processor.reachable = False
    body = {**CARD, "received_on": "2015-12-01"}
    problem(await api.pay(body), status=503, kind="processor-away")
    assert api.world.rows(IdempotencyRecord) == []
    api.world.processor.reachable = True
    assert (await api.pay(body)).status_code == 201


async def test_PAY_2_a_key_that_was_answered_with_a_refusal_charges_nothing(api: Api) -> None:
    assert (await api.pay({**CASH, "amount_cents": 0})).status_code == 422
    problem(await api.pay(CARD), status=422, kind="idempotency-key-reused")
    assert (api.world.rows(Attempt), len(api.world.kept.charges)) == ([], 0)
    nothing_happened(api)


async def test_PAY_2_a_key_whose_online_payment_is_not_known_yet_takes_no_cash_and_stays_its_own(
    api: Api,
) -> None:
    api.world.processor.reachable = False
    problem(await api.pay(CARD), status=503, kind="processor-away")
    problem(await api.pay(CASH), status=422, kind="idempotency-key-reused")
    nothing_happened(api)
    api.world.processor.reachable = True
    assert (await api.pay(CARD)).status_code == 201


async def test_PAY_1_a_declined_card_is_402_and_stays_so(api: Api) -> None:
    for _ in range(2):
        body = problem(await api.pay({**CARD, "token": DECLINED_TOKEN}), status=402, kind="payment-declined")
        assert rules(body) == ["PAY-1"]
        assert body["errors"][0]["field"] == "/token"
    assert [attempt.state for attempt in api.world.rows(Attempt)] == ["declined"]
    nothing_happened(api)


async def test_PAY_1_a_declined_card_is_told_why(api: Api) -> None:
    body = problem(
        await api.pay({**CARD, "token": "tok_card_insufficient-funds"}), status=402, kind="payment-declined"
    )
    assert body["detail"] == "the card was declined and nothing was taken: there is not enough money on it"
    assert body["reasons"][0]["facts"] == {"amount_cents": "30000", "decline": "insufficient-funds"}
    headers = api.world.issuer.headers("operator", key="key-1")
    outcome = await api.client.get("/v1/households/june/payments/outcome", headers=headers)
    assert (outcome.json()["outcome"], outcome.json()["decline"]) == ("declined", "insufficient-funds")


async def test_PAY_1_while_the_processor_is_away_it_is_503_and_the_key_can_be_used_again(api: Api) -> None:
    api.world.processor.reachable = False
    body = problem(await api.pay(CARD), status=503, kind="processor-away")
    assert rules(body) == ["PAY-1"]
    assert "nothing was taken" in body["detail"]
    nothing_happened(api)
    api.world.processor.reachable = True
    assert (await api.pay(CARD)).status_code == 201


class SilentOnce(SandboxProcessor):
    """Takes the money and loses the first answer."""

    lost = False

    async def charge(self, **asked: Any) -> Charge:
        charge = await super().charge(**asked)
        if not self.lost:
            self.lost = True
            raise ProcessorSilent("the answer is lost")
        return charge


async def test_PAY_1_an_answer_that_is_lost_is_503_and_the_money_is_recorded_all_the_same() -> None:
    world = World(start=at("2015-12-03T10:00"))
    world.processor = SilentOnce()
    world.restart()
    async with world.client() as client:
        api = Api(world, client)
        body = problem(await api.pay(CARD), status=503, kind="processor-away")
        assert "nothing was taken" not in body["detail"]
        await world.settle_down()
        assert [payment.amount_cents for payment in world.rows(Payment)] == [30_000]
        answer = await api.pay(CARD)
        assert (answer.status_code, answer.json()["payment"]) == (201, world.rows(Payment)[0].payment)
        assert len(world.said(PaymentReceived)) == len(world.kept.charges) == 1


REFUSED = {
    "no amount": ({"method": "cash"}, "/amount_cents"),
    "amount of zero": ({**CASH, "amount_cents": 0}, "/amount_cents"),
    "amount below zero": ({**CASH, "amount_cents": -1}, "/amount_cents"),
    "amount in dollars": ({**CASH, "amount_cents": 500.5}, "/amount_cents"),
    "amount in words": ({**CASH, "amount_cents": "500"}, "/amount_cents"),
    "unknown method": ({**CASH, "method": "barter"}, "/method"),
    "card without token": ({"amount_cents": 1, "method": "card"}, "/token"),
    "card received tomorrow": ({**CARD, "received_on": "2015-12-04"}, "/received_on"),
    "card postmarked tomorrow": ({**CARD, "postmarked_on": "2015-12-04"}, "/postmarked_on"),
    "cash with a token": ({**CASH, "token": "tok_card_ok"}, "/token"),
    "received tomorrow": ({**CASH, "received_on": "2015-12-04"}, "/received_on"),
    "postmarked tomorrow": ({**CASH, "method": "check", "postmarked_on": "2015-12-04"}, "/postmarked_on"),
    "unknown field": ({**CASH, "currency": "USD"}, "/currency"),
    "received in another century": ({**CASH, "received_on": "1915-12-03"}, "/received_on"),
    "received at 0": ({**CASH, "received_on": 0}, "/received_on"),
    "received at an instant": ({**CASH, "received_on": 1448928000}, "/received_on"),
    "received at an instant in words": ({**CASH, "received_on": "1448928000"}, "/received_on"),
    "received at a time": ({**CASH, "received_on": "2015-12-03T00:00:00"}, "/received_on"),
    "received in a week": ({**CASH, "received_on": "2015-W49-4"}, "/received_on"),
    "postmarked at an instant": ({**CASH, "postmarked_on": 1448928000}, "/postmarked_on"),
    "for a selection and an invoice": ({**CASH, "selection": "sel-1", "invoice": "inv-1"}, "/invoice"),
    "at selection": ({**CARD, "at_selection": True}, "/selection"),
    "card for both": ({**CARD, "selection": "sel-1", "invoice": "inv-1"}, "/invoice"),
    "at selection in words": ({**CARD, "selection": "sel-1", "at_selection": "yes"}, "/at_selection"),
    "at selection in a number": ({**CARD, "selection": "sel-1", "at_selection": 1}, "/at_selection"),
    "posted after it came": (
        {**CASH, "method": "check", "received_on": "2015-11-28", "postmarked_on": "2015-11-30"},
        "/postmarked_on",
    ),
    "card posted after it came": (
        {**CARD, "received_on": "2015-11-28", "postmarked_on": "2015-11-30"},
        "/postmarked_on",
    ),
    "for what can be no selection": ({**CASH, "selection": "the blue one"}, "/selection"),
    "for what can be no invoice": ({**CASH, "invoice": 17}, "/invoice"),
}


@pytest.mark.parametrize("fault", REFUSED)
async def test_PAY_1_what_cannot_be_taken_is_refused_by_field(api: Api, fault: str) -> None:
    body, field = REFUSED[fault]
    answer = (await api.pay(body)).json()
    assert answer["status"] == 422
    assert [error["field"] for error in answer["errors"]] == [field]
    nothing_happened(api)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({**CARD, "token": "4111 1111 1111 1111"}, "/token"),
        ({**CARD, "token": 4111111111111111}, "/token"),
        ({**CASH, "method": "4111111111111111"}, "/method"),
        ({**CARD, "pan": "4111111111111111"}, "/"),
        ({**CARD, "card": {"number": ["4111111111111111"]}}, "/"),
        ({**CASH, "selection": "4111111111111111"}, "/selection"),
        ({**CASH, "invoice": "4111-1111-1111-1111"}, "/invoice"),
    ],
)
async def test_PAY_1_a_card_number_in_any_field_is_refused_and_never_repeated(
    api: Api, body: Any, field: str
) -> None:
    answer = await api.pay(body)
    told = problem(answer, status=422, kind="invalid-value")
    assert (rules(told), told["errors"][0]["field"]) == (["PAY-1"], field)
    assert "4111" not in answer.text
    assert api.world.rows(Attempt) == []
    nothing_happened(api)


@pytest.mark.parametrize(
    ("household", "key", "field"),
    [
        ("4111111111111111", "k", "path/household"),
        ("4111-1111-1111-1111", "k", "path/household"),
        ("june", "4111111111111111", "header/Idempotency-Key"),
    ],
)
@pytest.mark.parametrize("body", [CARD, CASH])
async def test_PAY_1_a_card_number_is_kept_neither_as_a_household_nor_as_a_key(
    api: Api, body: Any, household: str, key: str, field: str
) -> None:
    answer = await api.post(f"/v1/households/{household}/payments", body, key=key)
    told = problem(answer, status=422, kind="invalid-value")
    assert (rules(told), [error["field"] for error in told["errors"]]) == (["PAY-1"], [field])
    assert "4111" not in answer.text
    assert api.world.rows(Attempt) == []
    nothing_happened(api)


@pytest.mark.parametrize("key", ["1764134719000", "1764134719000000000", "4111111111111112"])
async def test_PAY_2_a_key_of_digits_that_is_no_cards_is_taken(api: Api, key: str) -> None:
    assert (await api.pay(CASH, key=key)).status_code == 201


@pytest.mark.parametrize("method", ["cash", "phone", "check"])
@pytest.mark.parametrize("role", ["member", "assister"])
async def test_PAY_1_cash_checks_and_phone_are_for_operators(api: Api, role: Role, method: str) -> None:
    headers = api.world.issuer.headers(role, key="key-1", household="june")
    answer = await api.client.post(
        "/v1/households/june/payments", json={"amount_cents": 1, "method": method}, headers=headers
    )
    assert rules(problem(answer, status=403, kind="forbidden")) == ["PAY-1"]
    nothing_happened(api)


@pytest.mark.parametrize("field", ["received_on", "postmarked_on"])
async def test_PAY_3_the_dates_of_a_payment_are_the_operators_to_give(api: Api, field: str) -> None:
    body = {**CARD, field: "2015-12-01"}
    headers = api.world.issuer.headers("member", key="key-1", household="june")
    answer = await api.client.post("/v1/households/june/payments", json=body, headers=headers)
    told = problem(answer, status=403, kind="forbidden")
    assert (rules(told), told["errors"][0]["field"]) == (["PAY-3"], f"/{field}")
    nothing_happened(api)
    taken = await api.pay(body)
    assert (taken.status_code, taken.json()[field]) == (201, "2015-12-01")


async def test_PAY_3_an_operator_records_an_earlier_check_for_an_account_nobody_has_heard_of(
    api: Api,
) -> None:
    answer = await api.pay(
        {
            "amount_cents": 50_000,
            "method": "check",
            "received_on": "2015-11-27",
            "postmarked_on": "2015-11-20",
        },
        household="nobody",
    )
    assert answer.status_code == 201
    body = answer.json()
    assert (body["received_on"], body["postmarked_on"]) == ("2015-11-27", "2015-11-20")
    assert (body["status"], body["cleared_on"]) == ("cleared", "2015-12-03")


async def test_PAY_6_an_answer_shows_so_many_lines_of_all_its_remittances(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(remittances, "LINES_SHOWN", 3)
    world = await World(start=at("2016-01-04T10:00")).opened()
    for number, carrier in enumerate(("BCBSVT", "BCBSVT", "DELTA", "DELTA")):
        payment = await world.pay()
        await world.hear(settled(payment, settlement=f"s{number}", carrier=carrier, on="2016-01-04"))
    await world.advance("2016-01-06T23:00")
    async with world.client() as client:
        both = (await Api(world, client).get("/v1/remittances")).json()["items"]
        assert [each["line_count"] for each in both] == [2, 2]
        assert sorted(len(each["lines"]) for each in both) == [1, 2]


async def test_PAY_6_a_remittance_that_is_not_told_whole_says_how_many_parts_are_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(issue_remittances, "LINES_PER_EVENT", 1)
    monkeypatch.setattr(issue_remittances, "PARTS_AT_ONCE", 2)
    world = await World(start=at("2016-01-04T10:00")).opened()
    for number, carrier in enumerate(5 * ["BCBSVT"] + ["DELTA"]):
        payment = await world.pay()
        await world.hear(settled(payment, settlement=f"s{number}", carrier=carrier, on="2016-01-04"))
    await world.advance("2016-01-06T15:59")
    world.set("2016-01-06T16:00")
    await world.runner.turn(world.now)

    async def shown() -> list[tuple[str, int, int]]:
        async with world.client() as client:
            listed = (await Api(world, client).get("/v1/remittances")).json()["items"]
            return [(each["carrier"], each["line_count"], each["parts_to_tell"]) for each in listed]

    assert await shown() == [("BCBSVT", 5, 3), ("DELTA", 1, 0)]
    await world.pollers["remittance-parts"].turn(world.now)
    assert await shown() == [("BCBSVT", 5, 1), ("DELTA", 1, 0)]
    await world.settle_down()
    assert await shown() == [("BCBSVT", 5, 0), ("DELTA", 1, 0)]


async def test_PAY_6_remittances_are_shown_to_operators_and_to_their_own_carrier() -> None:
    world = await World(start=at("2016-01-04T10:00")).opened()
    for number, carrier in enumerate(("BCBSVT", "DELTA")):
        payment = await world.pay()
        await world.hear(settled(payment, settlement=f"s{number}", carrier=carrier, on="2016-01-04"))
    await world.advance("2016-01-06T23:00")
    async with world.client() as client:
        api = Api(world, client)
        both = (await api.get("/v1/remittances?on=2016-01-06")).json()["items"]
        assert [(each["carrier"], each["total_cents"]) for each in both] == [
            ("BCBSVT", 50_000),
            ("DELTA", 50_000),
        ]
        assert (await api.get("/v1/remittances?on=2016-01-07")).json()["items"] == []
        first = (await api.get("/v1/remittances?limit=1")).json()
        second = (await api.get(f"/v1/remittances?limit=1&cursor={first['next_cursor']}")).json()
        assert ([*first["items"], *second["items"]], second["next_cursor"]) == (both, None)
        own = await api.get("/v1/remittances", "carrier", carrier="DELTA")
        assert [each["carrier"] for each in own.json()["items"]] == ["DELTA"]
        foreign = await api.get("/v1/remittances?carrier=BCBSVT", "carrier", carrier="DELTA")
        problem(foreign, status=404, kind="not-found")
        path = f"/v1/remittances/{both[0]['remittance']}/lines"
        assert (await api.get(path)).json()["items"] == both[0]["lines"]
        assert both[0]["lines"] == [
            {"household": "june", "policy": "p1", "month": "2016-01", "cents": 50_000, "settlement": "s0"}
        ]
        problem(await api.get(path, "carrier", carrier="DELTA"), status=404, kind="not-found")
        problem(await api.get("/v1/remittances/none/lines"), status=404, kind="not-found")


async def test_PAY_9_the_books_are_shown(api: Api) -> None:
    await api.pay(CASH)
    books = (await api.get("/v1/books")).json()
    assert books == {
        "received_cents": 50_000,
        "remitted_cents": 0,
        "settled_waiting_cents": 0,
        "not_applied_cents": 50_000,
        "suspense_cents": 0,
        "refunded_cents": 0,
        "returned_cents": 0,
        "balanced": True,
        "closed_through": None,
        "recoverable_cents": 0,
        "refunds_due_cents": 0,
        "carriers_owe_cents": 0,
        "unremitted_by_age": [
            {"from_days": 0, "to_days": 2, "cents": 50_000},
            {"from_days": 3, "to_days": 7, "cents": 0},
            {"from_days": 8, "to_days": 30, "cents": 0},
            {"from_days": 31, "to_days": 90, "cents": 0},
            {"from_days": 91, "to_days": None, "cents": 0},
        ],
    }


async def test_a_list_goes_on_where_its_page_ended(api: Api) -> None:
    for number in range(3):
        await api.pay(CASH, key=f"key-{number}")
    first = (await api.get("/v1/households/june/payments?limit=2")).json()
    rest = (await api.get(f"/v1/households/june/payments?limit=2&cursor={first['next_cursor']}")).json()
    assert (len(first["items"]), len(rest["items"]), rest["next_cursor"]) == (2, 1, None)


async def test_INV_5_a_payment_is_shown_with_what_it_was_named_for(api: Api) -> None:
    await api.pay({**CARD, "selection": "sel-1"})
    await api.pay({**CASH, "invoice": "inv-1"}, key="key-2")
    await api.pay(CASH, key="key-3")
    listed = (await api.get("/v1/households/june/payments")).json()["items"]
    assert sorted((each["selection"] or "", each["invoice"] or "") for each in listed) == [
        ("", ""),
        ("", "inv-1"),
        ("sel-1", ""),
    ]
    told = [(event.selection, event.invoice) for event in api.world.said(PaymentReceived)]
    assert told == [("sel-1", None), (None, "inv-1"), (None, None)]


async def test_PAY_1_an_id_with_many_digits_in_it_is_not_taken_for_a_card(api: Api) -> None:
    assert (await api.pay({**CASH, "selection": "a4111111111111111bcdef"})).status_code == 201


@pytest.mark.parametrize("field", ["token", "unknown"])
def test_PAY_1_a_card_number_is_looked_for_however_deep_it_lies(field: str) -> None:
    for deepest, refusal in (("1001", ValidationError), ("4111111111111111", InvalidValue)):
        body = {**CASH, field: json.loads("[" * 900 + f'"{deepest}"' + "]" * 900)}
        with pytest.raises(refusal):
            PaymentBody.model_validate(body)


async def test_I9_what_is_overdue_is_listed(api: Api) -> None:
    assert (await api.get("/v1/overdue")).json() == {"items": []}
