"""Of ten things that a poller has to do, one that fails delays itself alone, and shows (I9)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import date

import pytest

from bulkhead.kernel.personal import Masked
from bulkhead.observability import metrics
from bulkhead.retries.retries import Retry
from bulkhead.runtime.measures import sources_of_all
from bulkhead_testing.broker import MemoryOutbox
from bulkhead_testing.poison import OddFiles, Poisoned
from payments.application import facts, issue_remittances
from payments.application.autopay import AutopayOrder, begin_autopay
from payments.application.decide_return_items import lock_of as lock_of_item
from payments.application.take_online_payment import OnlineOrder, UnderWay, record_online_payment
from payments.application.take_processor_events import locks_of, take_processor_event
from payments.application.waiting import REMITTANCE_PARTS
from payments.domain.ach_debits import AchDebit, AchFile, AchFileContent
from payments.domain.attempts import ProcessorAway
from payments.domain.identification import identification_of
from payments.domain.payments import Payment
from payments.domain.remittances import RemittanceToTell
from payments.domain.return_files import ReturnItem
from payments.domain.settlements import Share
from services.payments.tests.builders import PARAMETERS, World, at, charge_online, refund, settled
from services.payments.tests.debits import draw_by, keep, pay_from
from services.payments.tests.nacha import Entry, return_file

NUMBERS = range(10)
BAD = 3


def household(number: int) -> str:
    return f"h{number}"


def ordered(number: int, token: str) -> OnlineOrder:
    return OnlineOrder(
        payment=f"online-{number}",
        fingerprint="asked",
        household=household(number),
        amount_cents=30_000,
        method="bank" if "bank" in token else "card",
        token=Masked(token),
        at_selection=False,
    )


async def asked(world: World, token: str) -> None:
    """Ask for ten online payments of which nothing is recorded."""
    for number in NUMBERS:
        with suppress(ProcessorAway):
            await charge_online(
                world.uows,
                ordered(number, token),
                processor=world.processor,
                under_way=UnderWay(),
                now=world.now,
            )


async def invoiced(world: World) -> None:
    await world.hear(
        *(
            facts.InvoiceIssued(
                household=household(number),
                invoice=f"invoice-{number}",
                number=2,
                selection=None,
                kind="monthly",
                due=date(2016, 1, 26),
                on_time_until=date(2016, 1, 31),
                total_cents=50_000,
                payments=0,
            )
            for number in NUMBERS
        )
    )


async def drawn_by(world: World, token: str) -> None:
    """Agree to autopay ten times, and let the day of the draws come."""
    for number in NUMBERS:
        order = AutopayOrder(
            mandate=f"m-{number}",
            household=household(number),
            method="bank" if "bank" in token else "card",
            token=Masked(token),
            consent="v1",
            language="en",
            agreed_by="member",
        )
        async with world.uows.begin(now=world.now, households=[order.household]) as uow:
            await begin_autopay(uow, order, keys=world.keys, parameters=PARAMETERS)
    await invoiced(world)
    await begun(world)


async def begun(world: World) -> None:
    await world.advance("2016-01-26T07:59")
    world.set("2016-01-26T08:00")
    await world.runner.turn(world.now)


async def back_from_the_bank(world: World, identifications: list[str], **more: str | int) -> None:
    """Let a return file be read with an entry for each, and nothing else happen."""
    entries = [
        Entry(**{"identification": each, "trace": f"0910000176112{place:02}", **more})  # pyright: ignore[reportArgumentType]
        for place, each in enumerate(identifications)
    ]
    world.returns.content["back.ach"] = return_file(*entries, created=f"{world.now:%y%m%d}")
    while await world.pollers["return-files"].turn(world.now):
        pass


async def attempts(world: World) -> str:
    await asked(world, "tok_card_slow")
    return household(BAD)


async def processor_events(world: World) -> str:
    await asked(world, "tok_card_slow")
    for number in NUMBERS:
        reference = f"online-{number}"
        async with world.uows.begin(now=world.now, households=locks_of("charge", reference)) as uow:
            await take_processor_event(uow, kind="charge.approved", reference=reference)
    return household(BAD)


async def draws(world: World) -> str:
    await drawn_by(world, "tok_card_ok")
    return household(BAD)


async def account_draws(world: World) -> str:
    await invoiced(world)
    for number in NUMBERS:
        await draw_by(world, await keep(world, household(number)), mandate=f"m-{number}")
    await begun(world)
    return household(BAD)


async def refunds(world: World) -> str:
    for number in NUMBERS:
        payment = await world.pay_online(household(number), method="card")
        await world.hear(refund(payment, cents=1_000, refund=f"r{number}"))
    return household(BAD)


async def return_items(world: World) -> str:
    await asked(world, "tok_bank_ok")
    await back_from_the_bank(
        world, [identification_of(f"online-{number}") for number in NUMBERS], cents=30_000
    )
    for number in NUMBERS:
        async with world.uows.begin(now=world.now, households=[household(number)]) as uow:
            charge = await world.processor.find(reference=f"online-{number}")
            await record_online_payment(uow, f"online-{number}", charge=charge, parameters=PARAMETERS)
    bad = next(
        each for each in world.rows(ReturnItem) if each.identification == identification_of(f"online-{BAD}")
    )
    return lock_of_item(bad.item)


async def account_changes(world: World) -> str:
    await drawn_by(world, "tok_bank_ok")
    await world.settle_down()
    found = sorted((each.household, each.identification or "") for each in world.database.rows(Payment))
    world.set("2016-01-28T10:00")
    await back_from_the_bank(world, [each for _, each in found], code="C01", corrected="55500777123", cents=0)
    return household(BAD)


async def paid_from_accounts(world: World) -> list[str]:
    """Pay from ten accounts kept here, and let the bank get the debits."""
    for number in NUMBERS:
        account = await keep(world, household(number), number=f"00098765432{number}")
        await pay_from(world, account, name=f"p-{number}")
    await world.advance("2016-01-06T10:00")
    return [identification_of(f"p-{number}") for number in NUMBERS]


async def kept_account_changes(world: World) -> str:
    sent = await paid_from_accounts(world)
    await back_from_the_bank(world, sent, code="C01", corrected="1918171614", cents=0)
    return household(BAD)


async def debits_to_call_off(world: World) -> str:
    """Ten debits wait to be sent from accounts that their banks close."""
    sent = await paid_from_accounts(world)
    for number in NUMBERS:
        account = await keep(world, household(number), number=f"00098765432{number}")
        await pay_from(world, account, name=f"q-{number}", cents=20_000)
    await back_from_the_bank(world, sent, code="R02", cents=30_000)
    assert [each.state for each in world.rows(AchDebit)].count("to-call-off") == 10
    return household(BAD)


async def passings(world: World) -> str:
    for number in NUMBERS:
        payment = await world.pay(household(number), cents=5_000)
        await world.hear(
            facts.CreditPassedOn(
                household=household(number),
                passing=f"passing-{number}",
                into=f"into-{number}",
                taken_from=(Share(payment=payment.payment, cents=5_000),),
                correction=f"c-{number}",
            )
        )
    return household(BAD)


async def remittance_parts(world: World) -> str:
    for number in NUMBERS:
        for part in range(3):
            payment = await world.pay(household(number))
            fact = settled(payment, settlement=f"s{number}-{part}", on="2016-01-04", carrier=f"C{number}")
            await world.hear(fact)
    await world.advance("2016-01-06T15:59")
    world.set("2016-01-06T16:00")
    await world.runner.turn(world.now)
    bad = sorted(each.remittance for each in world.rows(RemittanceToTell))[BAD]
    return REMITTANCE_PARTS.lock_of(bad)


POISONED: dict[str, Callable[[World], Awaitable[str]]] = {
    "attempts": attempts,
    "processor-events": processor_events,
    "draws": draws,
    "account-draws": account_draws,
    "refunds": refunds,
    "return-items": return_items,
    "account-changes": account_changes,
    "kept-account-changes": kept_account_changes,
    "debits-to-call-off": debits_to_call_off,
    "passings": passings,
    "remittance-parts": remittance_parts,
}
"""By poller: how ten things come to wait for it. It returns what is locked for the one that fails."""


ONCE = {"remittance-parts": 1}
"""How often what is locked fails where it is locked too for noting that it waits; always for the others."""


async def waiting_by_the_metrics(world: World, kind: str) -> float:
    database, _ = sources_of_all(
        service=world.service, uows=world.uows, clock=world.clock, outbox=MemoryOutbox(world.database)
    )
    readings = (await database.read())[metrics.RETRIES_WAITING.name]
    return next(each.value for each in readings if each.labels == {"kind": kind})


@pytest.mark.parametrize("poller", POISONED)
async def test_I9_of_ten_things_to_do_one_that_fails_delays_itself_alone_and_shows(
    poller: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(issue_remittances, "LINES_PER_EVENT", 1)
    monkeypatch.setattr(issue_remittances, "PARTS_AT_ONCE", 1)
    world = await World(start=at("2016-01-04T10:00")).opened()
    world.uows = uows = Poisoned(world.uows)
    world.restart()
    await world.opened()
    await world.heard_of(*map(household, NUMBERS), *(f"into-{number}" for number in NUMBERS))
    lock = await POISONED[poller](world)
    assert await world.pollers[poller].pending(world.now) == 10
    uows.lock, uows.times = lock, ONCE.get(poller)
    while await world.pollers[poller].turn(world.now):
        pass
    (waits,) = world.rows(Retry)
    assert (waits.kind, waits.failures, waits.reason) == (poller, 1, "ZeroDivisionError")
    assert await world.pollers[poller].pending(world.now) == 0
    assert await waiting_by_the_metrics(world, poller) == 1
    uows.lock = None
    world.now = world.clock.shows = waits.retry_at
    assert await world.pollers[poller].pending(world.now) == 1
    while await world.pollers[poller].turn(world.now):
        pass
    assert world.rows(Retry) == []
    assert await waiting_by_the_metrics(world, poller) == 0


async def to_be_read(world: World, folder: OddFiles) -> None:
    ending = "csv" if folder is world.lockbox else "txt"
    folder.content.update({f"file-{number}.{ending}": f"no file {number}".encode() for number in NUMBERS})


async def to_be_written(world: World, _folder: OddFiles) -> None:
    files = [
        AchFile(
            file=f"file-{number}",
            name=f"file-{number}.ach",
            created_on=date(2016, 1, 4),
            modifier=str(number),
            effective_on=date(2016, 1, 5),
            entries=0,
            drawn_cents=0,
            debit_cents=0,
            credit_cents=0,
            made_at=world.now,
        )
        for number in NUMBERS
    ]
    sealed = [world.keys.seal(b"debits", of=each.file) for each in files]
    async with world.uows.begin(now=world.now) as uow:
        await uow.records(AchFile).add(files)
        await uow.records(AchFileContent).add(
            [
                AchFileContent(file=each.file, key=its.key, sealed=its.text)
                for each, its in zip(files, sealed, strict=True)
            ]
        )


@pytest.mark.parametrize(
    ("poller", "folder", "prepare"),
    [
        ("lockbox", "lockbox", to_be_read),
        ("return-files", "returns", to_be_read),
        ("bank-files", "statements", to_be_read),
        ("debit-files", "debits", to_be_written),
    ],
)
async def test_I9_of_ten_files_one_that_fails_delays_itself_alone_and_shows(
    poller: str, folder: str, prepare: Callable[[World, OddFiles], Awaitable[None]]
) -> None:
    world, files = World(start=at("2016-01-04T10:00")), OddFiles(f"file-{BAD}")
    setattr(world, folder, files)
    world.restart()
    await world.opened()
    await prepare(world, files)
    looks = world.pollers[poller]
    done = 0
    while turn := await looks.turn(world.now):
        done += turn
    assert done == 9
    (waits,) = world.rows(Retry)
    assert (waits.item.partition(".")[0], waits.failures, waits.reason) == (
        f"file-{BAD}",
        1,
        "ZeroDivisionError",
    )
    assert await looks.pending(world.now) == 0
    assert await waiting_by_the_metrics(world, waits.kind) == 1
    files.odd = ()
    world.now = world.clock.shows = waits.retry_at
    assert await looks.pending(world.now) == 1
    while await looks.turn(world.now):
        pass
    assert world.rows(Retry) == []
