"""From a message read to a fact a service can handle, or to the reason why it cannot be one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import msgspec

from bulkhead.contracts import wire
from bulkhead.contracts.registry import BY_MODEL, BY_NAME, SEALED, TOPIC_OF
from bulkhead.contracts.wire import Envelope, Wire
from bulkhead.kernel.errors import Impossible, Malformed, Poison, Unknown
from bulkhead.kernel.ids import is_id
from bulkhead.messaging.broker import Incoming
from bulkhead.persistence.event_tables import lane_of
from bulkhead.persistence.ports import Cause
from bulkhead.service import Received

UNREADABLE = "unreadable"
"""The type of an event whose bytes do not say one."""

LONGEST_NAME = 200
"""Characters of an event's id and type: ours have far fewer, and an index takes no more than 2,700 bytes."""
LARGEST_VERSION = 2**31 - 1

KINDS_OF_FAULT = ("malformed", "unknown", "impossible", "poison", "bug")
"""What `kind_of` returns."""

LONGEST_REASON = 300
"""Characters of why an event is parked: a cause by which parked events are replayed may be longer."""


@dataclass(frozen=True, slots=True)
class SealedFact:
    """What an event says, which is to be a ``kind``, as long as it is not opened: ``data`` is its JSON."""

    kind: type
    data: msgspec.Raw
    incoming: Incoming


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message that concerns this service. Either ``received`` or ``poison`` is there."""

    incoming: Incoming
    household: str
    event_id: str
    type: str
    version: int
    received: Received | None
    poison: Poison | None
    cause: Cause | None

    @property
    def is_of_nobody(self) -> bool:
        """Whether it is about no household: ``household`` is then its lane (`lane_of`)."""
        return self.household == lane_of(self.incoming.topic, self.incoming.partition)


@dataclass(frozen=True, slots=True)
class PassedOver:
    """One message of a type that this reader does not know: a newer writer must not freeze an older reader."""

    incoming: Incoming
    event_id: str
    type: str
    version: int


@runtime_checkable
class Attributing(Protocol):
    """A unit of work that can be told what causes each household's events: those of this project can."""

    def attribute(self, causes: Mapping[str, Cause]) -> None:
        """Say what causes each household's events from here on."""
        ...


class Decoder:
    """Reads what a service listens to."""

    def __init__(self, inbound: Mapping[type[Wire], type]) -> None:
        self._facts = {
            (BY_MODEL[model].name, BY_MODEL[model].version): fact for model, fact in inbound.items()
        }
        self._sealed = {
            (BY_MODEL[model].name, BY_MODEL[model].version) for model in inbound if model in SEALED
        }
        self._listened_to = {name for name, _ in self._facts}

    def read(self, incoming: Incoming) -> Arrival | PassedOver | None:
        """Return the arrival; None for an event of a known type this service does not listen to.

        A type nobody here has heard of is passed over; a version of one that is listened to is poison.
        """
        try:
            envelope = wire.decode(incoming.value, Envelope)
        except Malformed as error:
            return _unreadable(incoming, error)
        if not _can_be_kept(envelope):
            return _unreadable(incoming, Malformed("Envelope: an id or a version cannot be stored"))
        if not _is_in_its_place(incoming, envelope):
            return _unreadable(
                incoming, Malformed("Envelope: is not of the household that its message is keyed by")
            )
        if TOPIC_OF.get(envelope.type, incoming.topic) != incoming.topic:
            # Kafka lets each owner write to its own topics only, so the topic says whose word it is.
            return _unreadable(incoming, Malformed("Envelope: its type is said by another topic's owner"))
        if self.passes_over(envelope.type, envelope.version):
            return PassedOver(incoming, envelope.id, envelope.type, envelope.version)
        if not self.takes(envelope.type, envelope.version):
            return None
        fact = self._facts.get((envelope.type, envelope.version))
        if fact is None:
            return _poisoned(
                incoming, envelope, Unknown(f"{envelope.type} version {envelope.version} is not known here")
            )
        try:
            decoded = self._decoded(incoming, envelope, fact)
        except Malformed as error:
            return _poisoned(incoming, envelope, error)
        if getattr(decoded, "household", envelope.household) != envelope.household:
            says = f"{envelope.type}: its data is about another household than its envelope"
            return _poisoned(incoming, envelope, Malformed(says))
        received = Received(
            event_id=envelope.id,
            household=envelope.household,
            occurred_at=envelope.occurred_at,
            fact=decoded,
            partition=incoming.partition,
        )
        return Arrival(
            incoming,
            _household_of(incoming, envelope),
            envelope.id,
            envelope.type,
            envelope.version,
            received,
            None,
            _cause(incoming, envelope),
        )

    def _decoded(self, incoming: Incoming, envelope: Envelope, fact: type) -> Any:
        if (envelope.type, envelope.version) not in self._sealed:
            return wire.decode(envelope.data, fact)
        if envelope.household is None:
            raise Malformed(f"{envelope.type}: is about no household, by whose key it were sealed")
        return SealedFact(fact, envelope.data, incoming)

    def passes_over(self, name: str, version: int) -> bool:
        """Whether nobody here has heard of this type."""
        return name not in self._listened_to and (name, version) not in BY_NAME

    def takes(self, name: str, version: int) -> bool:
        """Whether events of this type arrive here: those listened to, and versions of them that are not known."""
        kind = (name, version)
        return kind in self._facts or (name in self._listened_to and kind not in BY_NAME)


