"""The commands with which a service makes its picture of others anew, and its database joins again (ADR 0024)."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

import typer

from bulkhead.audit.entries import REJOIN
from bulkhead.runtime.cli_parts import (
    asked_command,
    built,
    clock_of,
    errors_said,
    operate,
    read_settings,
    say,
)
from bulkhead.runtime.settings import Settings
from bulkhead.service import Service

if TYPE_CHECKING:
    from bulkhead.audit.entries import AuditEntry
    from bulkhead.messaging.broker import Broker
    from bulkhead.messaging.relay import Outbox, Relay
    from bulkhead.persistence.ports import UnitOfWorkFactory
    from bulkhead.persistence.postgres_fence import PostgresFence

S = TypeVar("S", bound=Settings)


def add_recovery(cli: typer.Typer, settings_type: type[S], build: Callable[[S], Service]) -> None:
    """Add `rebuild` and `rejoin` to a service's command line."""

    @cli.command()
    def rebuild(
        *,
        compare: Annotated[
            bool, typer.Option("--compare", help="Only say what differs, and change nothing.")
        ] = False,
    ) -> None:
        """Make what is kept of others' facts anew from the topics, while the service serves."""

        async def work(operations: Any) -> None:
            done = await operations.rebuild("compare" if compare else "mend")
            for each in done.kinds.values():
                say(
                    f"{each.kind}  {each.same} same, {each.missing} missing, {each.different} different,"
                    f" {each.needless} without a fact"
                )
            say(f"{done.facts} facts of {done.households} households and partitions")
            if done.impossible:
                say(f"{done.impossible} contradict themselves and were left as they are", to=sys.stderr)
                raise typer.Exit(1)

        operate(settings_type, build, work)

    @cli.command(name=REJOIN)
    def rejoin(
        *,
        listed: Annotated[
            bool, typer.Option("--list", help="Only list what its topics have and its database has not.")
        ] = False,
        leave_out: Annotated[
            bool,
            typer.Option(
                "--leave-out", help="Take nothing in: keep that it was said, and let everybody write again."
            ),
        ] = False,
    ) -> None:
        """Let a restored database catch up with what this service has said. Every other process of it is stopped."""
        settings, asked = read_settings(settings_type), asked_command()
        work = _list if listed else partial(_rejoin, do="leave out" if leave_out else "take in")
        with errors_said():
            asyncio.run(_with_parts(built(settings, build), settings, asked, work))


async def _list(parts: _Parts) -> None:
    from bulkhead.messaging.rejoining import OwnTopics

    own = OwnTopics(service=parts.service, uows=parts.uows, broker=parts.broker, now=parts.now)
    unknown = await own.unknown()
    for each in unknown:
        envelope = each.envelope
        say(f"{envelope.household or '-'}  {envelope.type}  {envelope.id}  {envelope.business_date}")
    say(f"{len(unknown)} not in the database")


async def _rejoin(parts: _Parts, *, do: Literal["take in", "leave out"]) -> None:
    from bulkhead.messaging.rejoining import Rejoining

    rejoining = Rejoining(
        service=parts.service,
        uows=parts.uows,
        broker=parts.broker,
        outbox=parts.outbox,
        relay=parts.relay,
        fence=parts.fence,
        now=parts.now,
    )
    async with parts.fence.alone():
        done = await rejoining.run(do=do)
    for name, count in sorted(done.taken_in.items()):
        say(f"{name}  {count} taken in again")
    say(f"{done.heard} facts of others heard, {done.parked} parked")
    for each in done.left:
        say(each, to=sys.stderr)
    say(f"{done.said_before} not said again, {done.otherwise} of them in other words")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """What a database is let rejoin with."""

    service: Service
    uows: UnitOfWorkFactory
    broker: Broker
    outbox: Outbox
    relay: Relay
    fence: PostgresFence
    now: Callable[[], datetime]


async def _with_parts(
    service: Service,
    settings: Settings,
    asked: Callable[[datetime], AuditEntry],
    work: Callable[[_Parts], Awaitable[None]],
) -> None:
    from bulkhead.audit.writing import AuditWriter
    from bulkhead.messaging.partitioning import KeptPartitions
    from bulkhead.messaging.postgres_outbox import PostgresOutbox
    from bulkhead.messaging.relay import Relay
    from bulkhead.observability.logging import configure_logging
    from bulkhead.persistence.postgres import PostgresDatabase
    from bulkhead.persistence.postgres_fence import PostgresFence, past_the_fence
    from bulkhead.runtime.process import kafka_of

    configure_logging(service=service.name, level="ERROR")
    url, name = settings.database_url.get_secret_value(), f"{service.name} rejoin"
    database = PostgresDatabase.for_service(replace(service, name=name), url=past_the_fence(url))
    outbox, broker = PostgresOutbox(url=past_the_fence(url), name=name), kafka_of(settings)
    try:
        clock = await clock_of(settings, database)
        await AuditWriter(database).keep(asked(clock.now()))
        kept = KeptPartitions(uows=database, broker=broker, now=clock.now)
        await work(
            _Parts(
                service=service,
                uows=database,
                broker=broker,
                outbox=outbox,
                relay=Relay(outbox=outbox, broker=broker, kept=kept),
                fence=PostgresFence(url=url, name=service.name),
                now=clock.now,
            )
        )
    finally:
        await outbox.close()
        await broker.close()
        await database.close()
