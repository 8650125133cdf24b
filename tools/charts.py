"""Writes what of the charts follows from elsewhere: ``python -m tools.charts [--check]``.

``files/contracts.yaml`` says which topics a service owns and reads, by the registry of contracts.
``values.schema.json`` says what may be set, by the comments in values.yaml of the chart and of its library, and by the
class of the service's settings.
"""

from __future__ import annotations

import io
import json
import re
import sys
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from bulkhead.contracts.registry import TOPICS
from bulkhead.messaging.kafka import config_of
from status_page.config import StatusSettings
from tools.event_index import SERVICES
from tools.generated import REPOSITORY
from tools.settings_index import choices_of, is_secret, says, settings_of, variable_of

HELM = REPOSITORY / "deploy" / "helm"
LIBRARY = HELM / "lib-bulkhead"
UMBRELLA = HELM / "exchange"
STATUS = HELM / "status"

SET_BY_THE_CHART = frozenset(
    {
        "BULKHEAD_DATABASE_URL",
        "BULKHEAD_KAFKA_BOOTSTRAP",
        "BULKHEAD_CONTACT_KEYS",
        "BULKHEAD_TOPIC_PREFIX",
        "BULKHEAD_PARTITIONS",
        "BULKHEAD_HTTP_HOST",
        "BULKHEAD_HTTP_PORT",
        "BULKHEAD_JWKS",
        "BULKHEAD_JWT_ISSUER",
        "BULKHEAD_JWT_AUDIENCE",
        "BULKHEAD_SIMULATION_START",
        "BULKHEAD_SIMULATION_CLOCK_FILE",
        "BULKHEAD_METRICS",
        "BULKHEAD_GRACE_SECONDS",
        "BULKHEAD_DRAIN_SECONDS",
        "BULKHEAD_POLICY_DIR",
        "BULKHEAD_MIGRATIONS_DIR",
        "BULKHEAD_TRACE_FILE",
    }
)
"""Variables that follow from a value of another name, from the image, or that no container has a use for."""

_KEY = re.compile(r"^(?P<indent> *)(?P<key>[A-Za-z][\w-]*):(?P<value>.*)$")
_CHOICES = re.compile(r"One of ([^.]+)\.")
_LEAST = re.compile(r"At least (\d+)\.")

Schema = dict[str, Any]

_LIBRARYS_OWN: Schema = {"description": "The library's own; nothing is to be set here.", "type": "object"}


def contracts_of(service: str) -> dict[str, Any]:
    """Return what a service owns and reads on Kafka, as its chart is told."""
    owned = [topic.name for topic in TOPICS if topic.owner == service]
    return {
        "group": service,
        "owns": [{"name": name, "config": dict(sorted(config_of(name).items()))} for name in owned],
        "reads": [topic.name for topic in TOPICS if service in topic.readers],
    }


def schema_of(service: str) -> Schema:
    """Return the JSON Schema of a chart's values: each described, no other taken."""
    common = _described(LIBRARY / "values.yaml", below=("exports", "defaults"))
    values = _merged(common, _described(HELM / service / "values.yaml"))
    values["settings"] |= _object(_settings(service))
    values["global"] = {
        "description": "Of an umbrella: what stands below `exchange` here goes before a service's own values.",
        "type": "object",
    }
    values["lib-bulkhead"] = _LIBRARYS_OWN
    return {
        "title": f"Values of the chart of {service}",
        **_object(values),
    }


def schema_of_status() -> Schema:
    """Return the JSON Schema of the values of the status page, which has nothing of a service's but its form."""
    values = _described(STATUS / "values.yaml")
    values["settings"] |= _object(
        {
            variable: {"description": says(field), "type": ["string", "number"]}
            | ({"enum": choices_of(field)} if choices_of(field) else {})
            for name, field in StatusSettings.model_fields.items()
            if not (variable := variable_of(name, field)).startswith("STATUS_")
            and variable not in SET_BY_THE_CHART
        }
    )
    values["global"] = {
        "description": "Of an umbrella: domain, image, routes, pods, callers, pack and the simulated clock's start"
        " below `exchange` go before its own.",
        "type": "object",
    }
    values["lib-bulkhead"] = _LIBRARYS_OWN
    return {"title": "Values of the chart of the status page", **_object(values)}


def schema_of_umbrella() -> Schema:
    """Return the JSON Schema of the umbrella's values; what goes to services is held against theirs."""
    values = _described(UMBRELLA / "values.yaml", leaving=(*SERVICES, "status", "global"))
    for name in (*SERVICES, "status"):
        values[name] = {"description": f"Values of the chart of {name}.", "type": "object"}
    values["global"] = {
        "description": "Below `exchange`: values of all five services, which go before each one's own.",
        "type": "object",
    }
    values["lib-bulkhead"] = _LIBRARYS_OWN
    return {"title": "Values of the chart of a whole exchange", **_object(values)}


