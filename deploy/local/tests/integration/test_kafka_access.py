"""Who may do what on Kafka: each service what its contracts say, and nobody else anything, asked of a real broker."""

# confluent_kafka.admin does not say what of it is for others:
# pyright: reportPrivateImportUsage=false

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    KafkaConnectionError,
    TopicAuthorizationFailedError,
    for_code,
)
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from bulkhead.contracts.registry import TOPICS
from bulkhead.contracts.rights import services
from bulkhead.messaging.kafka_settings import secured
from bulkhead_local import Backing, kafka_access
from bulkhead_local.errors import LocalError
from bulkhead_local.kafka_access import Access

SERVICES = ("carrier-gateway", "enrollment", "invoicing", "notifications", "payments")
SAYS = {
    "enrollment.policies.v1": "enrollment",
    "enrollment.contacts.v1": "enrollment",
    "invoicing.receivables.v1": "invoicing",
    "payments.payments.v1": "payments",
    "carrier-gateway.carriers.v1": "carrier-gateway",
    "notifications.notices.v1": "notifications",
    "notifications.channels.v1": "notifications",
}
HEARS = {
    "enrollment.policies.v1": {"invoicing", "payments", "carrier-gateway", "notifications"},
    "enrollment.contacts.v1": {"carrier-gateway", "notifications"},
    "invoicing.receivables.v1": {"enrollment", "payments", "carrier-gateway", "notifications"},
    "payments.payments.v1": {"invoicing", "carrier-gateway", "notifications"},
    "carrier-gateway.carriers.v1": {"enrollment"},
    "notifications.notices.v1": set[str](),
    "notifications.channels.v1": {"invoicing"},
}
"""Who says and hears what, as docs/domain-map.md draws it: written down a second time, so that a right given by mistake
is seen.
"""
FORGED = b'{"type":"PaymentReceived","household":"june","data":{"payment":"1","cents":50000}}'

QUIET = logging.getLogger("rights")

Client = Mapping[str, Any]


class Place:
    """An exchange's topics and users on this machine's Kafka, without the exchange."""

    def __init__(self, backing: Backing) -> None:
        assert backing.kafka_access is not None
        self.access: Access = backing.kafka_access
        self.open_door: Client = {"bootstrap_servers": backing.kafka_bootstrap}
        self.anonymous: Mapping[str, str] = {"bootstrap.servers": backing.kafka_bootstrap}
        self.exchange = f"rights-{secrets.token_hex(4)}"
        self.prefix = f"{self.exchange}."
        kafka_access.open_for(self.access, exchange=self.exchange, prefix=self.prefix, partitions=1)

    def service(self, name: str) -> Client:
        """Return what a client is handed to come as a service, by the settings that it is started with."""
        told = self.access.settings(exchange=self.exchange, service=name)
        login = secured(
            tls=True,
            ca=self.access.authority,
            username=told["BULKHEAD_KAFKA_USERNAME"],
            password=told["BULKHEAD_KAFKA_PASSWORD"],
        )
        return {"bootstrap_servers": told["BULKHEAD_KAFKA_BOOTSTRAP"], **login}

    def login(self, name: str) -> Mapping[str, str]:
        """Return the same for a client of librdkafka, which says of a topic that it may not be read."""
        told = self.access.settings(exchange=self.exchange, service=name)
        return {
            "bootstrap.servers": told["BULKHEAD_KAFKA_BOOTSTRAP"],
            "security.protocol": "SASL_SSL",
            "ssl.ca.location": told["BULKHEAD_KAFKA_CA"],
            "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.username": told["BULKHEAD_KAFKA_USERNAME"],
            "sasl.password": told["BULKHEAD_KAFKA_PASSWORD"],
        }


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    """An exchange's place on Kafka."""
    made = Place(Backing.ensure())
    yield made
    kafka_access.close_for(made.access, exchange=made.exchange, prefix=made.prefix)
    asyncio.run(_delete(made.access, made.prefix))


async def _delete(access: Access, prefix: str) -> None:
    admin = AIOKafkaAdminClient(**access.operator())
    await admin.start()
    await admin.delete_topics([prefix + topic.name for topic in TOPICS])
    await admin.close()


async def may_write(client: Client, topic: str) -> bool:
    """Return whether the broker takes an event for a topic."""
    producer = AIOKafkaProducer(**client, enable_idempotence=True, acks="all")
    await producer.start()
    try:
        async with asyncio.timeout(20):
            await producer.send_and_wait(topic, FORGED, key=b"june", partition=0)
    except TopicAuthorizationFailedError:
        return False
    finally:
        await producer.stop()
    return True


def may_read(login: Mapping[str, str], topic: str) -> bool:
    """Return whether the broker hands out what a topic holds."""
    consumer = Consumer(
        {
            **login,
            "group.id": "nobody",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
        },
        logger=QUIET,
    )
    try:
        # A topic that may not even be seen is never handed out, and librdkafka waits for it for ever.
        seen = consumer.list_topics(topic, timeout=20).topics[topic].error
        if seen is not None:
            assert seen.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED, seen
            return False
        consumer.assign([TopicPartition(topic, 0, 0)])
        answer = consumer.poll(20)
        assert answer is not None, "the broker does not answer"
        error = answer.error()
        if error is None or error.code() == KafkaError._PARTITION_EOF:
            return True
        assert error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED, error
        return False
    finally:
        consumer.close()


