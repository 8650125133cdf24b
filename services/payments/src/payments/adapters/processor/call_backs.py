"""What a sandbox of the processor calls back with: events for `POST /v1/processor-events`, signed or forged."""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal, Protocol, TypeAlias

import httpx2

from bulkhead.kernel.ids import derived_id
from bulkhead.kernel.webhooks import sign
from payments.adapters.processor.sandbox import SandboxCharge, SandboxRefund
from payments.domain.processor_events import EventType
from payments.domain.timed_webhooks import timed_sign

Way: TypeAlias = Literal["signed", "forged", "altered", "old"]
"""``forged``: signed with another secret. ``altered``: its body is not what was signed. ``old``: signed an hour ago."""

MOST_TRIES: Final = 200
LONGEST_WAIT_SECONDS: Final = 60.0
BETWEEN_LOOKS_SECONDS: Final = 0.2
ANSWER_SECONDS: Final = 10.0
AN_HOUR: Final = 3600
_OF_NOBODY: Final = b"a key that nobody was given"
_TYPE: Final = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallBack:
    """One event: ``sent_id`` is its name whenever it is sent."""

    sent_id: str
    type: EventType
    reference: str

    def body(self) -> bytes:
        """Return the bytes that say it."""
        said = {"type": self.type, "data": {"reference": self.reference}}
        return json.dumps(said, separators=(",", ":")).encode()

    def request(
        self,
        key: bytes,
        *,
        at: int,
        way: Way = "signed",
        speaks: Literal["charges", "payment-intents"] = "charges",
    ) -> tuple[dict[str, str], bytes]:
        """Return headers and body of it as it is sent at a time, in seconds since 1970."""
        body = self.body() if speaks == "charges" else self._intent_body(at)
        key, sent_at = _OF_NOBODY if way == "forged" else key, at - AN_HOUR if way == "old" else at
        headers = (
            sign(key, sent_id=self.sent_id, sent_at=sent_at, body=body)
            if speaks == "charges"
            else timed_sign(key, sent_at=sent_at, body=body)
        )
        return {"content-type": _TYPE, **headers}, body + b" " if way == "altered" else body

    def _intent_body(self, at: int) -> bytes:
        """Return the bytes that say it of a payment intent."""
        name, about = _AS_INTENT[self.type]
        said: dict[str, Any] = {"object": about, "metadata": {"reference": self.reference}}
        match about:
            case "payment_intent":
                said["id"] = intent_id(self.reference)
            case "refund":
                said["id"] = refund_id(self.reference)
                said["status"] = "failed" if self.type == "refund.failed" else "succeeded"
            case "dispute":
                # It has metadata of its own, in which our reference is not.
                status = {"dispute.won": "won", "dispute.lost": "lost"}.get(self.type, "needs_response")
                said |= {"id": f"dp_{self.sent_id}", "payment_intent": intent_id(self.reference)}
                said |= {"metadata": {}, "status": status}
        event = {"id": self.sent_id, "object": "event", "type": name, "created": at, "data": {"object": said}}
        return json.dumps(event, separators=(",", ":")).encode()


_AS_INTENT: Final[Mapping[EventType, tuple[str, Literal["payment_intent", "dispute", "refund"]]]] = {
    "charge.approved": ("payment_intent.succeeded", "payment_intent"),
    "charge.declined": ("payment_intent.payment_failed", "payment_intent"),
    "charge.failed": ("payment_intent.payment_failed", "payment_intent"),
    "charge.disputed": ("charge.dispute.created", "dispute"),
    "dispute.won": ("charge.dispute.closed", "dispute"),
    "dispute.lost": ("charge.dispute.closed", "dispute"),
    "refund.paid": ("refund.updated", "refund"),
    "refund.failed": ("refund.failed", "refund"),
}


def intent_id(reference: str) -> str:
    """Return what a charge is called where it is a payment intent."""
    return f"pi_{derived_id('sandbox', reference)}"


def refund_id(reference: str) -> str:
    """Return what a refund is called there."""
    return f"re_{derived_id('sandbox', reference)}"


