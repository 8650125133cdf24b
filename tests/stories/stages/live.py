"""Stories live: five real processes, Kafka, PostgreSQL, mail server, card processor, hub. Only their public surface."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import datetime
from http.client import NOT_FOUND
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

import httpx2

from bulkhead.kernel.webhooks import keys_of, sign
from bulkhead_local import Exchange as Instance
from bulkhead_local import LocalError
from stories.errors import ExchangeProblem, StoryError
from stories.exchange import Answer, Exchange, Place
from stories.language import KnownToHub, Story
from stories.vocabulary import SERVICES

POLICY = Path(__file__).resolve().parents[3] / "policy"

MOST_SECONDS_STILL = 60.0
"""How long services may be busy without anything moving before a story is given up."""

_INSTANCE_NAME = re.compile(r"[a-z][a-z0-9-]{0,29}")

_SHORTEST_LOOK_SECONDS = 0.006

_WAITS_FOR: Mapping[str, Mapping[str, frozenset[str]]] = {
    "kafka": {name: frozenset({"outbox", "lag", "moving"}) for name in SERVICES},
    "smtp": {"notifications": frozenset({"mail"})},
    "processor": {"payments": frozenset({"attempts", "refunds", "processor-events"})},
}


class OverHttp:
    """What of an `Exchange` its services' APIs show, wherever they run.

    ``addresses`` are theirs, each with the headers that lead there; ``token`` signs one for a caller; ``log`` says
    where a service's log is found.
    """

    waits_for: ClassVar[Mapping[str, Mapping[str, frozenset[str]]]] = _WAITS_FOR
    """What cannot get done in a service while something it leans on is declared down."""

    longest_look_seconds: ClassVar[float] = 0.1
    """How far apart two looks at a busy service are at most: each takes time from its work."""

    def __init__(
        self,
        addresses: Mapping[str, tuple[str, Mapping[str, str]]],
        *,
        token: Callable[..., str],
        log: Callable[[str], object],
    ) -> None:
        self.declared_down: set[str] = set()
        self._token_for = token
        self._log_of = log
        self._tokens: dict[tuple[str, str | None, str], str] = {}
        self._next_due: datetime | None = None
        limits = httpx2.Limits(max_connections=8, max_keepalive_connections=8, keepalive_expiry=300.0)
        self.clients = {
            name: httpx2.AsyncClient(
                base_url=url, headers=headers, timeout=30.0, limits=limits, trust_env=False
            )
            for name, (url, headers) in addresses.items()
        }

    @property
    def down(self) -> Collection[str]:
        """The names declared down."""
        return self.declared_down

    async def call(
        self,
        service: str,
        method: str,
        path: str,
        *,
        json: Any = None,
        role: str = "operator",
        household: str | None = None,
        key: str | None = None,
        by: str | None = None,
    ) -> Answer:
        """Return a service's answer; status 0 when nobody answers."""
        headers = {"Authorization": f"Bearer {self._token(role, household, by)}"}
        if key is not None:
            headers["Idempotency-Key"] = key
        try:
            response = await self.clients[service].request(method, path, json=json, headers=headers)
        except httpx2.TransportError:
            return Answer(status=0, body=None)
        return Answer(status=response.status_code, body=_body(response))

    def _token(self, role: str, household: str | None, by: str | None) -> str:
        subject = by or f"{role}-{household or 'staff'}"
        known = self._tokens.get((role, household, subject))
        if known is None:
            known = self._token_for(roles=[role], household=household, subject=subject)
            self._tokens[role, household, subject] = known
        return known

    async def set_clock(self, now: datetime) -> None:
        """Move the clock of every service that is not down."""
        await asyncio.gather(*(self.show(name, now) for name in self._up()))

    async def show(self, name: str, now: datetime) -> None:
        """Set one service's clock."""
        body = {"now": self.time_of(name, now).isoformat()}
        answer = await self.call(name, "PUT", "/v1/simulation/clock", json=body, role="service")
        if not answer.ok:
            raise ExchangeProblem(f"{name} did not take the time {now}: {answer.status} {answer.says}")

    def time_of(self, name: str, now: datetime) -> datetime:
        """Return what a service's clock shows when it is ``now``."""
        return now

    def due_at(self, name: str, at: datetime) -> datetime:
        """Return when a service does what it does at a time of its clock."""
        return at

    async def quiet(self) -> None:
        """Look until each service was seen twice, the same and not busy, with a moment between that is all services'.

        What is counted only grows: a service that looks the same twice did nothing in between. So at the moment after
        which everybody was looked at once more nobody had anything to do. Those who are busy are looked at alone until
        they are not: a look costs them time too.
        """
        last: dict[str, Any] = {}
        while True:
            views = await self._look(self._up())
            busy = self._busy(views)
            seen = _seen(views)
            if not busy and seen == last:
                due = [
                    self.due_at(name, datetime.fromisoformat(at))
                    for name, view in views.items()
                    if (at := view["next_due_at"])
                ]
                self._next_due = min(due, default=None)
                return
            last = seen | await self._until_idle(busy)

    async def _until_idle(self, busy: Mapping[str, Any]) -> dict[str, Any]:
        """Wait for those who are busy, one look after the other; return how each was seen last.

        Raises `ExchangeProblem` when nothing moves.
        """
        idle: dict[str, Any] = {}
        last: dict[str, Any] | None = None
        moved_at, wait = time.monotonic(), _SHORTEST_LOOK_SECONDS
        while busy:
            await asyncio.sleep(wait)
            views = await self._look(list(busy))
            busy = self._busy(views)
            seen = _seen(views)
            idle |= seen
            if seen != last:
                moved_at = time.monotonic()
            elif time.monotonic() - moved_at > MOST_SECONDS_STILL:
                said = "; ".join(f"{name} with {left}" for name, left in busy.items())
                raise ExchangeProblem(
                    f"the exchange does not become quiet: for {MOST_SECONDS_STILL:.0f} s busy are {said}"
                )
            last, wait = seen, min(wait * 1.5, self.longest_look_seconds)
        return idle

    async def _look(self, names: Sequence[str]) -> dict[str, dict[str, Any]]:
        answers = await asyncio.gather(
            *(self.call(name, "GET", "/v1/simulation/quiet", role="service") for name in names)
        )
        for name, answer in zip(names, answers, strict=True):
            if not answer.ok:
                what = "does not answer" if answer.status == 0 else f"answered {answer.status}: {answer.says}"
                raise ExchangeProblem(f"{name} {what}; its log is {self._log_of(name)}")
        return {name: answer.body for name, answer in zip(names, answers, strict=True)}

    def _busy(self, views: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, int]]:
        return {name: left for name, view in views.items() if (left := self._left(name, view["busy"]))}

    def _left(self, service: str, busy: Mapping[str, int]) -> dict[str, int]:
        """Return what a service is busy with and could get done."""
        waits: set[str] = set()
        for name in self.declared_down:
            waits |= self.waits_for.get(name, {}).get(service, frozenset())
        return {kind: count for kind, count in busy.items() if count and kind not in waits}

    def _up(self) -> list[str]:
        return [name for name in SERVICES if name not in self.declared_down]

    def next_due(self) -> datetime | None:
        """Return when the next duty has something to do, as of the last quiet moment."""
        return self._next_due

    async def close(self) -> None:
        """Close the connections; what runs is the stage's to stop."""
        for client in self.clients.values():
            await client.aclose()


