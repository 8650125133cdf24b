"""One soak from beginning to end: an exchange of its own, load and kills, quiet, and what the recorder makes of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx2

from bulkhead.kernel.calendar import local
from bulkhead_local import Exchange
from recorder.book import Book
from recorder.client import Client
from recorder.look import PLACES, events, look_for_everything
from recorder.verdicts import Table, classify
from soak.load import CARRIER, PLAN, SLOTS, Heard, Load
from soak.shaking import KILLED, SERVICES, Shaking
from stories.exchange import Place
from stories.stages.live import Live, OverHttp

STARTS = date(2015, 12, 1)
MIDNIGHT = date(2015, 12, 4)
SPEED = 60
"""The exchange's time goes so much faster than the wall's; midnight of a day with all its duties is in the middle."""

SECONDS_TO_ANSWER = 60.0
"""How long what is under way at the end may take to be answered; then nobody knows what became of it."""

_SECONDS_TO_SHOW = 3.0
_SECONDS_BETWEEN_WORDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Soaked:
    """What came of it."""

    table: Table
    heard: Mapping[str, Heard]
    held_back: Mapping[str, int]
    acts: int
    sent: int
    unanswered: int
    seconds: float
    shaking: Shaking

    @property
    def held(self) -> bool:
        """Whether nothing was lost, doubled or contradicted."""
        return self.table.right

    def lines(self) -> list[str]:
        """Return what a person is told."""
        asked = sum(each.asked for each in self.heard.values())
        heads = ["service", "asked", "ok", "refused", "5xx", "lost", "held back"]
        rows = [heads, *(self._row(name, each) for name, each in self.heard.items())]
        widths = [16, 7, 7, 7, 7, 7, 9]
        ended = ", ".join(f"{name} {times}" for name, times in self.shaking.ended_by_themselves().items())
        return [
            f"{asked} requests in {self.seconds:.0f} s, {len(self.shaking.kills)} processes killed;"
            f" ended by themselves: {ended or 'none'}",
            f"{self.acts} acts, sent {self.sent} times, {self.unanswered} of them without an answer",
            "",
            *("  ".join(text.rjust(width) for text, width in zip(row, widths, strict=True)) for row in rows),
            "",
            *self.shaking.lines(),
            "",
            *self.table.lines(),
        ]

    def _row(self, name: str, heard: Heard) -> list[str]:
        figures = heard.asked, heard.ok, heard.refused, heard.failed, heard.lost, self.held_back.get(name, 0)
        return [name, *map(str, figures)]


async def soak(
    exchange: Exchange,
    *,
    seconds: float,
    rate: float,
    every: float,
    seed: int,
    book: Book,
    say: Callable[[str], None],
    stop: asyncio.Event,
    kills: Sequence[str] = KILLED,
    most_kills: int | None = None,
) -> Soaked:
    """Load a started exchange for so long and kill a process every so many seconds; return what came of it.

    ``stop`` ends it before, with all the looks that follow. The exchange's clock goes on, `SPEED` times as fast.
    """
    live = Live(exchange)
    heard = {name: Heard() for name in SERVICES}
    clients = {name: _client(exchange, name, book, heard[name]) for name in SERVICES}
    clock = _Clock(live, begins=max(local(STARTS), local(MIDNIGHT) - timedelta(seconds=seconds * SPEED / 2)))
    await clock.show(clock.now())
    await prepare(live, now=clock.now())

    async def drop(name: str, data: bytes) -> None:
        await live.drop(Place.LOCKBOX, name, data)

    second = _client(exchange, "invoicing", book, heard["invoicing"], subject="soak-second")
    load = Load(book=book, clients=clients, second=second, drop=drop, now=clock.now, seed=seed)
    shaking = Shaking(
        exchange,
        seed=seed,
        ready=lambda name: _ready(live, name),
        look=lambda name: _look(live, name),
        killed=kills,
    )
    began = time.monotonic()
    loaded, looked = asyncio.Event(), asyncio.Event()

    def over() -> bool:
        return stop.is_set() or time.monotonic() - began >= seconds

    async def everything_asked() -> None:
        await load.go_on(rate=rate, until=over)
        loaded.set()
        await load.finish(seconds=SECONDS_TO_ANSWER)
        looked.set()

    async def progress() -> None:
        while not looked.is_set():
            asked = sum(each.asked for each in heard.values())
            say(
                f"{time.monotonic() - began:5.0f} s  {asked} requests, {len(shaking.kills)} kills,"
                f" {shaking.behind()} events behind" + (", waiting for answers" if loaded.is_set() else "")
            )
            await _wait(looked, _SECONDS_BETWEEN_WORDS)

    await asyncio.gather(
        everything_asked(),
        shaking.kill_some(every=every, most=most_kills, until=over),
        shaking.watch(until=looked.is_set),
        clock.go_on(until=loaded.is_set),
        progress(),
    )
    say("everything is started, and waited for until it is quiet")
    await shaking.all_up()
    quiet = asyncio.Event()

    async def until_quiet() -> None:
        try:
            for hours in (0, 1, 5):  # what waits to be tried again is tried
                await clock.show(clock.now() + timedelta(hours=hours))
                await live.quiet()
        finally:
            quiet.set()

    await asyncio.gather(until_quiet(), shaking.watch(until=quiet.is_set))
    elapsed = time.monotonic() - began
    say("looking for everything that was accepted")
    await look_for_everything(book, read=partial(read, live), topic=partial(_topic, exchange))
    table = classify(book, PLACES)
    acts, sent, unanswered = book.figures()
    for each in (*clients.values(), second):
        await each.close()
    await live.close()
    return Soaked(
        table=table, heard=heard, held_back=load.held_back, acts=acts, sent=sent, unanswered=unanswered,
        seconds=elapsed, shaking=shaking,
    )  # fmt: skip


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return


class _Clock:
    """The exchange's time, in step with the wall's, shown to whoever is there; the file shows it to who starts."""

    def __init__(self, live: Live, *, begins: datetime) -> None:
        self._live = live
        self._begins = begins
        self._began = time.monotonic()
        self._shown = begins

    def now(self) -> datetime:
        """Return the time shown last."""
        return self._shown

    async def go_on(self, *, until: Callable[[], bool]) -> None:
        """Show the time, every second."""
        self._began = time.monotonic()
        while not until():
            await self.show(self._begins + timedelta(seconds=(time.monotonic() - self._began) * SPEED))
            await asyncio.sleep(1.0)

    async def show(self, now: datetime) -> None:
        """Show a time to every service that is there."""
        self._shown = now
        file = self._live.instance.clock_file
        await asyncio.to_thread(_write_whole, file, now.isoformat())
        body = {"now": now.isoformat()}
        await asyncio.gather(*(self._show(name, body) for name in SERVICES))

    async def _show(self, service: str, body: Any) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_SECONDS_TO_SHOW):
                await self._live.call(service, "PUT", "/v1/simulation/clock", json=body, role="service")


def _write_whole(file: Path, text: str) -> None:
    unfinished = file.with_name(f".{file.name}.soak")
    unfinished.write_text(text)
    unfinished.replace(file)


def _client(exchange: Exchange, service: str, book: Book, heard: Heard, *, subject: str = "soak") -> Client:
    http = httpx2.AsyncClient(
        base_url=exchange.urls[service],
        timeout=10.0,
        limits=httpx2.Limits(max_connections=2 * SLOTS, max_keepalive_connections=SLOTS),
        trust_env=False,
    )
    return Client(book, http, token=exchange.token(roles=["operator"], subject=subject), heard=heard)


async def _ready(live: Live, service: str) -> bool:
    return await _told(live, service, "/readyz") is not None


async def _look(live: Live, service: str) -> Any:
    return await _told(live, service, "/v1/simulation/quiet")


async def _told(live: Live, service: str, path: str) -> Any:
    with suppress(TimeoutError):
        async with asyncio.timeout(_SECONDS_TO_SHOW):
            answer = await live.call(service, "GET", path, role="service")
            return answer.body if answer.ok else None
    return None


async def prepare(live: OverHttp, *, now: datetime) -> None:
    """Tell an empty exchange what the load needs: a plan, its carrier, and that no lockbox file is late."""
    plan = {
        "carrier": CARRIER, "kind": "medical",
        "monthly_cents": {"single": 50_000, "couple": 100_000, "parent": 96_500, "family": 140_500},
    }  # fmt: skip
    profile = {"name": "Blue Cross", "receiver_id": "030000001", "qhp_id": "13627VT0010001"}
    for service, path, body in (
        ("enrollment", f"/v1/plans/{PLAN}", plan),
        ("carrier-gateway", f"/v1/carriers/{CARRIER}", profile),
    ):
        answer = await live.call(service, "PUT", path, json=body)
        if not answer.ok:
            raise RuntimeError(f"{service} answered {answer.status} to PUT {path}")
    # The days before brought no lockbox file: so the books can close at midnight.
    yesterday = now.date() - timedelta(days=1)
    if yesterday < STARTS:
        return
    days = {"first": STARTS.isoformat(), "last": yesterday.isoformat()}
    answer = await live.call("payments", "POST", "/v1/lockbox-days/absences", json=days, key="soak-begins")
    if not answer.ok:
        raise RuntimeError(f"payments answered {answer.status} to the days without a lockbox file")


async def read(live: OverHttp, service: str, path: str) -> Any:
    """Return what a service shows at a path; None where there is no such thing."""
    answer = await live.call(service, "GET", path)
    if answer.status == 404:
        return None
    if not answer.ok:
        raise RuntimeError(f"{service} answered {answer.status} to GET {path}")
    return answer.body


def _topic(exchange: Exchange, topic: str) -> AsyncIterator[Iterable[dict[str, Any]]]:
    kafka, name = exchange.backing.kafka_operator(), f"{exchange.topic_prefix}{topic}"
    return events(kafka, name, partitions=exchange.partitions)
