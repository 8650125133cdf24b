"""The command line every service has."""

from __future__ import annotations

import asyncio
import inspect
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from pydantic import SecretStr

from bulkhead.kernel.errors import Retryable
from bulkhead.kernel.key_rings import KeyMissing
from bulkhead.runtime.audit_cli import add_audit
from bulkhead.runtime.cli_parts import built, operate, read_settings, say, who_asks
from bulkhead.runtime.contact_keys import NO_CONTACT_KEYS, ContactKeySettings
from bulkhead.runtime.maintenance_cli import add_maintenance
from bulkhead.runtime.memory import made_to_stay
from bulkhead.runtime.policy_cli import policy_commands
from bulkhead.runtime.recovery_cli import add_recovery
from bulkhead.runtime.settings import Settings
from bulkhead.service import Service

if TYPE_CHECKING:
    from bulkhead.duties.tables import DutyRecord
    from bulkhead.runtime.operations import Operations

S = TypeVar("S", bound=Settings)

_SECONDS_BETWEEN_LOOKS = 1.0

HouseholdArgument = typer.Argument(help="The household's id, or *topic:partition for events about none.")


def build_cli(
    name: str, settings_type: type[S], build: Callable[[S], Service], *, parameters: type[Any] | None = None
) -> typer.Typer:
    """Return a service's command line, the same for all: processes, migration, documents, operations.

    ``build`` makes the service from its settings, which are read from the environment; ``parameters`` is the dataclass
    of what it reads in a policy pack, None where it reads none.
    """
    cli = typer.Typer(help=f"The {name} service.", no_args_is_help=True, pretty_exceptions_enable=False)
    _add_processes(cli, settings_type, build)
    _add_documents(cli, settings_type, build)
    add_recovery(cli, settings_type, build)
    cli.add_typer(_parked(settings_type, build), name="parked", help="Events that were set aside.")
    cli.add_typer(_topics(settings_type, build), name="topics", help="What of the topics is not read on.")
    cli.add_typer(_duties(settings_type, build), name="duties", help="What is to be done on which day.")
    add_maintenance(cli, settings_type, build)
    add_audit(cli, settings_type, build)
    cli.add_typer(_retries(settings_type, build), name="retries", help="Work that waits for its next try.")
    if parameters is not None:
        cli.add_typer(policy_commands({name: parameters}), name="policy", help="What its policy packs say.")
    return cli


def _add_processes(cli: typer.Typer, settings_type: type[S], build: Callable[[S], Service]) -> None:
    def run(role: Any) -> None:
        with made_to_stay():
            from bulkhead.runtime import process

            settings = read_settings(settings_type)
            service = built(settings, build)
        try:
            process.run(service, settings, role=role)
        except KeyMissing as error:
            say(str(error), to=sys.stderr)
            raise typer.Exit(1) from error

    @cli.command()
    def api() -> None:
        """Answer requests."""
        run("api")

    @cli.command()
    def worker() -> None:
        """Publish, consume, do duties, look for files and mails."""
        run("worker")

    @cli.command(name="all")
    def everything() -> None:
        """Answer requests and do the work, in one process."""
        run("all")