class Live(OverHttp):
    """An `Exchange` of real processes on this machine."""

    def __init__(self, instance: Instance) -> None:
        addresses = {name: (url, dict[str, str]()) for name, url in instance.urls.items()}
        super().__init__(addresses, token=instance.token, log=instance.log)
        self.instance = instance
        self._read = Unchanged()

    async def drop(self, place: Place, name: str, data: bytes) -> None:
        """Put a whole file into a folder: written beside, then renamed."""
        target = self.instance.files_dir / place.value / name
        await asyncio.to_thread(_write_whole, target, data)

    async def mail_event(self, event: Mapping[str, Any]) -> Answer:
        """Have the provider of e-mail tell what became of a mail, signed as this exchange's are."""
        (key,) = keys_of(self.instance.webhook_secret)
        body = json.dumps(event).encode()
        headers = sign(key, sent_id="evt", sent_at=int(time.time()), body=body)
        try:
            response = await self.clients["notifications"].post(
                "/v1/mail-events", content=body, headers={**headers, "content-type": "application/json"}
            )
        except httpx2.TransportError:
            return Answer(status=0, body=None)
        return Answer(status=response.status_code, body=_body(response))

    async def tell_hub(self, household: str, known: KnownToHub) -> None:
        """Tell the federal hub's sandbox what is so of a household; raises `ExchangeProblem` while it is away."""
        body = asdict(known)
        try:
            async with httpx2.AsyncClient(base_url=self.instance.hub_url, trust_env=False) as client:
                answer = await client.put(f"/households/{household}", json=body)
        except httpx2.TransportError as error:
            raise ExchangeProblem("the hub does not answer: tell it while it is up") from error
        if not answer.is_success:
            raise ExchangeProblem(f"the hub answered {answer.status_code}")

    async def call_back(self, token: str, *, about: str, way: str, times: int) -> Sequence[int]:
        """Have the card processor's sandbox call back; raises `ExchangeProblem` where it does not answer."""
        body = {"token": token, "about": about, "way": way, "times": times}
        try:
            async with httpx2.AsyncClient(base_url=self.instance.processor_url, trust_env=False) as client:
                answer = await client.post("/control/call-backs", json=body, timeout=60.0)
        except httpx2.TransportError as error:
            raise ExchangeProblem("the card processor does not answer") from error
        if answer.status_code == NOT_FOUND:
            return []
        if not answer.is_success:
            raise ExchangeProblem(f"the card processor answered {answer.status_code}")
        return answer.json()["statuses"]

    async def files(self, place: Place, suffix: str = "") -> Mapping[str, bytes]:
        """Return the finished files in and below a folder."""
        return await asyncio.to_thread(_read_tree, self.instance.files_dir / place.value, suffix, self._read)

    async def mails(self) -> Sequence[bytes]:
        """Return every mail that was delivered."""
        return await asyncio.to_thread(_read_maildir, self.instance.mail_dir, self._read)

    async def set_clock(self, now: datetime) -> None:
        """Move the clock of every service that is not down; one that is started later finds the time in the file."""
        await asyncio.to_thread(_write_whole, self.instance.clock_file, now.isoformat().encode("ascii"))
        await super().set_clock(now)

    async def take_down(self, name: str) -> None:
        """Stop a process in an orderly way."""
        self.declared_down.add(name)
        await asyncio.to_thread(self.instance.stop_service, name)

    async def crash(self, name: str) -> None:
        """Kill a process (SIGKILL)."""
        self.declared_down.add(name)
        await asyncio.to_thread(self.instance.kill_service, name)

    async def bring_up(self, name: str, now: datetime) -> None:
        """Start a process that is down and tell it the time."""
        await asyncio.to_thread(self.instance.start_service, name)
        self.declared_down.discard(name)
        if name in SERVICES:
            await self.show(name, now)


