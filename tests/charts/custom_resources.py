"""Makes the small schemas of custom resources: ``python -m charts.custom_resources ORIGIN FILE ...``.

FILE is a CustomResourceDefinition as ORIGIN, a project and its version, publishes it. Of its schema what our charts
render is kept; of what stands beside that, the name alone, so that a misspelled one is still found.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from charts.rendering import CASES, rendered
from charts.validation import SCHEMAS

_KEPT = (
    "type",
    "enum",
    "required",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "pattern",
)


def main(origin: str, files: list[str]) -> None:
    """Write the schema of each file's kind, in the version that our charts use."""
    for file in files:
        definition = YAML(typ="safe").load(Path(file))["spec"]
        kind, group = definition["names"]["kind"], definition["group"]
        ours = [each for case in CASES.values() for each in rendered(case) if each["kind"] == kind]
        for version in definition["versions"]:
            api_version = f"{group}/{version['name']}"
            used = [each for each in ours if each["apiVersion"] == api_version]
            if used:
                full = version["schema"]["openAPIV3Schema"]
                text = {"$comment": f"{kind} of {origin}, as far as the charts use it"} | small(full, used)
                path = SCHEMAS / f"{kind}.{api_version.replace('/', '.')}.json"
                path.write_text(json.dumps(text, indent=1) + "\n")
                print(f"{path.name}: {path.stat().st_size} bytes")


def small(schema: dict[str, Any], used: list[Any]) -> dict[str, Any]:
    """Return a schema as far as these values need it."""
    kept: dict[str, Any] = {name: schema[name] for name in _KEPT if name in schema}
    if schema.get("x-kubernetes-int-or-string"):
        kept["type"] = ["integer", "string"]
    if "properties" in schema:
        kept["properties"] = {
            name: small(inner, values) if (values := [each[name] for each in used if name in each]) else {}
            for name, inner in schema["properties"].items()
        }
        if not schema.get("x-kubernetes-preserve-unknown-fields"):
            kept["additionalProperties"] = False
    elif isinstance(schema.get("additionalProperties"), dict):
        values = [value for each in used for value in each.values()]
        kept["additionalProperties"] = small(schema["additionalProperties"], values)
    if "items" in schema:
        kept["items"] = small(schema["items"], [item for each in used for item in each])
    return kept


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