def _add_documents(cli: typer.Typer, settings_type: type[S], build: Callable[[S], Service]) -> None:
    @cli.command()
    def migrate(revision: str = "head") -> None:
        """Bring the database up to date."""
        from bulkhead.messaging.postgres_retention import make_months
        from bulkhead.persistence.migrations import migrate as bring_up

        settings = read_settings(settings_type)
        url = settings.database_url.get_secret_value()
        directory = settings.migrations_dir or _migrations_beside(settings_type)
        try:
            brought = bring_up(url=url, directory=directory, revision=revision)
        except Retryable as error:
            say(str(error), to=sys.stderr)
            raise typer.Exit(1) from error
        with suppress(Retryable):  # a worker that is at its tables makes its months itself
            asyncio.run(make_months(url=url, name="migrate"))
        say(f"The database is {f'at {revision}' if brought else 'ahead, and is left as it is'}.")

    @cli.command()
    def migrated(
        wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for it.")] = 0.0,
    ) -> None:
        """End with 0 once the database is up to date, or ahead by newer code; with 1 where it is not in time."""
        settings = read_settings(settings_type)
        url = settings.database_url.get_secret_value()
        directory = settings.migrations_dir or _migrations_beside(settings_type)
        stands = asyncio.run(_standing_in_time(url, directory, wait))
        say(f"The database is {stands}.")
        if stands not in ("up to date", "ahead"):
            raise typer.Exit(1)

    @cli.command()
    def openapi(
        path: Annotated[
            Path | None, typer.Argument(help="Where to write it; to the screen if left out.")
        ] = None,
    ) -> None:
        """Write the API's OpenAPI document. No setting is needed, but where the policy packs are."""
        from bulkhead.runtime.documents import openapi_of

        text = openapi_of(built(_settings_that_say_nothing(settings_type), build))
        if path is None:
            sys.stdout.write(text)
            return
        try:
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            say(f"{path} cannot be written: {error.strerror}", to=sys.stderr)
            raise typer.Exit(1) from error


async def _standing_in_time(url: str, directory: Path, seconds: float) -> str:
    """Return how a database stands, as soon as it is migrated, else after so many seconds."""
    from bulkhead.persistence.migrations import standing

    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    while True:
        try:
            stands: str = await standing(url=url, directory=directory)
        except Retryable:
            stands = "away"
        if stands in ("up to date", "ahead") or loop.time() >= until:
            return stands
        await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)


def _parked(settings_type: type[S], build: Callable[[S], Service]) -> typer.Typer:
    cli = typer.Typer(no_args_is_help=True)

    @cli.command(name="list")
    def list_() -> None:
        """Show what is parked, by household and in order."""
        operate(settings_type, build, _show_parked)

    @cli.command()
    def replay(
        household: Annotated[str | None, HouseholdArgument] = None,
        *,
        everybody: Annotated[
            bool, typer.Option("--all", help="All households, or all of one cause.")
        ] = False,
        cause: Annotated[
            str | None,
            typer.Option(help="With --all: a kind, or a kind and a reason as listed (bug: KeyError)."),
        ] = None,
    ) -> None:
        """Handle a household's parked events again, in order; or those of all households of one cause.

        Ends with 1 where something of them is parked still.
        """
        if (household is None) is not everybody or (cause is not None and not everybody):
            raise typer.BadParameter("name a household, or --all, with or without a --cause")

        async def again(operations: Operations) -> None:
            await (_replay_all(operations, cause) if household is None else _replay(operations, household))

        operate(settings_type, build, again)

    @cli.command()
    def discard(
        household: Annotated[str, HouseholdArgument],
        event: Annotated[str, typer.Argument(help="The event's id, as `parked list` shows it.")],
        reason: Annotated[str, typer.Option(help="Why it is discarded; it is kept with the event.")],
    ) -> None:
        """Set one of a household's parked events aside for good; those behind it stay parked."""

        async def away(operations: Operations) -> None:
            from bulkhead.messaging.parking import tell_discarded

            discarded = await operations.parking.discard(
                household=household, event=event, reason=reason, now=operations.now
            )
            tell_discarded(discarded)
            say(f"discarded {discarded.type} {discarded.event_id}")

        operate(settings_type, build, away)

    return cli


async def _show_parked(operations: Operations) -> None:
    from bulkhead.persistence.event_tables import ParkedEvent

    rows = await operations.rows(ParkedEvent, state="parked")
    for row in rows:
        say(f"{row.household}  {row.position}  {row.type}  {row.event_id}  {row.kind}  {row.reason}")
    say(f"{len(rows)} parked")


async def _replay(operations: Operations, household: str) -> None:
    from bulkhead.messaging.parking import NothingParked

    try:
        done = await operations.parking.replay(household=household, now=operations.now)
    except NothingParked as nothing:
        say(str(nothing))  # another replay had taken it in already
        return
    say(f"{done.replayed} replayed, {done.left} left" + (f": {done.stopped_by}" if done.stopped_by else ""))
    if done.left:
        raise typer.Exit(1)


