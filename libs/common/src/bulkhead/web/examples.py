"""Examples for an API's document: what is asked and answered in each operation, and what is said in each problem."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from bulkhead.kernel.decisions import Reason
from bulkhead.web.problems import FieldProblem, problem_body

CHASSIS = Path(__file__).with_name("examples.json")
"""Those of the routes that every service has."""


class _Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One request, without a body where the operation takes none, and the answer of one that was done."""

    request: Any = None
    answer: Any


class _Told(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a problem says besides its kind."""

    detail: str
    errors: tuple[FieldProblem, ...] = ()
    reasons: tuple[Reason, ...] = ()


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    operations: dict[str, _Asked]
    problems: dict[str, _Told]


@dataclass(frozen=True, slots=True, kw_only=True)
class Examples:
    """The examples of a service: ``operations`` by operation id, ``problems`` by kind."""

    operations: Mapping[str, _Asked]
    problems: Mapping[str, _Told]

    @classmethod
    def read(cls, *files: Path | None) -> Examples:
        """Return the examples in these files; where two have one of the same name, the later file's."""
        operations: dict[str, _Asked] = {}
        problems: dict[str, _Told] = {}
        for file in filter(None, files):
            read = msgspec.json.decode(file.read_bytes(), type=_File)
            operations |= read.operations
            problems |= read.problems
        return cls(operations=operations, problems=problems)

    def problem(self, kind: str, *, status: int) -> dict[str, Any]:
        """Return a whole problem of a kind as an example's ``value``; nothing where there is no example of it."""
        told = self.problems.get(kind)
        if told is None:
            return {}
        body = problem_body(
            kind=kind, status=status, detail=told.detail, errors=told.errors, reasons=told.reasons
        )
        return {"value": msgspec.json.decode(body)}
