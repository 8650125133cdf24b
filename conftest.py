"""What every test of the repository may ask for, and how examples are tried out."""

from __future__ import annotations

import gc
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
import structlog
from hypothesis import settings

from bulkhead_local import jars
from bulkhead_local import kafka as local_kafka
from bulkhead_local import postgres as local_postgres
from bulkhead_local.backing import Backing
from bulkhead_local.state import State
from bulkhead_local.supervisor import Supervisor
from bulkhead_testing.kafka_process import KafkaProcess, OwnKafka
from bulkhead_testing.postgres_process import PostgresProcess

pytest_plugins = ("bulkhead_testing.backing",)

# What is loaded until all tests are collected is what they consist of: there is nothing in it to be collected.
gc.disable()

# How long one example takes says more about the machine's other work than about the code.
settings.register_profile("bulkhead", deadline=None, print_blob=True)
settings.load_profile("bulkhead")


def pytest_collection_finish() -> None:
    """Take what all tests consist of out of the collector's sight, as a service does: it stays until the end."""
    gc.collect()
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def local_servers() -> Callable[[], Backing]:
    """PostgreSQL and Kafka of this machine, started once and left running for the next time."""
    return Backing.ensure


@pytest.fixture(scope="session")
def servers_apart() -> Callable[[Path], AbstractContextManager[Backing]]:
    """What starts PostgreSQL and Kafka in a state folder of their own, where whoever asks for servers of this machine
    gets them meanwhile, and removes them. Kafka's jars are shared.
    """

    @contextmanager
    def apart(root: Path) -> Generator[Backing]:
        fetched = jars.fetched(State.here())
        (root / "kafka").mkdir()
        (root / "kafka" / "jars").symlink_to(fetched)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("BULKHEAD_STATE", str(root))
            patch.delenv("BULKHEAD_POSTGRES_URL", raising=False)
            patch.delenv("BULKHEAD_KAFKA_BOOTSTRAP", raising=False)
            try:
                yield Backing.ensure()
            finally:
                Supervisor(State(root)).end()
                shutil.rmtree(local_postgres.home(State(root)))

    return apart


@pytest.fixture
def own_kafka(tmp_path: Path, kafka_bootstrap: str) -> Iterator[OwnKafka]:
    """A running Kafka of this test's own; ``kafka_bootstrap`` sees to it that its programs are there."""
    if os.environ.get("BULKHEAD_TEST_CONTAINERS"):
        from bulkhead_testing.containers import KafkaContainer  # only here: it costs start-up time

        with KafkaContainer() as contained:
            yield contained
        return
    state = State(tmp_path)
    (state.kafka / "jars").symlink_to(jars.fetched(State.here()))
    program = local_kafka.program(state)
    own = KafkaProcess(bootstrap=f"127.0.0.1:{state.port('kafka')}", command=program.command, log=program.log)
    own.start()
    yield own
    own.kill()


@pytest.fixture
def own_postgres(postgres_url: str) -> Iterator[PostgresProcess]:
    """A running PostgreSQL of this test's own, that archives; ``postgres_url`` sees to it that there are programs."""
    if os.environ.get("BULKHEAD_TEST_CONTAINERS"):
        pytest.skip("a server in a container is not restored from here")
    state, user = State.here(), local_postgres.server_user()
    with tempfile.TemporaryDirectory(prefix="bulkhead-restore-") as folder:
        Path(folder).chmod(0o755)
        own = PostgresProcess(Path(folder), binaries=local_postgres.binaries_for(state, user=user), user=user)
        own.make()
        yield own
        own.stop()


@pytest.fixture(autouse=True)
def _logs_as_they_were() -> Iterator[None]:
    """Undo what a test set about logs: it may send them to a stream that is closed when the test ends."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    was = structlog.get_config() if structlog.is_configured() else None
    yield
    structlog.reset_defaults()
    if was is not None:
        structlog.configure(**was)
    root.handlers[:] = handlers
    root.setLevel(level)
