"""What would become of payments and autopay: said by what would do it, and nothing of it stays (OPS-5, PAY-8)."""

from __future__ import annotations

from typing import Any

from payments.application.facts import CreditPassedOn
from payments.domain.autopay import Mandate
from payments.domain.passings import Passing
from payments.domain.payments import Payment
from payments.domain.settlements import Share
from services.payments.tests.contract.support import Api, problem

WHAT_IF = "/v1/households/june/what-if"
MERGED: dict[str, Any] = {
    "type": "HouseholdMerged",
    "version": 1,
    "data": {"household": "june", "into": "may", "correction": "m1"},
}


def passed_on(payment: str, cents: int) -> dict[str, Any]:
    return {
        "type": "CreditPassedOn",
        "version": 1,
        "data": {
            "household": "june",
            "passing": "p1",
            "into": "may",
            "cents": cents,
            "taken_from": [{"payment": payment, "cents": cents}],
            "correction": "m1",
        },
    }


async def test_OPS_5_a_merge_that_is_supposed_ends_autopay_and_moves_credit_and_nothing_of_it_stays(
    api: Api,
) -> None:
    await api.world.heard_of("june", "may")
    paid = await api.world.pay("june", cents=30_000)
    agreed = {"method": "card", "token": "tok_card_ok", "consent": "v1", "language": "en"}
    await api.post("/v1/households/june/autopay", agreed)
    said = len(api.world.database.events)

    answer = await api.post(WHAT_IF, {"events": [MERGED, passed_on(paid.payment, 20_000)]}, key=None)

    assert answer.status_code == 200, answer.text
    before, after = answer.json()["outcome"]["before"], answer.json()["outcome"]["after"]
    assert (before["autopay"]["on"], before["not_applied_cents"]) == (True, 30_000)
    assert (after["autopay"]["on"], after["not_applied_cents"]) == (False, 10_000)
    told = {each["type"]: each["data"] for each in answer.json()["events"]}
    assert told["AutopayEnded"]["because"] == "household-merged"
    assert (told["PaymentMoved"]["household"], told["PaymentReceived"]["household"]) == ("june", "may")
    assert told["PaymentReceived"]["cents"] == 20_000
    assert len(api.world.database.events) == said
    assert [each.state for each in api.world.rows(Mandate)] == ["on"]
    assert ([each.payment for each in api.world.rows(Payment)], api.world.rows(Passing)) == (
        [paid.payment],
        [],
    )


async def test_OPS_5_what_is_supposed_of_another_household_or_by_a_member_is_refused(api: Api) -> None:
    other = {**MERGED, "data": {**MERGED["data"], "household": "may"}}
    refused = problem(
        await api.post(WHAT_IF, {"events": [other]}, key=None), status=422, kind="cannot-be-supposed"
    )
    assert refused["errors"][0]["field"] == "/events/0/data/household"
    assert (await api.post(WHAT_IF, {}, "member", key=None, household="june")).status_code == 403


async def test_OPS_5_a_merge_of_a_chain_that_is_supposed_taken_back_fetches_money_from_its_end(
    api: Api,
) -> None:
    world = api.world
    await world.heard_of("june", "may", "mia")
    paid = await world.pay("june", cents=30_000)
    await world.hear(_on("june", "may", paid.payment, merge="m1"))
    await world.settle_down()
    (there,) = [each for each in world.rows(Payment) if each.household == "may"]
    await world.hear(_on("may", "mia", there.payment, merge="m2"))
    await world.settle_down()
    back = {"household": "june", "passing": "b", "into": "may", "correction": "m3", "reverses": "m1"}

    answer = await api.post(
        WHAT_IF, {"events": [{"type": "CreditCalledBack", "version": 1, "data": back}]}, key=None
    )

    assert answer.status_code == 200, answer.text
    outcome = answer.json()["outcome"]
    assert [outcome[each]["not_applied_cents"] for each in ("before", "after")] == [0, 30_000]
    told = {each["type"]: each["data"] for each in answer.json()["events"]}
    assert (told["PaymentMoved"]["household"], told["PaymentReceived"]["household"]) == ("mia", "june")


def _on(household: str, into: str, payment: str, *, merge: str) -> CreditPassedOn:
    share = Share(payment=payment, cents=30_000)
    return CreditPassedOn(
        household=household, passing=f"from-{household}", into=into, taken_from=(share,), correction=merge
    )
