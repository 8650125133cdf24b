"""What a runbook tells somebody to do, there is, and a test plays it: commands, routes, queries, metrics, pages."""

from __future__ import annotations

import importlib
import json
import re
import shlex
from pathlib import Path
from typing import Any, get_args
from urllib.parse import parse_qs, urlsplit

import pytest
import typer

from bulkhead.contracts.registry import TOPICS
from bulkhead.kernel.errors import BulkheadError
from runbooks import Where, blocks, commands, pages, queries, unmarked
from tests.architecture.test_edges import SERVICES
from tests.architecture.test_metrics import rows
from tests.architecture.test_rules import CHART, RECORDED, loaded

REPOSITORY = Path(__file__).resolve().parents[2]
RUNBOOKS = REPOSITORY / "docs" / "runbooks"
PAGES = sorted(RUNBOOKS.glob("*.md"))
OF_THEIR_OWN = {f"{each.upper().replace('-', '_')}_URL" for each in SERVICES}
DEFINITIONS = {"on()", "ask()", "tell()", "put()", "export", "eval"}
PROGRAMS = {
    "local": {"on", "ask", "tell", "put", "curl", "psql", "make", *DEFINITIONS},
    "cluster": {"kubectl", "helm", "kafka-topics.sh", *DEFINITIONS},
}
OPENAPI = {
    each: json.loads((REPOSITORY / "services" / each / "openapi.json").read_text(encoding="utf-8"))["paths"]
    for each in SERVICES
}
_VARIABLE = re.compile(r"\b(?:BULKHEAD|PAYMENTS|NOTIFICATIONS|CARRIER_GATEWAY)_[A-Z_]+\b")


class NotThere(BulkheadError):
    """A page names a command, a route or a page that does not exist."""


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
    """Raise where what ``ask``, ``tell`` or ``put`` is given is no route of that service."""
    verb, service, address, *_ = shlex.split(line)
    method = {"ask": "get", "tell": "post", "put": "put"}[verb]
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


def test_the_list_of_runbooks_has_them_all() -> None:
    assert sorted(pages()) == PAGES


@pytest.mark.parametrize("page", PAGES, ids=lambda each: each.stem)
def test_a_test_plays_each_command(page: Path) -> None:
    assert unmarked(page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "text",
    [
        "Look:\n\n    on payments parked list\n",
        "```\non payments parked list\n```\n",
        "```sh\non payments parked list\n```\n",
        "```sh somewhere\non payments parked list\n```\n",
        "- Look:\n\n  ```sh local elsewhere\n  on payments parked list\n  ```\n",
        "See `on payments parked list`.",
        "Restart it (`kubectl rollout restart deploy/payments-api`).",
        "```sh local\nmake up\n",
    ],
)
def test_a_command_that_no_test_plays_is_found(text: str) -> None:
    assert len(unmarked(text)) >= 1


@pytest.mark.parametrize(
    "text",
    [
        "- Look:\n\n  ```sh local\n  on payments parked list\n  ```\n",
        "```sh local cluster\nask() { :; }\n```\n",
        "```promql\ncount(up)\n```\n",
        "`on SERVICE COMMAND` runs it, and `parked list` says so.",
    ],
)
def test_what_is_played_or_no_command_is_not(text: str) -> None:
    assert unmarked(text) == []


def test_a_command_over_several_lines_is_one() -> None:
    (block,) = blocks(
        "1. Do:\n\n   ```sh cluster\n   helm upgrade \\\n     --install x\n\n   helm list\n   ```\n"
    )
    assert (block.places, block.commands()) == ({"cluster"}, ["helm upgrade --install x", "helm list"])


@pytest.mark.parametrize("page", PAGES, ids=lambda each: each.stem)
def test_what_is_to_be_typed_exists(page: Path) -> None:
    for where in get_args(Where):
        for line in commands(page, where):
            program = line.split()[0]
            assert program in PROGRAMS[where], line
            match program:
                case "on":
                    check_own_command(line)
                case "ask" | "tell" | "put":
                    check_route(line)
                case _:
                    pass


def test_each_query_is_asked_in_the_tests_of_the_rules() -> None:
    asked = {
        each["expr"]
        for test in loaded(CHART / "tests" / "rules_test.yaml")["tests"]
        for each in test.get("promql_expr_test", [])
    }
    assert [query for page in PAGES for query in queries(page) if query not in asked] == []


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
