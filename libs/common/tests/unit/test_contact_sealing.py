"""Personal data is sealed on its way: what travels, who opens it, keys that come late, and keys that are forgotten."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias

import msgspec
import pytest

from bulkhead.chassis_tables import CHASSIS_TABLES
from bulkhead.contracts import wire
from bulkhead.contracts.enrollment import v1 as enrollment
from bulkhead.contracts.registry import CONTACT_KEYS as KEYS_TOPIC
from bulkhead.contracts.registry import CONTACTS
from bulkhead.contracts.wire import Envelope
from bulkhead.kernel.key_rings import HouseholdKeySet, KeyMissing
from bulkhead.kernel.personal import Masked
from bulkhead.key_ring import KeyRing
from bulkhead.messaging.broker import Incoming
from bulkhead.messaging.consumer import Consumer
from bulkhead.messaging.faults import MANY_HOUSEHOLDS
from bulkhead.messaging.parking import Parking, Replay
from bulkhead.messaging.rebuilding import Rebuilding
from bulkhead.messaging.rejoining import Rejoining
from bulkhead.messaging.relay import Relay
from bulkhead.persistence.contact_sealing import Sealing
from bulkhead.persistence.event_tables import (
    InboxRecord,
    OutboxRecord,
    ParkedEvent,
    PartitionCount,
    StoppedPartition,
)
from bulkhead.persistence.household_keys import HouseholdKey, SealedEvent
from bulkhead.persistence.outbox import NotSealed
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.persistence.rotating import forget_keys, keys_in_use, rotate
from bulkhead.service import Picture, Received, Service
from bulkhead_testing.broker import MemoryBroker, MemoryOutbox
from bulkhead_testing.memory import MemoryDatabase
from bulkhead_testing.suites.example import BOOKKEEPER_TABLES, NOW, Balance

FIRST = {"2014-11": b"an old key, and one that is long"}
SECOND = {"2015-11": b"a new key, and one that writes.."} | FIRST
OTHER = {"2014-11": b"of the same name, and not it ..."}
NOT_THE_ONE = "the key 2014-11 that is set is not the one that sealed this household's key"
PERSONAL = ("June Example", "Dzhun", "1980-03-02", "123456789", "june@example.test", "1 Main Street", "yes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    member: str
    name: Masked
    ssn: Masked | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    household: str
    contact_version: int
    email: Masked | None
    address: Masked | None
    members: tuple[Member, ...]


def ring(keys: dict[str, bytes] = FIRST) -> KeyRing:
    return KeyRing(keys, owner="contacts")


def contact(household: str = "june", version: int = 1) -> enrollment.ContactRecorded:
    return enrollment.ContactRecorded(
        household=household,
        contact_version=version,
        language="en",
        email=Masked("june@example.test"),
        address=Masked("1 Main Street"),
        phone=None,
        members=(
            enrollment.ContactMember(
                member=f"{household}-1",
                relation="self",
                name=Masked("June Example"),
                latin_name=Masked("Dzhun"),
                born=Masked("1980-03-02"),
                ssn=Masked("123456789"),
                tobacco=(enrollment.TobaccoUse(since=None, uses=Masked("yes")),),
            ),
        ),
        subscriber=f"{household}-1",
        estate=False,
    )


def heard_of(household: str = "june", version: int = 1) -> Contact:
    """What a reader gets of `contact`."""
    return Contact(
        household=household,
        contact_version=version,
        email=Masked("june@example.test"),
        address=Masked("1 Main Street"),
        members=(Member(member=f"{household}-1", name=Masked("June Example"), ssn=Masked("123456789")),),
    )


Handle: TypeAlias = Callable[[UnitOfWork, Sequence[Received]], Awaitable[None]]


def writer_of(handle: Handle, keys: dict[str, bytes]) -> Service:
    """Return who says contacts."""
    return Service(
        name="writer",
        tables=CHASSIS_TABLES,
        subscribes=(),
        inbound={},
        outbound={
            enrollment.ContactRecorded: enrollment.ContactRecorded,
            HouseholdKeySet: enrollment.ContactKeySet,
        },
        handle=handle,
        routers=(),
        contact_keys=ring(keys),
    )


def reader_of(handle: Handle, keys: dict[str, bytes]) -> Service:
    """Return who hears contacts."""
    return Service(
        name="reader",
        tables=CHASSIS_TABLES,
        subscribes=(CONTACTS, KEYS_TOPIC),
        inbound={enrollment.ContactRecorded: Contact, enrollment.ContactKeySet: HouseholdKeySet},
        outbound={},
        handle=handle,
        routers=(),
        contact_keys=ring(keys),
    )


class Exchange:
    """Who says contacts and who hears them, over a broker in memory."""

    def __init__(self, *, keys: dict[str, bytes] = FIRST) -> None:
        self.broker = MemoryBroker(partitions=1)
        self.writer = MemoryDatabase.for_service(self.says(keys))
        self.heard: list[object] = []
        self.reads(keys)

    def says(self, keys: dict[str, bytes]) -> Service:
        return writer_of(self.hear, keys)

    def reads(self, keys: dict[str, bytes]) -> None:
        """Begin a reader that has heard nothing yet."""
        self.heard.clear()
        self.service = reader_of(self.hear, keys)
        self.reader = MemoryDatabase.for_service(self.service)
        self.broker.forget_members("reader")

    async def hear(self, _uow: UnitOfWork, batch: Sequence[Received]) -> None:
        self.heard.extend(each.fact for each in batch)

    async def say(self, *contacts: enrollment.ContactRecorded) -> None:
        households = {each.household for each in contacts}
        async with self.writer.begin(now=NOW, households=households) as uow:
            for each in contacts:
                uow.emit(each, household=each.household)

    async def forget(self, household: str = "june") -> None:
        async with self.writer.begin(now=NOW, households=[household]) as uow:
            assert await forget_keys(uow, [household]) == [household]

    async def publish(self) -> None:
        await Relay(outbox=MemoryOutbox(self.writer), broker=self.broker).turn()

    async def read(self, *, batch: int = 3000) -> Consumer:
        consumer = Consumer(
            service=self.service, uows=self.reader, broker=self.broker, now=lambda: NOW, batch=batch
        )
        while await consumer.turn():
            pass
        await consumer.close()
        return consumer

    def on(self, topic: str) -> list[Incoming]:
        return self.broker.messages(topic)

    def only_latest_keys(self) -> None:
        """Do what Kafka does with a topic of keys: of each household the latest stays."""
        [partition] = self.broker.topics[KEYS_TOPIC.name]
        latest = {each.key: each for each in partition}
        partition[:] = [
            replace(each, offset=offset)
            for offset, each in enumerate(each for each in partition if latest[each.key] is each)
        ]


async def test_nothing_personal_is_in_the_outbox_or_on_a_topic_and_who_hears_it_gets_all_of_it() -> None:
    exchange = Exchange()
    await exchange.say(contact(), contact("carol"))
    await exchange.publish()
    stored = [each.envelope for each in exchange.writer.rows(OutboxRecord)]
    sent = [each.value for topic in exchange.broker.topics for each in exchange.on(topic)]
    assert sorted(stored) == sorted(sent)
    for text in PERSONAL:
        assert not any(f'"{text}"'.encode() in each for each in stored)
    await exchange.read()
    assert exchange.heard == [heard_of(), heard_of("carol")]


async def test_yes_and_no_are_sealed_in_one_length() -> None:
    sealing = Sealing(ring())
    key = await a_key(sealing)
    texts = [
        sealing.seal(enrollment.TobaccoUse(since=None, uses=Masked(uses)), key=key, event_id="e-1")
        for uses in ("yes", "no")
    ]
    assert len(texts[0]) == len(texts[1])


async def a_key(sealing: Sealing, household: str = "june") -> HouseholdKey:
    async with MemoryDatabase(tables=CHASSIS_TABLES).begin(now=NOW, households=[household]) as uow:
        keys, _ = await sealing.keys_to_seal(uow, [household])
    return keys[household]


async def test_each_household_has_a_key_of_its_own_which_is_said_once_and_before_what_it_seals() -> None:
    exchange = Exchange()
    await exchange.say(contact())
    await exchange.say(contact(version=2), contact("carol"))
    assert [(type(each).__name__, each.household) for each in exchange.writer.events] == [  # pyright: ignore[reportAttributeAccessIssue]
        ("HouseholdKeySet", "june"),
        ("ContactRecorded", "june"),
        ("ContactRecorded", "june"),
        ("HouseholdKeySet", "carol"),
        ("ContactRecorded", "carol"),
    ]
    june, carol = (each.sealed for each in exchange.writer.rows(HouseholdKey))
    assert june != carol


def moved(message: Incoming, change: str) -> Incoming:
    """Return a message of june's in which what is sealed stands where it was not sealed."""
    envelope = wire.decode(message.value, Envelope)
    data = msgspec.json.decode(envelope.data)
    match change:
        case "field":
            data["email"], data["address"] = data["address"], data["email"]
        case "event":
            envelope = msgspec.structs.replace(envelope, id="another-1")
        case "bytes":
            data["email"] = data["email"][:-8] + data["email"][-8:].swapcase()
        case "base64":
            data["email"] = "sealed:1:A"
        case "clear":
            data["email"] = "june@example.test"
    raw = msgspec.Raw(msgspec.json.encode(data))
    return replace(message, value=wire.encode(msgspec.structs.replace(envelope, data=raw)))


