"""What a database that is behind what its service has said is kept from, and how it catches up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Literal

import pytest

from bulkhead.contracts.registry import PAYMENTS
from bulkhead.kernel.errors import Retryable
from bulkhead.messaging.ages import committed_header
from bulkhead.messaging.broker import Outgoing
from bulkhead.messaging.partitioning import partition_of
from bulkhead.messaging.rejoining import CannotTakeIn, DatabaseBehind, OwnTopics, Rejoined, Rejoining
from bulkhead.messaging.relay import Relay
from bulkhead.persistence.event_tables import OutboxRecord, Pruned
from bulkhead.persistence.ports import UnitOfWorkFactory
from bulkhead.service import Received, Service, TakingIn
from bulkhead_testing.suites.delivery import PARTITIONS, Stage, envelope_of
from bulkhead_testing.suites.example import (
    NOW,
    TELLER_TABLES,
    TODAY,
    Account,
    BooksClosed,
    PaymentReceived,
    teller,
)
from bulkhead_testing.suites.forgetting import LONG_AGO
from bulkhead_testing.suites.resuming import HOUSEHOLDS, copied_of


class Paling:
    """A fence that remembers whether it is up."""

    up = False

    async def put_up(self) -> None:
        """Remember that it is up."""
        self.up = True

    async def take_down(self) -> None:
        """Remember that it is down."""
        self.up = False


class NoPlaceForAFence(Paling):
    """A database that has no connection left for whoever would put one up."""

    async def put_up(self) -> None:
        """Fail."""
        raise Retryable("too many connections")


async def _before(uows: UnitOfWorkFactory, said: Sequence[Received], now: datetime) -> None:
    """Keep each payment again, and say once more that it was received: nobody listens."""
    for each in said:
        if isinstance(each.fact, PaymentReceived):
            async with uows.begin(now=now, households=[each.about]) as uow:
                uow.emit(replace(each.fact, method="cash"), household=each.about)
                account = Account(household=each.about, number=-2, reference=each.fact.payment, open=False)
                await uow.records(Account).put([account])


async def _after(_uows: UnitOfWorkFactory, _said: Sequence[Received], _now: datetime) -> None:
    return None


TAKING_IN = TakingIn(
    names={PaymentReceived: ("payment",), BooksClosed: ("through",)}, before=_before, after=_after
)


def restorable() -> Service:
    """Return the teller as one who takes in again what he said."""
    return replace(teller(), taking_in=TAKING_IN)


async def pay_and_close(stage: Stage, *, prefix: str) -> None:
    """Let the teller say a payment of each household, and books closed, on the topic."""
    for household in HOUSEHOLDS:
        await stage.pay(household, 1, prefix=prefix)
    async with stage.teller.begin(now=NOW) as uow:
        uow.emit(BooksClosed(through=TODAY), household=None)
    await stage.relay_all()


async def rejoin(
    stage: Stage,
    database: Any,
    *,
    fence: Paling,
    service: Service,
    do: Literal["take in", "leave out"] = "take in",
) -> Rejoined:
    """Let a database of the teller's catch up."""
    outbox = stage.outbox_of(database)
    try:
        return await Rejoining(
            service=service,
            uows=database,
            broker=stage.broker,
            outbox=outbox,
            relay=Relay(outbox=outbox, broker=stage.broker),
            fence=fence,
            now=lambda: NOW,
        ).run(do=do)
    finally:
        await outbox.close()


def own(stage: Stage, database: Any) -> OwnTopics:
    """Return the teller's topics, compared with a database."""
    return OwnTopics(service=teller(), uows=database, broker=stage.broker, now=lambda: NOW)


async def said_by(database: Any) -> list[str]:
    """Return the ids of what a database says was said."""
    async with database.begin(now=NOW) as uow:
        return sorted(each.event_id for each in await uow.records(OutboxRecord).select())


