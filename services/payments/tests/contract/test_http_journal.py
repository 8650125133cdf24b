"""The books in double entry, as an accountant takes them (PAY-9)."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from beancount import loader
from beancount.core.data import Transaction

from payments.application.write_journal import write_journal
from payments.domain.journal import CARRIERS, NOT_APPLIED, SUSPENSE, TRUST, balances
from services.payments.tests.builders import Row, World, lockbox_file, settled
from services.payments.tests.contract.support import CARD, Api, problem

JOURNAL = "/v1/books/journal?from=2015-12-01&to=2016-01-31"


async def lived(api: Api) -> World:
    """June pays 500.00 and 300.00: 480.00 are settled and remitted, 300.00 go back. A check of nobody waits."""
    world = api.world
    await world.opened()
    await world.heard_of("june")
    paid = await world.pay(cents=50_000)
    card = await api.pay(CARD)
    await world.lockbox.put("LOCKBOX_2015-12-03_1.csv", lockbox_file(Row(account="nobody", amount="70.00")))
    await world.settle_down()
    await world.hear(settled([(paid, 48_000)], on="2015-12-04"))
    await world.advance("2015-12-10T12:00")
    returned = next(each for each in world.rows(type(paid)) if each.payment == card.json()["payment"])
    await world.give_back(returned)
    await world.advance("2015-12-12T12:00")
    return world


async def written(api: Api, path: str) -> str:
    answer = await api.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()["written"]


async def test_PAY_9_each_day_is_booked_in_double_entry(api: Api) -> None:
    await lived(api)
    assert (await written(api, f"{JOURNAL}&format=csv")).splitlines() == [
        "date,says,debit,credit,amount",
        "2015-12-03,money in suspense,Assets:Trust,Liabilities:Suspense,70.00",
        "2015-12-03,payments received,Assets:Trust,Liabilities:NotApplied,800.00",
        "2015-12-04,premiums settled,Liabilities:NotApplied,Liabilities:Carriers:BCBSVT,480.00",
        "2015-12-09,premiums remitted,Liabilities:Carriers:BCBSVT,Assets:Trust,480.00",
        "2015-12-10,payments returned,Liabilities:NotApplied,Assets:Trust,300.00",
    ]
    assert (await api.get("/v1/books/journal?from=2015-12-10&to=2015-12-10")).json() == {
        "entries": [
            {
                "on": "2015-12-10",
                "says": "payments returned",
                "debit": "Liabilities:NotApplied",
                "credit": "Assets:Trust",
                "amount_cents": 30_000,
            }
        ],
        "written": None,
    }


async def test_PAY_9_an_accounting_program_reads_the_ledger_and_its_balances_are_the_books(api: Api) -> None:
    world = await lived(api)
    accounts = await written(api, f"{JOURNAL}&format=beancount-accounts")
    ledger = await written(api, f"{JOURNAL}&format=beancount")
    entries, errors, _ = loader.load_string(accounts + ledger)
    assert errors == []
    found = Counter[str]()
    for entry in entries:
        if isinstance(entry, Transaction):
            for posting in entry.postings:
                assert posting.units is not None
                found[posting.account] += int(Decimal(str(posting.units.number)) * 100)
    places = (await world.books()).places
    assert dict(found) == {
        TRUST: 9_000,
        NOT_APPLIED: -places.not_applied_cents - places.refunds_due_cents,
        SUSPENSE: -places.suspense_cents,
        f"{CARRIERS}:BCBSVT": -places.settled_waiting_cents,
    }
    async with world.uows.begin(now=world.now) as uow:
        made = await write_journal(uow, first=date(2015, 12, 1), last=date(2016, 1, 31))
    assert balances(made) == dict(found)


async def test_PAY_9_the_files_of_two_months_are_one_ledger(api: Api, tmp_path: Path) -> None:
    await lived(api)
    world = api.world
    world.set("2016-01-04T10:00")
    again = await world.pay(cents=20_000)
    await world.hear(
        settled([(again, 20_000)], on="2016-01-04", carrier="MVP", settlement="s2", month="2016-02")
    )
    days = {"2015-12": "from=2015-12-01&to=2015-12-31", "2016-01": "from=2016-01-01&to=2016-01-31"}
    for month, within in days.items():
        text = await written(api, f"/v1/books/journal?{within}&format=beancount")
        (tmp_path / f"{month}.beancount").write_text(text)
    accounts = await written(api, f"/v1/books/journal?{days['2016-01']}&format=beancount-accounts")
    assert accounts.splitlines()[2:] == [
        "2000-01-01 open Assets:Trust USD",
        "2000-01-01 open Liabilities:Carriers:BCBSVT USD",
        "2000-01-01 open Liabilities:Carriers:MVP USD",
        "2000-01-01 open Liabilities:NotApplied USD",
        "2000-01-01 open Liabilities:Suspense USD",
    ]
    (tmp_path / "accounts.beancount").write_text(accounts)
    whole = tmp_path / "books.beancount"
    whole.write_text("".join(f'include "{name}.beancount"\n' for name in ("accounts", *days)))
    entries, errors, _ = loader.load_file(str(whole))
    assert errors == []
    assert len([each for each in entries if isinstance(each, Transaction)]) == 7


@pytest.mark.parametrize(
    "days",
    [
        "from=2016-01-02&to=2016-01-01",
        "from=2015-01-01&to=2016-01-02",
        "from=1999-12-31&to=2000-01-01",
        "from=9999-12-31&to=9999-12-31",
    ],
)
async def test_PAY_9_a_journal_is_of_a_year_at_most(api: Api, days: str) -> None:
    problem(await api.get(f"/v1/books/journal?{days}"), status=422, kind="invalid-value")


async def test_the_journal_is_the_operators(api: Api) -> None:
    problem(await api.get(JOURNAL, "member", household="june"), status=403, kind="forbidden")
