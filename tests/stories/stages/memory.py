"""Stories in memory: the five services in this process. The only module of stories that knows the services."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import cache, partial
from http.client import ACCEPTED, OK
from json import JSONDecodeError, dumps, loads
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

import carrier_gateway.bootstrap
import enrollment.bootstrap
import invoicing.bootstrap
import notifications.bootstrap
import payments.bootstrap
from bulkhead.files import is_finished
from bulkhead.kernel.calendar import local_date
from bulkhead.kernel.maintenance import MaintenanceWindow
from bulkhead.kernel.personal import Masked
from bulkhead.kernel.webhooks import WebhookDoor, sign
from bulkhead.key_ring import KeyRing
from bulkhead.policy import PolicyError, PolicyPack
from bulkhead.retries.retries import Retry
from bulkhead.service import Service
from bulkhead.web.auth import Role
from bulkhead_testing.auth import TestIssuer
from bulkhead_testing.broker import MemoryBroker
from bulkhead_testing.contact_keys import CONTACT_KEYS
from bulkhead_testing.exchange import MemoryExchange, NeverQuiet
from bulkhead_testing.files import MemoryFiles
from bulkhead_testing.mailbox import MemoryMailbox
from bulkhead_testing.web import ask
from enrollment.adapters.hub.sandbox import SandboxHub, Told
from enrollment.domain.determination import Attested
from enrollment.domain.plans import Plan
from notifications.adapters.doors.http import CARRIERS, HUB, PAYMENT, SELECTION, Asked, trial_of
from notifications.application.ports import Letter
from notifications.domain.letters import Content, Written
from notifications.domain.outages import Trial
from payments.adapters.processor.call_backs import CallBack, Way, of_charge, of_dispute, of_refund
from payments.adapters.processor.sandbox import SandboxProcessor
from payments.application.ports import DirectDebit
from payments.domain.ach_debits import Originator
from stories.errors import ExchangeProblem, StoryError
from stories.exchange import Answer, Exchange, Place
from stories.language import KnownToHub, Story
from stories.vocabulary import SERVICES

POLICY = Path(__file__).resolve().parents[3] / "policy"
PARTITIONS = 4
TOKENS_LIVE_SECONDS = 30 * 24 * 3600
"""Of real time: one process may lead years for hours, and each caller's token is signed once."""
WEBHOOK_KEY = b"what the processor signs its calls with"
WALL_SECONDS = 1_800_000_000
"""What the wall's clock shows, which stands: the processor signs by it, and payments compares with it."""
SENDER = "exchange@bulkhead.test"

_LOOKS_INTO: Mapping[str, tuple[Place, ...]] = {
    "payments": (Place.LOCKBOX, Place.RETURNS, Place.STATEMENTS, Place.REMITTANCES, Place.DEBITS),
    "carrier-gateway": (Place.CARRIERS,),
    "notifications": (Place.PRINT, Place.RETURNED_MAIL),
}
"""The folders that each service looks into."""


ACCOUNT_KEYS = {"story-1": b"stories' accounts are sealed so."}
ORIGINATOR = Originator(
    bank="091400606",
    bank_name="First Bank & Trust",
    company="Bulkhead",
    company_id="1234567890",
    offset=None,
)
"""Who asks the bank of a story for debits."""


@cache
def issuer() -> TestIssuer:
    """Return who signs every token of this process."""
    return TestIssuer()


def token(role: str, household: str | None, by: str | None) -> str:
    """Return the token of a caller in a role: of a household, or staff called ``by``."""
    # No naming of an assister is believed for as long as years may be led: theirs is signed each time.
    return _signed(role, household, by, 3600) if role == "assister" else _kept(role, household, by)


@cache
def _kept(role: str, household: str | None, by: str | None) -> str:
    return _signed(role, household, by, TOKENS_LIVE_SECONDS)


def _signed(role: str, household: str | None, by: str | None, seconds: int) -> str:
    subject = by or f"{role}-{household or 'staff'}"
    return issuer().token(cast(Role, role), subject=subject, household=household, seconds=seconds)


@cache
def pack_named(name: str) -> PolicyPack:
    """Return the policy pack of that name, read once; raises `PolicyError` where there is none."""
    return PolicyPack.named(name, directory=POLICY)


