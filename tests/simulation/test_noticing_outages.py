"""Payments and notifications together notice within 30 seconds that money cannot be paid online (OPS-3, ADR 0040)."""

from __future__ import annotations

import asyncio
import selectors
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2

from bulkhead.kernel.calendar import EXCHANGE_ZONE
from bulkhead.kernel.errors import Retryable
from bulkhead.kernel.personal import Masked
from bulkhead.kernel.shared_try import FRESH_SECONDS
from bulkhead.policy import PackParameters, PolicyPack
from bulkhead.runtime.loops import Loop
from bulkhead.runtime.work import Pace
from bulkhead_testing.memory import MemoryDatabase
from notifications.adapters.doors.http import ANSWER_SECONDS, PAYMENT, OnlineDoor
from notifications.adapters.messaging.translation import OUTBOUND
from notifications.adapters.postgres.tables import TABLES as NOTIFICATIONS
from notifications.application.watch_channels import SECONDS_APART, ChannelPoller
from notifications.domain.announced import AnnouncedMaintenance
from notifications.domain.outages import IN_A_ROW, Outage
from payments.adapters.postgres.tables import TABLES as PAYMENTS
from payments.adapters.processor.sandbox import SandboxProcessor
from payments.application.try_online_payment import TRY_SECONDS, OnlineTrials
from payments.domain.parameters import PaymentsParameters

NOW = datetime(2016, 6, 26, 1, tzinfo=EXCHANGE_ZONE)
PACK = PolicyPack.named("vermont-2016", directory=Path(__file__).parents[2] / "policy")
MOST_SECONDS = 30.0
COMMITS_SECONDS = 3.0
"""What is left of that for the commits in the two databases."""
LATE_SECONDS = Pace().pollers + Pace().in_vain
"""By how much a poller can begin later than it is due."""


class _Driven(selectors.SelectSelector):
    """Waits for nothing: its clock goes on to when something is to be done next."""

    seconds = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        ready = super().select(0)
        if not ready:
            if timeout is None:
                raise AssertionError("nothing is to be done any more")
            self.seconds += timeout
        return ready


class _DrivenLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._driven = _Driven()
        super().__init__(self._driven)

    def time(self) -> float:
        return self._driven.seconds


class _Hanging(SandboxProcessor):
    """Decides at once, until it hangs: then it takes the question and never answers."""

    hangs = False

    async def verify(self, *, token: str) -> bool:
        if self.hangs:
            await asyncio.Event().wait()
        return await super().verify(token=token)


class _Told:
    """When the outage became known, by the loop's clock."""

    def __init__(self) -> None:
        self.at: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    def outlet_away(self, *, poller: str, error: Retryable) -> None:
        """Nothing is sent here."""

    def mail_set_aside(self, *, reason: str) -> None:
        """Nothing comes back here."""

    def channel_changed(self, outage: Outage) -> None:
        """Note when."""
        assert outage.ended_at is None
        self.at.set_result(asyncio.get_running_loop().time())

    def channel_closed(self, outage: Outage, maintenance: AnnouncedMaintenance) -> None:
        """Nothing is announced here."""


async def seconds_until_known(*, into_the_wait: float) -> float:
    """Return after how many seconds it is known that the processor hangs, which it does so long after a first try, and
    right after somebody else was told that all is well.
    """
    clock, processor = asyncio.get_running_loop().time, _Hanging()
    payments = MemoryDatabase(tables=PAYMENTS, name="payments")
    trials = OnlineTrials(
        processor=processor,
        parameters=PackParameters(PACK, "payments", PaymentsParameters),
        token=Masked("tok_card_ok"),
        pace=clock,
    )

    async def page(_request: httpx2.Request) -> httpx2.Response:
        trial = await trials.latest(payments.units_of_work, now=NOW)
        return httpx2.Response(200, json={"takes_payments": trial.takes_payments, "outcome": trial.outcome})

    told, pace = _Told(), Pace()
    poller = ChannelPoller(
        MemoryDatabase(tables=NOTIFICATIONS, outbound=OUTBOUND, name="notifications").units_of_work,
        doors={
            "payments-online": OnlineDoor(
                "http://payments.test", PAYMENT, transport=httpx2.MockTransport(page)
            )
        },
        alarms=told,
        pace=clock,
        wall_seconds=clock,
    )
    loop = Loop(
        name=poller.name,
        turn=lambda: poller.turn(NOW),
        idle_seconds=pace.pollers,
        longest_wait_seconds=pace.longest_wait,
        progressed=lambda: None,
        in_vain_seconds=pace.in_vain,
    )
    running = asyncio.create_task(loop.run())
    await asyncio.sleep(into_the_wait)
    await trials.latest(payments.units_of_work, now=NOW)
    processor.hangs, began = True, clock()
    known = await told.at
    loop.stop()
    await running
    return known - began


def test_OPS_3_it_is_certain_within_30_seconds_that_the_processor_hangs_whenever_it_begins_to() -> None:
    found = list[float]()
    for quarter in range(40):
        with asyncio.Runner(loop_factory=_DrivenLoop) as runner:
            found.append(runner.run(seconds_until_known(into_the_wait=10 + quarter / 4)))
    assert (min(found), max(found)) == (14.75, 22.0)


def test_OPS_3_what_an_outage_can_take_to_be_certain_adds_up_to_less_than_30_seconds() -> None:
    # Remembered as open, then two tries that fail, each as late as it can begin and the second as long as it can take.
    seconds = FRESH_SECONDS + IN_A_ROW * (SECONDS_APART + LATE_SECONDS) + ANSWER_SECONDS
    assert seconds == MOST_SECONDS - COMMITS_SECONDS
    # A try that fails is over before the next is due, and payments says itself that the processor is silent.
    assert TRY_SECONDS < ANSWER_SECONDS < SECONDS_APART
