"""What the five services stand on: PostgreSQL and Kafka, started here, or already there."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from bulkhead_local import kafka, kafka_access, postgres
from bulkhead_local.errors import DidNotStart, LocalError
from bulkhead_local.kafka_access import Access
from bulkhead_local.progress import step
from bulkhead_local.state import State, is_free
from bulkhead_local.supervisor import Program, Supervisor, last_lines

BackingName: TypeAlias = Literal["postgres", "kafka"]

GROUP = "backing"
_SECONDS_TO_START = 180.0  # as long as a service: a machine may be busy
_SECONDS_OF_TRIES = 15.0
_SECONDS_BEFORE_ANOTHER_TRY = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Backing:
    """PostgreSQL and Kafka of this machine. `Backing.ensure` is how to get one.

    ``postgres_url`` is an administrator's (it makes databases and roles); ``kafka_bootstrap`` is host:port, by which
    whoever is here comes in. ``kafka_access`` is the way in of who logs in; None for a Kafka that was given: who may do
    what there is for its own operators to say.
    """

    state: State
    postgres_url: str
    kafka_bootstrap: str
    kafka_access: Access | None = None

    def kafka_operator(self) -> dict[str, Any]:
        """Return what a client of aiokafka is handed to read and write whatever is there."""
        if self.kafka_access is None:
            return {"bootstrap_servers": self.kafka_bootstrap}
        return self.kafka_access.operator()

    @classmethod
    def ensure(cls) -> Backing:
        """Return the backing services, running.

        They are those of ``BULKHEAD_POSTGRES_URL`` and ``BULKHEAD_KAFKA_BOOTSTRAP`` where given, else this
        machine's own, started if need be. Several processes may call it at once. Raises `LocalError`, which
        says what is missing and how to get it.
        """
        state = State.here()
        given_postgres = os.environ.get("BULKHEAD_POSTGRES_URL")
        given_kafka = os.environ.get("BULKHEAD_KAFKA_BOOTSTRAP")
        with state.locked("backing"):
            own: list[BackingName] = []
            if not given_postgres:
                own.append("postgres")
            if not given_kafka:
                own.append("kafka")
            if own:
                _ensure_running(state, own)
        return cls(
            state=state,
            postgres_url=given_postgres or postgres.administrator_url(state),
            kafka_bootstrap=given_kafka or f"127.0.0.1:{state.port('kafka')}",
            kafka_access=None if given_kafka else Access(state),
        )

    def start(self, name: BackingName) -> None:
        """Start one that was stopped or killed, and wait for it. Raises `LocalError` for one not ours."""
        self._must_be_ours(name)
        Supervisor(self.state).start(GROUP, name)
        _wait_until_it_answers(self.state, name)

    def stop(self, name: BackingName) -> None:
        """Stop one in an orderly way; returns when it has stopped. Raises `LocalError` for one not ours."""
        self._must_be_ours(name)
        Supervisor(self.state).stop(GROUP, name)

    def kill(self, name: BackingName) -> None:
        """Kill one (SIGKILL); returns when it is gone. Raises `LocalError` for one not ours."""
        self._must_be_ours(name)
        Supervisor(self.state).kill(GROUP, name)

    def _must_be_ours(self, name: BackingName) -> None:
        supervisor = Supervisor(self.state)
        if not supervisor.is_up() or supervisor.look_at(GROUP, name) is None:
            raise LocalError(f"{name} was not started here.\n  What to do: stop or start it where it runs")


def _ensure_running(state: State, names: list[BackingName]) -> None:
    supervisor = Supervisor(state)
    if supervisor.is_up():
        seen = {each.name: each for each in supervisor.seen() if each.group == GROUP}
        if set(names) <= set(seen):
            for name in names:
                if not seen[name].runs:
                    supervisor.start(GROUP, name)
                    _wait_until_it_answers(state, name)
                elif not _answers(state, name):
                    _wait_until_it_answers(state, name)
            return
    programs: list[Program] = []
    if "postgres" in names:
        programs.append(postgres.program(state))
    if "kafka" in names:
        programs.append(kafka.program(state))
    supervisor.ensure()
    supervisor.declare(GROUP, programs)
    for program in programs:
        supervisor.start(GROUP, program.name)
    for name in names:
        _wait_until_it_answers(state, name)
    if "kafka" in names:
        kafka_access.close_cluster(Access(state))


def _answers(state: State, name: BackingName) -> bool:
    if name == "postgres":
        return postgres.run(lambda: postgres.answers(postgres.administrator_url(state)))
    port = state.port("kafka")
    return not is_free(port) and postgres.run(lambda: kafka.answers(f"127.0.0.1:{port}"))


def _wait_until_it_answers(state: State, name: BackingName) -> None:
    supervisor = Supervisor(state)
    log = state.logs / f"{name}.log"
    began = time.monotonic()
    with step(f"{name}: starting on port {state.port(name)}"):
        while not _answers(state, name):
            if time.monotonic() - began > _SECONDS_TO_START:
                why = f"it does not answer after {_SECONDS_TO_START:.0f} s"
                raise DidNotStart(what=name, why=why, log=log, lines=last_lines(log))
            seen = supervisor.look_at(GROUP, name)
            if seen is not None and not seen.runs:
                # After a kill its lock, its port or its shared memory may linger for about two seconds.
                if time.monotonic() - began > _SECONDS_OF_TRIES:
                    raise DidNotStart(what=name, why="it ends at once", log=log, lines=last_lines(log))
                time.sleep(_SECONDS_BEFORE_ANOTHER_TRY)
                supervisor.start(GROUP, name)
            time.sleep(0.05)
