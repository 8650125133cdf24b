"""The command line: ``python -m bulkhead_local up | down | status | logs | ...``."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from datetime import date, datetime
from typing import Annotated

import typer

from bulkhead_local import jars as kafka_jars
from bulkhead_local import kind as kind_cluster
from bulkhead_local import kube_tools as kubernetes_tools
from bulkhead_local import operations, postgres, tokens
from bulkhead_local import timeline as timelines
from bulkhead_local.backing import GROUP, Backing
from bulkhead_local.compose import environment_file
from bulkhead_local.errors import LocalError, UnknownExchange
from bulkhead_local.exchange import DEFAULT_PACK, DOORS, Exchange
from bulkhead_local.progress import say
from bulkhead_local.services import told_here
from bulkhead_local.state import State
from bulkhead_local.supervisor import Supervisor

MAIN = "main"

commands = typer.Typer(
    no_args_is_help=True, add_completion=False, help=__doc__, pretty_exceptions_enable=False
)

Name = Annotated[str, typer.Argument(help="The exchange instance.")]
Services = Annotated[
    list[str],
    typer.Argument(help="Some of the five, smtp, processor, hub, status, sftp, kafka and postgres."),
]


@commands.command()
def up(
    name: Name = MAIN,
    pack: Annotated[
        str | None, typer.Option(help=f"The policy pack: a folder of policy/. {DEFAULT_PACK} if left out.")
    ] = None,
    simulation: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Start in simulation on this date.")
    ] = None,
) -> None:
    """Start an exchange, made new if there is none of that name; one that runs is left alone."""
    start = None if simulation is None else simulation.date()
    exchange = _found_or_made(name, pack=pack, start=start)
    exchange.start(also=DOORS)
    _show(exchange)


def _found_or_made(name: str, *, pack: str | None, start: date | None) -> Exchange:
    try:
        exchange = Exchange.open(name)
    except UnknownExchange:
        return Exchange.create(
            name, pack=pack or DEFAULT_PACK, simulation_start=start, after_crash="starts-again"
        )
    if start is not None and exchange.simulation_start != start:
        raise LocalError(
            f"exchange {name} is there already, and its clock is {_clock(exchange)}.\n"
            f"  What to do: give it up with `make destroy NAME={name}`, or name another one"
        )
    if pack is not None and exchange.pack != pack:
        raise LocalError(
            f"exchange {name} is there already, and its pack is {exchange.pack}.\n"
            f"  What to do: give it up with `make destroy NAME={name}`, or name another one"
        )
    for variable, text in told_here().items():
        if exchange.told.get(variable) != text:
            raise LocalError(
                f"exchange {name} is there already, and was made with another {variable} or none.\n"
                f"  What to do: give it up with `make destroy NAME={name}`, name another one, or leave {variable} out"
            )
    return exchange


def _clock(exchange: Exchange) -> str:
    start = exchange.simulation_start
    return "the wall's" if start is None else f"simulated from {start}"


def _show(exchange: Exchange) -> None:
    print(f"\nExchange {exchange.name} (pack {exchange.pack}, clock {_clock(exchange)}):\n")
    for service, url in exchange.urls.items():
        print(f"  {service:18} {url}/docs")
    print(f"  {'status page':18} {exchange.status_url}")
    print(f"  {'drop-boxes':18} sftp -P {exchange.sftp_port} -i KEY CARRIER@127.0.0.1")
    files = exchange.files_dir
    places = (
        ("834s", files / "carriers", "**/outbound/*.834"),
        ("delinquency lists", files / "carriers", "**/outbound/DELINQ_*"),
        ("remittances", files / "remittances", "**/REMIT_*"),
        ("files of debits", files / "debits", "*.ach"),
        ("mails", exchange.mail_dir, "new/*"),
        ("letters", files / "print", "**/*.pdf"),
    )
    print()
    for what, folder, pattern in places:
        print(f"  {what:18} {sum(1 for _ in folder.glob(pattern))} in {folder}")
    print(f"  lockbox files      go into {files / 'lockbox'}")
    print(f"  return files       go into {files / 'returns'}")
    print(f"  bank statements    go into {files / 'statements'}")
    print(f"  logs               {exchange.log('*')}")


@commands.command()
def show(names: Annotated[list[str], typer.Argument(help="Exchange instances.")]) -> None:
    """Say where the APIs, files and mails of exchanges are."""
    for name in names:
        _show(Exchange.open(name))


@commands.command()
def down() -> None:
    """Stop everything that runs here, of every exchange. Data stays."""
    ended = Supervisor(State.here()).end()
    say("everything is stopped" if ended else "nothing was running")


@commands.command()
def backing() -> None:
    """Start PostgreSQL and Kafka only."""
    ready = Backing.ensure()
    print(f"kafka      {ready.kafka_bootstrap}\npostgres   {ready.postgres_url.rpartition('@')[2]}")


@commands.command()
def status(
    *, exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit 3 where nothing runs.")] = False
) -> None:
    """Say what runs."""
    state = State.here()
    supervisor = Supervisor(state)
    if not supervisor.is_up():
        print("nothing is running; `make up` starts an exchange")
        raise typer.Exit(3 if exit_code else 0)
    for each in sorted(supervisor.seen(), key=lambda seen: (seen.group != GROUP, seen.group, seen.name)):
        place = f"{each.group}/{each.name.rpartition('.')[2]}" if each.group != GROUP else each.name
        running = f"port {state.port(place)}, process {each.pid}, {each.seconds} s" if each.runs else ""
        print(f"  {place:28} {each.state.lower():10} {running}")


@commands.command()
def logs(
    name: Annotated[
        str, typer.Argument(help="kafka, postgres, a service, exchange.service; all if none.")
    ] = "",
    follow: Annotated[bool, typer.Option(help="Go on as lines are written.")] = False,  # noqa: FBT002
) -> None:
    """Print the last lines of the logs."""
    folder = State.here().logs
    found = sorted(path for path in folder.glob("*.log") if name in path.stem)
    if not found:
        known = ", ".join(sorted(path.stem for path in folder.glob("*.log"))) or "none yet"
        raise LocalError(f"there is no log of '{name}'.\n  What to do: name one of: {known}")
    os.execvp("tail", ["tail", "-n", "40", *(["-F"] if follow else []), *map(str, found)])


@commands.command()
def destroy(name: Name) -> None:
    """Stop an exchange and remove all its data."""
    Exchange.open(name).destroy()
    say(f"exchange {name} is gone")


@commands.command()
def operate(
    name: Name,
    service: Annotated[str, typer.Argument(help="One of the five services.")],
    command: Annotated[list[str], typer.Argument(help="Its command, such as: duties list")],
) -> None:
    """Run a command of one service's command line with the settings of this exchange."""
    raise typer.Exit(operations.operate(Exchange.open(name), service=service, command=command))