@pytest.mark.parametrize("change", ["field", "event", "bytes", "base64", "clear"])
async def test_what_is_sealed_opens_in_its_own_place_alone(change: str) -> None:
    exchange = Exchange()
    await exchange.say(contact())
    await exchange.publish()
    [partition] = exchange.broker.topics[CONTACTS.name]
    partition[:] = [moved(each, change) for each in partition]
    await exchange.read()
    assert exchange.heard == []
    [parked] = exchange.reader.rows(ParkedEvent)
    assert parked.kind == "malformed"
    assert "example" not in parked.reason


async def test_a_household_s_key_opens_nothing_of_another_s() -> None:
    exchange = Exchange()
    await exchange.say(contact(), contact("carol"))
    carol, june = exchange.writer.rows(HouseholdKey)
    with pytest.raises(KeyMissing, match=NOT_THE_ONE):
        Sealing(ring()).sealed_anew(replace(carol, sealed=june.sealed))


@pytest.mark.parametrize("batch", [1, 3000])
async def test_what_comes_before_its_key_waits_for_it_alone_and_comes_with_it(batch: int) -> None:
    exchange = Exchange()
    await exchange.say(contact(), contact(version=2), contact("carol"))
    await exchange.publish()
    [keys] = exchange.broker.topics[KEYS_TOPIC.name]
    held, keys[:] = keys[:], [replace(keys[1], offset=0)]  # carol's alone has come
    await exchange.read(batch=batch)
    assert exchange.heard == [heard_of("carol")]
    assert [each.household for each in exchange.reader.rows(SealedEvent)] == ["june", "june"]
    assert exchange.reader.rows(ParkedEvent) == []
    assert not any(b"Example" in each.value for each in exchange.reader.rows(SealedEvent))
    keys.append(replace(held[0], offset=1))
    await exchange.read(batch=batch)
    assert exchange.heard == [heard_of("carol"), heard_of(), heard_of(version=2)]
    assert exchange.reader.rows(SealedEvent) == []


