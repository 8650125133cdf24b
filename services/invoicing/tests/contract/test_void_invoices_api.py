"""Invoicing's API: voiding an invoice that is wrong, tried, by two people, and taken back (OPS-5)."""

from __future__ import annotations

from datetime import date
from typing import Any

import httpx2
import pytest

from invoicing.domain.records import Invoice
from services.invoicing.tests.contract.http import ISSUER, Desk

BODY = {"because": "wrong-amount", "note": "the pack's rate was read wrong"}


async def billed() -> Desk:
    """The desk of a household with February invoiced on January 5: 500.00, of which 200.00 was here."""
    desk = await Desk().open()
    await desk.to(date(2016, 1, 10))
    return desk


def latest(desk: Desk) -> Invoice:
    return desk.book.invoices("h")[-1]


async def post(
    desk: Desk, path: str, body: dict[str, Any], *, key: str = "k1", who: str = "ann", query: str = ""
) -> httpx2.Response:
    headers = ISSUER.headers("operator", key=key or None, subject=who)
    return await desk.client.post(f"{path}{query}", json=body, headers=headers)


async def void(desk: Desk, **options: str) -> httpx2.Response:
    return await post(desk, f"/v1/invoices/{latest(desk).invoice}/voids", BODY, **options)


async def test_OPS_5_an_operator_voids_an_invoice_and_everybody_sees_it() -> None:
    desk = await billed()
    answer = await void(desk)
    assert answer.status_code == 201
    said = answer.json()
    assert (said["kind"], said["state"], said["because"], said["note"]) == (
        "void-invoice",
        "applied",
        "wrong-amount",
        BODY["note"],
    )
    assert (said["amount_cents"], said["takes_two"], said["asked_by"], said["household"]) == (
        50000,
        False,
        "ann",
        "h",
    )
    (initial, monthly) = (await desk.get("/v1/households/h/invoices", household="h")).json()["items"]
    assert (initial["voided_on"], initial["correction"]) == (None, None)
    assert (monthly["voided_on"], monthly["correction"]) == ("2016-01-10", said["correction"])
    balance = (await desk.get("/v1/households/h/balance/explain", household="h")).json()
    (owed,) = balance["owed_for"]
    assert (owed["invoice"], owed["void_invoice"], owed["on_time_until"]) == (None, said["invoice"], None)
    explained = await desk.get("/v1/households/h/policies/h-silver/months/2016-02/explain", household="h")
    assert (explained.json()["invoice"], explained.json()["void_invoice"]) == (None, said["invoice"])
    assert "OPS-5" in {each["rule"] for each in explained.json()["because"]}


async def test_OPS_5_the_timeline_says_that_it_is_void_and_stands_again_in_every_language() -> None:
    desk = await billed()
    correction = (await void(desk)).json()["correction"]
    await post(desk, f"/v1/corrections/{correction}/reversals", {"because": "correction-in-error"}, key="k2")
    says = {
        "en": "was wrong and is void",
        "es": "estaba equivocada y está anulada",
        "fr": "était erronée et est annulée",
    }
    for language, expected in says.items():
        items = (
            await desk.get(f"/v1/households/h/timeline?language={language}&limit=100", household="h")
        ).json()["items"]
        what = {each["what"]: each for each in items}
        assert expected in what["invoice-voided"]["says"]
        assert what["invoice-restored"]["facts"]["reverses"] == correction
        assert [each["rule"] for each in what["invoice-voided"]["because"]] == ["INV-4", "OPS-5"]


async def test_OPS_5_what_it_would_do_is_shown_and_not_done() -> None:
    desk = await billed()
    answer = await void(desk, query="?dry_run=true", key="")
    assert answer.status_code == 200
    assert [each["type"] for each in answer.json()["events"]] == ["InvoiceVoided"]
    assert not latest(desk).is_void


async def test_PAY_2_the_same_request_is_answered_as_before() -> None:
    desk = await billed()
    first = await void(desk)
    assert (await void(desk)).json() == first.json()
    refused = await void(desk, key="k2")
    assert (refused.status_code, refused.json()["type"].rpartition(":")[2]) == (409, "invoice-is-void")


async def test_OPS_5_above_the_limit_another_operator_decides() -> None:
    desk = Desk()
    await desk.book.advance(date(2015, 12, 3), 10)
    await desk.book.select("h", net=60000)
    await desk.to(date(2015, 12, 10))
    correction = (await void(desk)).json()
    assert (correction["state"], correction["takes_two"]) == ("requested", True)
    waiting = (await desk.as_operator("/v1/corrections?state=requested")).json()["items"]
    assert [each["correction"] for each in waiting] == [correction["correction"]]
    path = f"/v1/corrections/{correction['correction']}"
    approve = {"decision": "approve"}
    assert (await post(desk, f"{path}/decisions", approve, key="k2")).status_code == 409
    answer = await post(desk, f"{path}/decisions", approve, key="k3", who="bea")
    assert (answer.json()["state"], answer.json()["decided_by"]) == ("applied", "bea")
    assert [each.is_void for each in desk.book.invoices("h")] == [True, False]
    assert (await desk.as_operator(path)).json()["state"] == "applied"


async def test_OPS_5_whoever_asked_may_decline() -> None:
    desk = Desk()
    await desk.book.advance(date(2015, 12, 3), 10)
    await desk.book.select("h", net=60000)
    await desk.to(date(2015, 12, 10))
    correction = (await void(desk)).json()["correction"]
    declined = await post(desk, f"/v1/corrections/{correction}/decisions", {"decision": "decline"}, key="k2")
    assert declined.json()["state"] == "declined"
    assert [each.is_void for each in desk.book.invoices("h")] == [False]


@pytest.mark.parametrize("path", ["/v1/invoices/none/voids", "/v1/corrections/none/reversals"])
async def test_OPS_5_what_is_not_there_is_not_found(path: str) -> None:
    desk = await billed()
    assert (await post(desk, path, {"because": "other"})).status_code == 404


async def test_OPS_5_only_operators_void_invoices() -> None:
    desk = await billed()
    headers = ISSUER.headers("member", key="k1", household="h")
    answer = await desk.client.post(f"/v1/invoices/{latest(desk).invoice}/voids", json=BODY, headers=headers)
    assert answer.status_code == 403
    assert not latest(desk).is_void