class RejoiningSuite:
    """Give it a fixture ``stage``, a new `Stage` with empty databases and no messages, and a fixture
    ``empty_teller``, which makes more empty databases of the teller's.
    """

    async def test_a_database_that_is_behind_nothing_is_let_go_on(self, stage: Stage) -> None:
        await own(stage, stage.teller).require_known()
        await pay_and_close(stage, prefix="p")
        await own(stage, stage.teller).require_known()
        await stage.write("h00", b"noise")
        await own(stage, stage.teller).require_known()

    async def test_what_another_wrote_between_what_was_said_is_noise(self, stage: Stage) -> None:
        await stage.pay("h00", 1, prefix="p")
        await stage.relay_all()
        await stage.write(
            "h00", envelope_of("h00", event_id="nobody-said-it", kind="PaymentReceived", data=b"{}")
        )
        await stage.pay("h00", 1, prefix="q")
        await stage.relay_all()
        await own(stage, stage.teller).require_known()

    async def test_what_was_committed_before_the_outbox_was_pruned_is_known_however_late_it_was_published(
        self, stage: Stage
    ) -> None:
        value = envelope_of("h00", event_id="said-long-ago", kind="PaymentReceived", data=b"{}")
        place, key = partition_of("h00", PARTITIONS), b"h00"
        await stage.broker.partitions(PAYMENTS.name)
        late = committed_header(int(LONG_AGO.timestamp() * 1000))
        await stage.broker.publish([Outgoing(PAYMENTS.name, place, key, value, late)])
        async with stage.teller.begin(now=NOW) as uow:
            pruned = Pruned(name="outbox", before=LONG_AGO + timedelta(days=31), through_seq=1)
            await uow.records(Pruned).put([pruned])
        await own(stage, stage.teller).require_known()
        assert await own(stage, stage.teller).unknown() == []

    async def test_one_that_is_behind_is_kept_from_being_written_to_and_ends_whoever_asks(
        self, stage: Stage, empty_teller: Callable[[], Any]
    ) -> None:
        await pay_and_close(stage, prefix="p")
        fence = Paling()
        await own(stage, stage.teller).require_known_or_fence(fence)
        assert not fence.up
        with pytest.raises(DatabaseBehind):
            await own(stage, empty_teller()).require_known_or_fence(fence)
        assert fence.up
        with pytest.raises(DatabaseBehind):
            await own(stage, empty_teller()).require_known_or_fence(NoPlaceForAFence())

    async def test_a_database_that_does_not_know_what_was_said_is_seen(
        self, stage: Stage, empty_teller: Callable[[], Any]
    ) -> None:
        await pay_and_close(stage, prefix="p")
        backup = await copied_of(stage.teller, empty_teller(), TELLER_TABLES)
        await own(stage, backup).require_known()
        await stage.pay("h07", 2, prefix="q")
        await stage.relay_all()
        with pytest.raises(DatabaseBehind):
            await own(stage, backup).require_known()
        with pytest.raises(DatabaseBehind):
            await own(stage, empty_teller()).require_known()

    async def test_what_was_said_after_the_backup_is_taken_in_and_not_said_again(
        self, stage: Stage, empty_teller: Callable[[], Any]
    ) -> None:
        await pay_and_close(stage, prefix="p")
        backup = await copied_of(stage.teller, empty_teller(), TELLER_TABLES)
        await pay_and_close(stage, prefix="q")
        before = await said_by(stage.teller)
        fence = Paling()
        await rejoin(stage, backup, fence=fence, service=restorable())
        ends = await stage.broker.ends(PAYMENTS.name)
        again = await rejoin(stage, backup, fence=fence, service=restorable())
        assert (again.taken_in, await stage.broker.ends(PAYMENTS.name)) == ({}, ends)
        assert not fence.up
        assert await said_by(backup) == before
        await own(stage, backup).require_known()
        async with backup.begin(now=NOW) as uow:
            accounts = await uow.records(Account).select()
        assert sorted(each.reference for each in accounts) == sorted(f"{each}-q0" for each in HOUSEHOLDS)
        await stage.go_on_as(backup)
        await stage.pay("h00", 3, prefix="r")
        await stage.deliver()
        assert await stage.payments_of("h00") == ["p0", "q0", "r0"]
        assert await stage.watermarks() == dict.fromkeys(range(PARTITIONS), TODAY)
        assert stage.consumer.parked == 0

    async def test_it_says_what_it_took_in_and_what_was_about_to_be_said_again(
        self, stage: Stage, empty_teller: Callable[[], Any]
    ) -> None:
        await pay_and_close(stage, prefix="p")
        done = await rejoin(stage, empty_teller(), fence=Paling(), service=restorable())
        assert done.taken_in == {"PaymentReceived": len(HOUSEHOLDS), "BooksClosed": 1}
        assert (done.said_before, done.otherwise) == (len(HOUSEHOLDS), len(HOUSEHOLDS))

    async def test_what_was_not_published_by_the_backup_is_published_and_has_one_effect(
        self, stage: Stage, empty_teller: Callable[[], Any]
    ) -> None:
        await stage.pay("h00", 1)
        backup = await copied_of(stage.teller, empty_teller(), TELLER_TABLES)
        await stage.pay("h00", 2, prefix="q")
        await stage.relay_all()
        await rejoin(stage, backup, fence=Paling(), service=restorable())
        await stage.consume_all()
        assert await stage.payments_of("h00") == ["p0", "q0"]

    async def test_who_cannot_take_in_what_he_said_is_told_so_and_stays_behind_the_fence(
        self, stage: Stage, empty_teller: Callable[[], Any]
    ) -> None:
        await pay_and_close(stage, prefix="p")
        behind, fence = empty_teller(), Paling()
        with pytest.raises(CannotTakeIn, match="1 BooksClosed, 20 PaymentReceived"):
            await rejoin(stage, behind, fence=fence, service=teller())
        assert fence.up
        assert await said_by(behind) == []

    async def test_what_is_left_out_is_kept_as_said_and_no_more(
        self, stage: Stage, empty_teller: Callable[[], Any]
    ) -> None:
        await pay_and_close(stage, prefix="p")
        behind, fence = empty_teller(), Paling()
        await rejoin(stage, behind, fence=fence, service=teller(), do="leave out")
        await own(stage, behind).require_known()
        assert not fence.up
        assert await said_by(behind) == await said_by(stage.teller)

    async def test_what_would_go_on_from_the_backup_is_told_what_was_said_before_it_is_left_out(
        self, stage: Stage, empty_teller: Callable[[], Any]
    ) -> None:
        await pay_and_close(stage, prefix="p")
        behind, told = empty_teller(), list[str | None]()

        async def leave_out(uows: UnitOfWorkFactory, said: Sequence[Received], now: datetime) -> list[str]:
            async with uows.begin(now=now) as uow:  # past the fence, and nothing is kept as said yet
                assert await uow.records(OutboxRecord).count() == 0
            told.extend(each.household for each in said)
            return ["see to it"]

        how = replace(restorable(), taking_in=replace(TAKING_IN, leave_out=leave_out))
        done = await rejoin(stage, behind, fence=Paling(), service=how, do="leave out")
        assert sorted(told, key=str) == [None, *HOUSEHOLDS]
        assert (done.taken_in, done.heard, done.left) == ({}, 0, ["see to it"])
        assert await said_by(behind) == await said_by(stage.teller)

    async def test_one_that_is_killed_in_the_middle_is_done_again(
        self, stage: Stage, empty_teller: Callable[[], Any]
    ) -> None:
        await pay_and_close(stage, prefix="p")
        behind, fence = empty_teller(), Paling()

        async def killed(_uows: UnitOfWorkFactory, _said: Sequence[Received], _now: datetime) -> None:
            raise ZeroDivisionError

        breaking = replace(restorable(), taking_in=replace(TAKING_IN, after=killed))
        with pytest.raises(ZeroDivisionError):
            await rejoin(stage, behind, fence=fence, service=breaking)
        assert fence.up
        with pytest.raises(DatabaseBehind):
            await own(stage, behind).require_known()
        await rejoin(stage, behind, fence=fence, service=restorable())
        assert not fence.up
        assert await said_by(behind) == await said_by(stage.teller)
