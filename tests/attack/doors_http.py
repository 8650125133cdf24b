"""The APIs: who may not ask, for whom one may not ask, what may not be said, and who says nothing at all."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Awaitable, Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

from attack.operations import Operation
from attack.rows import Row
from attack.target import MALLORY, RIVAL, VICTIM, Target, services
from bulkhead.web.auth import ROLES
from bulkhead_local.supervisor import Supervisor

_AT_ONCE = 12
_HALF_OPEN = 400
_HEAD_BYTES = 50_000_000
_MOST_GROWTH_KB = 60_000
_SECONDS_TO_ANSWER = 10.0


async def _all(attacks: Iterable[Awaitable[None]]) -> None:
    """Do attacks, a few at once."""
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(attack: Awaitable[None]) -> None:
        async with gate:
            await attack

    await asyncio.gather(*(one(each) for each in attacks))


async def whoever_is_not_known(target: Target, operations: Sequence[Operation]) -> Row:
    """Ask for everything without a token that can be believed: 401, before anything else is looked at."""
    row = Row("http", "a token that cannot be believed, each operation")

    async def ask(operation: Operation, wrong: str, token: str | None) -> None:
        path = operation.filled(target.known)
        answer = await target.ask(
            operation.service, operation.method, path, token=token, json=operation.example
        )
        row.tried(
            held=answer.status_code == 401, what=f"{operation.name}, token {wrong}: {answer.status_code}"
        )

    bad = target.bad_tokens()
    await _all(ask(each, *item) for each in operations if each.roles for item in bad.items())
    return row


async def whoever_has_another_role(target: Target, operations: Sequence[Operation]) -> Row:
    """Ask for everything in each role that may not: 403."""
    row = Row("http", "a role that may not, each operation")

    async def ask(operation: Operation, role: str) -> None:
        path = operation.filled(target.known)
        token = target.token(role)
        answer = await target.ask(
            operation.service, operation.method, path, token=token, json=operation.example
        )
        row.tried(held=answer.status_code == 403, what=f"{operation.name}, as {role}: {answer.status_code}")

    await _all(
        ask(each, role) for each in operations if each.roles for role in sorted(ROLES.difference(each.roles))
    )
    return row


async def whoever_asks_for_another(target: Target, operations: Sequence[Operation]) -> Row:
    """Ask as a member, an assister or a carrier for what is another's, by its path or one's own: nothing is shown or
    done.
    """
    row = Row("http", "another's household, carrier or object, each operation")

    async def ask(operation: Operation, token: str, known: dict[str, str]) -> None:
        answer = await target.ask(
            operation.service, operation.method, operation.filled(known), token=token, json=operation.example
        )
        held = not answer.is_success and answer.status_code < 500 and VICTIM not in answer.text
        row.tried(held=held, what=f"{operation.name}: {answer.status_code}")

    attacks: list[Awaitable[None]] = []
    for each in operations:
        for role in sorted({"member", "assister"} & each.roles) if each.names("household") else ():
            token = target.token(role, household=MALLORY)
            attacks.append(ask(each, token, target.known))
            if each.names("payment") or each.names("policy"):
                attacks.append(ask(each, token, {**target.known, "household": MALLORY}))
        if "carrier" in each.roles and each.names("carrier"):
            attacks.append(ask(each, target.token("carrier", carrier=RIVAL), target.known))
    await _all(attacks)
    return row


_BODIES: tuple[tuple[str, bytes], ...] = (
    ("nothing", b""),
    ("no object", b'"x"'),
    ("deep", b'{"a":' * 20_000),
    ("deep and closed", b"[" * 900 + b"]" * 900),
    ("not UTF-8", b'{"a": "\xff"}'),
    ("NUL", b'{"a\\u0000": "a\\u0000b", "household": "\\u0000"}'),
    ("NUL in UTF-16", '{"a": "a\\u0000b"}'.encode("utf-16")),
    ("half a character", b'{"a": "\\ud800", "household": "\\udc00"}'),
    ("a long number", b'{"a": ' + b"9" * 6_000 + b"}"),
    ("a name twice", b'{"a": 1, "a": 2}'),
)


async def whoever_says_what_cannot_be(target: Target, operations: Sequence[Operation]) -> Row:
    """Say as an operator what no database keeps and no parser likes: refused each time, and never a 500."""
    row = Row("http", "bodies, paths and queries that nobody can mean")
    token = target.token("operator")

    async def ask(operation: Operation, path: str, what: str, body: bytes | None = None) -> None:
        headers = {"Content-Type": "application/json"} if body is not None else {}
        answer = await target.ask(
            operation.service, operation.method, path, token=token, content=body, headers=headers
        )
        held = 400 <= answer.status_code < 500
        row.tried(held=held, what=f"{operation.name}, {what}: {answer.status_code}")

    attacks: list[Awaitable[None]] = []
    for each in operations:
        if "operator" not in each.roles:
            continue
        path = each.filled(target.known)
        if each.method == "GET":
            attacks += [ask(each, f"{path}?{name}=a%00b", f"NUL in {name}") for name in each.queries()]
        elif each.example is not None:
            attacks += [ask(each, path, what, body) for what, body in _BODIES]
        if "{" in each.path:
            named = {parameter["name"]: "a\0b" for parameter in each.parameters}
            attacks.append(ask(each, each.filled(named), "NUL in the path", b"{}"))
    await _all(attacks)
    return row


async def whoever_sends_too_much(target: Target) -> Row:
    """Send bodies and heads beyond every bound, some for ever: refused, and no memory is kept for them."""
    row = Row("http", "bodies and heads without end")
    for service in services():
        before = _memory_kb(target, service)
        big = b'{"a": "' + b"x" * 1_100_000 + b'"}'
        path = "/v1/parked/replays"
        answer = await target.ask(
            service, "POST", path, token=target.token("operator"), content=big,
            headers={"Content-Type": "application/json"},
        )  # fmt: skip
        row.tried(held=answer.status_code == 413, what=f"{service}, a body of 1.1 MB: {answer.status_code}")
        said = await asyncio.gather(*(asyncio.to_thread(_long_head, target, service) for _ in range(4)))
        row.tried(held=all(said), what=f"{service}, four heads of 50 MB: taken")
        grown = _memory_kb(target, service) - before
        row.tried(held=grown < _MOST_GROWTH_KB, what=f"{service}, after four heads of 50 MB: {grown} kB more")
    return row


async def whoever_never_ends(target: Target) -> Row:
    """Begin 400 requests at each API and end none: others are answered meanwhile."""
    row = Row("http", f"{_HALF_OPEN} requests that are begun and not ended")
    for service in services():
        with ExitStack() as held:
            for _ in range(_HALF_OPEN):
                connection = held.enter_context(
                    socket.create_connection(_address(target, service), timeout=10)
                )
                connection.sendall(b"POST /v1/parked/replays HTTP/1.1\r\nHost: x\r\nX-Slow: ")
            began = time.monotonic()
            answer = await target.ask(service, "GET", "/v1/parked", token=target.token("operator"))
            took = time.monotonic() - began
        held_up = answer.status_code == 200 and took < _SECONDS_TO_ANSWER
        row.tried(held=held_up, what=f"{service}: {answer.status_code} after {took:.1f} s")
    return row


def _address(target: Target, service: str) -> tuple[str, int]:
    where = urlsplit(target.exchange.urls[service])
    assert where.hostname is not None
    assert where.port is not None
    return where.hostname, where.port


def _long_head(target: Target, service: str) -> bool:
    """Return whether a head of 50 MB is refused before it is sent."""
    with socket.create_connection(_address(target, service), timeout=10) as connection:
        try:
            connection.sendall(b"GET /v1/parked HTTP/1.1\r\nHost: x\r\nX-Long: ")
            for _ in range(_HEAD_BYTES // 100_000):
                connection.sendall(b"x" * 100_000)
        except OSError:
            return True
    return False


def _memory_kb(target: Target, service: str) -> int:
    """Return how much memory a service's process has."""
    seen = Supervisor(target.exchange.state).look_at(
        target.exchange.name, f"{target.exchange.name}.{service}"
    )
    assert seen is not None
    text = Path(f"/proc/{seen.pid}/status").read_text()
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("VmRSS:"))