def event_id_of(incoming: Incoming) -> str | None:
    """Return the id of the event in a message; None where it cannot be read."""
    try:
        return wire.decode(incoming.value, Envelope).id
    except Malformed:
        return None


def kind_of(error: BaseException) -> str:
    """Return the word a parked event is filed under for what went wrong with it."""
    if isinstance(error, Malformed):
        return "malformed"
    if isinstance(error, Unknown):
        return "unknown"
    if isinstance(error, Impossible):
        return "impossible"
    return "poison" if isinstance(error, Poison) else "bug"


def reason_of(error: BaseException) -> str:
    """Return what went wrong in words that hold no values: our own text, of any other error only its type.

    It can be kept, shown and asked for, whatever it says: an event that cannot be parked would stop all others.
    """
    words = str(error) if isinstance(error, Poison) else type(error).__name__
    return "".join(each if each.isprintable() else "?" for each in words[:LONGEST_REASON])


def _cause(incoming: Incoming, envelope: Envelope) -> Cause:
    traceparent = envelope.traceparent
    for name, value in incoming.headers:
        if name == "traceparent" and value:  # a header may come without a value
            traceparent = value.decode("ascii", errors="replace")
    return Cause(correlation_id=envelope.correlation_id, causation_id=envelope.id, traceparent=traceparent)


def _poisoned(incoming: Incoming, envelope: Envelope, error: Poison) -> Arrival:
    household = _household_of(incoming, envelope)
    cause = _cause(incoming, envelope)
    return Arrival(incoming, household, envelope.id, envelope.type, envelope.version, None, error, cause)


def _household_of(incoming: Incoming, envelope: Envelope) -> str:
    if envelope.household is None:
        return lane_of(incoming.topic, incoming.partition)
    return envelope.household


def _can_be_kept(envelope: Envelope) -> bool:
    """Whether an event can be noted: what is keyed by must fit into an index, and be an id where it names somebody."""
    names = (envelope.id, envelope.type)
    return (
        all(0 < len(each) <= LONGEST_NAME and each.isprintable() for each in names)
        and 0 <= envelope.version <= LARGEST_VERSION
        and (envelope.household is None or is_id(envelope.household))
    )


def _is_in_its_place(incoming: Incoming, envelope: Envelope) -> bool:
    """Whether an event is keyed by its household: elsewhere it would not be in that household's order."""
    return envelope.household is None or incoming.key == envelope.household.encode()


def _unreadable(incoming: Incoming, error: Poison) -> Arrival:
    key = (incoming.key or b"").decode("utf-8", errors="replace")
    household = key if is_id(key) else lane_of(incoming.topic, incoming.partition)
    place = f"{incoming.topic}/{incoming.partition}/{incoming.offset}"
    return Arrival(incoming, household, place, UNREADABLE, 0, None, error, None)
