"""What every command of a service's command line is made with."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from getpass import getuser
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import typer
from pydantic import ValidationError
from typer.main import (
    get_current_context,  # pyright: ignore[reportPrivateImportUsage] - it has no public name
)

from bulkhead.kernel.errors import BulkheadError
from bulkhead.runtime.settings import Settings
from bulkhead.service import Service

if TYPE_CHECKING:
    from bulkhead.audit.entries import AuditEntry
    from bulkhead.clock import Clock
    from bulkhead.persistence.ports import UnitOfWorkFactory
    from bulkhead.runtime.operations import Operations

S = TypeVar("S", bound=Settings)


def operate(
    settings_type: type[S],
    build: Callable[[S], Service],
    work: Callable[[Operations], Awaitable[None]],
    *,
    fence: Literal["kept", "passed"] = "kept",
) -> None:
    """Do an operator's work on the service's database, once the audit log has who asks for which command; an error of
    ours is said, and the exit code is 1. ``passed``: it is done too where the database is behind what its service said,
    for whatever `rejoin` may need (ADR 0024).
    """
    from bulkhead.audit.writing import AuditWriter
    from bulkhead.messaging.postgres_outbox import PostgresOutbox
    from bulkhead.observability.logging import configure_logging
    from bulkhead.persistence.postgres import PostgresDatabase
    from bulkhead.persistence.postgres_fence import past_the_fence
    from bulkhead.runtime.operations import Operations
    from bulkhead.runtime.process import kafka_of

    asked = asked_command()
    settings = read_settings(settings_type)
    service = built(settings, build)
    configure_logging(service=service.name, level="ERROR")
    said = settings.database_url.get_secret_value()
    url = past_the_fence(said) if fence == "passed" else said

    async def run() -> None:
        database = PostgresDatabase.for_service(service, url=url)
        audit = PostgresDatabase.for_service(service, url=past_the_fence(said))
        broker = kafka_of(settings)
        try:
            clock = await clock_of(settings, database)
            outbox = PostgresOutbox(url=url, name=service.name)  # connects where it is asked
            await AuditWriter(audit).keep(asked(clock.now()))
            await work(
                Operations(service=service, uows=database, broker=broker, outbox=outbox, now=clock.now())
            )
        finally:
            await broker.close()
            await audit.close()
            await database.close()

    with errors_said():
        asyncio.run(run())


def asked_command() -> Callable[[datetime], AuditEntry]:
    """Return what makes the audit log's entry of the command that is being run: its words, whose household it is about,
    and the ids among its arguments; of its options nothing, for anything may be in them.
    """
    from bulkhead.audit.entries import COMMAND_LINE, AuditEntry, known_id, known_ids, plain_actor
    from bulkhead.persistence.ids import new_event_id

    context = get_current_context()
    household = known_id(context.params.get("household"))
    arguments = {each.name for each in context.command.params if each.param_type_name == "argument"}
    typed = {name: value for name, value in context.params.items() if name in arguments - {"household"}}
    words = list[str]()
    while context.parent is not None:  # the first word is the program's
        words.insert(0, context.info_name or "")
        context = context.parent

    def entry(now: datetime) -> AuditEntry:
        return AuditEntry(
            entry=new_event_id(now),
            at=now,
            actor=plain_actor(COMMAND_LINE + who_asks()),
            roles="operator",
            operation=" ".join(words),
            outcome="begun",
            household=household,
            named=known_ids(typed),
        )

    return entry


async def clock_of(settings: Settings, database: UnitOfWorkFactory) -> Clock:
    """Return the clock of the wall, or the simulated one as the database remembers it. Raises `Retryable`."""
    from bulkhead.clock import SimulatedClock, WallClock

    start = settings.simulation_start
    return WallClock() if start is None else await SimulatedClock.load(database, start=start)


@contextmanager
def errors_said() -> Iterator[None]:
    """Say an error of ours and end the process with 1."""
    try:
        yield
    except BulkheadError as error:
        say(str(error), to=sys.stderr)
        raise typer.Exit(1) from error


def read_settings(settings_type: type[S]) -> S:
    """Return the settings of the environment; names those missing or wrong and ends the process."""
    try:
        return settings_type()  # pyright: ignore[reportCallIssue] - the environment fills it
    except ValidationError as error:
        prefix = settings_type.model_config.get("env_prefix", "")
        for each in error.errors(include_input=False, include_url=False):
            message = each["msg"].removeprefix("Value error, ")
            if not each["loc"]:  # about several, which it names
                say(message, to=sys.stderr)
                continue
            name = str(each["loc"][0])
            variable = name if name.isupper() else f"{prefix}{name}".upper()
            say(f"{variable}: {message}", to=sys.stderr)
        raise typer.Exit(2) from None


def built(settings: S, build: Callable[[S], Service]) -> Service:
    """Return the service; says what of its policy pack cannot be read and ends the process."""
    with errors_said():
        return build(settings)


def say(text: str, *, to: Any = None) -> None:
    """Write a line for the operator."""
    (to or sys.stdout).write(text + "\n")


def who_asks() -> str:
    """Return who runs a command: the machine's name of them, or its number where it has none, as in a container."""
    try:
        return getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"
