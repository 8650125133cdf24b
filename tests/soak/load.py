"""The load: what people, staff and the bank ask of an exchange, so many times a second, whatever is down."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from recorder.book import Act, Book
from recorder.client import Answer, Client

PLAN = "SILVER"
CARRIER = "BCBSVT"
PREMIUM_CENTS = 50_000
LAST_DAY_BEFORE = "2015-12-31"
"""Coverage that is to begin on New Year's Day, ended with this day, is called off."""

MIX: Mapping[str, int] = {
    "read": 38, "register": 12, "select": 12, "card": 16, "counter": 12, "lockbox": 3, "refund": 4, "end": 3,
}  # fmt: skip
"""How often each is done, of a hundred."""

SLOTS = 12
"""How many requests may be under way at one service: what is down holds up nobody else's."""

_KNOWN = 400
"""How many households of a kind are remembered: the load's memory does not grow."""


@dataclass(slots=True)
class Heard:
    """What one service answered to everything it was asked."""

    asked: int = 0
    ok: int = 0
    refused: int = 0
    failed: int = 0
    lost: int = 0

    def __call__(self, answer: Answer) -> None:
        """Count an answer."""
        self.asked += 1
        if answer.ok:
            self.ok += 1
        elif answer.status == 0:
            self.lost += 1
        elif answer.status >= 500:
            self.failed += 1
        else:
            self.refused += 1


@dataclass(slots=True)
class People:
    """Whom the load knows: those it can go on with."""

    registered: deque[str] = field(default_factory=lambda: deque[str](maxlen=_KNOWN))
    unpaid: deque[str] = field(default_factory=lambda: deque[str](maxlen=_KNOWN))
    selected: deque[tuple[float, str]] = field(
        default_factory=lambda: deque[tuple[float, str]](maxlen=_KNOWN)
    )
    all: deque[str] = field(default_factory=lambda: deque[str](maxlen=_KNOWN))
    with_credit: deque[tuple[float, str, int]] = field(
        default_factory=lambda: deque[tuple[float, str, int]](maxlen=_KNOWN)
    )