@commands.command()
def stop(name: Name, services: Services) -> None:
    """Stop processes of an exchange in an orderly way; they stay down until they are started."""
    exchange = Exchange.open(name)
    for service in services:
        exchange.stop_service(service)
        say(f"{service} of exchange {name} is stopped")


@commands.command()
def start(name: Name, services: Services) -> None:
    """Start processes of an exchange and wait until they are ready."""
    exchange = Exchange.open(name)
    exchange.start_services(services)
    say(f"{', '.join(services)} of exchange {name} {'is' if len(services) == 1 else 'are'} ready")


@commands.command()
def variables(name: Name) -> None:
    """Print what a shell is to know of an exchange: the APIs' addresses, a token of an operator, PostgreSQL's URL."""
    for variable, value in operations.variables(Exchange.open(name)).items():
        print(f"export {variable}={shlex.quote(value)}")


@commands.command()
def timeline(
    name: Name,
    household: Annotated[str, typer.Argument(help="Whose.")],
    language: Annotated[str, typer.Option(help="Of the sentences: en, es or fr.")] = "en",
) -> None:
    """Print what became of a household, as all five services tell it; exit 1 where the part of one is missing.

    What has a * was caused by a correction.
    """
    from bulkhead.kernel.explanations import LANGUAGES  # only here: it costs start-up time

    if language not in LANGUAGES:
        raise LocalError(
            f"nothing is told in the language '{language}'.\n  What to do: name one of {', '.join(LANGUAGES)}"
        )
    told = timelines.ask(Exchange.open(name), household, language=language)
    print(timelines.table(told))
    if told.missing:
        raise typer.Exit(1)