def _object(properties: dict[str, Schema]) -> Schema:
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _merged(one: dict[str, Schema], other: dict[str, Schema]) -> dict[str, Schema]:
    """Return the values of both; of one that both have, the other says what it is, or adds to what is in it."""
    merged = dict(one)
    for name, schema in other.items():
        if name in one and "properties" in schema:
            inner = _merged(one[name]["properties"], schema["properties"])
            merged[name] = one[name] | {"properties": inner}
        else:
            merged[name] = schema
    return merged


def _settings(service: str) -> dict[str, Schema]:
    """Return the settings that no value of another name stands for."""
    own: set[str] = set(re.findall(r"^ *(\w+_\w+):", _own_part(service), re.MULTILINE))
    return {
        variable: {"description": says(field), "type": ["string", "number"]}
        | ({"enum": choices_of(field)} if choices_of(field) else {})
        for name, field in settings_of(service).model_fields.items()
        if (variable := variable_of(name, field)) not in SET_BY_THE_CHART | own and not is_secret(field)
    }


def _own_part(service: str) -> str:
    """Return what the chart's template says only this service has."""
    return (HELM / service / "templates" / f"{service}.yaml").read_text()


def _described(
    file: Path, *, below: tuple[str, ...] = (), leaving: tuple[str, ...] = ()
) -> dict[str, Schema]:
    """Return the schemas of a values.yaml by name, each value's after the comment that stands before it, without those
    that are left to others.
    """
    text = file.read_text()
    root: dict[str, Schema] = {}
    path: list[tuple[int, str]] = []
    comment: list[str] = []
    values = YAML().load(text)
    for line in text.splitlines():
        if line.lstrip().startswith("#"):
            comment.append(line.strip(" #"))
            continue
        found = _KEY.match(line)
        if found is not None:
            path = [each for each in path if each[0] < len(found["indent"])]
            path.append((len(found["indent"]), found["key"]))
            names = tuple(name for _, name in path)
            if names[: len(below)] == below and len(names) > len(below) and names[0] not in leaving:
                _put(root, names[len(below) :], _value(values, names), " ".join(comment), where=file)
        comment = []
    return root


def _value(values: Any, names: tuple[str, ...]) -> Any:
    for name in names:
        values = values[name] if isinstance(values, dict) else None
    return values


def _put(root: dict[str, Schema], names: tuple[str, ...], value: Any, comment: str, *, where: Path) -> None:
    into = root
    for name in names[:-1]:
        if "properties" not in into.get(name, {}):
            return  # inside of a list
        into = into[name]["properties"]
    if value is None:
        return
    is_known_elsewhere = where.parent != LIBRARY and len(names) == 1 and isinstance(value, dict)
    if not comment and not is_known_elsewhere:
        sys.exit(f"{where}: {'.'.join(names)} has no comment.\n  What to do: say before it what it is")
    into[names[-1]] = {"description": comment} | _type(value, comment)


def _type(value: Any, comment: str) -> Schema:
    match value:
        case bool():
            return {"type": "boolean"}
        case int():
            least = _LEAST.search(comment)
            return {"type": "integer"} | ({"minimum": int(least[1])} if least else {})
        case str():
            choices = _CHOICES.search(comment)
            return {"type": "string"} | ({"enum": choices[1].split(", ")} if choices else {})
        case list():
            return {
                "type": "array",
                "items": {"type": "string" if "list of strings" in comment else "object"},
            }
        case dict() if _is_free(value):
            return {"type": "object", "additionalProperties": {"type": ["string", "number"]}}
        case _:
            return _object({})


def _is_free(value: Any) -> bool:
    """Whether anything may stand in a mapping: one that is written in braces, so that nothing in it has a comment."""
    return isinstance(value, CommentedMap) and bool(value.fa.flow_style())


def files() -> dict[Path, str]:
    """Return every file that this writes, as it must read now."""
    wanted = {UMBRELLA / "values.schema.json": json.dumps(schema_of_umbrella(), indent=2) + "\n"}
    wanted[STATUS / "values.schema.json"] = json.dumps(schema_of_status(), indent=2) + "\n"
    for service in SERVICES:
        chart = HELM / service
        wanted[chart / "values.schema.json"] = json.dumps(schema_of(service), indent=2) + "\n"
        wanted[chart / "files" / "contracts.yaml"] = _yaml(contracts_of(service))
    return wanted


def _yaml(data: Any) -> str:
    text = io.StringIO()
    text.write("# Made by `make contracts` from the registry of contracts.\n")
    YAML().dump(data, text)
    return text.getvalue()


def main() -> None:
    """Write what is not as it must be; with ``--check`` end with 1 where there is such a thing."""
    for path, text in files().items():
        if path.exists() and path.read_text() == text:
            continue
        if "--check" in sys.argv[1:]:
            sys.exit(f"{path.relative_to(REPOSITORY)} is out of date.\n  What to do: make contracts")
        path.write_text(text)


if __name__ == "__main__":
    main()
