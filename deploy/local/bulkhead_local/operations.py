"""What an operator does with an exchange that runs here: a service's own commands, its topics, the simulated clock."""

from __future__ import annotations

import http.client
import json
import subprocess
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from aiokafka.errors import KafkaError

from bulkhead_local import topics
from bulkhead_local.errors import LocalError
from bulkhead_local.exchange import Exchange
from bulkhead_local.postgres import run
from bulkhead_local.services import SERVICES, python, untold_environment
from bulkhead_local.state import write_whole

_SECONDS_TO_ANSWER = 30


def operate(exchange: Exchange, *, service: str, command: Sequence[str]) -> int:
    """Run a command of a service's command line, such as ``duties list``, as the service runs: with the
    settings of this exchange. Return its exit code.

    Raises `LocalError` for a service there is not.
    """
    kind = SERVICES.get(service)
    if kind is None:
        raise LocalError(f"there is no service '{service}'.\n  What to do: name one of {', '.join(SERVICES)}")
    done = subprocess.run(
        python("-m", kind.package, *command),
        env={**untold_environment(), **exchange.environment(service)},
        cwd=kind.folder,
        check=False,
    )
    return done.returncode


def variables(exchange: Exchange) -> dict[str, str]:
    """Return what the runbooks' commands need to know, as a shell's variables: each API's address, a token of an
    operator, and the administrator's URL of PostgreSQL.
    """
    return {
        **{f"{name.upper().replace('-', '_')}_URL": url for name, url in exchange.urls.items()},
        "TOKEN": exchange.token(roles=["operator"]),
        "POSTGRES_URL": exchange.backing.postgres_url,
    }


def widen(exchange: Exchange, *, topic: str, partitions: int) -> None:
    """Give a topic of this exchange so many partitions.

    Raises `LocalError` where Kafka does not: there is no such topic, or it has as many.
    """
    name = f"{exchange.topic_prefix}{topic}"
    try:
        run(lambda: topics.widen(exchange.backing.kafka_operator(), topic=name, partitions=partitions))
    except KafkaError as error:
        raise LocalError(
            f"Kafka did not give {name} {partitions} partitions: {error}\n"
            "  What to do: name a topic that is there, and more partitions than it has"
        ) from error


def advance(exchange: Exchange, *, to: datetime) -> list[str]:
    """Show an instant on the simulated clock of every service; return the services that are down.

    A service that is down shows it as soon as it is started. Raises `LocalError` for an exchange on the wall
    clock, and for a time before the one a clock shows.
    """
    if exchange.simulation_start is None:
        raise LocalError(
            f"the clock of exchange {exchange.name} is the wall's, which nobody moves.\n"
            "  What to do: make one in simulation, `make up NAME=trial SIMULATION=2015-12-01`"
        )
    down = [name for name in SERVICES if not exchange.is_ready(name)]
    for name in SERVICES:
        if name not in down:
            _show(exchange, name, to.isoformat())
    write_whole(exchange.clock_file, to.isoformat())
    return down


def _show(exchange: Exchange, service: str, instant: str) -> None:
    connection = http.client.HTTPConnection(
        urlsplit(exchange.urls[service]).netloc, timeout=_SECONDS_TO_ANSWER
    )
    headers = {
        "Authorization": f"Bearer {exchange.token(roles=['service'])}",
        "Content-Type": "application/json",
    }
    try:
        connection.request("PUT", "/v1/simulation/clock", json.dumps({"now": instant}), headers)
        answer = connection.getresponse()
        body = json.loads(answer.read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise LocalError(f"{service} does not answer.\n  What to do: read {exchange.log(service)}") from error
    finally:
        connection.close()
    if answer.status != 200:
        raise LocalError(
            f"{service} did not take the time: {body['detail']}.\n  What to do: name a later one"
        )
