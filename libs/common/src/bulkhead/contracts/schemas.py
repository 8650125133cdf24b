"""JSON Schema of everything on the wire, from the models themselves."""

from __future__ import annotations

import inspect
import re
from typing import Any, cast

import msgspec

from bulkhead.contracts.registry import EVENT_TYPES, EventType
from bulkhead.contracts.wire import Envelope, Wire
from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.personal import Masked

DIALECT = "https://json-schema.org/draft/2020-12/schema"
PERSONAL = "x-personal-data"
_LOCAL = "#/$defs/"

Schema = dict[str, Any]


def message_name(kind: EventType) -> str:
    """Return the name that is an event type's for good: ``enrollment.PlansSelected.v1``."""
    return f"{kind.topic.owner}.{kind.name}.v{kind.version}"


def schema_files() -> dict[str, Schema]:
    """Return the JSON Schema of the envelope and of every event type, by file name."""
    files = {"Envelope.json": schema_of(Envelope)}
    return files | {f"{message_name(kind)}.json": schema_of(kind.model) for kind in EVENT_TYPES}


def schema_of(model: type[Wire]) -> Schema:
    """Return the self-contained JSON Schema of a wire model.

    Personal data is marked ``x-personal-data``; a coverage month is a text such as ``2016-01``.
    """
    components = components_of(model, template=_LOCAL + "{name}")
    whole = {"$schema": DIALECT} | components.pop(model.__name__)
    return whole | ({"$defs": components} if components else {})


def components_of(*models: type[Wire], template: str) -> dict[str, Schema]:
    """Return the schemas of models and of all they are made of, by name; they refer by ``template``."""
    _, components = msgspec.json.schema_components(
        models, schema_hook=_schema_of_value, ref_template=template
    )
    return {name: _tidied(schema) for name, schema in sorted(components.items())}


def personal_fields(schema: Any) -> bool:
    """Whether a schema says that anything in it is personal data."""
    if isinstance(schema, dict):
        inner = cast("Schema", schema)
        return PERSONAL in inner or any(personal_fields(each) for each in inner.values())
    return isinstance(schema, list) and any(personal_fields(each) for each in cast("list[Any]", schema))


def _schema_of_value(kind: type) -> Schema:
    if kind is CoverageMonth:
        return {"type": "string", "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])$"}
    if kind is Masked:
        return {"type": "string", PERSONAL: True}
    raise NotImplementedError(f"no wire form for {kind.__name__}")


def _tidied(schema: Schema) -> Schema:
    description = schema.get("description")
    return (
        schema | {"description": re.sub(r"``?", "`", inspect.cleandoc(description))}
        if description
        else schema
    )