@commands.command()
def partitions(
    name: Name,
    topic: Annotated[str, typer.Argument(help="Its name without the exchange's prefix.")],
    count: Annotated[int, typer.Argument(min=1, help="How many it is to have.")],
) -> None:
    """Give a topic more partitions; services go on with as many as before until they adopt them."""
    operations.widen(Exchange.open(name), topic=topic, partitions=count)
    say(f"{topic} of exchange {name} has {count} partitions")


@commands.command()
def advance(
    name: Name,
    to: Annotated[
        datetime,
        typer.Argument(help="The exchange's local time.", formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d"]),
    ],
) -> None:
    """Set the simulated clock of an exchange's five services forward."""
    from bulkhead.kernel.calendar import EXCHANGE_ZONE  # only here: it costs start-up time

    down = operations.advance(Exchange.open(name), to=to.replace(tzinfo=EXCHANGE_ZONE))
    say(f"the clocks of exchange {name} show {to:%Y-%m-%d %H:%M}")
    if down:
        say(f"  not running, and told when started: {', '.join(down)}")


@commands.command()
def token(
    roles: Annotated[list[str], typer.Option("--role", help="member, assister, operator, carrier, service.")],
    household: Annotated[
        str | None, typer.Option(help="The member's household; of an assister those that named them.")
    ] = None,
    carrier: Annotated[str | None, typer.Option(help="The carrier of its staff.")] = None,
    subject: Annotated[str, typer.Option(help="Who it is; a second person has another.")] = tokens.SUBJECT,
    exchange: Annotated[str, typer.Option(help="Whose services are to believe it.")] = "main",
) -> None:
    """Print a bearer token for the services of an exchange, good for twelve hours."""
    print(
        tokens.mint(
            State.here(),
            exchange=exchange,
            roles=roles,
            household=household,
            carrier=carrier,
            subject=subject,
        )
    )


@commands.command()
def key() -> None:
    """Print where the issuer's public keys are; they are made at first use."""
    print(tokens.key_set_file(State.here()))


@commands.command()
def compose() -> None:
    """Print the file with what an exchange in containers is started with; it is made at first use."""
    print(environment_file(State.here()))


@commands.command()
def jars() -> None:
    """Print where Kafka's jars are; they are fetched at first use."""
    print(kafka_jars.fetched(State.here()))


@commands.command()
def kube_tools() -> None:
    """Print the folder of helm and kubectl, to put on PATH; they are fetched at first use."""
    print(kubernetes_tools.fetched(State.here()))


@commands.command()
def cluster(
    tag: Annotated[str, typer.Option(help="Of the services' images; the version if left out.")] = "",
    node_image: Annotated[str, typer.Option(help="kind's own choice if left out.")] = "",
) -> None:
    """Bring a Kubernetes of this machine up with kind, and print what a shell must know to use it."""
    known = kind_cluster.up(State.here(), tag=tag or kind_cluster.version(), node_image=node_image)
    for name, value in known.items():
        print(f"export {name}={shlex.quote(value)}")


@commands.command()
def cluster_down() -> None:
    """Remove that cluster with all that is in it."""
    kind_cluster.down(State.here())
    say("the cluster is gone")


@commands.command()
def clean() -> None:
    """Stop everything and remove the whole state: databases, Kafka's log and jars, files, mails, keys."""
    state = State.here()
    Supervisor(state).end()
    for folder in (postgres.home(state), state.root):
        shutil.rmtree(folder, ignore_errors=True)
    say(f"{state.root} is gone")


def main() -> None:
    """Run the command line; what is wrong on this machine is said in words, without a traceback."""
    try:
        commands()
    except LocalError as error:
        say(f"\nbulkhead: {error}\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
