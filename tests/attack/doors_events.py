"""Kafka: events by those who may not say them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from attack.rows import Row
from attack.target import VICTIM, Target
from bulkhead.contracts.registry import CHANNELS, PAYMENTS, TOPICS
from bulkhead.contracts.wire import Envelope, encode
from bulkhead.kernel.calendar import local
from bulkhead.messaging.kafka_settings import secured
from bulkhead.messaging.partitioning import partition_of

FORGED = "forged"


def payment_received(household: str) -> bytes:
    """Return an event that says a household has paid what it owes."""
    day = date(2015, 12, 3)
    data = {
        "payment": uuid.uuid4().hex, "household": household, "cents": 50000, "method": "card",
        "received_on": day.isoformat(), "made_at": local(day, 12).isoformat(),
    }  # fmt: skip
    return encode(
        Envelope(
            id=uuid.uuid4().hex, type="PaymentReceived", version=1, household=household,
            occurred_at=local(day, 12), business_date=day, correlation_id=FORGED, causation_id=None,
            traceparent=None, data=msgspec.Raw(msgspec.json.encode(data)),
        )
    )  # fmt: skip


async def whoever_forges_events(target: Target) -> Row:
    """Forge a payment without a login, as another service, and on another service's own topic: no coverage begins."""
    row = Row("kafka", "a payment forged by who is not payments")
    access, exchange = target.exchange.backing.kafka_access, target.exchange
    if access is None:
        row.tried(held=False, what="this Kafka asks nobody who is there")
        return row
    await target.register(FORGED)
    open_door = {"bootstrap_servers": exchange.backing.kafka_bootstrap}
    for topic in TOPICS:
        held = not await _taken(target, open_door, topic.name)
        row.tried(held=held, what=f"Kafka took an event of nobody's for {topic.name}")
    for service in ("enrollment", "invoicing", "carrier-gateway", "notifications"):
        held = not await _taken(target, _login(target, service), PAYMENTS.name)
        row.tried(held=held, what=f"Kafka took a payment from {service}")
    # Its own topic notifications may write to, and invoicing hears it.
    await _taken(target, _login(target, "notifications"), CHANNELS.name)

    async def parked() -> bool:
        shown = await target.done("invoicing", "GET", "/v1/parked")
        return any(each["household"] == FORGED for each in shown["items"])

    row.tried(
        held=await target.until("parked", parked), what="a payment said by notifications was not set aside"
    )
    lifecycles = await target.lifecycles(FORGED)
    row.tried(held=lifecycles == await target.lifecycles("mallory"), what=f"coverage is {lifecycles}")

    async def covered() -> bool:
        return await target.lifecycles(VICTIM) != lifecycles

    row.tried(
        held=await target.until("covered", covered),
        what="who has paid has no coverage, so the look shows nothing",
    )
    return row


def _login(target: Target, service: str) -> Mapping[str, Any]:
    access = target.exchange.backing.kafka_access
    assert access is not None
    told = access.settings(exchange=target.exchange.name, service=service)
    login = secured(
        tls=True,
        ca=access.authority,
        username=told["BULKHEAD_KAFKA_USERNAME"],
        password=told["BULKHEAD_KAFKA_PASSWORD"],
    )
    return {"bootstrap_servers": access.bootstrap, **login}


async def _taken(target: Target, kafka: Mapping[str, Any], topic: str) -> bool:
    """Return whether Kafka takes the forged payment for a topic."""
    producer = AIOKafkaProducer(**kafka, acks="all", request_timeout_ms=10_000)
    await producer.start()
    try:
        partition = partition_of(FORGED, target.exchange.partitions)
        name = f"{target.exchange.topic_prefix}{topic}"
        await producer.send_and_wait(name, payment_received(FORGED), key=FORGED.encode(), partition=partition)
    except KafkaError:
        return False
    finally:
        await producer.stop()
    return True