def of_charge(charge: SandboxCharge) -> CallBack:
    """Return that a charge was decided."""
    return _call_back(
        "charge.approved" if charge.status == "approved" else "charge.declined", charge.reference
    )


def of_dispute(charge: SandboxCharge, kind: EventType) -> CallBack:
    """Return that a charge's issuer takes it back, or how that ended."""
    return _call_back(kind, charge.reference)


def of_refund(refund: SandboxRefund, *, failed: bool = False) -> CallBack:
    """Return that a refund was paid, or that it came back."""
    return _call_back("refund.failed" if failed else "refund.paid", refund.reference)


def _call_back(kind: EventType, reference: str) -> CallBack:
    return CallBack(sent_id=f"evt_{derived_id('event', kind, reference)}", type=kind, reference=reference)


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where events are sent, the key they are signed with, and whether they are of charges or of payment intents."""

    url: str
    key: bytes
    speaks: Literal["charges", "payment-intents"] = "charges"
    transport: httpx2.AsyncBaseTransport | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mode:
    """How a sandbox calls back: not for now, the newest first, each so often."""

    held: bool = False
    newest_first: bool = False
    times: int = 1


class CallBackStore(Protocol):
    """Where a sandbox keeps what it is still to send."""

    def keep_call_back(self, call_back: CallBack, *, next_at: float) -> None:
        """Keep an event that is to be sent, once."""
        ...

    def due_call_backs(self, now: float) -> list[tuple[CallBack, int]]:
        """Return the events that are to be sent now, as the mode orders them, and how often each was tried in vain."""
        ...

    def put_off(self, call_back: CallBack, *, tries: int, next_at: float) -> None:
        """Keep that an event was tried in vain so often, and when it is sent next."""
        ...

    def forget_call_back(self, call_back: CallBack) -> None:
        """Let an event not be sent any more."""
        ...

    def mode(self) -> Mode:
        """Return how it calls back."""
        ...


@cache
def _trusted() -> ssl.SSLContext:
    """Return what a called server is known by. Reading all certificates takes longer than a call: it is done once."""
    return httpx2.create_ssl_context(trust_env=False)


class Caller:
    """Sends events, each until it is taken; without an address none."""

    def __init__(
        self, store: CallBackStore, address: Address | None, *, seconds: Callable[[], float] = time.time
    ) -> None:
        self._store = store
        self._address = address
        self.seconds = seconds

    @property
    def calls(self) -> bool:
        """Whether it has an address to call."""
        return self._address is not None

    def tell(self, call_back: CallBack) -> None:
        """Have an event sent soon."""
        if self.calls:
            self._store.keep_call_back(call_back, next_at=self.seconds())

    async def send(self, call_back: CallBack, way: Way) -> int:
        """Send an event now; return the status it was answered with, 0 where nobody answered."""
        if self._address is None:
            return 0
        address = self._address
        headers, body = call_back.request(address.key, at=int(self.seconds()), way=way, speaks=address.speaks)
        try:
            async with httpx2.AsyncClient(
                transport=self._address.transport, timeout=ANSWER_SECONDS, trust_env=False, verify=_trusted()
            ) as client:
                return (await client.post(self._address.url, headers=headers, content=body)).status_code
        except httpx2.HTTPError:
            return 0

    async def turn(self) -> None:
        """Send what is due; what is not taken is tried again later, each time after longer, and given up in the end."""
        times = self._store.mode().times
        for call_back, tries in self._store.due_call_backs(self.seconds()):
            statuses = [await self.send(call_back, "signed") for _ in range(times)]
            if any(200 <= status < 300 for status in statuses) or tries + 1 >= MOST_TRIES:
                self._store.forget_call_back(call_back)
            else:
                wait = min(2.0**tries, LONGEST_WAIT_SECONDS)
                self._store.put_off(call_back, tries=tries + 1, next_at=self.seconds() + wait)

    async def run(self) -> None:
        """Send what is due, until this is canceled."""
        while True:
            await self.turn()
            await asyncio.sleep(BETWEEN_LOOKS_SECONDS)
