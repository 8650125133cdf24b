"""Apache Kafka as one plain Java process: one node that is broker and controller."""

from __future__ import annotations

import logging
import subprocess
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from bulkhead_local import jars, programs
from bulkhead_local.errors import LocalError
from bulkhead_local.kafka_access import Access
from bulkhead_local.progress import step
from bulkhead_local.state import State, write_whole
from bulkhead_local.supervisor import Program

_LOG_CONFIGURATION = f"-Dlog4j2.configurationFile={jars.FOLDER / 'log4j2.properties'}"


def _properties(*, port: int, tls_port: int, controller_port: int, log: Path, access: Access) -> str:
    return "\n".join(
        [
            "process.roles=broker,controller",
            "node.id=1",
            f"controller.quorum.bootstrap.servers=127.0.0.1:{controller_port}",
            f"listeners=PLAINTEXT://127.0.0.1:{port},SASL_SSL://127.0.0.1:{tls_port},"
            f"CONTROLLER://127.0.0.1:{controller_port}",
            f"advertised.listeners=PLAINTEXT://127.0.0.1:{port},SASL_SSL://127.0.0.1:{tls_port}",
            "controller.listener.names=CONTROLLER",
            "inter.broker.listener.name=SASL_SSL",
            "listener.security.protocol.map=CONTROLLER:SASL_PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL",
            *access.broker_properties(),
            f"log.dirs={log}",
            "auto.create.topics.enable=false",
            # Topics keep everything, and offsets last a year: a service away for months finds all it missed.
            "log.retention.ms=-1",
            "offsets.retention.minutes=525600",
            # One node: one copy of everything.
            "default.replication.factor=1",
            "min.insync.replicas=1",
            "offsets.topic.replication.factor=1",
            "offsets.topic.num.partitions=3",
            "transaction.state.log.replication.factor=1",
            "transaction.state.log.min.isr=1",
            "share.coordinator.state.topic.replication.factor=1",
            "share.coordinator.state.topic.min.isr=1",
            # A broker or a consumer that was killed is taken for gone soon.
            "group.initial.rebalance.delay.ms=0",
            "group.min.session.timeout.ms=1000",
            "broker.session.timeout.ms=1500",
            "broker.heartbeat.interval.ms=300",
            # Small files: an exchange on one machine has many partitions with little in each.
            "log.segment.bytes=16777216",
            "log.index.size.max.bytes=262144",
            "",
        ]
    )


def program(state: State) -> Program:
    """Return Kafka as supervisor runs it, on ports that are free now, its storage made if need be."""
    runtime, classes = str(programs.java()), f"{jars.fetched(state)}/*"
    log = state.kafka / "log"
    configuration = state.kafka / "server.properties"
    text = _properties(
        port=state.usable_port("kafka"),
        tls_port=state.usable_port("kafka-tls"),
        controller_port=state.usable_port("kafka-controller"),
        log=log,
        access=Access(state),
    )
    write_whole(configuration, text, mode=0o600)  # the operator's password is in it
    if not (log / "meta.properties").exists():
        with step("kafka: formatting its storage"):
            _format(runtime, classes, configuration, cluster=f"bulkhead-{state.mark}")
    return Program(
        name="kafka",
        command=[
            runtime, "-Xms256m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
            _LOG_CONFIGURATION, "-cp", classes, "kafka.Kafka", str(configuration),
        ],
        folder=state.kafka,
        log=state.logs / "kafka.log",
        priority=10,
        stop_seconds=30,
    )  # fmt: skip


def _format(runtime: str, classes: str, configuration: Path, *, cluster: str) -> None:
    command = [
        runtime,
        "-XX:TieredStopAtLevel=1",
        _LOG_CONFIGURATION,
        "-cp",
        classes,
        "kafka.tools.StorageTool",
    ]
    command += ["format", "--standalone", "-t", cluster, "-c", str(configuration)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LocalError(
            f"Kafka's storage could not be formatted: {(done.stderr or done.stdout).strip()[-500:]}\n"
            f"  What to do: remove {configuration.parent / 'log'} and try again"
        )


async def answers(bootstrap: str) -> bool:
    """Whether Kafka answers a request; its port is open some time before it does."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # not there yet is what we are here to see
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=2_000)
    try:
        await client.start()
        return bool((await client.describe_cluster())["brokers"])
    except (KafkaError, OSError, TimeoutError):
        return False
    finally:
        await client.close()