def _topics(settings_type: type[S], build: Callable[[S], Service]) -> typer.Typer:
    cli = typer.Typer(no_args_is_help=True)

    @cli.command(name="list")
    def list_() -> None:
        """Show the partitions that are stopped, and the types that are passed over."""

        operate(settings_type, build, _show_topics)

    @cli.command()
    def release(topic: str, partition: int) -> None:
        """Let a stopped partition go on, a second or two later: whom its fault befalls is parked."""

        async def go_on(operations: Operations) -> None:
            await operations.release(topic, partition)
            say(f"released {topic} {partition}")

        operate(settings_type, build, go_on, fence="passed")

    @cli.command()
    def forget(
        topic: str,
        type_: Annotated[str, typer.Argument(metavar="TYPE", help="The type, as `topics list` shows it.")],
        version: Annotated[int, typer.Argument(help="Its version: 1 for v1.")],
        reason: Annotated[str, typer.Option(help="Why nobody will know it; it is kept, with who says so.")],
    ) -> None:
        """Note a type no longer that was passed over and that nobody will know: nothing of it is ever taken in."""

        async def away(operations: Operations) -> None:
            done = await operations.forget_type(topic, type_, version, by=who_asks(), reason=reason)
            say(f"forgotten {done.topic} {done.type} v{done.version}, {done.events} events")

        operate(settings_type, build, away)

    @cli.command()
    def adopt(
        topic: str,
        partitions: int,
        *,
        unread: Annotated[
            bool,
            typer.Option("--unread", help="Though not all is read: the order of who moves is not certain."),
        ] = False,
    ) -> None:
        """Go on with a topic's new number of partitions: in its readers once all is read, then in its writer."""

        async def take(operations: Operations) -> None:
            await (operations.adopt_unread if unread else operations.adopt)(topic, partitions)
            say(f"{topic}: {partitions} partitions")

        operate(settings_type, build, take, fence="passed")

    _add_offsets(cli, settings_type, build)
    return cli


async def _show_topics(operations: Operations) -> None:
    from bulkhead.persistence.event_tables import PartitionCount, PassedOverType, StoppedPartition

    stopped, passed_over = (
        await operations.rows(StoppedPartition),
        await operations.rows(PassedOverType),
    )
    for row in stopped:
        then = "released" if row.released else f"next {row.retry_at:%Y-%m-%d %H:%M:%S}"
        say(f"stopped  {row.topic} {row.partition}  {row.type}  {row.event_id}  {row.fault}  {then}")
    for row in passed_over:
        say(f"passed over  {row.topic} {row.partition}  {row.type} v{row.version}  {row.events} events")
    for row in await operations.rows(PartitionCount):
        say(f"spread over {row.partitions} partitions  {row.topic}")
    say(f"{len(stopped)} stopped, {len(passed_over)} passed over")


def _add_offsets(cli: typer.Typer, settings_type: type[S], build: Callable[[S], Service]) -> None:
    @cli.command()
    def offsets() -> None:
        """Show how far each partition is noted as read: a month of the inbox stays until all were since (ADR 0016)."""

        async def show(operations: Operations) -> None:
            from bulkhead.persistence.event_tables import ReadOffset

            rows = await operations.rows(ReadOffset)
            for row in rows:
                say(f"{row.topic} {row.partition}  {row.offset}  noted {row.noted_at:%Y-%m-%d %H:%M:%S}")
            say(f"{len(rows)} noted")

        operate(settings_type, build, show)


async def _replay_all(operations: Operations, cause: str | None) -> None:
    households = replayed = still_parked = 0
    after: str | None = ""
    while after is not None:
        done = await operations.parking.replay_all(cause=cause, now=operations.now, after=after)
        households, replayed = households + done.households, replayed + done.replayed
        still_parked, after = still_parked + done.still_parked, done.more_after
    say(f"{households} households: {replayed} events replayed, {still_parked} households still parked")
    if still_parked:
        raise typer.Exit(1)


