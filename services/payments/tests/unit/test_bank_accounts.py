"""Bank accounts are kept with their numbers sealed, and shown by their last four digits (PAY-1)."""

from __future__ import annotations

import logging
from dataclasses import fields, replace
from typing import Any

import pytest

from bulkhead.kernel.errors import InvalidValue
from bulkhead.kernel.key_rings import KeyInUse, KeyMissing, Sealed, require_unused
from bulkhead.kernel.personal import Masked
from bulkhead.key_ring import KeyRing
from bulkhead.retries.retries import Retry
from payments.adapters.postgres.tables import TABLES
from payments.application.close_bank_accounts import close_bank_account
from payments.application.keep_bank_accounts import accounts_of, keep_bank_account
from payments.application.rotate_keys import keys_in_use, rotate_keys
from payments.domain.ach_debits import AchFileContent
from payments.domain.autopay import Mandate
from payments.domain.bank_accounts import AccountClosed, BankAccount, is_routing_number
from payments.domain.card_numbers import CardNumberGiven
from payments.domain.events import AutopayEnded
from payments.domain.payments import Payment
from services.payments.tests.builders import KEYS, World, at
from services.payments.tests.debits import (
    GIVEN,
    NUMBER,
    draw_by,
    entries_of,
    files_of,
    keep,
    pay_from,
)
from services.payments.tests.unit.test_autopay import invoice

START = at("2016-01-04T10:00")


@pytest.fixture
async def world() -> World:
    return await World(start=START).opened()


def shown(value: Any) -> bytes:
    """A value as its bytes stand in a database, what is masked in clear."""
    if isinstance(value, Masked):
        return value.reveal().encode()
    return value if isinstance(value, bytes) else repr(value).encode()


def all_that_is_kept(world: World) -> bytes:
    """Every field of every row of every table, outbox and answers too."""
    rows = [row for kind in TABLES for row in world.database.rows(kind)]
    return b"\n".join(shown(getattr(row, each.name)) for row in rows for each in fields(row))


async def test_PAY_1_the_number_of_an_account_is_nowhere_in_clear(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    account = await keep(world)
    await world.hear(invoice())
    await draw_by(world, account)
    await pay_from(world, account)
    await world.advance("2016-01-27")
    assert [each["account"] for file in files_of(world).values() for each in entries_of(file)] == [
        NUMBER,
        NUMBER,
    ]  # in the folder of our bank, and there alone
    kept = all_that_is_kept(world)
    assert b"June Example" in kept  # it is looked at as it stands there
    assert NUMBER.encode() not in kept
    assert NUMBER.lstrip("0").encode() not in kept
    assert NUMBER not in caplog.text
    assert NUMBER not in repr(account) + repr(GIVEN) + repr(world.keys)


async def test_PAY_1_an_account_is_shown_by_its_last_four_digits(world: World) -> None:
    account = await keep(world, number="00098765-4321")
    assert (account.last_four, account.routing_number, account.account_type) == (
        "4321",
        "091000019",
        "checking",
    )
    assert await keep(world) == account  # the same request again
    async with world.uows.begin(now=world.now) as uow:
        assert await accounts_of(uow, "june") == [account]


def test_PAY_1_a_number_opens_as_that_of_its_own_account_alone() -> None:
    ring = KeyRing(KEYS, owner="payments")
    sealed = ring.seal(b"000987654321", of="acct-1")
    assert ring.open(sealed, of="acct-1") == b"000987654321"
    assert ring.seal(b"000987654321", of="acct-1") != sealed  # another nonce each time
    with pytest.raises(ValueError, match="not of this, or was changed"):
        ring.open(sealed, of="acct-2")
    changed = replace(sealed, text=sealed.text[:-1] + bytes([sealed.text[-1] ^ 1]))
    with pytest.raises(ValueError, match="not of this, or was changed"):
        ring.open(changed, of="acct-1")
    with pytest.raises(KeyMissing, match="the key 2013-11 is not among those that are set"):
        ring.open(replace(sealed, key="2013-11"), of="acct-1")


@pytest.mark.parametrize(
    ("number", "can_be"),
    [
        ("091000019", True),
        ("121042882", True),
        ("325081403", True),
        ("091000018", False),  # 3·0+7·9+1·1+3·0+7·0+1·0+3·0+7·1+1·8 = 79, no multiple of ten
        ("901000019", False),
        ("000000000", False),  # its check digit is right, and no bank's begins so
        ("09100001", False),
        ("09100001٩", False),
    ],
)
def test_PAY_1_a_routing_number_has_the_right_check_digit(number: str, can_be: bool) -> None:
    assert is_routing_number(number) is can_be


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"routing_number": "091000018"}, "/routing_number"),
        ({"number": Masked("123")}, "/account_number"),
        ({"number": Masked("12345678901234567890")}, "/account_number"),
        ({"number": Masked("12A4567")}, "/account_number"),
        ({"holder": Masked("  ")}, "/holder"),
    ],
)
async def test_PAY_1_an_account_that_can_be_none_is_refused_and_not_repeated(
    world: World, given: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidValue) as refused:
        async with world.uows.begin(now=world.now, households=["june"]) as uow:
            await keep_bank_account(uow, replace(GIVEN, **given), keys=world.keys)
    assert refused.value.field == field
    assert "12A4567" not in str(refused.value)
    assert world.rows(BankAccount) == []


