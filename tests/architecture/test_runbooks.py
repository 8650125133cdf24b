"""What a runbook tells somebody to do, there is: commands, routes, metrics, settings and pages."""

from __future__ import annotations

import importlib
import json
import re
import shlex
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import typer

from bulkhead.contracts.registry import TOPICS
from bulkhead.kernel.errors import BulkheadError
from tests.architecture.test_edges import SERVICES
from tests.architecture.test_metrics import rows
from tests.architecture.test_rules import RECORDED

REPOSITORY = Path(__file__).resolve().parents[2]
RUNBOOKS = REPOSITORY / "docs" / "runbooks"
PAGES = sorted(RUNBOOKS.glob("*.md"))
OF_THEIR_OWN = {
    "TOKEN", "KAFKA", "DATABASE_URL", *(f"{each.upper().replace('-', '_')}_URL" for each in SERVICES)
}  # fmt: skip
PROGRAMS = {
    "on", "ask", "tell", "curl", "psql", "kubectl", "helm", "make", "kafka-topics.sh", "count", "on()", "ask()",
    "tell()",
}  # fmt: skip
OPENAPI = {
    each: json.loads((REPOSITORY / "services" / each / "openapi.json").read_text(encoding="utf-8"))["paths"]
    for each in SERVICES
}
_VARIABLE = re.compile(r"\b(?:BULKHEAD|PAYMENTS|NOTIFICATIONS|CARRIER_GATEWAY)_[A-Z_]+\b")


class NotThere(BulkheadError):
    """A page names a command, a route or a page that does not exist."""


def commands(text: str) -> list[str]:
    """Return the lines of a page that are to be typed."""
    return [line.strip() for line in re.findall(r"^ {4,}(\S.*)$", text, re.MULTILINE)]


def inline(text: str) -> list[str]:
    """Return what stands between backticks."""
    return re.findall(r"`([^`\n]+)`", text)


def check_own_command(line: str) -> None:
    """Raise where `on SERVICE COMMAND` is no command of that service, as its own parser sees it."""
    service, *arguments = shlex.split(line)[1:]
    if service not in SERVICES:
        raise NotThere(f"there is no service {service}: {line}")
    cli = importlib.import_module(f"{service.replace('-', '_')}.entrypoints.cli").cli
    command: Any = typer.main.get_command(cli)
    context = command.make_context(service, list(arguments), resilient_parsing=False)
    while hasattr(command, "resolve_command"):
        _, command, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        if command is None:
            raise NotThere(line)
        context = command.make_context(command.name, rest, parent=context)
    topics = [each for each in arguments if re.fullmatch(r"[a-z-]+\.[a-z]+\.v\d", each)]
    if not {*topics} <= {each.name for each in TOPICS}:
        raise NotThere(f"there is no such topic: {line}")


def check_route(line: str) -> None:
    """Raise where `ask SERVICE PATH` or `tell SERVICE PATH JSON` is no route of that service."""
    verb, service, address, *_ = shlex.split(line)
    method = {"ask": "get", "tell": "post"}[verb]
    parts = urlsplit(address)
    for template, operations in OPENAPI[service].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/{}]+", template), parts.path) and method in operations:
            known = {
                each["name"] for each in operations[method].get("parameters", []) if each["in"] == "query"
            }
            if unknown := parse_qs(parts.query).keys() - known:
                raise NotThere(f"{template} has no {', '.join(unknown)}: {line}")
            return
    raise NotThere(f"no route: {line}")


@pytest.mark.parametrize("page", PAGES, ids=lambda each: each.stem)
def test_what_is_to_be_typed_exists(page: Path) -> None:
    for line in commands(page.read_text(encoding="utf-8")):
        program = line.split()[0]
        assert program in PROGRAMS, line
        match program:
            case "on":
                check_own_command(line)
            case "ask" | "tell":
                check_route(line)
            case "make":
                target = line.split()[1]
                assert re.search(
                    rf"^{target}:", (REPOSITORY / "Makefile").read_text(encoding="utf-8"), re.MULTILINE
                )
            case _:
                pass


@pytest.mark.parametrize("page", PAGES, ids=lambda each: each.stem)
def test_metrics_settings_and_pages_that_are_named_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    measured = rows()
    known = {
        *measured,
        *RECORDED,
        *(f"{each}_{end}" for each in measured for end in ("bucket", "count", "sum")),
    }
    named = set(re.findall(r"\b(?:bulkhead_[a-z_]+[a-z]|http_server_[a-z_]+[a-z])\b", text))
    assert named <= known
    settings = (REPOSITORY / "docs" / "settings.md").read_text(encoding="utf-8")
    variables = set(_VARIABLE.findall(text))
    assert [each for each in variables - OF_THEIR_OWN if f"| `{each}` |" not in settings] == []
    for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        assert (page.parent / link).exists(), link
    routes = [each for each in inline(text) if re.match(r"(?:PUT|GET|POST) /v1/", each)]
    paths = {path for each in OPENAPI.values() for path in each}
    assert [each for each in routes if each.split()[1].partition("?")[0] not in paths] == []
    for each in inline(text):
        if each.startswith(("on ", "on()")) and "(" not in each and "SERVICE" not in each:
            check_own_command(each)
        if re.match(r"(?:ask|tell) [a-z]", each):
            check_route(each)


@pytest.mark.parametrize("service", SERVICES)
def test_a_command_that_a_services_own_runbook_names_exists(service: str) -> None:
    """There a command may be named without what it needs, and capitals stand for what is at hand."""
    at_hand = {
        "TOPIC": "payments.payments.v1",
        "PARTITION": "1",
        "N": "1",
        "M": "1",
        "YYYY-01-01": "2016-01-01",
    }
    named = 0
    for each in inline((REPOSITORY / "services" / service / "RUNBOOK.md").read_text(encoding="utf-8")):
        command = re.sub(rf"^python -m {service.replace('-', '_')} ", "", each)
        if not re.match(r"(?:parked|duties|retries|topics) [a-z]", command) or "…" in command:
            continue
        named += 1
        try:
            check_own_command(
                f"on {service} {' '.join(at_hand.get(word, word) for word in command.split(' '))}"
            )
        except typer.BadParameter as error:
            if type(error).__name__ != "MissingParameter":
                raise
    assert named > 5


@pytest.mark.parametrize(
    "line",
    [
        "on payments duties lists",
        "on payments retries list --kinds x",
        "on payments parked discard june",
        "on billing duties list",
        "on payments topics release nobodys.topic.v1 3",
        "on payments topics release payments.payments.v1 three",
    ],
)
def test_a_command_that_does_not_exist_is_found(line: str) -> None:
    with pytest.raises(Exception):  # noqa: B017 - as the command line says it
        check_own_command(line)


@pytest.mark.parametrize(
    "line", ["ask payments /v1/nothing", "tell payments /v1/books '{}'", "ask payments /v1/books?x=1"]
)
def test_a_route_that_does_not_exist_is_found(line: str) -> None:
    with pytest.raises(NotThere):
        check_route(line)
