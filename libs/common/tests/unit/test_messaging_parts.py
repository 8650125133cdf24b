"""The small parts of messaging: partitions, ids, what an arrival is, and one trace from said to done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import msgspec
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from bulkhead.contracts import wire
from bulkhead.contracts.payments import v1 as payments
from bulkhead.contracts.registry import CHANNELS, PAYMENTS
from bulkhead.contracts.wire import Envelope
from bulkhead.kernel.errors import Impossible, Malformed, Poison, Unknown
from bulkhead.messaging.arrivals import UNREADABLE, Arrival, Decoder, kind_of, reason_of
from bulkhead.messaging.broker import Incoming, Outgoing
from bulkhead.messaging.consumer import Consumer
from bulkhead.messaging.faults import Faults
from bulkhead.messaging.parking import Parking
from bulkhead.messaging.partitioning import partition_of
from bulkhead.persistence.event_tables import OutboxRecord, ParkedEvent, lane_of
from bulkhead.persistence.faults import StorageFault
from bulkhead.persistence.ids import new_event_id
from bulkhead.persistence.ports import Cause, UnitOfWork
from bulkhead.service import Received
from bulkhead_testing.broker import MemoryBroker, MemoryOutbox
from bulkhead_testing.memory import MemoryDatabase
from bulkhead_testing.memory_records import MemoryRecords
from bulkhead_testing.suites.delivery import PARTITIONS, Stage, envelope_of
from bulkhead_testing.suites.example import NOW, Payment, PaymentReceived, bookkeeper, teller
from bulkhead_testing.suites.unit_of_work import parked


@pytest.mark.parametrize(("household", "partition"), [("june", 62), ("VT-0001", 31), ("é", 62)])
def test_a_households_partition_never_changes(household: str, partition: int) -> None:
    assert partition_of(household, 64) == partition


def test_households_are_spread_evenly_over_the_partitions() -> None:
    counts = [0] * 64
    for number in range(64_000):
        counts[partition_of(f"household-{number}", 64)] += 1
    assert min(counts) > 850
    assert max(counts) < 1150


def test_event_ids_are_version_7_and_later_ones_sort_later() -> None:
    first = [new_event_id(NOW) for _ in range(100)]
    later = new_event_id(NOW + timedelta(milliseconds=1))
    assert len(set(first)) == 100
    assert all(each < later for each in first)
    assert {(len(each), each[12], each[16] in "89ab") for each in first} == {(32, "7", True)}
    assert int(first[0][:12], 16) == int(NOW.timestamp() * 1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdsPayment:
    """A fact that says whose it is, as most do."""

    household: str
    cents: int


GOOD = b'{"payment":"p1","cents":5}'


def incoming(value: bytes, *, key: bytes | None = b"june") -> Incoming:
    """Return a message as it is read."""
    return Incoming(PAYMENTS.name, 3, 41, key, value, NOW)


def read(value: bytes, *, key: bytes | None = b"june") -> object:
    """Return what arrives for a service that listens to payments received."""
    return Decoder({payments.PaymentReceived: Payment}).read(incoming(value, key=key))


def test_an_event_arrives_as_the_services_own_fact() -> None:
    arrival = Decoder({payments.PaymentReceived: Payment}).read(
        incoming(envelope_of("june", event_id="e1", kind="PaymentReceived", data=GOOD))
    )
    assert isinstance(arrival, Arrival)
    assert arrival.received is not None
    assert (arrival.household, arrival.event_id, arrival.type) == ("june", "e1", "PaymentReceived")
    assert arrival.received.fact == Payment(payment="p1", cents=5)
    assert (arrival.received.household, arrival.received.partition) == ("june", 3)
    assert arrival.received.occurred_at == NOW
    assert arrival.cause == Cause(correlation_id="c", causation_id="e1", traceparent=None)


@pytest.mark.parametrize(
    ("value", "key", "household", "event_id"),
    [
        (b"noise", b"june", "june", f"{PAYMENTS.name}/3/41"),
        (b"noise", None, lane_of(PAYMENTS.name, 3), f"{PAYMENTS.name}/3/41"),
        (b"noise", b"\x00", lane_of(PAYMENTS.name, 3), f"{PAYMENTS.name}/3/41"),
        (b"", b"\xff\xfe", lane_of(PAYMENTS.name, 3), f"{PAYMENTS.name}/3/41"),
        (
            envelope_of("ju\x00ne", event_id="e1", kind="PaymentReceived", data=GOOD),
            b"june",
            "june",
            f"{PAYMENTS.name}/3/41",
        ),
    ],
)
def test_what_cannot_be_read_is_known_by_its_place(
    value: bytes, key: bytes | None, household: str, event_id: str
) -> None:
    arrival = Decoder({}).read(incoming(value, key=key))
    assert isinstance(arrival, Arrival)
    assert (arrival.household, arrival.event_id, arrival.type) == (household, event_id, UNREADABLE)
    assert isinstance(arrival.poison, Malformed)
    assert arrival.received is None


@pytest.mark.parametrize("key", [b"amy", b"", None])
def test_an_event_outside_of_its_households_order_is_poison_where_it_stands(key: bytes | None) -> None:
    arrival = read(envelope_of("june", event_id="e1", kind="PaymentReceived", data=GOOD), key=key)
    assert isinstance(arrival, Arrival)
    assert arrival.received is None
    assert isinstance(arrival.poison, Malformed)
    assert arrival.household == ("amy" if key else lane_of(PAYMENTS.name, 3))


@pytest.mark.parametrize("version", [1, 9])
def test_an_event_that_came_by_the_topic_of_another_owner_is_not_believed(version: int) -> None:
    """Kafka lets notifications write here: what it says of payments is not for it to say."""
    whole = msgspec.json.decode(envelope_of("june", event_id="e1", kind="PaymentReceived", data=GOOD))
    forged = Incoming(CHANNELS.name, 3, 41, b"june", msgspec.json.encode({**whole, "version": version}), NOW)
    arrival = Decoder({payments.PaymentReceived: Payment}).read(forged)
    assert isinstance(arrival, Arrival)
    assert (arrival.received, arrival.type, arrival.household) == (None, UNREADABLE, "june")
    assert arrival.event_id == f"{CHANNELS.name}/3/41"
    assert str(arrival.poison) == "Envelope: its type is said by another topic's owner"


def test_an_event_whose_data_is_about_another_household_is_poison() -> None:
    data = b'{"payment":"p1","cents":5,"household":"amy"}'
    arrival = Decoder({payments.PaymentReceived: HouseholdsPayment}).read(
        incoming(envelope_of("june", event_id="e1", kind="PaymentReceived", data=data))
    )
    assert isinstance(arrival, Arrival)
    assert (arrival.household, arrival.received) == ("june", None)
    assert str(arrival.poison) == "PaymentReceived: its data is about another household than its envelope"


@pytest.mark.parametrize("name", ["\\u0000", "p\\u0000q", "\\\\\\u0000"])
def test_a_text_with_a_nul_is_malformed_and_the_households_alone(name: str) -> None:
    data = f'{{"payment":"{name}","cents":5}}'.encode()
    arrival = read(envelope_of("june", event_id="e1", kind="PaymentReceived", data=data))
    assert isinstance(arrival, Arrival)
    assert (arrival.household, arrival.event_id, kind_of(arrival.poison or KeyError())) == (
        "june",
        "e1",
        "malformed",
    )
    assert str(arrival.poison) == "Payment: a text has a NUL in it, which cannot be stored"


def test_what_only_looks_like_a_nul_is_a_text() -> None:
    data = rb'{"payment":"\\u0000","cents":5}'
    arrival = read(envelope_of("june", event_id="e1", kind="PaymentReceived", data=data))
    assert isinstance(arrival, Arrival)
    assert arrival.received is not None
    assert arrival.received.fact == Payment(payment=r"\u0000", cents=5)


@pytest.mark.parametrize("at", ["2016-01-01T00:00:00", "noon"])
def test_an_instant_without_a_zone_is_malformed(at: str) -> None:
    whole = envelope_of("june", event_id="e1", kind="PaymentReceived", data=GOOD)
    written = msgspec.json.decode(whole)
    arrival = read(msgspec.json.encode({**written, "occurred_at": at}))
    assert isinstance(arrival, Arrival)
    assert isinstance(arrival.poison, Malformed)


def test_a_known_type_without_a_fact_here_does_not_arrive() -> None:
    assert read(envelope_of("june", event_id="e1", kind="PaymentCleared", data=b"{}")) is None


@pytest.mark.parametrize(
    ("error", "kind", "reason"),
    [
        (Malformed("field cents"), "malformed", "field cents"),
        (Unknown("type X"), "unknown", "type X"),
        (Impossible("no such policy"), "impossible", "no such policy"),
        (Poison("else"), "poison", "else"),
        (KeyError("June Example"), "bug", "KeyError"),
        (StorageFault("column x"), "bug", "StorageFault"),
        (Impossible("policy p\0q\n"), "impossible", "policy p?q?"),
        (Impossible("x" * 300_000), "impossible", "x" * 300),
    ],
)
def test_what_went_wrong_is_filed_without_values(error: Exception, kind: str, reason: str) -> None:
    assert (kind_of(error), reason_of(error)) == (kind, reason)


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    """What is traced while the test runs."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    return exporter


