"""The AsyncAPI document: which service says what on which topic, and who hears it."""

from __future__ import annotations

import io
from typing import Any, cast

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import LiteralScalarString

from bulkhead.contracts.registry import EVENT_TYPES, TOPICS, EventType, Topic
from bulkhead.contracts.schemas import components_of, message_name
from bulkhead.contracts.wire import Envelope

_SCHEMAS = "#/components/schemas/"
_DESCRIPTION = """\
Every topic has one owner. The key of a record is the household, so each household's facts arrive in order.
Topics marked `x-personal-data` may be read by the services named as readers and by no other; each text about a person
is sealed there (AES-GCM), by a key of its household's: `sealed:NUMBER:BASE64`. A topic marked `x-latest-alone` is
compacted.
"""


def document() -> dict[str, Any]:
    """Return the AsyncAPI 3 document of the whole exchange, generated from the registry."""
    schemas = components_of(Envelope, *(kind.model for kind in EVENT_TYPES), template=_SCHEMAS + "{name}")
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Bulkhead events",
            "version": "1",
            "description": _DESCRIPTION,
        },
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic) for topic in TOPICS},
        "operations": _operations(),
        "components": {
            "messages": {message_name(kind): _message(kind) for kind in EVENT_TYPES},
            "schemas": schemas,
        },
    }


def rendered() -> str:
    """Return the document as the YAML that is committed: the same for the same registry."""
    yaml: Any = YAML()  # its types are not known
    yaml.default_flow_style = False
    yaml.width = 110
    text = io.StringIO()
    yaml.dump(_with_blocks(document()), text)
    return text.getvalue()


def _channel(topic: Topic) -> dict[str, Any]:
    said = [kind for kind in EVENT_TYPES if kind.topic is topic]
    return {
        "address": topic.name,
        "messages": {kind.name: {"$ref": f"#/components/messages/{message_name(kind)}"} for kind in said},
        "x-owner": topic.owner,
        "x-readers": list(topic.readers),
        "x-personal-data": topic.personal_data,
    } | ({"x-latest-alone": True} if topic.keys else {})


def _operations() -> dict[str, Any]:
    operations: dict[str, Any] = {}
    for topic in TOPICS:
        channel = {"$ref": f"#/channels/{topic.name}"}
        operations[f"{topic.owner}.says.{topic.name}"] = {"action": "send", "channel": channel}
        for reader in topic.readers:
            operations[f"{reader}.hears.{topic.name}"] = {"action": "receive", "channel": dict(channel)}
    return operations


def _message(kind: EventType) -> dict[str, Any]:
    message: dict[str, Any] = {
        "name": kind.name,
        "summary": (kind.model.__doc__ or "").strip().partition("\n")[0],
        "payload": {
            "allOf": [
                {"$ref": f"{_SCHEMAS}Envelope"},
                {
                    "type": "object",
                    "properties": {
                        "type": {"const": kind.name},
                        "version": {"const": kind.version},
                        "data": {"$ref": f"{_SCHEMAS}{kind.model.__name__}"},
                    },
                },
            ]
        },
    }
    return message | ({"x-broadcast": True} if kind.broadcast else {})


def _with_blocks(value: Any) -> Any:
    """Return the same with texts of several lines written as they read."""
    if isinstance(value, dict):
        return {key: _with_blocks(each) for key, each in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [_with_blocks(each) for each in cast("list[Any]", value)]
    return LiteralScalarString(value) if isinstance(value, str) and "\n" in value else value