class _PlainPress:
    """Takes a notice's text for its letter: how that is set is proven elsewhere, and takes longer than a day's work."""

    def letter(self, content: Content, written: Written, *, printed_at: datetime) -> Letter:
        """Return a notice as a letter that says the same."""
        text = f"{printed_at}: {content.notice.notice}\n{written.text}"
        return Letter(pdf=text.encode(), pages=1, accessible=True)


class _OnlineDoor:
    """A `Door`: a way in online, tried at its API in this process, anew where what it hangs on has changed."""

    def __init__(self, exchange: InMemory, service: str, asked: Asked) -> None:
        self._exchange = exchange
        self._service = service
        self._asked = asked
        self._last: tuple[object, Trial] | None = None

    async def try_it(self) -> Trial:
        """Return how trying it ended."""
        process = self._exchange.exchange.running.get(self._service)
        if process is None:
            return Trial(result="shut", evidence="no connection")
        stands = (process, local_date(process.clock.now()), *self._exchange.behind(self._service))
        if self._last is None or self._last[0] != stands:
            reply = await ask(process.app, "GET", self._asked.path, headers={})
            if (
                reply.status != OK
            ):  # one try stands for two in a row here: a fault of a moment decides nothing
                reply = await ask(process.app, "GET", self._asked.path, headers={})
            body = loads(reply.body) if reply.status == OK else None
            self._last = stands, trial_of(self._asked, reply.status, body)
        return self._last[1]


