"""Every route of the five services takes what it says and nothing else."""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute
from pydantic import BaseModel

from bulkhead.web import audit, duties, journal, overdue, parked, simulation
from bulkhead.web.fields import Body

SERVICES = ("enrollment", "invoicing", "payments", "carrier-gateway", "notifications")
CHASSIS = (audit, duties, journal, overdue, parked, simulation)
ROOT = Path(__file__).parents[2]


def bodies(service: str) -> list[type[BaseModel]]:
    """The models that a service's routes take, the chassis's routes included."""
    api = importlib.import_module(f"{service.replace('-', '_')}.entrypoints.api")
    found = [
        importlib.import_module(f"{api.__name__}.{each.name}") for each in pkgutil.iter_modules(api.__path__)
    ]
    routers: list[APIRouter] = [each.router for each in (*found, *CHASSIS) if hasattr(each, "router")]
    routes = [route for router in routers for route in router.routes if isinstance(route, APIRoute)]
    taken = [route.body_field.field_info.annotation for route in routes if route.body_field is not None]
    return [model for each in taken for model in models(each)]


def models(annotation: Any) -> Iterator[type[BaseModel]]:
    """A model and those inside it."""
    for each in get_args(annotation):
        yield from models(each)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        for field in annotation.model_fields.values():
            yield from models(field.annotation)


@pytest.mark.parametrize("service", SERVICES)
def test_every_body_is_strict_and_knows_its_fields(service: str) -> None:
    found = bodies(service)
    assert len(found) >= 2
    assert [each.__name__ for each in found if not issubclass(each, Body)] == []
    assert all(each.model_config.get("strict") is True for each in found)
    assert all(each.model_config.get("extra") == "forbid" for each in found)


@pytest.mark.parametrize("service", SERVICES)
def test_no_parameter_takes_any_text(service: str) -> None:
    document = json.loads((ROOT / "services" / service / "openapi.json").read_text())
    free = [
        f"{path} {parameter['name']}"
        for path, methods in document["paths"].items()
        for operation in methods.values()
        for parameter in operation.get("parameters", [])
        if parameter["in"] != "header" and takes_any_text(parameter["schema"])
    ]
    assert [each for each in free if not each.endswith(" cursor")] == []


def takes_any_text(schema: dict[str, Any]) -> bool:
    """Whether a parameter is text of which nothing is said."""
    kinds = schema.get("anyOf", [schema])
    return any(
        each.get("type") == "string" and not {"pattern", "enum", "format", "const"} & set(each)
        for each in kinds
    )
