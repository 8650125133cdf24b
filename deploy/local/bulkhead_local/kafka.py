"""Apache Kafka as one plain Java process: fetched with Maven, one node that is broker and controller."""

from __future__ import annotations

import logging
import shutil
import subprocess
import time
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from bulkhead_local.errors import LocalError, Missing
from bulkhead_local.progress import step
from bulkhead_local.state import REPOSITORY, State, write_whole
from bulkhead_local.supervisor import Program

_HERE = REPOSITORY / "deploy" / "local" / "kafka"
_COPY_DEPENDENCIES = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
_OLDEST_JAVA = 17
_FETCH_TRIES = 3

JAVA_MISSING = "install a Java runtime, version 17 or later, e.g. `apt-get install openjdk-17-jre-headless`"
MAVEN_MISSING = "install Maven, e.g. `apt-get install maven`; it fetches Kafka's jars once"


def java() -> str:
    """Return the Java program. Raises `Missing` where there is none of version 17 or later."""
    found = shutil.which("java")
    if found is None:
        raise Missing(what="java", how=JAVA_MISSING)
    told = subprocess.run([found, "-version"], capture_output=True, text=True, check=False).stderr
    first = told.split('"')[1].split(".")[0] if '"' in told else "0"
    if not first.isdigit() or int(first) < _OLDEST_JAVA:
        raise Missing(what=f"java {_OLDEST_JAVA} or later (found: {first})", how=JAVA_MISSING)
    return found


def jars(state: State) -> Path:
    """Return the folder of Kafka's jars, fetched with Maven at first use and whenever the pom.xml changes.

    Raises `Missing` where there is no Maven, `LocalError` where it cannot fetch.
    """
    folder = state.kafka / "jars"
    wanted = (_HERE / "pom.xml").read_text()
    fetched = folder / ".fetched-by-pom.xml"
    with state.locked("kafka-jars"):
        if fetched.exists() and fetched.read_text() == wanted:
            return folder
        maven = shutil.which("mvn")
        if maven is None:
            raise Missing(what="mvn (Maven)", how=MAVEN_MISSING)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)

        fetched_so_far: list[str] = []
        with step(
            "kafka: fetching its jars with Maven (about 92, 54 MB, once)",
            how_far=lambda: f"{sum(line.endswith('.jar') for line in fetched_so_far)} jars fetched",
        ):
            _fetch(maven, folder, fetched_so_far)
        write_whole(fetched, wanted)
        return folder


def _fetch(maven: str, folder: Path, fetched: list[str]) -> None:
    command = [maven, "-B", "-f", str(_HERE / "pom.xml"), _COPY_DEPENDENCIES]
    command += ["-DincludeScope=runtime", f"-DoutputDirectory={folder}"]
    said: list[str] = []
    for attempt in range(1, _FETCH_TRIES + 1):
        said.clear()
        merged = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        with subprocess.Popen(command, text=True, **merged) as maven_running:
            for line in maven_running.stdout or ():
                if " Downloaded from " in line:
                    fetched.append(line.partition(" (")[0].strip())
                elif "ERROR" in line:
                    said.append(line.strip())
        if maven_running.returncode == 0:
            return
        if attempt < _FETCH_TRIES:
            time.sleep(2 * attempt)
    why = "\n    ".join(said[:5])
    raise LocalError(
        f"Maven could not fetch Kafka's jars. It said:\n    {why}\n"
        "  What to do: see that this machine reaches Maven's central repository, and try again"
    )


def _properties(*, port: int, controller_port: int, log: Path) -> str:
    return "\n".join(
        [
            "process.roles=broker,controller",
            "node.id=1",
            f"controller.quorum.bootstrap.servers=127.0.0.1:{controller_port}",
            f"listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}",
            f"advertised.listeners=PLAINTEXT://127.0.0.1:{port}",
            "controller.listener.names=CONTROLLER",
            "inter.broker.listener.name=PLAINTEXT",
            "listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
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
    runtime, classes = java(), f"{jars(state)}/*"
    log = state.kafka / "log"
    configuration = state.kafka / "server.properties"
    text = _properties(
        port=state.usable_port("kafka"), controller_port=state.usable_port("kafka-controller"), log=log
    )
    write_whole(configuration, text)
    if not (log / "meta.properties").exists():
        with step("kafka: formatting its storage"):
            _format(runtime, classes, configuration)
    return Program(
        name="kafka",
        command=[
            runtime, "-Xms256m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
            f"-Dlog4j2.configurationFile={_HERE / 'log4j2.properties'}",
            "-cp", classes, "kafka.Kafka", str(configuration),
        ],
        folder=state.kafka,
        log=state.logs / "kafka.log",
        priority=10,
        stop_seconds=30,
    )  # fmt: skip


def _format(runtime: str, classes: str, configuration: Path) -> None:
    tool = [runtime, "-XX:TieredStopAtLevel=1", f"-Dlog4j2.configurationFile={_HERE / 'log4j2.properties'}"]
    tool += ["-cp", classes, "kafka.tools.StorageTool"]
    made = subprocess.run([*tool, "random-uuid"], capture_output=True, text=True, check=True).stdout.strip()
    cluster = made.splitlines()[-1]
    command = [*tool, "format", "--standalone", "-t", cluster, "-c", str(configuration)]
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