class InMemory:
    """An `Exchange` in memory."""

    def __init__(self, pack: PolicyPack, story: Story) -> None:
        self.files_in: Mapping[Place, MemoryFiles] = {place: MemoryFiles() for place in Place}
        self.mailbox = MemoryMailbox()
        self.processor = SandboxProcessor()
        self.hub = SandboxHub()
        self.hub_words: dict[str, list[KnownToHub]] = {}
        self.broker = MemoryBroker(partitions=PARTITIONS)
        self._untold: list[CallBack] = []
        self._down: set[str] = set()
        self._next_due: datetime | None = None
        files = self.files_in
        assemble: dict[str, Callable[[], Service]] = {
            "enrollment": lambda: enrollment.bootstrap.assemble(
                pack=pack, hub=self.hub, contact_keys=CONTACT_KEYS, pace=self.exchange.seconds
            ),
            "invoicing": lambda: invoicing.bootstrap.assemble(pack=pack),
            "payments": lambda: payments.bootstrap.assemble(
                pack=pack,
                processor=self.processor,
                lockbox_files=files[Place.LOCKBOX],
                return_files=files[Place.RETURNS],
                statement_files=files[Place.STATEMENTS],
                remittance_files=files[Place.REMITTANCES],
                direct_debit=DirectDebit(
                    keys=KeyRing(ACCOUNT_KEYS, owner="payments"),
                    originator=ORIGINATOR,
                    folder=files[Place.DEBITS],
                ),
                trust_account=None,
                trial_token=Masked("tok_card_ok"),
                webhooks=WebhookDoor(keys=(WEBHOOK_KEY,), window_seconds=300),
                wall_seconds=lambda: WALL_SECONDS,
                pace=self.exchange.seconds,
            ),
            "carrier-gateway": lambda: carrier_gateway.bootstrap.assemble(
                pack=pack, dropbox=files[Place.CARRIERS], contact_keys=CONTACT_KEYS
            ),
            "notifications": lambda: notifications.bootstrap.assemble(
                pack=pack,
                contact_keys=CONTACT_KEYS,
                mailbox=self.mailbox,
                print_files=files[Place.PRINT],
                returned_mail=files[Place.RETURNED_MAIL],
                webhooks=WebhookDoor(keys=(WEBHOOK_KEY,), window_seconds=300),
                wall_seconds=lambda: WALL_SECONDS,
                sender=SENDER,
                pace=self.exchange.seconds,
                press=_PlainPress(),
                doors={
                    "payments-online": _OnlineDoor(self, "payments", PAYMENT),
                    "enrollment-online": _OnlineDoor(self, "enrollment", SELECTION),
                    "hub": _OnlineDoor(self, "enrollment", HUB),
                    "carrier-exchange": _OnlineDoor(self, "carrier-gateway", CARRIERS),
                },
                tries_in_a_row=1,
            ),
        }
        self.exchange = MemoryExchange(
            assemble={name: partial(self._assembled, each) for name, each in assemble.items()},
            start=story.clock,
            broker=self.broker,
            issuer=issuer(),
            outside=self._outside,
        )

    def _outside(self, service: str) -> object:
        """Return how the folders that a service looks into stand, and what is away."""
        folders = [self.files_in[place] for place in _LOOKS_INTO.get(service, ())]
        files = [(each.changes, *sorted(each.away)) for each in folders]
        doors = (
            [self.behind(each) for each in ("payments", "enrollment", "carrier-gateway")]
            if service == "notifications"
            else []
        )
        return files, self.mailbox.away, self.processor.reachable, self.hub.mode, self.broker.away, doors

    def behind(self, service: str) -> tuple[object, ...]:
        """Return what the door of a service hangs on, besides the service and the day."""
        process = self.exchange.running.get(service)
        sold = 0 if process is None or service != "enrollment" else len(process.database.rows(Plan))
        reachable = service == "payments" and self.processor.reachable
        hub = self.hub.mode if service == "enrollment" else "answers"
        return (
            process is None,
            self.under_maintenance(service),
            reachable,
            sold,
            hub,
            self._tried_again(service),
        )

    def _tried_again(self, service: str) -> Sequence[tuple[str, datetime]]:
        """Return what of a service's neighbours could not be reached, and until when each rests."""
        process = self.exchange.running.get(service)
        if process is None:
            return ()
        rows = process.database.rows(Retry)
        return sorted((each.item, each.retry_at) for each in rows if each.kind in ("hub", "drop-boxes"))

    def under_maintenance(self, service: str) -> bool:
        """Whether a service is in a maintenance window now: its members' requests are turned away, and a door to it."""
        process = self.exchange.running.get(service)
        if process is None:
            return False
        now = process.clock.now()
        return any(each.phase(now) == "under-way" for each in process.database.rows(MaintenanceWindow))

    def _assembled(self, assemble: Callable[[], Service]) -> Service:
        """Return a service as it runs here."""
        return assemble()

    async def start(self) -> None:
        """Start all five services."""
        for name in SERVICES:
            await self.exchange.start(name)

    @property
    def down(self) -> Collection[str]:
        """The names declared down."""
        return self._down

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
        """Return a service's answer; status 0 when it is down."""
        process = self.exchange.running.get(service)
        if process is None:
            return Answer(status=0, body=None)
        headers = {"Authorization": f"Bearer {token(role, household, by)}"}
        if key:
            headers["Idempotency-Key"] = key
        body = b""
        if json is not None:
            headers["Content-Type"] = "application/json"
            body = dumps(json, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
        reply = await ask(process.app, method, path, headers=headers, body=body)
        return Answer(status=reply.status, body=_read(reply.body))

    async def drop(self, place: Place, name: str, data: bytes) -> None:
        """Put a whole file into a folder."""
        await self.files_in[place].put(name, data)

    async def tell_hub(self, household: str, known: KnownToHub) -> None:
        """Tell the federal hub what is so of a household."""
        told = Told(
            household=household,
            contradicts=cast("tuple[Attested, ...]", known.contradicts),
            aptc_cents=known.aptc_cents,
            subsidy_cents=known.subsidy_cents,
        )
        self.hub.store.keep(told)
        self.hub_words.setdefault(household, []).append(known)

    async def call_back(self, token: str, *, about: str, way: str, times: int) -> Sequence[int]:
        """Have the card processor call back about the last charge on a token; what nobody took is sent again later."""
        call_back = self._about(token, about, take=way == "signed")
        if call_back is None:
            return []
        statuses = [(await self.webhook(call_back, cast(Way, way))).status for _ in range(times)]
        if way == "signed" and not any(status == ACCEPTED for status in statuses):
            self._untold.append(call_back)
        return statuses

    def _about(self, token: str, about: str, *, take: bool) -> CallBack | None:
        store = self.processor.store
        charges = store.charges_on(token)
        if not charges:
            return None
        if "refund" in about:
            refunds = store.refunds_on(charges[-1].charge)
            return of_refund(refunds[-1], failed=about == "failed-refund") if refunds else None
        charge = self.processor.behaviour.decide(charges[-1]) if take else charges[-1]
        return of_dispute(charge, "charge.disputed") if about == "dispute" else of_charge(charge)

    async def webhook(self, call_back: CallBack, way: Way) -> Answer:
        """Return what payments answers to a call of the processor; status 0 when it is down."""
        process = self.exchange.running.get("payments")
        if process is None:
            return Answer(status=0, body=None)
        headers, body = call_back.request(WEBHOOK_KEY, at=WALL_SECONDS, way=way)
        reply = await ask(process.app, "POST", "/v1/processor-events", headers=headers, body=body)
        return Answer(status=reply.status, body=_read(reply.body))

    async def mail_event(self, event: Mapping[str, Any]) -> Answer:
        """Return what notifications answers to the provider of e-mail; status 0 when it is down."""
        process = self.exchange.running.get("notifications")
        if process is None:
            return Answer(status=0, body=None)
        body = dumps(event).encode()
        headers = sign(WEBHOOK_KEY, sent_id="evt", sent_at=WALL_SECONDS, body=body)
        headers["content-type"] = "application/json"
        reply = await ask(process.app, "POST", "/v1/mail-events", headers=headers, body=body)
        return Answer(status=reply.status, body=_read(reply.body))

    async def _tell_again(self) -> None:
        """Send what the processor could not tell so far, where it is there to do so."""
        if self.processor.reachable:
            self._untold = [
                each for each in self._untold if (await self.webhook(each, "signed")).status != ACCEPTED
            ]

    async def files(self, place: Place, suffix: str = "") -> Mapping[str, bytes]:
        """Return the finished files in and below a folder."""
        content = self.files_in[place].content
        return {path: data for path, data in content.items() if path.endswith(suffix) and is_finished(path)}

    async def mails(self) -> Sequence[bytes]:
        """Return every mail that was delivered."""
        return list(self.mailbox.received)

    async def set_clock(self, now: datetime) -> None:
        """Move the clock of every service that is not down."""
        await self.exchange.set_clock(now)

    async def quiet(self) -> None:
        """Drive everything until nothing is left to do."""
        await self._tell_again()
        try:
            await self.exchange.settle()
        except NeverQuiet as error:
            raise ExchangeProblem(f"the exchange does not become quiet: {error}") from error
        self._next_due = await self.exchange.next_due()

    def next_due(self) -> datetime | None:
        """Return when the next duty has something to do."""
        return self._next_due

    async def take_down(self, name: str) -> None:
        """Take a service, kafka, smtp, the processor or the hub down."""
        self._down.add(name)
        if name in self.exchange.running:
            await self.exchange.stop(name)
        self._switch(name, away=True)

    async def crash(self, name: str) -> None:
        """Let a service's process, or kafka, be gone at once, without an orderly end."""
        self._down.add(name)
        if name in self.exchange.running:
            await self.exchange.crash(name)
        self._switch(name, away=True)

    async def bring_up(self, name: str, now: datetime) -> None:
        """Bring back what was taken down."""
        if name in SERVICES:
            await self.exchange.start(name, now=now)
        self._switch(name, away=False)
        self._down.discard(name)

    def _switch(self, name: str, *, away: bool) -> None:
        match name:
            case "kafka":
                self.broker.away = away
            case "smtp":
                self.mailbox.away = away
            case "processor":
                self.processor.reachable = not away
            case "hub":
                self.hub.mode = "away" if away else "answers"
            case _:
                pass

    async def close(self) -> None:
        """Stop everything."""
        await self.exchange.close()


def _read(body: bytes) -> Any:
    try:
        return loads(body)
    except JSONDecodeError:
        return body.decode()


class MemoryStage:
    """Gives each story an exchange in memory."""

    @asynccontextmanager
    async def exchange(self, story: Story) -> AsyncIterator[Exchange]:
        """Return an empty exchange with the story's policy pack, at the story's clock."""
        try:
            made = InMemory(pack_named(story.pack), story)
            await made.start()
        except PolicyError as error:
            raise StoryError(f"'pack': {error}", line=0, file=story.file) from error
        try:
            yield made
        finally:
            await made.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


def stage() -> MemoryStage:
    """Return the stage."""
    return MemoryStage()
