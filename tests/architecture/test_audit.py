"""Each operation of each service, asked for in each role, leaves one entry in that service's own audit log."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date
from typing import Any, get_args

import pytest

from bulkhead.audit.entries import AuditEntry
from bulkhead.web.auth import Role
from bulkhead.web.openapi import ROLES
from bulkhead_testing.web import ask
from stories.language import Story
from tests.architecture.test_edges import ROOT, SERVICES
from tests.stories.stages.memory import InMemory, pack_named, token

NOBODY = Story(
    name="nobody",
    title="Nobody has registered.",
    cites=(),
    pack="vermont-2016",
    clock=date(2015, 12, 3),
    catalog=(),
    households=(),
    steps=(),
    file="nobody.story",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """An operation of a service: how it is asked for, by whom, and with what."""

    service: str
    name: str
    method: str
    path: str
    roles: frozenset[str]
    body: bytes


def operations(service: str) -> list[Operation]:
    """The operations of a service that need a token, with the bodies of their examples."""
    document = json.loads((ROOT / "services" / service / "openapi.json").read_text())
    return [
        Operation(
            service=service,
            name=operation["operationId"],
            method=method.upper(),
            path=re.sub(r"\{[a-z_]+\}", of_the_path(operation), path),
            roles=frozenset(operation[ROLES]),
            body=body_of(operation),
        )
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if operation.get(ROLES)
    ]


def of_the_path(operation: dict[str, Any]) -> str:
    """What stands for each parameter in its path: an id, or a year."""
    integers = any(
        each["in"] == "path" and each["schema"].get("type") == "integer"
        for each in operation.get("parameters", [])
    )
    return "2016" if integers else "june"


def body_of(operation: dict[str, Any]) -> bytes:
    """The body of its example; nothing where it takes none."""
    if "requestBody" not in operation:
        return b""
    (content,) = operation["requestBody"]["content"].values()
    return json.dumps(content.get("example", {})).encode()


@pytest.mark.parametrize("service", SERVICES)
async def test_each_operation_leaves_one_entry_in_each_role_of_staff_that_is_let_in_and_none_in_another(
    service: str,
) -> None:
    exchange = InMemory(pack_named(NOBODY.pack), NOBODY)
    await exchange.start()
    process = exchange.exchange.running[service]
    found = operations(service)
    assert len(found) > 20
    wrong, outcomes = list[str](), set[str]()
    for number, operation in enumerate(found):
        for role in get_args(Role):
            before = {each.entry for each in process.database.rows(AuditEntry)}
            headers = {
                "Authorization": f"Bearer {token(role, 'june', role)}",
                "Idempotency-Key": f"{number}-{role}",
                "Content-Type": "application/json",
            }
            reply = await ask(
                process.app, operation.method, operation.path, headers=headers, body=operation.body
            )
            left = [each for each in process.database.rows(AuditEntry) if each.entry not in before]
            told = [(each.actor, each.roles, each.operation) for each in left]
            expected = [(role, role, operation.name)] if role in operation.roles - {"member"} else []
            outcomes |= {each.outcome for each in left}
            if told != expected or (left and reply.status >= 500 and left[0].outcome != "failed"):
                wrong.append(f"{operation.name} as {role}: {reply.status}, {told}")
    assert wrong == []
    assert {"read", "done", "refused"} <= outcomes


@pytest.mark.parametrize("service", SERVICES)
async def test_what_is_asked_of_a_household_is_kept_as_about_it(service: str) -> None:
    exchange = InMemory(pack_named(NOBODY.pack), NOBODY)
    await exchange.start()
    process = exchange.exchange.running[service]
    document = json.loads((ROOT / "services" / service / "openapi.json").read_text())
    reads = [
        (operation["operationId"], path)
        for path, methods in document["paths"].items()
        if "{household}" in path
        for method, operation in methods.items()
        if method == "get" and "operator" in operation[ROLES]
    ]
    assert reads
    for _, path in reads:
        headers = {"Authorization": f"Bearer {token('operator', None, None)}"}
        await ask(process.app, "GET", re.sub(r"\{[a-z_]+\}", "june", path), headers=headers)
    left = process.database.rows(AuditEntry)
    assert sorted((each.operation, each.household) for each in left) == sorted(
        (name, "june") for name, _ in reads
    )
