"""One simulated year: a story that is drawn as it goes, or given, with what goes wrong, and what all oracles say of it."""

from __future__ import annotations

import gc
import traceback
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any, cast

from bulkhead.kernel.calendar import local
from payments.adapters.processor.call_backs import CallBack, Way
from payments.adapters.processor.sandbox import MemoryStore
from simulation import (
    asked,
    bounced,
    called_back,
    cash,
    changed,
    debited,
    drawn_from,
    eligible,
    grown,
    journaled,
    merged,
    misrecorded,
    mistold,
    money,
    reconciled,
    refused_files,
    rolled,
    sent_back,
    stopped,
    transferred,
    trust,
    verified,
    voided,
)
from simulation.attention import Attention
from simulation.delivery import Delivery
from simulation.money import HandedIn
from simulation.oracles import broken
from simulation.sight import sight_of
from simulation.workload import MOST_HOUSEHOLDS, VERMONT, Setting, Workload, drawn_story
from stories.errors import StoryProblem
from stories.exchange import Answer, Place
from stories.faults import Drawn, Fault, Listed, Plan, Planned
from stories.invariants import Invariants
from stories.language import Deed, Step, Story
from stories.runner import Player, Watch
from stories.stages.simulation import World

OFTEN = 0.06
"""In how many of all moments something goes wrong that is not the business's affair."""

SHORT = 4
"""So many months are enough for a first grace to run out."""

