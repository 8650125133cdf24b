"""PostgreSQL and Kafka of a state folder of their own: found again, killed, started again, ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from bulkhead_local import Backing, LocalError, kafka, postgres
from bulkhead_local.state import State
from bulkhead_local.supervisor import Supervisor


@pytest.fixture(scope="module")
def backing(
    servers_apart: Callable[[Path], AbstractContextManager[Backing]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Backing]:
    """A world of its own, so that nobody else's servers are killed."""
    with servers_apart(tmp_path_factory.mktemp("state")) as made:
        yield made


@pytest.fixture(autouse=True)
def in_its_world(backing: Backing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BULKHEAD_STATE", str(backing.state.root))


def test_a_second_look_finds_what_runs_at_once(backing: Backing) -> None:
    began = time.monotonic()
    assert Backing.ensure() == backing
    assert time.monotonic() - began < 2


def test_a_killed_postgresql_can_be_started_again_and_has_lost_no_commit(backing: Backing) -> None:
    made = "CREATE TABLE kept AS SELECT 1 AS one"
    postgres.run(lambda: postgres.execute(backing.postgres_url, made))
    backing.kill("postgres")
    assert not postgres.run(lambda: postgres.answers(backing.postgres_url))
    backing.start("postgres")
    postgres.run(lambda: postgres.execute(backing.postgres_url, "DROP TABLE kept"))


def test_a_killed_kafka_is_started_again_by_the_next_who_needs_it(backing: Backing) -> None:
    backing.kill("kafka")
    assert not postgres.run(lambda: kafka.answers(backing.kafka_bootstrap))
    assert Backing.ensure() == backing
    assert postgres.run(lambda: kafka.answers(backing.kafka_bootstrap))


def test_servers_given_by_address_are_used_and_never_stopped(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BULKHEAD_STATE", str(tmp_path))
    monkeypatch.setenv("BULKHEAD_POSTGRES_URL", "postgresql://somebody:secret@elsewhere.test/postgres")
    monkeypatch.setenv("BULKHEAD_KAFKA_BOOTSTRAP", "elsewhere.test:9092")
    given = Backing.ensure()
    assert given.kafka_bootstrap == "elsewhere.test:9092"
    assert not Supervisor(State(tmp_path)).is_up()
    with pytest.raises(LocalError, match="kafka was not started here"):
        given.kill("kafka")