async def test_one_trace_goes_from_what_was_said_to_what_was_done(spans: InMemorySpanExporter) -> None:
    stage = Stage(
        teller=MemoryDatabase.for_service(teller()),
        bookkeeper=MemoryDatabase.for_service(bookkeeper()),
        broker=MemoryBroker(partitions=PARTITIONS),
        outbox_of=MemoryOutbox,
    )
    with trace.get_tracer("test").start_as_current_span("request") as request:
        await stage.pay("june", 1)
    await stage.pay("untraced", 1)
    await stage.deliver()
    finished = {each.name: each for each in spans.get_finished_spans()}
    assert set(finished) == {"request", "publish PaymentReceived", "handle PaymentReceived"}
    published, handled = finished["publish PaymentReceived"], finished["handle PaymentReceived"]
    assert published.parent is not None
    assert handled.parent is not None
    assert published.context is not None
    traces = {each.context.trace_id for each in finished.values() if each.context}
    assert traces == {request.get_span_context().trace_id}
    assert published.parent.span_id == request.get_span_context().span_id
    assert handled.parent.span_id == published.context.span_id
    (record, _) = stage.teller.rows(OutboxRecord)
    for each in (published, handled):
        assert dict(each.attributes or {}) == {
            "messaging.message.id": record.event_id,
            "bulkhead.event.type": "PaymentReceived",
        }