class Load:
    """Asks for a mix of things. ``drop`` puts a lockbox file where the bank does; ``now`` is the exchange's time;
    ``second`` is another operator at invoicing, who approves.
    """

    def __init__(
        self,
        *,
        book: Book,
        clients: Mapping[str, Client],
        second: Client,
        drop: Callable[[str, bytes], Awaitable[None]],
        now: Callable[[], datetime],
        seed: int,
    ) -> None:
        self._book = book
        self._clients = clients
        self._second = second
        self._drop = drop
        self._now = now
        self._random = random.Random(f"load {seed}")
        self._seed = seed
        self._number = 0
        self._people = People()
        self._under_way: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._files: Counter[date] = Counter()
        self._give_up = float("inf")
        self._broke: list[BaseException] = []
        self.held_back: Counter[str] = Counter()
        self._ways: Mapping[str, tuple[str, Callable[[], Awaitable[None]]]] = {
            "register": ("enrollment", self._register),
            "select": ("enrollment", self._select),
            "end": ("enrollment", self._end),
            "card": ("payments", self._card),
            "counter": ("payments", self._counter),
            "lockbox": ("files", self._lockbox),
            "refund": ("invoicing", self._refund),
        }

    async def go_on(self, *, rate: float, until: Callable[[], bool]) -> None:
        """Ask for ``rate`` things a second until it is time to stop; what is under way then goes on."""
        began, begun = time.monotonic(), 0
        while not until():
            due = int((time.monotonic() - began) * rate)
            for _ in range(min(due - begun, int(rate) + 1)):
                self.begin(self._random.choices(list(MIX), weights=list(MIX.values()))[0])
            begun = due
            await asyncio.sleep(min(0.02, 0.5 / rate))

    async def finish(self, *, seconds: float) -> None:
        """Let everything under way be answered, or given up after so long."""
        self._give_up = time.monotonic() + seconds
        while self._tasks:
            await asyncio.wait(self._tasks)
        if self._broke:
            raise self._broke[0]

    def begin(self, what: str) -> None:
        """Begin one thing of the mix, unless its service has as much under way as it may."""
        if what == "read":
            service, path = self._something_to_read()
            do = lambda: self._read(service, path)  # noqa: E731
        else:
            service, do = self._ways[what]
        if self._under_way[service] >= SLOTS:
            self.held_back[service] += 1
            return
        self._under_way[service] += 1
        task = asyncio.create_task(self._do(service, do))
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._broke.append(error)

    async def _do(self, service: str, do: Callable[[], Awaitable[None]]) -> None:
        try:
            await do()
        finally:
            self._under_way[service] -= 1

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _own_cents(self) -> int:
        """Return an amount nothing else in this run has, the first premium least of all."""
        return PREMIUM_CENTS + 10_000 + self._next()

    async def _ask(
        self,
        kind: str,
        service: str,
        path: str,
        body: Any,
        *,
        household: str,
        called: str = "",
        says: Any = None,
    ) -> Answer:
        """Ask under a key of its own: now and then twice at once, or again when it was answered."""
        act = Act(
            kind=kind, called=called, service=service, path=path, key=f"{self._seed}-{self._next()}",
            household=household, says=says or {}, body=body,
        )  # fmt: skip
        name = {
            "registration": "household",
            "selection": "selection",
            "payment": "payment",
            "refund": "refund",
        }

        def id_of(answer: Any) -> str:
            return str(answer[name[kind]]) if kind in name else ""

        chance = self._random.random()
        return await self._clients[service].ask(
            act,
            id_of=id_of,
            until=lambda: self._give_up,
            copies=2 if chance < 0.02 else 1,
            times=2 if chance > 0.97 else 1,
        )

    async def _register(self) -> None:
        household = f"h{self._seed}-{self._next()}"
        body = {
            "household": household,
            "members": [{"name": "Pat Example", "born": "1980-03-02", "relation": "self"}],
            "email": f"{household}@example.test",
        }
        answer = await self._ask("registration", "enrollment", "/v1/households", body, household=household)
        if answer.ok:
            self._people.registered.append(household)
            self._people.all.append(household)

    async def _select(self) -> None:
        if not self._people.registered:
            return await self._register()
        household = self._people.registered.popleft()
        path, body = f"/v1/households/{household}/selections", {"plans": [PLAN], "via": "phone"}
        answer = await self._ask(
            "selection", "enrollment", path, body, household=household, says={"plans": [PLAN]}
        )
        if answer.ok:
            self._people.unpaid.append(household)
            self._people.selected.append((time.monotonic(), household))
        return None

    async def _end(self) -> None:
        if not self._people.selected or time.monotonic() - self._people.selected[0][0] < 5:
            return
        _, household = self._people.selected.popleft()
        body = {"on": LAST_DAY_BEFORE, "reason": "requested"}
        path = f"/v1/households/{household}/terminations"
        await self._ask("end", "enrollment", path, body, household=household)

    def _somebody(self) -> str:
        """Return a household: one that is known, or one nobody has heard of."""
        if self._people.all and self._random.random() < 0.8:
            return self._random.choice(self._people.all)
        return f"s{self._seed}-{self._next()}"

    async def _card(self) -> None:
        if self._people.unpaid and self._random.random() < 0.6:
            household, cents = self._people.unpaid.popleft(), PREMIUM_CENTS
        else:
            household, cents = self._somebody(), self._own_cents()
        token = self._random.choices(["tok_card_ok", "tok_card_declined"], weights=[95, 5])[0]
        body = {"amount_cents": cents, "method": "card", "token": token}
        await self._pay(household, body, called="card payment")

    async def _counter(self) -> None:
        household, cents = self._somebody(), self._own_cents()
        answer = await self._pay(
            household, {"amount_cents": cents, "method": "cash"}, called="counter payment"
        )
        if answer.ok and household.startswith("s"):
            self._people.with_credit.append((time.monotonic(), household, cents))

    async def _pay(self, household: str, body: Any, *, called: str) -> Answer:
        path, says = f"/v1/households/{household}/payments", {"cents": body["amount_cents"]}
        return await self._ask(
            "payment", "payments", path, body, household=household, called=called, says=says
        )

    async def _refund(self) -> None:
        """Pay back most of what somebody paid who owes nothing, once invoicing had the time to hear of it."""
        if not self._people.with_credit or time.monotonic() - self._people.with_credit[0][0] < 5:
            return
        _, household, paid = self._people.with_credit.popleft()
        path, cents = f"/v1/households/{household}/refunds", paid - 1
        answer = await self._ask(
            "refund", "invoicing", path, {"amount_cents": cents}, household=household, says={"cents": cents}
        )
        if answer.ok and answer.body.get("state") == "requested":
            await self._approve(household, answer.body["refund"])

    async def _approve(self, household: str, refund: str) -> None:
        """Approve, as the second person, what one alone paid back too much of (OPS-5)."""
        act = Act(
            kind="approval", called="", service="invoicing", path=f"/v1/corrections/{refund}/decisions",
            key=f"{self._seed}-{self._next()}", household=household, says={"refund": refund},
            body={"decision": "approve"},
        )  # fmt: skip
        await self._second.ask(act, id_of=lambda _: "", until=lambda: self._give_up)

    async def _lockbox(self) -> None:
        """Drop a file of a few checks, some of nobody known; now and then the same once more, under another name."""
        day = self._now().date()
        self._files[day] += 1
        name = f"LOCKBOX_{day}_{self._files[day]}"
        lines = [
            f"lockbox,{day},{self._files[day]}",
            "received,postmarked,account,amount,instrument,reference",
        ]
        sends, total = list[int](), 0
        for _ in range(rows := self._random.randint(1, 5)):
            household = "" if self._random.random() < 0.1 else self._somebody()
            cents, check = self._own_cents(), self._next()
            total += cents
            lines.append(f"{day},,{household},{_dollars(cents)},check,{check}")
            act = Act(
                kind="payment", called="lockbox row", service="payments",
                path=name, key=str(check), household=household, says={"cents": cents},
            )  # fmt: skip
            sends.append(self._book.sent(self._book.begin(act)))
        lines.append(f"total,{rows},{_dollars(total)}")
        data = "".join(f"{line}\n" for line in lines).encode()
        await self._drop(f"{name}.csv", data)
        for send in sends:
            self._book.answered(send, status=202, id=None)
        if self._random.random() < 0.1:
            await self._drop(f"{name}_again.csv", data)

    def _something_to_read(self) -> tuple[str, str]:
        household = self._somebody()
        return self._random.choice(
            [
                ("enrollment", f"/v1/households/{household}/policies"),
                ("invoicing", f"/v1/households/{household}/balance"),
                ("payments", f"/v1/households/{household}/payments"),
                ("carrier-gateway", f"/v1/transmissions?carrier={CARRIER}&household={household}"),
                ("notifications", f"/v1/households/{household}/notices"),
            ]
        )

    async def _read(self, service: str, path: str) -> None:
        await self._clients[service].read(path)


def _dollars(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"
