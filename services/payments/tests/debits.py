"""Bank accounts and debits as tests speak of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import achkit

from bulkhead.kernel.personal import Masked
from payments.application.autopay import Autopay, AutopayOrder, begin_autopay
from payments.application.debit_accounts import pay_by_account
from payments.application.keep_bank_accounts import keep_bank_account
from payments.application.take_online_payment import OnlineOrder
from payments.domain.bank_accounts import AuthorizedBy, BankAccount, GivenAccount, account_id
from payments.domain.payments import Payment
from services.payments.tests.builders import PARAMETERS, World

NUMBER = "000987654321"
ROUTING = "091000019"

GIVEN = GivenAccount(
    account=account_id("june"),
    household="june",
    routing_number=ROUTING,
    number=Masked(NUMBER),
    account_type="checking",
    holder=Masked("June Example"),
    consent="debit-v1",
    language="en",
    authorized="online",
    kept_by="member-june",
)


async def keep(
    world: World,
    household: str = "june",
    *,
    authorized: AuthorizedBy = "online",
    number: str = NUMBER,
    **fields: Any,
) -> BankAccount:
    """Keep an account of a household, the same each time."""
    given = replace(
        GIVEN,
        account=account_id(household),
        household=household,
        number=Masked(number),
        authorized=authorized,
        **fields,
    )
    async with world.uows.begin(now=world.now, households=[household]) as uow:
        return await keep_bank_account(uow, given, keys=world.keys)


def paid_by(account: BankAccount, *, mandate: str = "m-1") -> AutopayOrder:
    """Return autopay from an account as it is agreed to."""
    return AutopayOrder(
        mandate=mandate,
        household=account.household,
        method="bank",
        token=Masked(account.account),
        consent="v1",
        language="en",
        agreed_by="member",
    )


async def draw_by(world: World, account: BankAccount, *, mandate: str = "m-1") -> Autopay:
    """Agree to autopay from an account."""
    async with world.uows.begin(now=world.now, households=[account.household]) as uow:
        return await begin_autopay(
            uow, paid_by(account, mandate=mandate), keys=world.keys, parameters=PARAMETERS
        )


def order_from(account: BankAccount, *, name: str = "p-1", cents: int = 30_000, **fields: Any) -> OnlineOrder:
    """Return a payment from an account as it is asked for."""
    order = OnlineOrder(
        payment=name,
        fingerprint=name,
        household=account.household,
        amount_cents=cents,
        method="bank",
        token=Masked(account.account),
        at_selection=False,
    )
    return replace(order, **fields)


async def pay_from(world: World, account: BankAccount, *, name: str = "p-1", cents: int = 30_000) -> Payment:
    """Pay once from an account."""
    order = order_from(account, name=name, cents=cents)
    async with world.uows.begin(now=world.now, households=[account.household]) as uow:
        return await pay_by_account(uow, order, keys=world.keys, parameters=PARAMETERS)


def files_of(world: World) -> dict[str, bytes]:
    """Return the files of debits that lie in their folder."""
    return dict(world.debits.content)


def read_by_another(content: bytes) -> dict[str, Any]:
    """Return what a reader of another author finds in a file, which it finds nothing wrong with."""
    text = content.decode("ascii")
    said = achkit.validate(text)
    assert said["errors"] == []
    assert said["ok"]
    return achkit.parse(text)


def entries_of(content: bytes) -> list[dict[str, Any]]:
    """Return the entries of all batches of a file, as that reader has them."""
    return [each for batch in read_by_another(content)["batches"] for each in batch["entries"]]