async def held_back(exchange: Exchange) -> Sequence[Incoming]:
    """Publish what was said, let the reader hear all but the keys, and return those."""
    await exchange.publish()
    [keys] = exchange.broker.topics[KEYS_TOPIC.name]
    held, keys[:] = keys[:], []
    await exchange.read()
    return held


async def spoil_first_that_waits(exchange: Exchange, change: str, *, household: str = "june") -> str:
    """Make the first event that waits for a household's key one that cannot be read; return its id."""
    waiting = sorted(exchange.reader.rows(SealedEvent), key=lambda each: each.offset)
    first = next(each for each in waiting if each.household == household)
    value = first.value.replace(b'"version":1', b'"version":9', 1)
    if change != "version":
        message = Incoming(first.topic, first.partition, first.offset, household.encode(), first.value, NOW)
        value = moved(message, change).value
    async with exchange.reader.begin(now=NOW) as uow:
        await uow.records(SealedEvent).put([replace(first, value=value)])
    return first.event_id


SPOILED = {
    "version": ("unknown", "ContactRecorded version 9 is not known here"),
    "field": ("malformed", "what is sealed is not of this event, or was changed"),
    "base64": ("malformed", "what is sealed is not of this event, or was changed"),
}


@pytest.mark.parametrize("batch", [1, 3000])
@pytest.mark.parametrize(("change", "says"), SPOILED.items(), ids=SPOILED)
async def test_what_waited_and_cannot_be_read_when_its_key_comes_is_parked_and_the_rest_behind_it(
    change: str, says: tuple[str, str], batch: int
) -> None:
    exchange = Exchange()
    await exchange.say(contact(), contact(version=2), contact("carol"))
    held = await held_back(exchange)
    spoiled = await spoil_first_that_waits(exchange, change)
    exchange.broker.topics[KEYS_TOPIC.name][0].extend(held)
    await exchange.say(contact(version=3))
    await exchange.publish()
    consumer = await exchange.read(batch=batch)
    parked = exchange.reader.rows(ParkedEvent)
    assert [(each.household, each.kind, each.reason) for each in parked] == [
        ("june", *says),
        ("june", "behind", ""),
        ("june", "behind", ""),
    ]
    assert parked[0].event_id == spoiled
    assert consumer.parked == 3
    assert exchange.heard == [heard_of("carol")]
    assert exchange.reader.rows(SealedEvent) == []
    assert [each.household for each in exchange.reader.rows(HouseholdKey)] == ["carol", "june"]