async def test_what_a_handler_says_is_caused_by_its_households_event() -> None:
    database = MemoryDatabase.for_service(teller())
    async with database.begin(now=NOW, households=["ann", "bob"], cause=Cause(correlation_id="batch")) as uow:
        uow.attribute({"ann": Cause(correlation_id="c-ann", causation_id="e-ann", traceparent="00-a-b-01")})
        for household in ("ann", "bob"):
            uow.emit(PaymentReceived(household=household, payment=household, cents=1), household=household)
    ann, bob = (wire.decode(each.envelope, Envelope) for each in database.rows(OutboxRecord))
    assert (ann.correlation_id, ann.causation_id, ann.traceparent) == ("c-ann", "e-ann", "00-a-b-01")
    assert (bob.correlation_id, bob.causation_id, bob.traceparent) == ("batch", None, None)


async def test_what_a_replay_says_is_caused_by_the_event_that_was_parked() -> None:
    works = False

    async def handle(uow: UnitOfWork, batch: Sequence[Received]) -> None:
        if not works:
            raise Impossible("not yet")
        for each in batch:
            uow.emit(PaymentReceived(household="ann", payment="echo", cents=1), household=each.household)

    echo = replace(bookkeeper(), outbound=teller().outbound, handle=handle)
    database, broker = MemoryDatabase.for_service(echo), MemoryBroker(partitions=PARTITIONS)
    said = wire.decode(envelope_of("ann", event_id="e1", kind="PaymentReceived", data=GOOD), Envelope)
    said = msgspec.structs.replace(said, correlation_id="c-ann", traceparent="00-a-b-01")
    partition = partition_of("ann", PARTITIONS)
    await broker.partitions(PAYMENTS.name)
    await broker.publish([Outgoing(PAYMENTS.name, partition, b"ann", wire.encode(said))])
    consumer = Consumer(service=echo, uows=database, broker=broker, now=lambda: NOW)
    await consumer.turn()
    assert [each.event_id for each in database.rows(ParkedEvent)] == ["e1"]
    works = True
    await Parking(service=echo, uows=database).replay(household="ann", now=NOW)
    (record,) = database.rows(OutboxRecord)
    told = wire.decode(record.envelope, Envelope)
    assert (told.correlation_id, told.causation_id, told.traceparent) == ("c-ann", "e1", "00-a-b-01")


