"""Whether a contract may be changed so: what is on a topic must stay readable, by old and new readers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

Schema = Mapping[str, Any]

_SAYS_NOTHING = frozenset({"title", "description", "default", "$schema"})


def breaking_changes(*, before: Mapping[str, Schema], after: Mapping[str, Schema]) -> list[str]:
    """Return what the change of schemas, by file name, would break; nothing when it is safe.

    A field or a whole type may be added if nobody has to have it. Nothing may be removed, renamed or retyped,
    and no new field may be required: that is a new version, with an upcaster.
    """
    found: list[str] = []
    for name, schema in sorted(before.items()):
        if name not in after:
            found.append(f"{name}: removed")
            continue
        found += _in_object(name, old=schema, new=after[name])
        old_parts, new_parts = schema.get("$defs", {}), after[name].get("$defs", {})
        for part in sorted(old_parts):
            if part in new_parts:
                found += _in_object(f"{name} {part}", old=old_parts[part], new=new_parts[part])
            else:
                found.append(f"{name} {part}: removed")
    return found


def _in_object(where: str, *, old: Schema, new: Schema) -> list[str]:
    old_fields, new_fields = old.get("properties", {}), new.get("properties", {})
    found = [f"{where}.{field}: removed" for field in sorted(old_fields.keys() - new_fields.keys())]
    for field in sorted(old_fields.keys() & new_fields.keys()):
        if _meaning(old_fields[field]) != _meaning(new_fields[field]):
            found.append(f"{where}.{field}: changed its type")
    newly_required = set(new.get("required", ())) - set(old.get("required", ()))
    found += [f"{where}.{field}: is newly required" for field in sorted(newly_required)]
    no_longer_given = set(old.get("required", ())) & new_fields.keys() - set(new.get("required", ()))
    return found + [f"{where}.{field}: is no longer always there" for field in sorted(no_longer_given)]


def _meaning(schema: Any) -> Any:
    if isinstance(schema, Mapping):
        inner = cast("Schema", schema)
        return {key: _meaning(value) for key, value in inner.items() if key not in _SAYS_NOTHING}
    return [_meaning(each) for each in cast("list[Any]", schema)] if isinstance(schema, list) else schema