async def test_what_waited_and_cannot_be_read_is_parked_too_where_its_key_is_replayed() -> None:
    exchange = Exchange()
    await exchange.say(contact())
    [key] = await held_back(exchange)
    await spoil_first_that_waits(exchange, "version")
    envelope = wire.decode(key.value, Envelope)
    data = msgspec.json.decode(envelope.data) | {"sealed": "not base64"}
    damaged = msgspec.structs.replace(envelope, data=msgspec.Raw(msgspec.json.encode(data)))
    exchange.broker.topics[KEYS_TOPIC.name][0].append(replace(key, value=wire.encode(damaged)))
    await exchange.read()
    [parked] = exchange.reader.rows(ParkedEvent)
    assert (parked.type, parked.kind) == ("ContactKeySet", "malformed")
    async with exchange.reader.begin(now=NOW) as uow:
        await uow.records(ParkedEvent).put([replace(parked, value=key.value)])
    done = await Parking(service=exchange.service, uows=exchange.reader).replay(household="june", now=NOW)
    assert done == Replay(
        household="june",
        replayed=1,
        left=1,
        stopped_by="unknown: ContactRecorded version 9 is not known here",
    )
    assert [each.state for each in exchange.reader.rows(ParkedEvent)] == ["replayed", "parked"]


async def test_a_fault_of_what_waited_that_many_households_have_stops_the_keys_partition() -> None:
    exchange = Exchange()
    households = [f"h{number:02}" for number in range(MANY_HOUSEHOLDS + 2)]
    await exchange.say(*map(contact, households))
    held = await held_back(exchange)
    for household in households:
        await spoil_first_that_waits(exchange, "version", household=household)
    exchange.broker.topics[KEYS_TOPIC.name][0].extend(held)
    await exchange.read(batch=1)
    assert len(exchange.reader.rows(ParkedEvent)) == MANY_HOUSEHOLDS - 1
    assert len(exchange.reader.rows(SealedEvent)) == len(households) - (MANY_HOUSEHOLDS - 1)
    assert [each.topic for each in exchange.reader.rows(StoppedPartition)] == [KEYS_TOPIC.name]


async def test_a_reader_that_begins_at_the_start_finds_the_latest_key_alone_and_opens_all() -> None:
    exchange = Exchange()
    await exchange.say(contact())
    await rotate(exchange.writer, ring(SECOND), NOW)
    await exchange.say(contact(version=2))
    await exchange.publish()
    exchange.only_latest_keys()
    exchange.reads(SECOND)
    await exchange.read(batch=1)
    assert exchange.heard == [heard_of(), heard_of(version=2)]


async def test_what_a_forgotten_key_sealed_is_left_out_by_who_begins_at_the_start_and_keeps_nobody_waiting() -> (
    None
):
    exchange = Exchange()
    await exchange.say(contact(), contact("carol"))
    await exchange.forget()
    await exchange.publish()
    exchange.only_latest_keys()
    for batch in (1, 3000):
        exchange.reads(FIRST)
        await exchange.read(batch=batch)
        assert [each for each in exchange.heard if isinstance(each, Contact)] == [heard_of("carol")]
        assert [each for each in exchange.heard if isinstance(each, HouseholdKeySet)] == [
            HouseholdKeySet(household="june", number=1, key=None, sealed=None)
        ]
        assert exchange.reader.rows(SealedEvent) == []
        assert exchange.reader.rows(ParkedEvent) == []


async def test_who_was_forgotten_and_is_recorded_anew_has_another_key_and_the_old_stays_shut() -> None:
    exchange = Exchange()
    await exchange.say(contact())
    await exchange.forget()
    await exchange.say(contact(version=2))
    await exchange.publish()
    exchange.only_latest_keys()
    await exchange.read()
    assert exchange.heard == [heard_of(version=2)]
    assert [each.number for each in exchange.reader.rows(HouseholdKey)] == [2]