@pytest.mark.parametrize(
    "given", [{"number": Masked("4111111111111111")}, {"holder": Masked("4111111111111111")}]
)
async def test_PAY_1_a_card_number_is_taken_for_no_account(world: World, given: dict[str, Any]) -> None:
    with pytest.raises(CardNumberGiven):
        async with world.uows.begin(now=world.now, households=["june"]) as uow:
            await keep_bank_account(uow, replace(GIVEN, **given), keys=world.keys)
    assert world.rows(BankAccount) == []


async def test_PAY_8_an_account_that_is_closed_ends_the_autopay_that_draws_from_it(world: World) -> None:
    account = await keep(world)
    await world.hear(invoice())
    await draw_by(world, account)
    async with world.uows.begin(now=world.now, households=["june"]) as uow:
        shut = await close_bank_account(uow, "june", account.account)
    assert (shut.closed_at, shut.closed_because) == (START, "asked")
    assert [each.because for each in world.said(AutopayEnded)] == ["asked"]
    await world.advance("2016-01-28")
    assert (world.rows(Payment), files_of(world)) == ([], {})
    for ask in (draw_by, pay_from):
        with pytest.raises(AccountClosed):
            await ask(world, account)
    with pytest.raises(AccountClosed):
        async with world.uows.begin(now=world.now, households=["june"]) as uow:
            await close_bank_account(uow, "june", account.account)


async def test_PAY_1_nobody_pays_from_the_account_of_another_household(world: World) -> None:
    account = await keep(world, "carol")
    for ask in (draw_by, pay_from):
        with pytest.raises(InvalidValue, match="is no bank account of this household's"):
            await ask(world, replace(account, household="june"))
    assert (world.rows(Payment), world.rows(Mandate)) == ([], [])


async def rotated(world: World, keys: KeyRing) -> int:
    return await rotate_keys(world.uows, keys=keys, now=world.now)


async def test_PAY_1_what_an_older_key_sealed_is_sealed_anew(world: World) -> None:
    world.keys = KeyRing(dict(reversed(KEYS.items())), owner="payments")  # 2014-11 writes
    world.restart()
    for number in range(450):
        await keep(world, f"household-{number:03}")
    account = await keep(world)
    await pay_from(world, account)
    await world.advance("2016-01-05")
    ring = KeyRing(KEYS, owner="payments")
    async with world.uows.begin(now=world.now) as uow:
        used = await keys_in_use(uow)
        assert used == {"2014-11": 452}  # a file too
        with pytest.raises(KeyInUse, match="452 are sealed under it: rotate first"):
            require_unused("2014-11", keys=ring, used=used)
        with pytest.raises(KeyInUse, match="it is the one that writes"):
            require_unused("2015-11", keys=ring, used=used)
    assert await rotated(world, ring) == 452
    assert await rotated(world, ring) == 0
    async with world.uows.begin(now=world.now) as uow:
        used = await keys_in_use(uow)
        assert used == {"2015-11": 452}
        require_unused("2014-11", keys=ring, used=used)
    only = KeyRing({"2015-11": KEYS["2015-11"]}, owner="payments")
    for each in world.rows(BankAccount):
        sealed = Sealed(key=each.key, text=each.sealed)
        assert only.open(sealed, of=each.account) == NUMBER.encode()
    [content] = world.rows(AchFileContent)
    [file] = files_of(world).values()
    assert only.open(Sealed(key=content.key, text=content.sealed), of=content.file) == file


async def test_PAY_1_a_rotation_that_dies_goes_on_from_there(world: World) -> None:
    world.keys = KeyRing(dict(reversed(KEYS.items())), owner="payments")
    for number in range(450):
        await keep(world, f"household-{number:03}")
    left = 10

    async def die(_operation: str) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise RuntimeError("the process dies here")

    world.database.interrupt = die
    with pytest.raises(RuntimeError):
        await rotated(world, KeyRing(KEYS, owner="payments"))
    world.database.interrupt = None
    async with world.uows.begin(now=world.now) as uow:
        before = await keys_in_use(uow)
    assert 0 < before["2015-11"] < 450
    assert await rotated(world, KeyRing(KEYS, owner="payments")) == before["2014-11"]


async def test_PAY_1_without_its_key_an_account_is_not_drawn_from_and_the_file_waits(world: World) -> None:
    await pay_from(world, await keep(world))
    world.keys = KeyRing({"2016-11": b"another key, and not that of it!"}, owner="payments")
    world.restart()
    await pay_from(world, await keep(world, "carol"), name="p-2")  # who is sealed by that one
    await world.advance("2016-01-04T17:00")
    assert [len(entries_of(file)) for file in files_of(world).values()] == [1]
    [waits] = world.rows(Retry)
    assert (waits.item, waits.reason) == (
        "p-1",
        "the key 2015-11 is not among those that are set",
    )
    world.keys = KeyRing(KEYS, owner="payments")
    world.restart()
    await world.advance("2016-01-05T18:00")
    assert [len(entries_of(file)) for file in files_of(world).values()] == [1, 1]
    assert world.rows(Retry) == []
