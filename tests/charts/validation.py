"""Holds objects against schemas: Kubernetes' own, strictly, and those of the custom resources we use."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import kubernetes_validate.utils as kubernetes
from jsonschema_rs import Draft202012Validator, Registry

from charts.rendering import Object

VERSIONS = ("1.30.0", "1.37.0")
"""Of Kubernetes: the oldest that the charts say they run on, and the newest that we have schemas of."""

SCHEMAS = Path(__file__).parent / "schemas"


class UnknownKind(Exception):
    """There is no such kind in this version of Kubernetes, nor among our custom resources."""


def problems(thing: Object, version: str) -> list[str]:
    """Return what is wrong with an object in a version of Kubernetes, with the place. Raises `UnknownKind`."""
    found = _validator(thing["apiVersion"], thing["kind"], version).iter_errors(dict(thing))
    return [f"{'/'.join(map(str, each.instance_path))}: {each.message}" for each in found]


@cache
def _validator(api_version: str, kind: str, version: str) -> Draft202012Validator:
    custom = SCHEMAS / f"{kind}.{api_version.replace('/', '.')}.json"
    if custom.exists():
        return Draft202012Validator(json.loads(custom.read_text()))
    group, _, named = api_version.rpartition("/")
    suffix = "-".join(part for part in (group.split(".")[0], named) if part)
    folder = f"kubernetes-json-schema/v{version}-local-strict"
    try:
        schema = kubernetes.schema_contents(f"{folder}/{kind.lower()}-{suffix}.json", version)
    except FileNotFoundError:
        raise UnknownKind(f"{api_version} {kind} in {version}") from None
    return Draft202012Validator(schema, registry=_definitions(folder, version))


@cache
def _definitions(folder: str, version: str) -> Registry:
    contents = kubernetes.schema_contents(f"{folder}/_definitions.json", version)
    return Registry([(contents["$id"], contents)])