async def test_an_older_word_about_a_key_takes_nothing_back() -> None:
    exchange = Exchange()
    await exchange.say(contact())
    await exchange.publish()
    await exchange.forget()
    await exchange.publish()
    [keys] = exchange.broker.topics[KEYS_TOPIC.name]
    keys.append(replace(keys[0], offset=2, value=with_id(keys[0].value, "again-1")))
    await exchange.read(batch=1)
    assert [each.sealed for each in exchange.reader.rows(HouseholdKey)] == [None]


def with_id(value: bytes, event_id: str) -> bytes:
    return wire.encode(msgspec.structs.replace(wire.decode(value, Envelope), id=event_id))


async def test_without_the_ring_s_key_a_contact_is_parked_with_the_key_s_name_and_nothing_else() -> None:
    exchange = Exchange(keys=SECOND)
    await exchange.say(contact())
    await exchange.publish()
    exchange.reads(FIRST)
    await exchange.read()
    [parked] = exchange.reader.rows(ParkedEvent)
    assert (parked.kind, parked.reason) == ("poison", "the key 2015-11 is not among those that are set")
    assert not any(text.encode() in parked.value for text in PERSONAL[:-1])


async def test_under_another_key_of_that_name_a_contact_is_parked_with_the_key_s_name() -> None:
    exchange = Exchange()
    await exchange.say(contact())
    await exchange.publish()
    exchange.reads(OTHER)
    await exchange.read()
    [parked] = exchange.reader.rows(ParkedEvent)
    assert (parked.type, parked.kind, parked.reason) == ("ContactRecorded", "poison", NOT_THE_ONE)


async def test_under_another_key_of_that_name_nothing_more_is_said_of_a_household_that_has_a_key() -> None:
    exchange = Exchange()
    await exchange.say(contact())
    keys = exchange.writer.rows(HouseholdKey)
    other = MemoryDatabase.for_service(exchange.says(OTHER))
    async with other.begin(now=NOW) as uow:
        await uow.records(HouseholdKey).put(keys)
    with pytest.raises(KeyMissing, match=NOT_THE_ONE):
        async with other.begin(now=NOW, households=["june"]) as uow:
            uow.emit(contact(version=2), household="june")
    assert other.emitted == []
    with pytest.raises(KeyMissing, match=NOT_THE_ONE):
        await rotate(other, ring({"2015-11": SECOND["2015-11"]} | OTHER), NOW)
    assert other.rows(HouseholdKey) == keys


def counted(heard: Sequence[Received], _stored: Sequence[object], _now: datetime) -> list[Balance]:
    return [Balance(household=each.about, payments=len(heard), cents=0) for each in heard[-1:]]


async def test_a_contact_that_cannot_be_opened_leaves_its_household_alone_out_of_a_rebuilding() -> None:
    exchange = Exchange()
    await exchange.say(contact(), contact("carol"))
    await exchange.publish()
    await exchange.read()
    carol, june = exchange.reader.rows(HouseholdKey)
    service = replace(
        exchange.service,
        tables=BOOKKEEPER_TABLES,
        pictures=(Picture(kind=Balance, facts=(Contact,), paint=counted),),
    )
    reader = MemoryDatabase.for_service(service)
    stays = Balance(household="june", payments=7, cents=0)
    async with exchange.reader.begin(now=NOW) as old, reader.begin(now=NOW) as uow:
        for kind in (InboxRecord, PartitionCount):
            await uow.records(kind).add(await old.records(kind).select())
        await uow.records(HouseholdKey).add([carol, replace(june, sealed=carol.sealed)])
        await uow.records(Balance).add([stays])
    rebuilding = Rebuilding(service=service, uows=reader, broker=exchange.broker, now=lambda: NOW)
    done = await rebuilding.run(do="mend")
    assert (done.households, done.impossible) == (2, 1)
    assert reader.rows(Balance) == [Balance(household="carol", payments=1, cents=0), stays]


async def test_a_key_is_forgotten_for_a_household_that_is_parked_too() -> None:
    exchange = Exchange()
    await exchange.say(contact())
    await exchange.publish()
    [partition] = exchange.broker.topics[CONTACTS.name]
    partition[:] = [moved(each, "field") for each in partition]
    await exchange.read()
    assert [each.household for each in exchange.reader.rows(ParkedEvent)] == ["june"]
    await exchange.forget()
    await exchange.publish()
    await exchange.read()
    assert [each.sealed for each in exchange.reader.rows(HouseholdKey)] == [None]
    assert len(exchange.reader.rows(ParkedEvent)) == 1


