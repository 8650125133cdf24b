"""The sandbox payment processor as a server of its own: what it decided survives its restarts.

``app`` keeps its state in the folder that ``SANDBOX_PROCESSOR_STATE`` names. Serve it with uvicorn::

    SANDBOX_PROCESSOR_STATE=.local/processor uvicorn --app-dir deploy/local sandbox_processor:app --port 8090

What it decides is in `payments.adapters.processor.sandbox`: ``tok_card_ok`` and ``tok_bank_ok`` are approved,
``…_slow``, ``…_lost`` and ``…_late`` are answered with 504, as a gateway does when nothing comes in time, every other
token is declined, ``tok_card_expired`` and its like for that reason; each reference is decided once.
Whoever asks shows a key that begins with ``sk_test_``, as the bearer token; to others it answers 401.

It calls back where it is told an address and a secret, ``SANDBOX_PROCESSOR_CALLS_BACK`` and
``SANDBOX_PROCESSOR_WEBHOOK_SECRET``: of each charge and refund it decided, signed as Standard Webhooks says, again and
again until it is answered 2xx, with back-off. ``PUT /control/mode`` {held, newest_first, times} makes it hold its
calls, make the newest first, and make each several times. ``POST /control/call-backs`` {token or reference, about:
charge|dispute|won-dispute|lost-dispute|refund|failed-refund, way: signed|forged|altered|old, times} has it call at once
about the last charge on a token, which is decided now if it was late or unconfirmed, and answers with the statuses that
it got.

It speaks payment intents as well (`sandbox_payment_intents`), of the same charges and refunds; told
``SANDBOX_PROCESSOR_SPEAKS=payment-intents`` it calls back in that way, signed as Stripe signs its events.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final, Literal

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field
from sandbox_payment_intents import add_payment_intents, shows_a_key

from bulkhead.kernel.webhooks import keys_of
from payments.adapters.processor.call_backs import (
    Address,
    CallBack,
    Caller,
    Mode,
    Way,
    intent_id,
    of_charge,
    of_dispute,
    of_refund,
)
from payments.adapters.processor.sandbox import (
    ReferenceReused,
    SandboxBehaviour,
    SandboxCharge,
    SandboxRefund,
)
from payments.application.ports import ProcessorSilent, RefundImpossible
from payments.domain.declines import DeclineReason
from payments.domain.processor_events import EventType
from payments.domain.timed_webhooks import secrets_of

_SCHEMA = """
CREATE TABLE IF NOT EXISTS kept_charges (
    reference TEXT PRIMARY KEY, charge TEXT NOT NULL UNIQUE, token TEXT NOT NULL,
    amount_cents INTEGER NOT NULL, method TEXT NOT NULL, status TEXT NOT NULL, decline TEXT, made_at INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS kept_charges_token ON kept_charges (token);
CREATE TABLE IF NOT EXISTS refunds (
    reference TEXT PRIMARY KEY, charge TEXT NOT NULL, amount_cents INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS refunds_charge ON refunds (charge);
CREATE TABLE IF NOT EXISTS call_backs (
    sent_id TEXT PRIMARY KEY, type TEXT NOT NULL, reference TEXT NOT NULL,
    tries INTEGER NOT NULL, next_at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS kept_charges_made ON kept_charges (made_at);
CREATE TABLE IF NOT EXISTS mode (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    held INTEGER NOT NULL, newest_first INTEGER NOT NULL, times INTEGER NOT NULL
);
"""


_CHARGES = "SELECT reference, charge, token, amount_cents, method, status, decline FROM kept_charges"


class SqliteStore:
    """Keeps charges and refunds in one file; what is kept is on disk when the call returns."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        # All routes run on the event loop's one thread, one at a time between two awaits.
        self._database = sqlite3.connect(
            folder / "processor.sqlite", isolation_level=None, check_same_thread=False
        )
        self._database.executescript(_SCHEMA)

    def charge_of(self, reference: str) -> SandboxCharge | None:
        """Return the charge of a reference, or None."""
        found = self._charges(f"{_CHARGES} WHERE reference = ?", reference)
        return found[0] if found else None

    def charge_named(self, charge: str) -> SandboxCharge | None:
        """Return the charge of that id, or None."""
        found = self._charges(f"{_CHARGES} WHERE charge = ?", charge)
        return found[0] if found else None

    def charges_on(self, token: str) -> list[SandboxCharge]:
        """Return all charges on a token, in the order they were asked for."""
        return self._charges(f"{_CHARGES} WHERE token = ? ORDER BY rowid", token)

    def keep_charge(self, charge: SandboxCharge) -> None:
        """Keep a charge, in the place of the one of that reference."""
        self._database.execute(
            "INSERT INTO kept_charges VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (reference) DO UPDATE SET status = excluded.status, decline = excluded.decline",
            (
                charge.reference,
                charge.charge,
                charge.token,
                charge.amount_cents,
                charge.method,
                charge.status,
                charge.decline,
                int(time.time()),
            ),
        )

    def made_at(self, reference: str) -> int:
        """Return when a charge was asked for, in seconds since 1970."""
        query = "SELECT made_at FROM kept_charges WHERE reference = ?"
        return int(self._database.execute(query, (reference,)).fetchone()[0])

    def charges_since(self, since: int) -> list[SandboxCharge]:
        """Return the charges asked for since then, the newest first."""
        return self._charges(f"{_CHARGES} WHERE made_at >= ? ORDER BY rowid DESC", since)

    def refund_of(self, reference: str) -> SandboxRefund | None:
        """Return the refund of a reference, or None."""
        found = self._refunds("SELECT * FROM refunds WHERE reference = ?", reference)
        return found[0] if found else None

    def refunds_on(self, charge: str) -> list[SandboxRefund]:
        """Return all refunds on a charge."""
        return self._refunds("SELECT * FROM refunds WHERE charge = ?", charge)

    def keep_refund(self, refund: SandboxRefund) -> None:
        """Keep a refund."""
        self._database.execute(
            "INSERT INTO refunds VALUES (?, ?, ?)", (refund.reference, refund.charge, refund.amount_cents)
        )

    def keep_call_back(self, call_back: CallBack, *, next_at: float) -> None:
        """Keep an event that is to be sent, once."""
        self._database.execute(
            "INSERT OR IGNORE INTO call_backs VALUES (?, ?, ?, 0, ?)",
            (call_back.sent_id, call_back.type, call_back.reference, next_at),
        )

    def due_call_backs(self, now: float) -> list[tuple[CallBack, int]]:
        """Return the events that are to be sent now, as the mode orders them, and how often each was tried in vain."""
        mode = self.mode()
        rows = self._database.execute(
            "SELECT sent_id, type, reference, tries FROM call_backs WHERE next_at <= ? ORDER BY rowid", (now,)
        ).fetchall()
        due = [(CallBack(sent_id=each[0], type=each[1], reference=each[2]), each[3]) for each in rows]
        return [] if mode.held else due[::-1] if mode.newest_first else due

    def put_off(self, call_back: CallBack, *, tries: int, next_at: float) -> None:
        """Keep that an event was tried in vain so often, and when it is sent next."""
        self._database.execute(
            "UPDATE call_backs SET tries = ?, next_at = ? WHERE sent_id = ?",
            (tries, next_at, call_back.sent_id),
        )

    def forget_call_back(self, call_back: CallBack) -> None:
        """Let an event not be sent any more."""
        self._database.execute("DELETE FROM call_backs WHERE sent_id = ?", (call_back.sent_id,))

    def mode(self) -> Mode:
        """Return how it calls back."""
        row = self._database.execute("SELECT held, newest_first, times FROM mode").fetchone()
        return Mode(held=bool(row[0]), newest_first=bool(row[1]), times=row[2]) if row else Mode()

    def keep_mode(self, mode: Mode) -> None:
        """Keep how it calls back."""
        row = (mode.held, mode.newest_first, mode.times)
        self._database.execute("INSERT OR REPLACE INTO mode VALUES (1, ?, ?, ?)", row)

    def _charges(self, query: str, value: str | int) -> list[SandboxCharge]:
        rows = self._database.execute(query, (value,)).fetchall()
        return [
            SandboxCharge(
                reference=reference,
                charge=charge,
                token=token,
                amount_cents=amount_cents,
                method=method,
                status=status,
                decline=decline,
            )
            for reference, charge, token, amount_cents, method, status, decline in rows
        ]

    def _refunds(self, query: str, value: str) -> list[SandboxRefund]:
        rows = self._database.execute(query, (value,)).fetchall()
        return [
            SandboxRefund(reference=reference, charge=charge, amount_cents=amount_cents)
            for reference, charge, amount_cents in rows
        ]


class ChargeRequest(BaseModel):
    """Money to be taken. The reference is the sender's own: asked again, it is answered again."""

    model_config = ConfigDict(extra="forbid")

    token: str = Field(min_length=1)
    amount_cents: int = Field(gt=0)
    method: Literal["card", "bank"]
    reference: str = Field(min_length=1)
    identification: str | None = Field(default=None, min_length=15, max_length=15)
    """What the entry of a bank account's debit is called, and its return if one comes."""
    initiator: Literal["member", "autopay"] = "member"


class ChargeAnswer(BaseModel):
    """What was decided about a reference."""

    charge: str
    reference: str
    amount_cents: int
    status: Literal["approved", "declined", "to-confirm"]
    decline: DeclineReason | None
    confirm_at: str | None = None
    """Where the card's owner confirms it, as long as that is not done."""


class VerificationRequest(BaseModel):
    """A token of which is asked whether money would be taken by it now."""

    model_config = ConfigDict(extra="forbid")

    token: str = Field(min_length=1)


class VerificationAnswer(BaseModel):
    """Whether it would."""

    status: Literal["approved", "declined"]


class ChangeRequest(BaseModel):
    """What a bank says is right about the account behind a token."""

    model_config = ConfigDict(extra="forbid")

    token: str = Field(min_length=1)
    code: str = Field(pattern=r"C[0-9]{2}")
    corrected: str


class ChangeAnswer(BaseModel):
    """The token to charge from now on, where there is one."""

    status: Literal["approved", "declined"]
    token: str | None


class RefundRequest(BaseModel):
    """Money of a charge to be given back, once for the reference."""

    model_config = ConfigDict(extra="forbid")

    charge: str = Field(min_length=1)
    amount_cents: int = Field(gt=0)
    reference: str = Field(min_length=1)


class RefundAnswer(BaseModel):
    """What was given back."""

    reference: str
    charge: str
    amount_cents: int
    status: Literal["refunded"] = "refunded"


class ModeRequest(BaseModel):
    """How it calls back."""

    model_config = ConfigDict(extra="forbid")

    held: bool = False
    newest_first: bool = False
    times: int = Field(default=1, ge=1, le=10)


class CallBackRequest(BaseModel):
    """What it is to call back about, and how: the last charge on a token, or a reference that may be nobody's."""

    model_config = ConfigDict(extra="forbid")

    token: str | None = None
    reference: str | None = None
    about: Literal["charge", "dispute", "won-dispute", "lost-dispute", "refund", "failed-refund"] = "charge"
    way: Way = "signed"
    times: int = Field(default=1, ge=1, le=10)


class CallBackAnswer(BaseModel):
    """The statuses that its calls were answered with, 0 where nobody answered."""

    statuses: list[int]


def _control(store: SqliteStore, behaviour: SandboxBehaviour, caller: Caller) -> APIRouter:
    """Return what whoever plays with the sandbox tells it."""
    router = APIRouter()

    @router.put("/control/mode", status_code=204)
    async def mode(request: ModeRequest) -> None:
        store.keep_mode(Mode(held=request.held, newest_first=request.newest_first, times=request.times))

    @router.post("/control/call-backs")
    async def call_back(request: CallBackRequest) -> CallBackAnswer:
        if not caller.calls:
            raise HTTPException(409, "it was told no address to call back to")
        event = _event(store, behaviour, request)
        statuses = [await caller.send(event, request.way) for _ in range(request.times)]
        if request.way == "signed" and not any(200 <= status < 300 for status in statuses):
            caller.tell(event)
        return CallBackAnswer(statuses=statuses)

    return router


def create_app(state: Path, *, address: Address | None = None) -> FastAPI:
    """Return the processor on the state in a folder; without an address it calls nobody back."""
    store = SqliteStore(state)
    behaviour, caller = SandboxBehaviour(store), Caller(store, address)

    @asynccontextmanager
    async def calling(_app: FastAPI) -> AsyncGenerator[None]:
        task = asyncio.create_task(caller.run())
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    app = FastAPI(title="Sandbox payment processor", docs_url=None, redoc_url=None, lifespan=calling)
    app.state.caller = caller
    app.include_router(_control(store, behaviour, caller))
    app.include_router(_processor(behaviour, caller))
    app.include_router(_tokens(behaviour))
    add_payment_intents(app, store=store, behaviour=behaviour, caller=caller)
    return app


async def _keyed(request: Request) -> None:
    if not shows_a_key(request):
        raise HTTPException(401, "no such key")


def _processor(behaviour: SandboxBehaviour, caller: Caller) -> APIRouter:
    """Return what it is asked as a processor."""
    router = APIRouter(dependencies=[Depends(_keyed)])

    @router.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "up"}

    @router.post("/charges", status_code=201)
    async def charge(request: ChargeRequest, asked: Request) -> ChargeAnswer:
        try:
            made = behaviour.charge(
                token=request.token,
                amount_cents=request.amount_cents,
                method=request.method,
                reference=request.reference,
                initiator=request.initiator,
            )
        except ReferenceReused as error:
            raise HTTPException(409, "the reference was used for something else") from error
        except ProcessorSilent as error:
            _tell_of(request.reference, behaviour, caller)
            raise HTTPException(504, "no answer came in time") from error
        _tell_of(request.reference, behaviour, caller)
        return _answer(made, base=str(asked.base_url))

    @router.get("/charges/{reference}")
    async def find(reference: str, asked: Request) -> ChargeAnswer:
        found = behaviour.find(reference)
        if found is None:
            raise HTTPException(404, "there is no charge of this reference")
        return _answer(found, base=str(asked.base_url))

    @router.post("/refunds", status_code=201)
    async def refund(request: RefundRequest) -> RefundAnswer:
        try:
            made = behaviour.refund(
                charge=request.charge, amount_cents=request.amount_cents, reference=request.reference
            )
        except ReferenceReused as error:
            raise HTTPException(409, "the reference was used for something else") from error
        except RefundImpossible as error:
            raise HTTPException(422, "the charge did not take that much") from error
        caller.tell(of_refund(made))
        return RefundAnswer(reference=made.reference, charge=made.charge, amount_cents=made.amount_cents)

    return router


def _tokens(behaviour: SandboxBehaviour) -> APIRouter:
    """Return what it is asked about tokens."""
    router = APIRouter(dependencies=[Depends(_keyed)])

    @router.post("/verifications")
    async def verify(request: VerificationRequest) -> VerificationAnswer:
        try:
            would_take = behaviour.verify(request.token)
        except ProcessorSilent as error:
            raise HTTPException(504, "no answer came in time") from error
        return VerificationAnswer(status="approved" if would_take else "declined")

    @router.post("/changes")
    async def change(request: ChangeRequest) -> ChangeAnswer:
        try:
            token = behaviour.correct(request.token)
        except ProcessorSilent as error:
            raise HTTPException(504, "no answer came in time") from error
        return ChangeAnswer(status="declined" if token is None else "approved", token=token)

    return router


def _tell_of(reference: str, behaviour: SandboxBehaviour, caller: Caller) -> None:
    """Have it told what was decided about a reference, where that was."""
    decided = behaviour.find(reference)
    if decided is not None and decided.status != "unconfirmed":
        caller.tell(of_charge(decided))


_DISPUTES: Final[Mapping[str, EventType]] = {
    "dispute": "charge.disputed",
    "won-dispute": "dispute.won",
    "lost-dispute": "dispute.lost",
}


def _event(store: SqliteStore, behaviour: SandboxBehaviour, request: CallBackRequest) -> CallBack:
    """Return the event that is asked for; raises 404 where there is nothing it could be about."""
    charge: SandboxCharge | None = None
    if request.token is not None:
        on_it = store.charges_on(request.token)
        charge = on_it[-1] if on_it else None
    elif request.reference is not None:
        charge = store.charge_of(request.reference)
    if request.about in ("refund", "failed-refund"):
        refunds = [] if charge is None else store.refunds_on(charge.charge)
        if not refunds:
            raise HTTPException(404, "nothing of it was paid back")
        return of_refund(refunds[-1], failed=request.about == "failed-refund")
    if charge is not None:
        if request.way == "signed":
            charge = behaviour.decide(charge)
        return (
            of_dispute(charge, _DISPUTES[request.about]) if request.about in _DISPUTES else of_charge(charge)
        )
    if request.reference is None:
        raise HTTPException(404, "there is no charge on this token")
    kind: EventType = _DISPUTES.get(request.about) or "charge.approved"
    return CallBack(sent_id=f"evt_{request.reference}", type=kind, reference=request.reference)


def _answer(charge: SandboxCharge, *, base: str) -> ChargeAnswer:
    if charge.status == "pending":
        raise HTTPException(504, "no answer came in time")
    status: Literal["approved", "declined", "to-confirm"] = "declined"
    if charge.status != "canceled":
        status = "to-confirm" if charge.status == "unconfirmed" else charge.status
    confirm_at = f"{base}confirmations/{intent_id(charge.reference)}"
    return ChargeAnswer(
        charge=charge.charge,
        reference=charge.reference,
        amount_cents=charge.amount_cents,
        status=status,
        decline="not-authorized" if charge.status == "canceled" else charge.decline,
        confirm_at=confirm_at if status == "to-confirm" else None,
    )


def _address() -> Address | None:
    """Return where to call back to as the environment says; the first of several secrets signs."""
    url, secrets = (
        os.environ.get(name, "")
        for name in ("SANDBOX_PROCESSOR_CALLS_BACK", "SANDBOX_PROCESSOR_WEBHOOK_SECRET")
    )
    if not url or not secrets:
        return None
    if os.environ.get("SANDBOX_PROCESSOR_SPEAKS") == "payment-intents":
        return Address(url=url, key=secrets_of(secrets)[0], speaks="payment-intents")
    return Address(url=url, key=keys_of(secrets)[0])


def __getattr__(name: str) -> FastAPI:
    """Make ``app`` when a server asks for it, so that importing this module touches no disk."""
    if name == "app":
        return create_app(Path(os.environ["SANDBOX_PROCESSOR_STATE"]), address=_address())
    raise AttributeError(name)
