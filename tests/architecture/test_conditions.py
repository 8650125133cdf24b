"""The fields that conditions name exist: `uow.records(Kind).select(fieldd=1)` is found before anything runs.

What is looked at is the code, where both the kind and the name stand in it. Any other condition, such as one that is
put together first, is held against the record's fields by both adapters when it is first asked (`parse_conditions`),
and by a `Backlog` where it is made. To check those at the start too, conditions would have to be objects that every use
case makes beforehand: more to read in each, for what its first test finds.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest

from bulkhead.persistence.conditions import parse_conditions, parse_order

REPOSITORY = Path(__file__).resolve().parents[2]
SOURCES = sorted(REPOSITORY.glob("libs/common/src")) + sorted(REPOSITORY.glob("services/*/src"))
WORDS = frozenset({"order_by", "limit", "by"})
ASKS = frozenset({"get", "select", "distinct", "count", "total", "totals", "update", "remove"})
MODULES = [path for source in SOURCES for path in sorted(source.rglob("*.py"))]


def name_of(path: Path) -> str:
    """Return the name a module is imported by."""
    source = next(each for each in SOURCES if path.is_relative_to(each))
    return ".".join(path.relative_to(source).with_suffix("").parts)


def kind_asked(node: ast.expr, names: dict[str, str]) -> str | None:
    """Return the name of the kind of ``anything.records(Kind)``, or of a variable that holds that."""
    match node:
        case ast.Call(func=ast.Attribute(attr="records"), args=[ast.Name(id=kind)]):
            return kind
        case ast.Name(id=name):
            return names.get(name)
    return None


def asked(tree: ast.Module) -> Iterator[tuple[ast.Call, str]]:
    """Yield each call that asks for records, with the name of their kind."""
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        names: dict[str, str] = {}
        for node in ast.walk(function):
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    if kind := kind_asked(value, {}):
                        names[name] = kind
        for node in ast.walk(function):
            match node:
                case ast.Call(func=ast.Attribute(attr=method, value=whose)) if method in ASKS:
                    if kind := kind_asked(whose, names):
                        yield node, kind


def wrong(call: ast.Call, kind: type[Any]) -> str | None:
    """Return what is wrong with the fields a call names, None for nothing."""
    known = tuple(field.name for field in fields(kind))
    conditions = {each.arg: 1 for each in call.keywords if each.arg is not None and each.arg not in WORDS}
    order = [
        each.value
        for keyword in call.keywords
        if keyword.arg in ("order_by", "by")
        for each in ast.walk(keyword.value)
        if isinstance(each, ast.Constant) and isinstance(each.value, str)
    ]
    named = [key for each in call.args for key in (each.keys if isinstance(each, ast.Dict) else [each])]
    order += [each.value for each in named if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    try:
        parse_conditions(fields=known, conditions=conditions)
        parse_order(fields=known, key=(), order_by=order)
    except ValueError as error:
        return str(error)
    return None


def findings(source: str, names: dict[str, Any]) -> list[str]:
    """Return what is wrong in a module's source, whose names mean these things."""
    found: list[str] = []
    for call, kind in asked(ast.parse(source)):
        record = names.get(kind)
        if isinstance(record, type) and is_dataclass(record) and (problem := wrong(call, record)):
            found.append(f"line {call.lineno}: {kind}: {problem}")
    return found


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_every_field_that_a_condition_names_is_one_of_the_record(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    if ".records(" not in source:
        return
    assert findings(source, vars(importlib.import_module(name_of(path)))) == []


def test_enough_conditions_are_looked_at() -> None:
    assert sum(len(list(asked(ast.parse(path.read_text(encoding="utf-8"))))) for path in MODULES) > 100


PLANTED = """
async def use_case(uow):
    records = uow.records(Parked)
    await records.select(householdd="june")
    await uow.records(Parked).select(state="parked", order_by=("-parkedat",))
    await uow.records(Parked).distinct("house", position__gt=1)
    await uow.records(Parked).count(state="parked", position__ge=2)
    await uow.records(Parked).update({"stat": "replayed"}, household="june")
"""


def test_planted_faults_are_found() -> None:
    from bulkhead.persistence.event_tables import ParkedEvent

    assert findings(PLANTED, {"Parked": ParkedEvent}) == [
        "line 4: Parked: there is no field 'householdd'",
        "line 5: Parked: there is no field 'parkedat'",
        "line 6: Parked: there is no field 'house'",
        "line 8: Parked: there is no field 'stat'",
    ]
