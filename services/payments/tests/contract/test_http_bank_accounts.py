"""Bank accounts kept here, and debits of them, over HTTP (PAY-1)."""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import fields
from typing import Any

import pytest

from bulkhead.web.tables import IdempotencyRecord
from payments.adapters.postgres.tables import TABLES
from payments.domain.ach_debits import AchDebit
from payments.domain.autopay import Mandate
from payments.domain.bank_accounts import DEBIT_CONSENTS, BankAccount
from payments.domain.payments import Payment
from services.payments.tests.contract.support import Api, problem, rules
from services.payments.tests.debits import NUMBER, ROUTING
from services.payments.tests.unit.test_bank_accounts import shown

ACCOUNTS = "/v1/households/june/bank-accounts"
BODY: dict[str, Any] = {
    "routing_number": ROUTING,
    "account_number": NUMBER,
    "account_type": "checking",
    "holder": "June Example",
    "consent": "debit-v1",
    "language": "en",
}
JUNE = {"household": "june"}


async def kept(api: Api, **body: Any) -> str:
    answer = await api.post(ACCOUNTS, BODY | body, "member", key="key-account", **JUNE)
    assert answer.status_code == 201, answer.text
    return answer.json()["account"]


async def test_PAY_1_a_member_gives_an_account_and_pays_from_it(api: Api) -> None:
    api.world.set("2016-01-04T10:00")
    first = await api.post(ACCOUNTS, BODY, "member", **JUNE)
    assert first.json() == {
        "account": first.json()["account"],
        "routing_number": ROUTING,
        "account_last_four": "4321",
        "account_type": "checking",
        "holder": "June Example",
        "consent": "debit-v1",
        "language": "en",
        "authorized": "online",
        "kept_at": "2016-01-04T10:00:00-05:00",
        "corrected_at": None,
        "closed_at": None,
        "closed_because": None,
    }
    again = await api.post(ACCOUNTS, BODY, "member", **JUNE)
    assert again.json() == first.json()
    other = await api.post(ACCOUNTS, BODY | {"account_number": "1234"}, "member", **JUNE)
    problem(other, status=422, kind="idempotency-key-reused")
    listed = (await api.get(ACCOUNTS, "member", **JUNE)).json()
    assert listed["items"] == [first.json()]
    body = {"amount_cents": 30_000, "method": "bank", "token": first.json()["account"]}
    paid = await api.post("/v1/households/june/payments", body, "member", key="key-2", **JUNE)
    assert paid.status_code == 201
    assert (paid.json()["amount_cents"], paid.json()["status"]) == (30_000, "received")
    repeated = await api.post("/v1/households/june/payments", body, "member", key="key-2", **JUNE)
    assert repeated.json() == paid.json()
    assert len(api.world.rows(Payment)) == 1
    [debit] = (await api.get("/v1/debits?state=to-send")).json()["items"]
    assert (debit["payment"], debit["amount_cents"], debit["entry_class"], debit["recurring"]) == (
        paid.json()["payment"],
        30_000,
        "WEB",
        False,
    )
    api.world.set("2016-01-04T17:00")
    await api.world.settle_down()
    [file] = (await api.get("/v1/debit-files?created_on=2016-01-04")).json()["items"]
    assert (file["name"], file["effective_on"], file["debit_cents"], file["state"]) == (
        f"debits-2016-01-04-A-{file['file'][:8]}.ach",
        "2016-01-05",
        30_000,
        "written",
    )
    [debit] = (await api.get(f"/v1/debits?file={file['file']}")).json()["items"]
    assert (debit["trace"], debit["asked_cents"], debit["because"]) == ("091400606700001", 30_000, None)
    not_held = await api.post(f"/v1/debits/{debit['payment']}/decisions", {"decision": "send"}, key="key-3")
    problem(not_held, status=409, kind="debit-not-held")