async def may_join(client: Client, group: str, topic: str) -> bool:
    """Return whether a consumer is let into a group."""
    consumer = AIOKafkaConsumer(topic, **client, group_id=group)
    try:
        async with asyncio.timeout(20):
            await consumer.start()
            await consumer.getmany(timeout_ms=200)
    except GroupAuthorizationFailedError:
        return False
    finally:
        await consumer.stop()
    return True


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_writes_the_topics_it_owns_and_no_other(place: Place, service: str) -> None:
    client = place.service(service)
    taken = {topic for topic in SAYS if await may_write(client, place.prefix + topic)}
    assert taken == {topic for topic, owner in SAYS.items() if owner == service}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_reads_what_it_owns_and_hears_and_nothing_else(place: Place, service: str) -> None:
    login = place.login(service)
    handed = {topic for topic in SAYS if may_read(login, place.prefix + topic)}
    assert handed == {
        topic for topic, heard_by in HEARS.items() if service in heard_by or SAYS[topic] == service
    }


async def test_a_service_joins_its_own_group_and_takes_no_partitions_from_another(place: Place) -> None:
    client, heard = place.service("invoicing"), place.prefix + "payments.payments.v1"
    let_in = [each for each in SERVICES if await may_join(client, place.prefix + each, heard)]
    assert let_in == ["invoicing"]


async def test_whoever_does_not_log_in_forges_no_payment_and_reads_no_contacts(place: Place) -> None:
    assert not await may_write(place.open_door, place.prefix + "payments.payments.v1")
    for topic in SAYS:
        assert not may_read(place.anonymous, place.prefix + topic), topic


async def test_whoever_does_not_log_in_joins_no_group_of_a_service(place: Place) -> None:
    admin = AIOKafkaAdminClient(**place.open_door)
    await admin.start()
    try:
        with pytest.raises(GroupAuthorizationFailedError):
            await admin.list_consumer_group_offsets(place.prefix + "payments")
    finally:
        await admin.close()


async def test_whoever_does_not_log_in_makes_and_removes_no_topic_of_an_exchange(place: Place) -> None:
    admin = AIOKafkaAdminClient(**place.open_door)
    await admin.start()
    try:
        made: Any = await admin.create_topics([NewTopic(place.prefix + "more", 1, 1)])
        removed: Any = await admin.delete_topics([place.prefix + "payments.payments.v1"])
    finally:
        await admin.close()
    assert [for_code(each[1]) for each in made.topic_errors] == [TopicAuthorizationFailedError]
    assert [for_code(each[1]) for each in removed.topic_error_codes] == [TopicAuthorizationFailedError]


def test_whoever_does_not_log_in_gives_nobody_a_right_and_nobody_a_password(place: Place) -> None:
    admin = AdminClient(dict(place.anonymous), logger=QUIET)
    right = AclBinding(
        ResourceType.TOPIC, place.prefix + "payments.payments.v1", ResourcePatternType.LITERAL,
        "User:ANONYMOUS", "*", AclOperation.WRITE, AclPermissionType.ALLOW,
    )  # fmt: skip
    password = UserScramCredentialUpsertion(
        kafka_access.user(place.exchange, "payments"),
        ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096),
        b"known",
    )
    for asked in (admin.create_acls([right]), admin.alter_user_scram_credentials([password])):
        (future,) = asked.values()
        with pytest.raises(KafkaException, match="CLUSTER_AUTHORIZATION_FAILED"):
            future.result(timeout=20)


async def test_the_services_of_one_exchange_are_nobody_at_another(place: Place) -> None:
    other = Place(Backing.ensure())
    try:
        client = other.service("payments")
        assert not await may_write(client, place.prefix + "payments.payments.v1")
        assert not may_read(other.login("payments"), place.prefix + "enrollment.policies.v1")
    finally:
        kafka_access.close_for(other.access, exchange=other.exchange, prefix=other.prefix)
        await _delete(other.access, other.prefix)


def test_who_is_gone_logs_in_no_more_and_all_others_do_over_a_restart(
    servers_apart: Callable[[Path], AbstractContextManager[Backing]], tmp_path: Path
) -> None:
    with servers_apart(tmp_path) as backing:
        goes = Place(backing)
        gone = goes.service("payments")
        assert asyncio.run(may_write(gone, goes.prefix + "payments.payments.v1"))
        backing.stop("kafka")
        backing.start("kafka")
        kafka_access.close_for(goes.access, exchange=goes.exchange, prefix=goes.prefix)
        stays = Place(backing)
        backing.stop("kafka")
        backing.start("kafka")
        assert asyncio.run(may_write(stays.service("payments"), stays.prefix + "payments.payments.v1"))
        with pytest.raises(KafkaConnectionError):
            asyncio.run(may_write(gone, goes.prefix + "payments.payments.v1"))


def test_it_is_open_once_the_services_are_let_in(place: Place) -> None:
    exchange = f"rights-{secrets.token_hex(4)}"
    with pytest.raises(LocalError, match=f"does not let {exchange}.payments in after 1 s"):
        kafka_access.wait_until_let_in(place.access, exchange=exchange, prefix=f"{exchange}.", within=1.0)
    with ThreadPoolExecutor(1) as beside:
        waits = beside.submit(
            kafka_access.wait_until_let_in, place.access, exchange=exchange, prefix=f"{exchange}."
        )
        assert not wait({waits}, timeout=1.0).done
        kafka_access.open_for(place.access, exchange=exchange, prefix=f"{exchange}.", partitions=1)
        waits.result(timeout=20)
    kafka_access.close_for(place.access, exchange=exchange, prefix=f"{exchange}.")
    asyncio.run(_delete(place.access, f"{exchange}."))


async def test_a_wrong_password_is_refused(place: Place) -> None:
    producer = AIOKafkaProducer(**{**place.service("payments"), "sasl_plain_password": "guessed"})
    try:
        with pytest.raises(KafkaConnectionError):
            await producer.start()
    finally:
        await producer.stop()


def test_every_service_has_a_user() -> None:
    assert services() == SERVICES
