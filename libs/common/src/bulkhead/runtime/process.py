"""One process of a service: what it is made of, how it starts, and how it ends."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from bulkhead.clock import Clock, SimulatedClock, WallClock
from bulkhead.duties.runner import DutyRunner
from bulkhead.kernel.errors import Retryable
from bulkhead.messaging.kafka import KafkaBroker
from bulkhead.messaging.kafka_settings import KafkaSettings, secured
from bulkhead.messaging.partitioning import KeptPartitions
from bulkhead.messaging.postgres_outbox import PostgresOutbox
from bulkhead.messaging.postgres_retention import PostgresRetention
from bulkhead.messaging.rejoining import OwnTopics
from bulkhead.messaging.relay import Relay
from bulkhead.observability.exposition import begin_to_measure, exposed
from bulkhead.observability.logging import configure_logging, describe, get_logger
from bulkhead.observability.readings import Readings
from bulkhead.observability.tracing import configure_tracing
from bulkhead.persistence.connections import ConnectionLimits
from bulkhead.persistence.postgres import PostgresDatabase
from bulkhead.persistence.postgres_fence import PostgresFence, past_the_fence
from bulkhead.runtime.measures import sources_of_all
from bulkhead.runtime.memory import made_to_stay, spare_the_collector
from bulkhead.runtime.server import HttpServer
from bulkhead.runtime.settings import Settings
from bulkhead.runtime.work import SIMULATION_PACE, NoWork, Pace, Work
from bulkhead.service import Service
from bulkhead.web.app import create_app, create_health_app
from bulkhead.web.auth import TokenVerifier, key_source
from bulkhead.web.health import Condition

if TYPE_CHECKING:
    from opentelemetry.sdk.metrics import MeterProvider

Role = Literal["all", "api", "worker"]

_CLOCK_REFRESH_SECONDS = 0.5
"""How long a process beside others may show the time that was: on a cluster twenty of them ask."""
_DATABASE_WAIT_SECONDS = 0.2
_BESIDE_THE_POOL = 4
"""Connections that are not for requests and events, as `Settings.database_connections` says."""
_GATE_SECONDS = 1.0
"""For so long a process believes what it saw of maintenance windows (OPS-2)."""

_log = get_logger("process")


def run(service: Service, settings: Settings, *, role: Role) -> None:
    """Run a process of the service until it is told to end (SIGTERM, SIGINT). Raises the bug that ends it."""
    configure_logging(service=service.name, level=settings.log_level)
    tracing = configure_tracing(
        service=service.name,
        trace_file=settings.trace_file,
        otlp_endpoint=settings.otlp_endpoint,
        ratio=settings.trace_ratio,
    )
    process = Process(service=service, settings=settings, role=role)
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(process.run())
    finally:
        for provider in (tracing, process.measuring):
            if provider is not None:
                provider.shutdown()


def kafka_of(settings: Settings) -> KafkaBroker:
    """Return the Kafka of these settings; it connects at first use."""
    return KafkaBroker(
        KafkaSettings(
            bootstrap=settings.kafka_bootstrap,
            prefix=settings.topic_prefix,
            partitions=settings.partitions,
            session=settings.kafka_session_seconds,
            client=secured(
                tls=settings.kafka_tls == "on",
                ca=settings.kafka_ca,
                username=settings.kafka_username,
                password=settings.kafka_password.get_secret_value() if settings.kafka_password else "",
            ),
        )
    )


class Process:
    """A service's API, its work, or both, over one pool of connections and one event loop."""

    def __init__(self, *, service: Service, settings: Settings, role: Role) -> None:
        self._service = service
        self._settings = settings
        self._role: Role = role
        self._ending = asyncio.Event()
        self._database = self._connected(settings.database_connections - _BESIDE_THE_POOL)
        self._ready = self._connected(1)
        self._audit = PostgresDatabase.for_service(
            service,
            url=past_the_fence(settings.database_url.get_secret_value()),
            limits=ConnectionLimits(connections=1),
        )
        self.measuring: MeterProvider | None = None
        """What measures, once it does; it is to be shut down when the process has ended."""
        self._broker = kafka_of(settings)
        self._outbox = PostgresOutbox(url=settings.database_url.get_secret_value(), name=service.name)

    def _connected(self, connections: int) -> PostgresDatabase:
        return PostgresDatabase.for_service(
            self._service,
            url=self._settings.database_url.get_secret_value(),
            limits=ConnectionLimits(connections=connections),
        )

    async def run(self) -> None:
        """Start, serve until told to end, and end in order. Raises what ended it otherwise."""
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._ending.set)
        with suppress(Retryable):  # what is not looked at now is looked at before anything is read or written
            await self._database.require_keys()
        clock = await self._clock()
        if clock is None:
            return
        with made_to_stay():
            work = self._work(clock) if self._role != "api" else None
            readings = self._measure(clock, work)
            measured = partial(exposed, readings) if self._settings.metrics == "on" else None
            condition = Condition(uows=self._ready, clock=clock, started=True, measured=measured)
            server = self._server(clock, condition, work)
        tasks = [asyncio.create_task(server.serve(), name="http")]
        tasks += [asyncio.create_task(loop.run(), name=loop.name) for loop in (work.loops if work else ())]
        if self._role != "all" and isinstance(clock, SimulatedClock):
            tasks.append(asyncio.create_task(self._follow(clock, work), name="clock"))
        if self._settings.otlp_endpoint:
            tasks.append(asyncio.create_task(self._keep_reading(readings), name="measure"))
        spare_the_collector()
        _log.info("started", role=self._role, simulation=isinstance(clock, SimulatedClock))
        ended = await self._until_one_ends(tasks)
        await self._end(condition, server, work, tasks)
        if ended is not None:
            raise ended

    async def _until_one_ends(self, tasks: list[asyncio.Task[None]]) -> BaseException | None:
        """Return when told to end, or what a task ended with that should not have."""
        told = asyncio.create_task(self._ending.wait())
        done, _ = await asyncio.wait([told, *tasks], return_when=asyncio.FIRST_COMPLETED)
        told.cancel()
        for task in tasks:
            if task in done and not self._ending.is_set():
                error = task.exception() or RuntimeError(f"{task.get_name()} ended by itself")
                _log.critical("process_ends", because=task.get_name(), **describe(error))
                return error
        return None

    async def _end(
        self, condition: Condition, server: HttpServer, work: Work | None, tasks: list[asyncio.Task[None]]
    ) -> None:
        """Not ready; requests finish; loops finish what is in hand; the outbox is flushed; pools close."""
        _log.info("ending", role=self._role)
        self._ending.set()  # where it ends by itself: whoever follows the clock is to know
        condition.stopping = True
        deadline = asyncio.get_running_loop().time() + self._settings.grace_seconds
        await asyncio.sleep(self._settings.drain_seconds)
        server.stop()
        if work is not None:
            work.stop()
        _, left = await asyncio.wait(tasks, timeout=max(0.0, deadline - asyncio.get_running_loop().time()))
        for task in left:
            _log.warning("cut_off", task=task.get_name())
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if work is not None:
            await _bounded(work.close(), until=deadline)
        await _bounded(self._outbox.close(), until=deadline)
        await _bounded(self._broker.close(), until=deadline)
        await _bounded(self._ready.close(), until=deadline)
        await _bounded(self._audit.close(), until=deadline)
        await _bounded(self._database.close(), until=deadline)
        _log.info("ended", role=self._role)

    async def _catch_up(self, clock: SimulatedClock) -> None:
        """Show the instant the clock file tells, where it is later: time went on while this process was away.

        It must know before it looks at anything, for a file of today is one of the future to yesterday.
        """
        file = self._settings.simulation_clock_file
        if file is None or not file.exists():
            return
        told = datetime.fromisoformat(file.read_text(encoding="ascii").strip())
        if told > clock.now():
            await clock.set(self._database, to=told)

    async def _clock(self) -> Clock | None:
        """Return the clock, once the database has told the time it remembers; None when told to end first."""
        start = self._settings.simulation_start
        if start is None:
            return WallClock()
        while not self._ending.is_set():
            try:
                clock = await SimulatedClock.load(self._database, start=start)
                # Here and not when duties first get their turn: the clock may have been moved by then.
                await DutyRunner(self._service.duties, self._database).open(clock.now())
                await self._catch_up(clock)
                return clock
            except Retryable:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._ending.wait(), _DATABASE_WAIT_SECONDS)
        return None

    async def _follow(self, clock: SimulatedClock, work: Work | None) -> None:
        """Show what another process set the clock to."""
        while not self._ending.is_set():
            before = clock.now()
            with suppress(Retryable):
                await clock.refresh(self._database)
            if work is not None and clock.now() != before:
                work.wake()
            await asyncio.sleep(_CLOCK_REFRESH_SECONDS)

    def _measure(self, clock: Clock, work: Work | None) -> Readings:
        """Begin to measure, where anybody wants to know; return how things stand, to be read by whoever asks."""
        settings = self._settings
        sources = sources_of_all(service=self._service, uows=self._database, clock=clock, outbox=self._outbox)
        readings = Readings([*sources, *(work.sources() if work is not None else ())])
        if settings.metrics == "on" or settings.otlp_endpoint:
            self.measuring = begin_to_measure(
                service=self._service.name,
                readings=readings,
                scraped=settings.metrics == "on",
                otlp_endpoint=settings.otlp_endpoint,
                otlp_seconds=settings.otlp_seconds,
            )
        return readings

    async def _keep_reading(self, readings: Readings) -> None:
        """Read how things stand again and again, for the thread that sends it."""
        while not self._ending.is_set():
            await readings.refresh()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), self._settings.otlp_seconds)

    def _work(self, clock: Clock) -> Work:
        settings = self._settings
        url, name = settings.database_url.get_secret_value(), self._service.name
        work = Work(
            service=self._service,
            uows=self._database,
            clock=clock,
            broker=self._broker,
            relay=Relay(
                outbox=self._outbox,
                broker=self._broker,
                kept=KeptPartitions(uows=self._database, broker=self._broker, now=clock.now),
            ),
            retention=PostgresRetention(
                url=url,
                name=name,
                topics=[topic.name for topic in self._service.subscribes],
                horizon=timedelta(days=settings.replay_horizon_days),
            ),
            pace=Pace() if settings.simulation_start is None else SIMULATION_PACE,
            elapsed_seconds=time.monotonic,
            require_known=self._require_known(clock),
        )
        self._database.woken.append(work.wake_relay)
        return work

    def _require_known(self, clock: Clock) -> Callable[[], Awaitable[None]]:
        """Return what puts up the fence and raises where the database is behind what its service has said."""
        own = OwnTopics(service=self._service, uows=self._database, broker=self._broker, now=clock.now)
        fence = PostgresFence(url=self._settings.database_url.get_secret_value(), name=self._service.name)
        return partial(own.require_known_or_fence, fence)

    def _server(self, clock: Clock, condition: Condition, work: Work | None) -> HttpServer:
        settings = self._settings
        if self._role == "worker":
            app = create_health_app(condition)
        else:
            verifier = TokenVerifier(
                keys=key_source(settings.jwks), issuer=settings.jwt_issuer, audience=settings.jwt_audience
            )
            app = create_app(
                service=self._service,
                uows=self._database,
                clock=clock,
                verifier=verifier,
                condition=condition,
                audit=self._audit,
                progress=(work or NoWork()) if settings.simulation_start is not None else None,
                changed=work.wake if work is not None else lambda: None,
                gate_seconds=_GATE_SECONDS if settings.simulation_start is None else 0.0,
            )
        return HttpServer(
            app,
            host=settings.http_host,
            port=settings.http_port,
            grace_seconds=int(settings.grace_seconds / 2),
        )


async def _bounded(step: Coroutine[Any, Any, None], *, until: float) -> None:
    """Take a closing step; give it up when time is over or it fails, for the process ends all the same."""
    left = max(0.5, until - asyncio.get_running_loop().time())
    try:
        async with asyncio.timeout(left):
            await step
    except Exception as error:  # noqa: BLE001 - what is left unclosed ends with the process
        _log.warning("not_closed", **describe(error))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return what makes the faster event loop, where it is installed."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