def _duties(settings_type: type[S], build: Callable[[S], Service]) -> typer.Typer:
    cli = typer.Typer(no_args_is_help=True)

    @cli.command(name="list")
    def list_(limit: Annotated[int, typer.Option(min=1, help="How many that are done.")] = 50) -> None:
        """Show the duties that are begun (pending), wait or fail, and why; then the latest that are done.

        One that is due and that nobody has begun is not among them. What a done one left aside is in `retries list`.
        """

        async def show(operations: Operations) -> None:
            rows = await operations.latest_duties(limit)
            for row in rows:
                say(f"{row.on_date}  {row.duty}  {row.state}{_why(row)}")
            say(f"{sum(row.state != 'done' for row in rows)} not done")

        operate(settings_type, build, show)

    @cli.command()
    def run(
        name: Annotated[str, typer.Argument(help="The duty's name.")],
        on: Annotated[datetime, typer.Argument(help="Its business date.", formats=["%Y-%m-%d"])],
    ) -> None:
        """Perform one duty for one date now; ends with 1 where it waits, or where somebody was left aside.

        One that is done already is not done again. Whom it left aside is in `retries list --kind duties`.
        """

        async def perform(operations: Operations) -> None:
            on_date = date(on.year, on.month, on.day)
            record = await operations.runner.run_now(name, on_date=on_date, now=operations.now)
            aside = await operations.left_aside(name, on_date)
            say(f"{record.state}{_why(record)}{f', {aside} left aside' if aside else ''}")
            if record.state != "done" or aside:
                raise typer.Exit(1)

        operate(settings_type, build, perform)

    return cli


def _retries(settings_type: type[S], build: Callable[[S], Service]) -> typer.Typer:
    cli = typer.Typer(no_args_is_help=True)

    @cli.command(name="list")
    def list_(kind: Annotated[str | None, typer.Option(help="Of this kind of work alone.")] = None) -> None:
        """Show what failed and waits for its next try, and why."""

        async def show(operations: Operations) -> None:
            rows = await operations.waiting(kind)
            for row in rows:
                stuck = "  stuck" if row.stuck else ""
                next_try = f"{row.retry_at:%Y-%m-%d %H:%M:%S}"
                say(f"{row.kind}  {row.item}  {row.failures} failures  next {next_try}{stuck}  {row.reason}")
            say(f"{len(rows)} waiting")

        operate(settings_type, build, show)

    @cli.command()
    def now(
        kind: Annotated[str, typer.Argument(help="The kind of work.")],
        item: Annotated[str | None, typer.Argument(help="One item; all of the kind if left out.")] = None,
    ) -> None:
        """Let what waits be tried at once."""

        async def try_now(operations: Operations) -> None:
            say(f"{await operations.try_now(kind, item)} tried now")

        operate(settings_type, build, try_now)

    return cli


def _why(row: DutyRecord) -> str:
    if row.failure:
        return f"  {row.failure} ({row.attempts} attempts)"
    return f": {row.waits_for}" if row.waits_for else ""


def _settings_that_say_nothing(settings_type: type[S]) -> S:
    """Return settings with their defaults, and nothing where there is none: enough for a document. Of the environment
    the policy pack is taken, without which there is no service.
    """
    nothing: dict[type, Any] = {str: "", int: 0, Path: Path(), SecretStr: SecretStr("")}
    required: dict[str, Any] = {
        name: nothing.get(field.annotation, "") if isinstance(field.annotation, type) else ""
        for name, field in settings_type.model_fields.items()
        if field.is_required()
    }
    if issubclass(settings_type, ContactKeySettings):
        required["contact_keys"] = NO_CONTACT_KEYS
    if directory := os.environ.get("BULKHEAD_POLICY_DIR"):
        required["policy_dir"] = Path(directory)
    if pack := os.environ.get("BULKHEAD_POLICY_PACK"):
        required["policy_pack"] = pack
    return settings_type.model_construct(None, **required)


def _migrations_beside(settings_type: type[Settings]) -> Path:
    """Return the migrations of the service the settings belong to, else those of the working directory."""
    source = Path(inspect.getfile(settings_type)).resolve()
    for folder in (*source.parents, Path.cwd()):
        if (folder / "migrations" / "env.py").is_file():
            return folder / "migrations"
    raise typer.BadParameter("no migrations found: set BULKHEAD_MIGRATIONS_DIR")
