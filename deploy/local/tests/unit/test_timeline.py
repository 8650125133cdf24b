"""The five are asked side by side; what they tell is one table, and whose part is missing is said."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from typer.testing import CliRunner

from bulkhead_local.__main__ import commands
from bulkhead_local.errors import LocalError
from bulkhead_local.timeline import IN_ORDER, Missing, Timeline, ask, table

PAID = {
    "at": "2016-01-05T10:00:00-05:00",
    "on": "2016-01-05",
    "service": "payments",
    "what": "received",
    "about": "payment",
    "subject": "d69eac59a35f5bafafe8fa72d62c3e8e",
    "amount_cents": 50000,
    "marked": False,
    "says": None,
    "facts": {"method": "card"},
    "because": [{"rule": "PAY-1"}],
}
SETTLED = {
    **PAID,
    "service": "invoicing",
    "what": "settled",
    "says": "$500.00 of a payment paid for January 2016.",
}
INVOICED = {
    **SETTLED,
    "at": "2016-01-05T02:00:00-05:00",
    "what": "invoiced",
    "about": "invoice",
    "subject": "june-2",
    "marked": True,
    "because": [{"rule": "INV-2"}, {"rule": "OPS-5"}, {"rule": "INV-2"}],
}


class Services:
    """An exchange of which each service tells these things, a thing a page; one that tells None is away."""

    def __init__(self, told: Mapping[str, Sequence[dict[str, Any]] | None], *, unknown: str = "") -> None:
        self.told = told
        self.unknown = unknown
        self.asked: list[str] = []
        self.urls: dict[str, str] = {}

    def token(self, *, roles: Sequence[str]) -> str:
        return "-".join(roles)

    def answer(self, service: str, path: str) -> tuple[int, dict[str, Any]]:
        self.asked.append(f"{service} {path}")
        if service == self.unknown:
            return 404, {"detail": "there is no such household"}
        items = self.told.get(service) or ()
        at = int(parse_qs(urlsplit(path).query).get("cursor", ["0"])[0])
        following = str(at + 1) if at + 1 < len(items) else None
        return 200, {"items": list(items[at : at + 1]), "next_cursor": following}


@contextmanager
def running(services: Services) -> Iterator[Services]:
    """Have the services that are not away answer over HTTP."""
    servers: list[ThreadingHTTPServer] = []
    for service in IN_ORDER:

        class Handler(BaseHTTPRequestHandler):
            name = service

            def do_GET(self) -> None:
                assert self.headers["Authorization"] == "Bearer operator"
                status, body = services.answer(self.name, self.path)
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, format: str, *args: Any) -> None: ...  # noqa: A002 - its name

        if services.told.get(service, ()) is None:
            with socket.socket() as taken:
                taken.bind(("127.0.0.1", 0))
                services.urls[service] = f"http://127.0.0.1:{taken.getsockname()[1]}"
            continue
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        services.urls[service] = f"http://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
    try:
        yield services
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()


def test_all_pages_of_all_five_are_one_by_instant_and_money_is_received_before_it_settles() -> None:
    with running(Services({"payments": [PAID], "invoicing": [INVOICED, SETTLED]})) as services:
        told = ask(services, "june/1", language="es")
    assert [each["what"] for each in told.happened] == ["invoiced", "received", "settled"]
    assert told.missing == ()
    assert "invoicing /v1/households/june%2F1/timeline?limit=500&language=es&cursor=1" in services.asked
    assert len(services.asked) == 6


def test_a_service_that_is_away_or_knows_no_such_household_is_named_and_the_others_are_shown() -> None:
    with running(Services({"payments": [PAID], "invoicing": None}, unknown="enrollment")) as services:
        told = ask(services, "june")
    assert [each["what"] for each in told.happened] == ["received"]
    assert told.missing == (
        Missing(service="enrollment", why="it answers 404, there is no such household"),
        Missing(service="invoicing", why="it does not answer (ConnectionRefusedError)"),
    )
    assert table(told).splitlines()[:2] == [
        "MISSING: the part of enrollment: it answers 404, there is no such household",
        "MISSING: the part of invoicing: it does not answer (ConnectionRefusedError)",
    ]


def test_the_table_has_what_it_was_how_much_and_by_which_rules_and_marks_what_a_correction_caused() -> None:
    told = Timeline(happened=(INVOICED, PAID), missing=())
    assert table(told).splitlines() == [
        "when              service    what        of                 amount  rules",
        "2016-01-05 02:00  invoicing  invoiced *  invoice june-2     500.00  INV-2 OPS-5"
        "  $500.00 of a payment paid for January 2016.",
        "2016-01-05 10:00  payments   received    payment d69eac59…  500.00  PAY-1        method card",
    ]


def test_of_nothing_it_is_said_whether_that_is_all() -> None:
    away = Missing(service="payments", why="it does not answer (TimeoutError)")
    assert table(Timeline(happened=(), missing=())) == "nothing became of this household"
    assert table(Timeline(happened=(), missing=(away,))).splitlines() == [
        "MISSING: the part of payments: it does not answer (TimeoutError)",
        "the others tell of nothing",
    ]


def test_a_language_there_is_not_is_refused_before_anybody_is_asked() -> None:
    refused = CliRunner().invoke(commands, ["timeline", "main", "june", "--language", "de"])
    assert isinstance(refused.exception, LocalError)
    assert "name one of en, es, fr" in str(refused.exception)