async def test_without_a_cause_an_event_begins_a_correlation_of_its_own() -> None:
    database = MemoryDatabase.for_service(teller())
    async with database.begin(now=datetime(2016, 1, 5, tzinfo=UTC), households=["ann"]) as uow:
        uow.emit(PaymentReceived(household="ann", payment="p", cents=1), household="ann")
    envelope = msgspec.json.decode(database.rows(OutboxRecord)[0].envelope)
    assert envelope["correlation_id"] == envelope["id"]


def test_a_header_without_a_value_is_none() -> None:
    value = envelope_of("june", event_id="e1", kind="PaymentReceived", data=GOOD)
    bare = Incoming(PAYMENTS.name, 3, 41, b"june", value, NOW, (("traceparent", cast("bytes", None)),))
    arrival = Decoder({payments.PaymentReceived: Payment}).read(bare)
    assert isinstance(arrival, Arrival)
    assert arrival.cause == Cause(correlation_id="c", causation_id="e1", traceparent=None)


def test_the_same_fault_has_the_same_words_wherever_it_stands_in_the_bytes() -> None:
    def said(before: bytes) -> str:
        arrival = read(before + b'{"id": NaN}')
        assert isinstance(arrival, Arrival)
        assert arrival.poison is not None
        return reason_of(arrival.poison)

    assert said(b"") == said(b"   ") == "Envelope: JSON is malformed: invalid character"


def test_a_broadcast_that_cannot_be_is_one_fault_though_it_is_in_every_partition() -> None:
    faults = Faults(elapsed_seconds=lambda: 0.0)
    value = envelope_of(None, event_id="e1", kind="BooksClosed", version=9, data=b"{}")
    for partition in range(64):
        arrival = Decoder({payments.BooksClosed: Payment}).read(
            Incoming(PAYMENTS.name, partition, 41, None, value, NOW)
        )
        assert isinstance(arrival, Arrival)
        assert isinstance(arrival.poison, Unknown)
        faults.note(arrival, arrival.poison)


async def test_faults_are_recalled_without_what_the_events_say(monkeypatch: pytest.MonkeyPatch) -> None:
    read = list[tuple[type, tuple[str, ...]]]()
    select_as = MemoryRecords.select_as

    async def in_part(self: MemoryRecords[Any], kind: type, **more: Any) -> list[Any]:
        read.append((self._shape.kind, tuple(field.name for field in fields(kind))))
        return await select_as(self, kind, **more)

    async def whole(self: MemoryRecords[Any], **_: Any) -> list[Any]:
        raise AssertionError(f"{self._shape.kind.__name__} was read whole")

    async with MemoryDatabase.for_service(teller()).begin(now=NOW) as uow:
        await uow.records(ParkedEvent).add([parked("june", 1, "parked")])
        monkeypatch.setattr(MemoryRecords, "select", whole)
        monkeypatch.setattr(MemoryRecords, "select_as", in_part)
        await Faults(elapsed_seconds=lambda: 0.0).recall(uow)
    assert [kind for kind, _ in read] == [ParkedEvent]
    assert "value" not in read[0][1]
