"""All operations there are, as the services' OpenAPI documents say: how each is asked for, and by whom."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from attack.target import services
from bulkhead.web.openapi import ROLES
from bulkhead_local.state import REPOSITORY

_MONTH = "^(19|20|21)[0-9]{2}-(0[1-9]"
_METHODS = ("get", "put", "post", "delete", "patch")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation: ``roles`` may ask for it, anybody where there are none; ``example`` is a body of its document."""

    service: str
    method: str
    path: str
    roles: frozenset[str]
    parameters: tuple[Mapping[str, Any], ...]
    example: Any

    @property
    def name(self) -> str:
        """How a table names it."""
        return f"{self.service} {self.method} {self.path}"

    def names(self, parameter: str) -> bool:
        """Whether its path names such a thing."""
        return f"{{{parameter}}}" in self.path

    def filled(self, known: Mapping[str, str]) -> str:
        """Return its path, with what is known in it and something of the right kind for the rest."""
        path = self.path
        for each in self.parameters:
            if each["in"] == "path":
                value = known.get(each["name"], _something(each["schema"]))
                path = path.replace(f"{{{each['name']}}}", quote(value, safe=""))
        return path

    def needed(self) -> dict[str, str]:
        """Return the query parameters without which nothing is answered, with something of the right kind."""
        needed = (each for each in self.parameters if each["in"] == "query" and each.get("required"))
        return {each["name"]: _something(each["schema"]) for each in needed}

    def queries(self) -> list[str]:
        """Return the names of its query parameters."""
        return [each["name"] for each in self.parameters if each["in"] == "query"]


def operations() -> list[Operation]:
    """Return every operation of every service."""
    return [each for service in services() for each in _of(service)]


def _of(service: str) -> list[Operation]:
    document = json.loads((REPOSITORY / "services" / service / "openapi.json").read_text())
    return [
        Operation(
            service=service,
            method=method.upper(),
            path=path,
            roles=frozenset(said.get(ROLES, ())),
            parameters=tuple(said.get("parameters", ())),
            example=_example(said),
        )
        for path, methods in document["paths"].items()
        for method, said in methods.items()
        if method in _METHODS
    ]


def _example(said: Mapping[str, Any]) -> Any:
    content = said.get("requestBody", {}).get("content", {}).get("application/json", {})
    examples = content.get("examples")
    return next(iter(examples.values()))["value"] if examples else content.get("example")


def _something(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return str(schema["enum"][0])
    if schema.get("format") == "date":
        return "2015-12-01"
    if schema.get("pattern", "").startswith(_MONTH):
        return "2016-03"
    return "2016" if schema.get("type") == "integer" else "x"
