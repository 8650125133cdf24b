"""Kafka in the charts is Kafka in the registry of contracts: topics, who writes, who reads, and what scales by it."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest
from charts.rendering import SERVICES, Case, Object, example, named, of_kind, rendered

from bulkhead.contracts.registry import CONTACTS, TOPICS
from bulkhead.contracts.rights import rights_of
from bulkhead.messaging.kafka import LATEST_ALONE_CONFIG, TOPIC_CONFIG
from bulkhead_local.state import REPOSITORY

PREFIX = "vermont."


def objects_of(service: str) -> tuple[Object, ...]:
    """Return what operators make for a service, on topics with a prefix."""
    case = example("operators", service)
    return rendered(Case(case.chart, case.files, (f"kafka.topicPrefix={PREFIX}",)))


def rights(service: str) -> set[tuple[str, str, str]]:
    """Return what a service may do: kind, name and operation."""
    user = named(objects_of(service), "KafkaUser", service)
    return {
        (acl["resource"]["type"], acl["resource"]["name"], operation)
        for acl in user["spec"]["authorization"]["acls"]
        for operation in acl["operations"]
    }


def test_what_is_generated_is_what_it_would_be() -> None:
    check = [sys.executable, "-m", "tools.charts", "--check"]
    done = subprocess.run(check, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_every_topic_is_made_once_by_its_owner_as_services_make_it() -> None:
    made = [
        (service, each["metadata"]["name"], each["spec"]["config"])
        for service in SERVICES
        for each in of_kind(objects_of(service), "KafkaTopic")
    ]
    assert sorted(made, key=str) == sorted(
        [
            (
                topic.owner,
                PREFIX + topic.name,
                {
                    **(LATEST_ALONE_CONFIG if topic.keys else TOPIC_CONFIG),
                    "min.insync.replicas": "2",
                },
            )
            for topic in TOPICS
        ],
        key=str,
    )


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_may_write_what_it_owns_and_read_that_and_what_it_listens_to_and_nothing_else(
    service: str,
) -> None:
    assert rights(service) == {
        (right.resource, right.name, operation)
        for right in rights_of(service, prefix=PREFIX)
        for operation in right.operations
    }


@pytest.mark.parametrize("service", SERVICES)
def test_the_registry_names_as_readers_those_who_subscribe(service: str) -> None:
    translation = importlib.import_module(f"{service.replace('-', '_')}.adapters.messaging.translation")
    assert set(translation.SUBSCRIBES) == {topic for topic in TOPICS if service in topic.readers}


def test_contacts_are_read_by_their_owner_and_by_those_who_write_to_people_alone() -> None:
    readers = {
        service for service in SERVICES if ("topic", PREFIX + CONTACTS.name, "Read") in rights(service)
    }
    assert readers == {CONTACTS.owner, "carrier-gateway", "notifications"}


@pytest.mark.parametrize("service", SERVICES)
def test_workers_are_scaled_by_all_that_they_read_and_never_above_its_partitions(service: str) -> None:
    scaled = named(objects_of(service), "ScaledObject", f"{service}-worker")["spec"]
    topics = {trigger["metadata"]["topic"] for trigger in scaled["triggers"]}
    assert topics == {PREFIX + topic.name for topic in TOPICS if service in topic.readers}
    assert {trigger["metadata"]["consumerGroup"] for trigger in scaled["triggers"]} == {PREFIX + service}
    assert scaled["minReplicaCount"] >= 1
    assert scaled["maxReplicaCount"] <= 64
