"""The recorder's load beside all steps: what people, staff and the bank ask, and of which step each request was."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import httpx2

from bulkhead.kernel.calendar import local
from cluster.exchange import Installed
from cluster.settings import SERVICES
from cluster.stage import OnCluster
from cluster.table import Row
from recorder.book import Book
from recorder.client import Answer, Client
from recorder.look import PLACES, look_for_everything
from recorder.verdicts import Table, Verdict, classify
from soak.load import SLOTS, Load
from soak.run import MIDNIGHT, SPEED, prepare, read
from stories.exchange import Place

BEGINS = local(MIDNIGHT) - timedelta(hours=4)
"""The exchange's midnight, with all its duties, is four minutes later."""

SECONDS_TO_ANSWER = 120.0
SECONDS_TO_SETTLE = 300.0
_SECONDS_BETWEEN_LOOKS = 10.0
_SECONDS_UNTIL_ALL_KNOW = 3.0
"""How long it may take until every process of a service shows the time that one of them was told."""


@dataclass(slots=True)
class Away:
    """A while in which somebody takes services away: what is asked of them then may fail."""

    services: frozenset[str]
    began: float
    ended: float = float("inf")


@dataclass(slots=True)
class Tally:
    """Counts requests by step. ``seconds`` is the clock by which they are sent and services are away."""

    seconds: Callable[[], float] = time.monotonic
    rows: list[Row] = field(default_factory=lambda: list[Row]())
    away: list[Away] = field(default_factory=lambda: list[Away]())
    failures: list[str] = field(default_factory=lambda: list[str]())

    @contextmanager
    def step(self, name: str) -> Iterator[Row]:
        """Count what comes as of this step."""
        row, began = Row(step=name, seconds=0.0), self.seconds()
        self.rows.append(row)
        try:
            yield row
        finally:
            row.seconds = self.seconds() - began

    @contextmanager
    def taken(self, *services: str) -> Iterator[None]:
        """Let requests fail that are sent to these services meanwhile."""
        away = Away(frozenset(services), self.seconds())
        self.away.append(away)
        try:
            yield
        finally:
            away.ended = self.seconds()

    def heard(self, service: str, answer: Answer) -> None:
        """Count an answer."""
        if not self.rows:
            return
        row = self.rows[-1]
        row.requests += 1
        sent = self.seconds() - answer.seconds
        excused = any(service in each.services and each.began <= sent <= each.ended for each in self.away)
        if (answer.status == 0 or answer.status >= 500) and not excused:
            row.failed += 1
            what = f"answered {answer.status}" if answer.status else "did not answer"
            self.failures.append(f"{datetime.now(UTC):%H:%M:%S} {row.step}: {service} {what}")


class Beside:
    """The load on one exchange, its clock, and the book of both."""

    def __init__(self, installed: Installed, *, seed: int, rate: float, folder: Path) -> None:
        self._installed = installed
        self._rate = rate
        self._ended = asyncio.Event()
        self._shown = BEGINS
        self._began = 0.0
        self._first_acts: list[int] = []
        self.tally = Tally()
        self.book = Book(folder / "book.sqlite")
        self.stage = OnCluster(installed)
        self._clients = {name: self._client(name) for name in SERVICES}
        self._second = self._client("invoicing", subject="cluster-test-2")
        self._load = Load(
            book=self.book,
            clients=self._clients,
            second=self._second,
            drop=partial(self.stage.drop, Place.LOCKBOX),
            now=lambda: self._shown,
            seed=seed,
        )

    def _client(self, service: str, *, subject: str = "cluster-test") -> Client:
        url, headers = self._installed.addresses[service]
        http = httpx2.AsyncClient(
            base_url=url,
            headers=headers,
            timeout=15.0,
            limits=httpx2.Limits(max_connections=2 * SLOTS, max_keepalive_connections=SLOTS),
            trust_env=False,
        )
        token = self._installed.token(roles=["operator"], subject=subject)
        return Client(self.book, http, token=token, heard=partial(self.tally.heard, service))

    @asynccontextmanager
    async def going(self) -> AsyncIterator[None]:
        """Let people ask, and time go on, while this lasts; all that was asked is answered afterwards."""
        await self.stage.set_clock(BEGINS)
        await asyncio.sleep(_SECONDS_UNTIL_ALL_KNOW)
        await prepare(self.stage, now=BEGINS)
        self._began = time.monotonic()
        clock = asyncio.create_task(self._move_the_clock())
        asking = asyncio.create_task(self._load.go_on(rate=self._rate, until=self._ended.is_set))
        try:
            yield
        finally:
            self._ended.set()
            await asking
            await self._load.finish(seconds=SECONDS_TO_ANSWER)
            await clock

    @property
    def now(self) -> datetime:
        """The exchange's time."""
        return self._shown

    async def _move_the_clock(self) -> None:
        while not self._ended.is_set():
            await self._show(BEGINS + timedelta(seconds=(time.monotonic() - self._began) * SPEED))
            await asyncio.sleep(1.0)

    async def _show(self, now: datetime) -> None:
        """Show a time to every service that is there; one that is not hears it the next time."""
        self._shown = now
        body = {"now": now.isoformat()}
        await asyncio.gather(
            *(
                self.stage.call(name, "PUT", "/v1/simulation/clock", json=body, role="service")
                for name in SERVICES
            )
        )

    @contextmanager
    def step(self, name: str) -> Iterator[Row]:
        """Count what is asked meanwhile, and begun, as of this step."""
        self._first_acts.append(self.book.figures()[0] + 1)
        with self.tally.step(name) as row:
            yield row

    async def settled(self, *, say: Callable[[str], None]) -> Table:
        """Look for everything until nothing is missing any more, or it has been looked for long enough.

        Nobody can tell when the exchange is quiet, for its work is in many processes. Time goes on by hours, so that
        what waits to be tried again is tried.
        """
        for hours in (0, 1, 5):
            await self._show(self._shown + timedelta(hours=hours))
            await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)
        until = time.monotonic() + SECONDS_TO_SETTLE
        while True:
            self.book.looks_anew()
            await look_for_everything(
                self.book, read=partial(read, self.stage), topic=self._installed.outside.topic
            )
            table = classify(self.book, PLACES)
            missing = table.total(Verdict.MISSING)
            say(f"{missing} are not everywhere yet")
            if not missing or time.monotonic() > until:
                self._tell_by_step()
                return table
            await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)

    def _tell_by_step(self) -> None:
        """Count what is missing and doubled as of the step in which it was asked for first."""
        lasts = [*(first - 1 for first in self._first_acts[1:]), self.book.figures()[0]]
        for row, first, last in zip(self.tally.rows, self._first_acts, lasts, strict=True):
            table = classify(self.book, PLACES, acts=range(first, last + 1))
            row.missing = table.total(Verdict.MISSING)
            row.doubled = table.total(Verdict.DOUBLED) + table.total(Verdict.TWICE)
            if contradicted := table.total(Verdict.CONTRADICTED):
                row.wrong = "; ".join(filter(None, [row.wrong, f"{contradicted} contradicted"]))

    async def close(self) -> None:
        """Close the connections and the book."""
        for each in (*self._clients.values(), self._second):
            await each.close()
        await self.stage.close()
        self.book.close()
