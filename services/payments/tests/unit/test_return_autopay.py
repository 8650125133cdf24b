"""What a bank's return says of the account: autopay from it ends where no later draw can go through (PAY-5, PAY-8)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from bulkhead.kernel.errors import InvalidValue
from bulkhead.kernel.personal import Masked
from payments.application.autopay import AutopayOrder, begin_autopay
from payments.application.facts import InvoiceIssued
from payments.application.find_payment import households_of
from payments.domain.events import AutopayEnded, PaymentReturned, ReturnKind
from payments.domain.payments import Payment
from payments.domain.return_files import ReturnItem
from services.payments.tests.builders import PARAMETERS, Staff, World
from services.payments.tests.nacha import Entry, return_file
from services.payments.tests.unit.test_return_loading import NOBODYS, a_world, assign, dropped, items, of


async def drawn(world: World) -> Payment:
    """Draw an invoice from June's bank account on the 26th, and return the payment, two days later."""
    mandate = AutopayOrder(
        mandate="m-1",
        household="june",
        method="bank",
        token=Masked("tok_bank_ok"),
        consent="v1",
        language="en",
        agreed_by="member",
    )
    async with world.uows.begin(now=world.now, households=["june"]) as uow:
        await begin_autopay(uow, mandate, keys=world.keys, parameters=PARAMETERS)
    invoice = InvoiceIssued(
        household="june",
        invoice="june-2",
        number=2,
        selection=None,
        kind="monthly",
        due=date(2016, 1, 26),
        on_time_until=date(2016, 1, 31),
        total_cents=50_000,
        payments=0,
    )
    await world.hear(invoice)
    await world.advance("2016-01-28T09:00")
    [paid] = world.rows(Payment)
    return paid


@pytest.mark.parametrize(
    ("code", "ended"),
    [("R01", []), ("R08", []), ("R02", ["account-closed"]), ("R07", ["declined"]), ("R10", ["declined"])],
)
@pytest.mark.parametrize("by_hand", [False, True])
async def test_PAY_8_autopay_ends_where_the_code_says_that_no_later_draw_can_go_through(
    code: str, ended: list[str], by_hand: bool
) -> None:
    world = await a_world()
    paid = await drawn(world)
    if by_hand:  # as an operator read it on paper, who knew no better
        await world.give_back(paid, kind="other")
    await dropped(world, return_file(of(paid, code=code), created="160128"))
    assert [each.because for each in world.said(AutopayEnded)] == ended
    assert len(world.said(PaymentReturned)) == 1


@pytest.mark.parametrize("code", ["R02", "R20", "R07"])
@pytest.mark.parametrize("cents", [500_00, 200_00])
async def test_PAY_8_an_account_that_is_closed_is_drawn_no_more_though_what_it_brought_was_moved(
    code: str, cents: int
) -> None:
    world = await a_world()
    paid = await drawn(world)
    moved = await Staff(world).move(paid, ("avery", cents))
    assert moved.state == "applied"
    await dropped(world, return_file(of(paid, code=code), created="160128"))
    assert items(world) == [(code, "open", "moved")]
    because = "declined" if code == "R07" else "account-closed"
    assert [(each.household, each.because) for each in world.said(AutopayEnded)] == [("june", because)]
    assert world.said(PaymentReturned) == []


async def test_PAY_8_a_return_by_hand_of_money_that_was_moved_twice_ends_the_autopay_that_drew_it() -> None:
    world = await a_world()
    await world.heard_of("kim")
    paid = await drawn(world)
    staff = Staff(world)
    first = await staff.move(paid, ("avery", 500_00))
    [there] = [each for each in world.rows(Payment) if each.moved_from == paid.payment]
    await staff.move(there, ("kim", 500_00), by="bea")
    [here] = [each for each in world.rows(Payment) if each.moved_from == there.payment]
    assert first.state == "applied"
    async with world.uows.begin(now=world.now) as uow:
        assert await households_of(uow, here.payment) == ["avery", "june", "kim"]
    await world.give_back(here, kind="closed-account")
    assert [(each.household, each.because) for each in world.said(AutopayEnded)] == [
        ("june", "account-closed")
    ]


@pytest.mark.parametrize(("cents", "settled"), [(499_99, ""), (500_00, "025")])
async def test_PAY_8_what_is_not_clear_of_a_draw_ends_no_autopay(cents: int, settled: str) -> None:
    world = await a_world()
    paid = await drawn(world)
    await dropped(world, return_file(of(paid, code="R02", cents=cents), created="160128", settled=settled))
    assert world.said(AutopayEnded) == []


@pytest.mark.parametrize(
    ("more", "kind", "ended"),
    [
        ({"code": "R44"}, "closed-account", ["account-closed"]),
        ({"code": "R99"}, "other", []),
        ({"addenda": False}, "nsf", []),
    ],
)
async def test_PAY_5_of_a_code_that_nobody_knows_a_person_says_what_it_means_and_why(
    more: dict[str, Any], kind: ReturnKind, ended: list[str]
) -> None:
    world = await a_world()
    paid = await drawn(world)
    entry = Entry(identification=NOBODYS, cents=paid.amount_cents, **more)
    await dropped(world, return_file(entry, created="160128", settled="028"))
    [item] = world.rows(ReturnItem)
    assert item.reason in ("unknown-code", "unreadable")
    with pytest.raises(InvalidValue, match="/note must say why it is a return of the payment"):
        await assign(world, item, paid, kind=kind)
    with pytest.raises(InvalidValue, match="/kind must be given, as the bank's file says it"):
        await assign(world, item, paid, note="the bank's letter of today")
    assert (world.rows(ReturnItem), world.said(PaymentReturned)) == ([item], [])
    decided = await assign(world, item, paid, kind=kind, note="the bank's letter of today")
    assert (decided.state, decided.payment, decided.decided_by) == ("assigned", paid.payment, "ops")
    assert decided.note is not None
    assert decided.note.reveal() == "the bank's letter of today"
    assert "letter" not in repr(decided)
    assert [(each.kind, each.returned_on) for each in world.said(PaymentReturned)] == [
        (kind, date(2016, 1, 28))
    ]
    assert [each.because for each in world.said(AutopayEnded)] == ended