def _seen(views: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {name: (view["busy"], view["counters"]) for name, view in views.items()}


def _body(response: httpx2.Response) -> Any:
    try:
        return response.json()
    except json.JSONDecodeError:
        return response.text


def _write_whole(target: Path, data: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{target.name}.tmp")
    unfinished.write_bytes(data)
    unfinished.replace(target)


class Unchanged:
    """Reads files, and reads none again that is as it was: same path, same time, same size."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[tuple[int, int], bytes]] = {}

    def __call__(self, path: Path) -> bytes:
        found = path.stat()
        mark = found.st_mtime_ns, found.st_size
        known = self._known.get(path)
        if known is None or known[0] != mark:
            known = self._known[path] = mark, path.read_bytes()
        return known[1]


def _read_tree(root: Path, suffix: str, read: Callable[[Path], bytes]) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): read(path)
        for path in sorted(root.rglob(f"*{suffix}"))
        if path.is_file() and not path.name.startswith(".") and not path.name.endswith(".tmp")
    }


def _read_maildir(root: Path, read: Callable[[Path], bytes]) -> list[bytes]:
    paths = [path for folder in ("cur", "new") for path in (root / folder).glob("*")]
    return [read(path) for path in sorted(paths, key=lambda each: (each.stat().st_mtime_ns, each.name))]


class LiveStage:
    """Gives each story an exchange of its own on this machine, and removes it afterwards.

    ``keep`` leaves it running, for whoever wants to look around. ``prefix`` begins its name; ``make`` makes of
    the running processes what a story is played on.
    """

    def __init__(
        self, *, keep: bool = False, prefix: str = "", make: Callable[[Instance], Live] = Live
    ) -> None:
        self._keep = keep
        self._prefix = prefix
        self._make = make

    @asynccontextmanager
    async def exchange(self, story: Story) -> AsyncIterator[Exchange]:
        """Return an empty exchange with the story's policy pack, at the story's clock."""
        known = sorted(folder.name for folder in POLICY.iterdir() if folder.is_dir())
        if story.pack not in known:
            raise StoryError(
                f"there is no policy pack '{story.pack}'; known: {', '.join(known)}", line=0, file=story.file
            )
        instance = await asyncio.to_thread(_started, story, instance_name(story, prefix=self._prefix))
        live = self._make(instance)
        try:
            yield live
        finally:
            await live.close()
            if not self._keep:
                await asyncio.to_thread(_removed, instance, live.down)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


def _started(story: Story, name: str) -> Instance:
    try:
        instance = Instance.create(name, pack=story.pack, simulation_start=story.clock)
        instance.start()
    except LocalError as error:
        raise ExchangeProblem(f"the exchange did not start: {error}") from error
    return instance


def _removed(instance: Instance, down: Collection[str]) -> None:
    try:
        for name in ("postgres", "kafka"):
            if name in down:
                instance.start_service(
                    name
                )  # they are everybody's: a story that ends leaves them as it found them
        instance.destroy()
    except LocalError as error:
        raise ExchangeProblem(f"the exchange could not be removed: {error}") from error


def instance_name(story: Story, *, prefix: str = "") -> str:
    """Return the name of a story's exchange: the story's, where an exchange can be called so, else one made of it.

    The same story always gets the same one, so that playing it again replaces what it left behind.
    """
    name = f"{prefix}{story.name}"
    if _INSTANCE_NAME.fullmatch(name) is not None and name not in ("backing", "main"):
        return name
    words = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    mark = hashlib.sha256(name.encode()).hexdigest()[:6]
    return f"s-{words[:20].strip('-')}-{mark}"


def stage(*, keep: bool = False) -> LiveStage:
    """Return the stage."""
    return LiveStage(keep=keep)
