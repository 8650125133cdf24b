"""PostgreSQL and Kafka in containers, by testcontainers.

The images are the official ones, or those that ``BULKHEAD_TEST_POSTGRES_IMAGE`` and ``BULKHEAD_TEST_KAFKA_IMAGE``
name: `tools/images.sh` makes some where no registry is reached.
"""

from __future__ import annotations

import os
import signal
import socket
from contextlib import ExitStack
from functools import cached_property
from typing import Self

import pytest
from docker.errors import DockerException
from testcontainers.community.postgres import PostgresContainer
from testcontainers.core.container import DockerContainer
from testcontainers.core.docker_client import DockerClient
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

POSTGRES_IMAGE = "postgres:17"
KAFKA_IMAGE = "apache/kafka:4.3.1"

_CLIENT, _CONTROLLER, _BROKER = 9092, 9093, 9094
_SECONDS_TO_START = 120


class Containers:
    """Both servers, each started in a container when it is first asked for; they end with the ``with`` block."""

    def __init__(self) -> None:
        _require_engine()
        self._running = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()

    @cached_property
    def postgres_url(self) -> str:
        """The URL of PostgreSQL's administrator."""
        return self._running.enter_context(_postgres_container()).get_connection_url()

    @cached_property
    def kafka_bootstrap(self) -> str:
        """Kafka's ``host:port``."""
        return self._running.enter_context(KafkaContainer()).bootstrap


def _require_engine() -> None:
    try:
        DockerClient().client.ping()
    except DockerException as error:
        pytest.exit(
            f"BULKHEAD_TEST_CONTAINERS is set, and no Docker engine answers: {error}\n"
            "  What to do: install one and start it, e.g. `apt-get install docker.io`, `dockerd`; or name one in "
            "DOCKER_HOST; or test on plain processes: `make integration`",
            returncode=1,
        )


def _postgres_container() -> PostgresContainer:
    container = PostgresContainer(os.environ.get("BULKHEAD_TEST_POSTGRES_IMAGE", POSTGRES_IMAGE), driver=None)
    container.with_env("POSTGRES_INITDB_ARGS", "--locale=C --encoding=UTF8")
    container.with_command("postgres -c max_connections=400 -c fsync=off")
    return container


class KafkaContainer(DockerContainer):
    """One broker, of Apache's image or one like it; testcontainers' own class knows Confluent's alone.

    A broker tells its clients where it is, so its port outside is chosen before it starts. The port stays when the
    broker is killed and started again.
    """

    def __init__(self) -> None:
        super().__init__(os.environ.get("BULKHEAD_TEST_KAFKA_IMAGE", KAFKA_IMAGE))
        port = _free_port()
        self.bootstrap = f"{self.get_docker_client().host()}:{port}"
        self.with_bind_ports(_CLIENT, port)
        self.with_envs(**_kafka_settings(bootstrap=self.bootstrap))
        self.waiting_for(
            LogMessageWaitStrategy("Kafka Server started").with_startup_timeout(_SECONDS_TO_START)
        )

    def start(self) -> Self:
        """Start the broker: at first in a new container, after `kill` in the same."""
        if self._container is None:
            return super().start()
        self._container.start()
        return self

    def signal(self, number: signal.Signals) -> None:
        """Send the broker a signal."""
        self.get_wrapped_container().kill(signal=number.name)

    def kill(self) -> None:
        """Kill the broker; what it wrote stays."""
        self.signal(signal.SIGKILL)
        self.wait()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("", 0))
        return int(free.getsockname()[1])


def _kafka_settings(*, bootstrap: str) -> dict[str, str]:
    return {
        "KAFKA_NODE_ID": "1",
        "KAFKA_PROCESS_ROLES": "broker,controller",
        "KAFKA_CONTROLLER_QUORUM_VOTERS": f"1@localhost:{_CONTROLLER}",
        "KAFKA_LISTENERS": f"CLIENT://:{_CLIENT},CONTROLLER://:{_CONTROLLER},BROKER://:{_BROKER}",
        "KAFKA_ADVERTISED_LISTENERS": f"CLIENT://{bootstrap},BROKER://localhost:{_BROKER}",
        "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "KAFKA_INTER_BROKER_LISTENER_NAME": "BROKER",
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT,BROKER:PLAINTEXT",
        "KAFKA_LOG_DIRS": "/var/lib/kafka/data",
        "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
        "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS": "3",
        # A broker or a consumer that was killed is taken for gone soon.
        "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
        "KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS": "1000",
        "KAFKA_BROKER_SESSION_TIMEOUT_MS": "1500",
        "KAFKA_BROKER_HEARTBEAT_INTERVAL_MS": "300",
    }