_ONLINE = frozenset({"card", "bank"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """A year as it can be played again: its story and its faults."""

    story: Story
    faults: tuple[Planned, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came of a year: what is not as it must be (nothing where all is well), and when that was seen first."""

    year: Year
    broken: tuple[str, ...]
    at: datetime | None
    faults: int

    @property
    def oracle(self) -> str:
        """Which oracle found it: the word before the colon."""
        return self.broken[0].partition(":")[0] if self.broken else ""


class Broken(Exception):
    """Something is not as it must be."""

    def __init__(self, found: Sequence[str]) -> None:
        super().__init__("; ".join(found))
        self.found = tuple(found)


class _Watched(World):
    """A world that remembers what people handed in, and what plans were offered at."""

    def __init__(self, story: Story, *, plan: Plan) -> None:
        super().__init__(story, plan=plan)
        self.handed_in = HandedIn()
        self.offered: dict[str, list[Mapping[str, Any]]] = {}
        self.calls: list[tuple[str, int]] = []
        writes = any(each.deed is not None and each.deed.word == "statement" for each in story.steps)
        self.bank = trust.Bank(opened=story.clock, silent=writes)

    async def call(self, service: str, method: str, path: str, **more: Any) -> Answer:
        """Return a service's answer, and note money that was handed in with the request."""
        body: dict[str, Any] = more.get("json") or {}
        key: str = more.get("key") or ""
        pays = service == "payments" and method == "POST" and path.endswith("/payments")
        if pays and service not in self.down and body["method"] in _ONLINE:
            self.handed_in.online.setdefault(key, body["amount_cents"])
        if method == "PUT" and path.startswith("/v1/plans/"):
            self.offered.setdefault(path.rpartition("/")[2], []).append(body)
        answer = await super().call(service, method, path, **more)
        if pays and answer.ok and body["method"] not in _ONLINE:
            self.handed_in.counter[key] = answer.body["amount_cents"]
        if service == "payments" and method == "POST" and path.endswith("/returns") and answer.ok:
            self.bank.came_back[path.split("/")[3]] = body["amount_cents"]
        return answer

    async def webhook(self, call_back: CallBack, way: Way) -> Answer:
        """Return what payments answers to a call of the processor, and note it."""
        answer = await super().webhook(call_back, way)
        self.calls.append((way, answer.status))
        return answer


class Life:
    """Plays one year and looks at it whenever it is quiet, where it is ``watched``."""

    def __init__(self, story: Story, *, plan: Plan, watched: bool = True) -> None:
        self.world = _Watched(story, plan=plan)
        self.player = Player(story, self.world, watch=Watch.NEVER)
        self.steps: list[Step] = []
        self.story = story
        self._troubled_at = local(story.clock)
        self._seen: tuple[object, ...] = ()
        self._attention = Attention(self.world, story)
        self._watched = watched
        if watched:
            self.world.looks = self._look
        self._delivery = Delivery(self.world)

    async def begin(self) -> None:
        """Start the exchange, with its catalog and households."""
        await self.world.start()
        await self.player.begin()

    async def take(self, step: Step) -> None:
        """Take a step; raises `Broken`."""
        self.steps.append(step)
        await self.player.take(step)

    async def end(self) -> None:
        """Look once more, at all that can be seen from outside, when nobody is late any more; raises `Broken`."""
        if not self._watched:
            return
        await self.world.catch_up()
        await self.player.clockwork.mail_letters()  # of batches that were late
        await self._look_at([each.household for each in self.story.households])
        invariants = Invariants(
            self.world,
            self.player.lookout,
            turned_away=lambda: self.player.driver.turned_away,
            awaited=lambda: bool(self.player.clockwork.awaited),
        )
        found = await invariants.broken()
        payments = self.world.exchange.databases["payments"]
        found += await journaled.wrong(payments, first=self.story.clock, last=self.world.now.date())
        bank = self.world.bank
        bank.look(self.world, handed_in=self.world.handed_in)
        found += await trust.wrong_in_the_end(
            payments, bank=bank, first=self.story.clock, last=self.world.now.date()
        )
        if found:
            raise Broken(found)

    async def _look(self) -> None:
        world = self.world
        world.bank.look(world, handed_in=world.handed_in)
        if {*world.down} - {"hub"} or world.late or self.player.clockwork.awaited:
            self._troubled_at = world.now
        stands = (world.late, *world.down, *(each.changes for each in world.exchange.databases.values()))
        if stands == self._seen:
            return
        self._seen = stands
        await self._look_at(self._attention.concerned())

    async def _look_at(self, households: Sequence[str]) -> None:
        world = self.world
        sight = replace(
            sight_of(world, self.story, troubled_at=self._troubled_at, households=households),
            offered=world.offered,
        )
        found = [*world.contradictions, *self._delivery.wrong(), *await broken(sight)]
        processor = cast(MemoryStore, world.processor.store)
        found += cash.wrong(sight, refunded=processor.refunds.values(), debits=world.files_in[Place.DEBITS])
        found += money.wrong(
            sight,
            handed_in=world.handed_in,
            charged=processor.charges.values(),
            lockbox=world.files_in[Place.LOCKBOX],
        )
        found += called_back.wrong(sight, charged=processor.charges.values(), calls=world.calls)
        found += trust.wrong(sight, bank=world.bank)
        found += debited.wrong(sight, debits=world.files_in[Place.DEBITS])
        if sight.all_there:
            found += reconciled.wrong(sight, brought=self.player.driver.books_brought)
        found += sent_back.wrong(sight, returns=world.files_in[Place.RETURNS])
        found += refused_files.wrong(
            sight, folders=[world.files_in[each] for each in (Place.LOCKBOX, Place.RETURNS, Place.STATEMENTS)]
        )
        for household in households:
            found += drawn_from.wrong(
                sight.of(household),
                charged=processor.charges.values(),
                debits=world.files_in[Place.DEBITS],
            )
        if sight.all_there:
            came_back, printed = self.player.driver.came_back, world.files_in[Place.PRINT].content
            for household in households:
                its = sight.of(household)
                found += bounced.wrong(its, came_back=came_back, printed=printed)
                found += stopped.wrong(its)
                for looked in (
                    asked,
                    rolled,
                    transferred,
                    grown,
                    eligible,
                    changed,
                    merged,
                    mistold,
                    misrecorded,
                    verified,
                    voided,
                ):
                    found += looked.wrong(its)
        if found:
            raise Broken(found)


def _on_to(now: datetime, *, after: Sequence[Step]) -> Iterator[Step]:
    """Yield the step by which a year goes on to the minute after now: what breaks between two steps breaks again."""
    to = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
    if after and after[-1].at < to:
        yield Step(
            at=after[-1].at, deed=Deed(word="advance", fields={"to": to}, line=0), expectations=(), line=0
        )


async def lead(
    seed: int,
    *,
    months: int = 12,
    often: float = OFTEN,
    most_households: int = MOST_HOUSEHOLDS,
    setting: Setting = VERMONT,
    last_look: Callable[[World], Awaitable[None]] | None = None,
) -> Verdict:
    """Draw a year from a seed, play it, and return what came of it; ``last_look`` sees the exchange at its end."""
    random = Random(f"{seed}/{months}/what is done")
    story = drawn_story(
        random,
        name=f"seed-{seed}",
        title=f"A year of seed {seed}",
        most_households=most_households,
        setting=setting,
    )
    plan = Drawn(Random(f"{seed}/{months}/what goes wrong"), often=often, kinds=list(Fault))
    life = Life(story, plan=plan)

    async def all_of_it() -> None:
        await life.begin()
        workload = Workload(random, life.world, story, months=months)
        while (at := workload.next_at) is not None:
            await life.player.pass_until(at)
            await life.take(workload.next())
        for step in workload.last():
            await life.take(step)
        if last_look is not None:
            await last_look(life.world)

    return await _verdict(life, all_of_it, plan=plan)


async def lead_again(year: Year, *, watched: bool = True) -> Verdict:
    """Play a year again as it was, and return what came of it; nothing is seen where it is not watched."""
    life = Life(year.story, plan=Listed(year.faults), watched=watched)

    async def all_of_it() -> None:
        await life.begin()
        for step in year.story.steps:
            await life.take(step)

    return await _verdict(life, all_of_it, plan=year)


async def _verdict(life: Life, all_of_it: Callable[[], Awaitable[None]], *, plan: Drawn | Year) -> Verdict:
    found: tuple[str, ...] = ()
    try:
        await all_of_it()
        await life.end()
    except Broken as error:
        found = error.found
    except StoryProblem as error:
        found = (f"exchange: {error}",)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding, and the year shows how to get there
        where = traceback.extract_tb(error.__traceback__)[-1]
        found = (f"error: {type(error).__qualname__} in {where.name}: {error}",)
    finally:
        with suppress(Exception):
            await life.world.close()
        if not gc.isenabled():  # as `quietly` leaves it
            gc.collect()
    faults = tuple(plan.drawn) if isinstance(plan, Drawn) else plan.faults
    faults = tuple(each for each in faults if each.at <= life.world.now)
    steps = (*life.steps, *_on_to(life.world.now, after=life.steps)) if found else tuple(life.steps)
    year = Year(story=replace(life.story, steps=steps), faults=faults)
    return Verdict(year=year, broken=found, at=life.world.now if found else None, faults=life.world.happened)
