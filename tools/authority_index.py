"""Writes into docs/authority.md who may state which field of which operation: ``python -m tools.authority_index
[--check]``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bulkhead.web.authority import STATED_BY
from bulkhead.web.openapi import ROLES
from tools.event_index import SERVICES
from tools.generated import REPOSITORY, replace_or_check

PAGE = REPOSITORY / "docs" / "authority.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """A field of a body: where it is, and what narrows who may state it, None where nothing does."""

    field: str
    narrowed: dict[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """An operation that takes a body: how it is asked for, who may, and its fields."""

    name: str
    asked: str
    roles: tuple[str, ...]
    fields: tuple[Stated, ...]


def operations(service: str) -> list[Operation]:
    """Return a service's operations that take a body, by address."""
    document = json.loads((REPOSITORY / "services" / service / "openapi.json").read_text())
    return [
        Operation(
            name=operation["operationId"],
            asked=f"{method.upper()} {path}",
            roles=tuple(operation.get(ROLES, ())),
            fields=tuple(_fields(operation["requestBody"], document, place="")),
        )
        for path, methods in sorted(document["paths"].items())
        for method, operation in methods.items()
        if "requestBody" in operation
    ]


def _fields(schema: dict[str, Any], document: dict[str, Any], *, place: str) -> Iterator[Stated]:
    """Yield each field below a schema, those of objects and of lists of them one by one."""
    for part in _objects(schema, document):
        for name, below in part.get("properties", {}).items():
            field = f"{place}{name}"
            if any(_objects(below, document)):
                yield from _fields(below, document, place=f"{field}.")
            else:
                yield Stated(field=field, narrowed=below.get(STATED_BY))


def _objects(schema: dict[str, Any], document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the schemas of objects that a schema is, or may be, or lists."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if "properties" in schema:
        yield schema
    parts = [*schema.get("anyOf", ()), *schema.get("content", {}).values()]
    parts += [schema[name] for name in ("schema", "items") if name in schema]
    for part in parts:
        yield from _objects(part, document)


def tables() -> str:
    """Return a table a service: a row an operation with its fields, and one a field that is narrowed."""
    parts: list[str] = []
    for service in SERVICES:
        found = operations(service)
        if not found:
            continue
        parts += ["", f"## {service}", "", "| operation | who | fields |", "|---|---|---|"]
        for operation in found:
            free = ", ".join(f"`{each.field}`" for each in operation.fields if each.narrowed is None)
            parts.append(f"| {operation.name}: `{operation.asked}` | {', '.join(operation.roles)} | {free} |")
            parts += [_row(each.field, each.narrowed) for each in operation.fields if each.narrowed]
    return "\n".join(parts[1:])


def _row(field: str, narrowed: dict[str, Any]) -> str:
    besides = f"; all others {' or '.join(narrowed['else'])}" if "else" in narrowed else ""
    return (
        f"| | {', '.join(narrowed['roles'])}{besides} | `{field}`: {narrowed['says']} ({narrowed['rule']}) |"
    )


def main() -> None:
    """Write the page's generated part; with ``--check`` end with 1 when it is not what it would be."""
    replace_or_check(PAGE, tables(), arguments=sys.argv[1:])


if __name__ == "__main__":
    main()