async def test_PAY_1_a_number_is_in_no_answer_no_row_and_no_log(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    answers = [
        await api.post(ACCOUNTS, BODY | wrong, "member", key=f"key-{number}", **JUNE)
        for number, wrong in enumerate(
            (
                {},
                {"routing_number": "091000018"},
                {"account_type": "loan"},
                {"account_number": f"{NUMBER}{NUMBER}"},
                {"account_number": int(NUMBER)},
                {"and": NUMBER},
            )
        )
    ]
    assert [each.status_code for each in answers] == [201, 422, 422, 422, 422, 422]
    answers.append(await api.get(ACCOUNTS, "member", **JUNE))
    digits = NUMBER.lstrip("0")
    assert not [each.text for each in answers if digits in each.text]
    assert digits not in caplog.text
    rows = [row for kind in TABLES for row in api.world.database.rows(kind)]
    assert digits.encode() not in b"".join(
        shown(getattr(row, each.name)) for row in rows for each in fields(row)
    )
    guessed = hashlib.sha256(json.dumps(BODY).encode()).hexdigest()
    assert guessed not in [each.request_hash for each in api.world.rows(IdempotencyRecord)]


async def test_PAY_1_what_staff_brings_was_agreed_to_in_writing(api: Api) -> None:
    answer = await api.post(ACCOUNTS, BODY)
    assert answer.json()["authorized"] == "in-writing"


async def test_PAY_1_an_account_is_closed_once_and_nobody_pays_from_it(api: Api) -> None:
    account = await kept(api)
    closings = f"{ACCOUNTS}/{account}/closings"
    closed = await api.post(closings, {}, "member", **JUNE)
    assert (closed.status_code, closed.json()["closed_because"]) == (201, "asked")
    problem(await api.post(closings, {}, "member", key="key-2", **JUNE), status=409, kind="account-closed")
    body = {"amount_cents": 30_000, "method": "bank", "token": account}
    refused = await api.post("/v1/households/june/payments", body, "member", key="key-3", **JUNE)
    assert rules(problem(refused, status=409, kind="account-closed")) == ["PAY-1"]
    agreed = {"method": "bank", "token": account, "consent": "v1", "language": "en"}
    on = await api.post("/v1/households/june/autopay", agreed, "member", key="key-4", **JUNE)
    problem(on, status=409, kind="account-closed")
    assert api.world.rows(Payment) == []


async def test_PAY_1_the_wording_that_is_agreed_to_can_be_read(api: Api) -> None:
    path = "/v1/bank-accounts/consents/debit-v1?language=es"
    assert (await api.get(path, "member", **JUNE)).json()["text"] == DEBIT_CONSENTS["debit-v1"]["es"]


async def test_PAY_1_nobody_sees_or_closes_the_account_of_another_household(api: Api) -> None:
    account = await kept(api)
    assert (await api.get(ACCOUNTS, "member", household="carol")).status_code == 404
    path = f"/v1/households/carol/bank-accounts/{account}/closings"
    assert (await api.post(path, {}, "member", household="carol")).status_code == 404
    assert [each.closed_at for each in api.world.rows(BankAccount)] == [None]


async def test_PAY_1_without_keys_no_account_is_kept(api: Api) -> None:
    intake = api.world.service.dependencies
    object.__setattr__(intake, "account_keys", None)
    problem(await api.post(ACCOUNTS, BODY, "member", **JUNE), status=409, kind="no-accounts-kept")
    assert api.world.rows(BankAccount) == []


async def test_PAY_1_without_keys_nothing_is_paid_from_an_account_that_was_kept_before(api: Api) -> None:
    token = await kept(api)
    object.__setattr__(api.world.service.dependencies, "account_keys", None)
    paying = {"amount_cents": 30_000, "method": "bank", "token": token}
    agreeing = {"method": "bank", "token": token, "consent": "v1", "language": "en"}
    for path, body in (("payments", paying), ("autopay", agreeing)):
        answer = await api.post(f"/v1/households/june/{path}", body, "member", key=f"key-{path}", **JUNE)
        problem(answer, status=409, kind="no-accounts-kept")
        assert rules(answer.json()) == ["PAY-1"]
    assert (api.world.rows(Payment), api.world.rows(AchDebit), api.world.rows(Mandate)) == ([], [], [])


async def test_PAY_1_files_of_debits_are_listed_a_page_at_a_time(api: Api) -> None:
    token = await kept(api)
    for day in (4, 5, 6):
        api.world.set(f"2016-01-0{day}T10:00")
        body = {"amount_cents": 30_000, "method": "bank", "token": token}
        await api.post("/v1/households/june/payments", body, "member", key=f"key-{day}", **JUNE)
        api.world.set(f"2016-01-0{day}T17:00")
        await api.world.settle_down()
    first = (await api.get("/v1/debit-files?limit=2")).json()
    rest = (await api.get(f"/v1/debit-files?limit=2&cursor={first['next_cursor']}")).json()
    assert [each["created_on"] for each in first["items"]] == ["2016-01-04", "2016-01-05"]
    assert ([each["created_on"] for each in rest["items"]], rest["next_cursor"]) == (["2016-01-06"], None)