async def test_without_keys_nothing_personal_is_said_and_nothing_of_its_transaction_is_there() -> None:
    database = MemoryDatabase(
        tables=CHASSIS_TABLES, outbound={enrollment.ContactRecorded: enrollment.ContactRecorded}
    )
    with pytest.raises(NotSealed):
        async with database.begin(now=NOW, households=["june"]) as uow:
            uow.emit(contact(), household="june")
    assert database.emitted == []


async def test_keys_are_sealed_anew_under_the_one_that_writes_and_readers_follow() -> None:
    exchange = Exchange()
    await exchange.say(contact(), contact("carol"))
    await exchange.forget("carol")
    await exchange.publish()
    await exchange.read()
    async with exchange.writer.begin(now=NOW) as uow:
        assert await keys_in_use(uow) == {"2014-11": 1}  # what is forgotten needs none
    assert await rotate(exchange.writer, ring(SECOND), NOW) == 1
    assert await rotate(exchange.writer, ring(SECOND), NOW) == 0
    await exchange.publish()
    await exchange.read()
    async with exchange.reader.begin(now=NOW) as uow:
        assert await keys_in_use(uow) == {"2015-11": 1}
    # The ring's old key may go: what was said before opens all the same, for who begins at the start too.
    exchange.reads({"2015-11": SECOND["2015-11"]})
    await exchange.read()
    assert [each for each in exchange.heard if isinstance(each, Contact)] == [heard_of()]


async def test_a_rotation_that_dies_goes_on_from_there() -> None:
    exchange = Exchange()
    await exchange.say(*(contact(f"household-{number:04}") for number in range(1200)))
    left = 5

    async def die(operation: str) -> None:
        nonlocal left
        left -= operation == "commit"
        if left < 0:
            raise RuntimeError("the process dies here")

    exchange.writer.interrupt = die
    with pytest.raises(RuntimeError):
        await rotate(exchange.writer, ring(SECOND), NOW)
    exchange.writer.interrupt = None
    async with exchange.writer.begin(now=NOW) as uow:
        assert await keys_in_use(uow) == {"2014-11": 200, "2015-11": 1000}
    assert await rotate(exchange.writer, ring(SECOND), NOW) == 200


async def test_what_is_forgotten_leaves_no_key_in_the_database_or_the_outbox() -> None:
    exchange = Exchange()
    await exchange.say(contact(), contact("carol"))
    [_, june] = exchange.writer.rows(HouseholdKey)
    assert june.sealed is not None
    wrapped = b64encode(june.sealed)
    assert sum(wrapped in each.envelope for each in exchange.writer.rows(OutboxRecord)) == 1
    async with exchange.writer.begin(now=NOW, households=["june"]) as uow:
        assert await forget_keys(uow, ["june"]) == ["june"]
    assert not any(wrapped in each.envelope for each in exchange.writer.rows(OutboxRecord))
    async with exchange.writer.begin(now=NOW, households=["june"]) as uow:
        assert await forget_keys(uow, ["june"]) == []
    assert [each.number for each in exchange.writer.events_of(HouseholdKeySet) if each.sealed is None] == [1]
    await exchange.publish()
    await exchange.read()
    assert [each for each in exchange.heard if isinstance(each, Contact)] == [heard_of("carol")]


class NoFence:
    """Keeps nobody from writing."""

    async def put_up(self) -> None: ...

    async def take_down(self) -> None: ...


async def test_a_writer_restored_to_before_a_key_takes_it_from_the_topic_and_makes_no_other() -> None:
    exchange = Exchange()
    await exchange.say(contact(), contact("carol"))
    await exchange.forget("carol")
    await exchange.publish()
    before = exchange.writer.rows(HouseholdKey)
    exchange.writer = MemoryDatabase.for_service(exchange.says(FIRST))  # an empty one
    outbox = MemoryOutbox(exchange.writer)
    await Rejoining(
        service=exchange.says(FIRST),
        uows=exchange.writer,
        broker=exchange.broker,
        outbox=outbox,
        relay=Relay(outbox=outbox, broker=exchange.broker),
        fence=NoFence(),
        now=lambda: NOW,
    ).run(do="leave out")
    assert exchange.writer.rows(HouseholdKey) == before
    await exchange.say(contact(version=2))
    await exchange.publish()
    await exchange.read()
    assert [each for each in exchange.heard if isinstance(each, Contact)] == [heard_of(), heard_of(version=2)]
