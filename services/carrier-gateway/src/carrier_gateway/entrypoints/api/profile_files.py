"""Carriers' profiles in files: what ``PUT /v1/carriers/{carrier}`` takes, in YAML, with why it differs from others'."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from pydantic import BaseModel, TypeAdapter, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from bulkhead.kernel.errors import BulkheadError
from bulkhead.web.fields import Id
from carrier_gateway.domain.carriers import CarrierProfile, profile_faults
from carrier_gateway.entrypoints.api.schemas import CarrierBody, CarrierOptions, CarrierView

Fault: TypeAlias = tuple[tuple[str, ...], str]
"""Where in a profile a value stands that cannot be taken, and what would do."""
_OUR_OWN = ("carrier", "because")
_ID = TypeAdapter(Id)


class UnfitProfile(BulkheadError):
    """A profile file that cannot be taken: each fault by file, line, field, rule and what would do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileFile:
    """A profile as a file has it. ``because`` says by field (``options.file_name``) which guide asks for its value."""

    profile: CarrierProfile
    because: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A field in which two profiles differ: what it is, and what each says."""

    field: str
    says: str
    values: tuple[str, str]


def read_profile_file(path: Path) -> ProfileFile:
    """Return the profile of a file; raises `UnfitProfile` with all that is wrong with it (CAR-1)."""
    document, root = _document(path)
    body = {name: value for name, value in document.items() if name not in _OUR_OWN}
    profile, faults = _profile_of(document.get("carrier"), body)
    because = document.get("because", {})
    faults += _of_because(because, document)
    if faults:
        lines = sorted((_line_of(root, at), ".".join(at), says) for at, says in faults)
        raise UnfitProfile("\n".join(f"{path}:{line}: {at}: {says} (CAR-1)" for line, at, says in lines))
    return ProfileFile(profile=profile, because=because)


def _profile_of(carrier: Any, body: dict[str, Any]) -> tuple[CarrierProfile, list[Fault]]:
    """Return the profile and what is wrong with it: with all its values, also where some have no right shape."""
    faults: list[Fault] = []
    try:
        carrier = _ID.validate_python(carrier)
    except ValidationError as error:
        faults += [(("carrier",), _plainly(each["msg"])) for each in error.errors(include_url=False)]
    try:
        read = CarrierBody.model_validate(body)
    except ValidationError as error:
        shapeless = error.errors(include_url=False)
        faults += [_of_shape(each["type"], each["loc"], each["msg"]) for each in shapeless]
        read = CarrierBody.model_validate(_without([each["loc"] for each in shapeless], body))
    profile = read.profile(str(carrier))
    known = {at for at, _ in faults}
    found = [(tuple(each.field.split("/")), each.problem) for each in profile_faults(profile)]
    return profile, [*faults, *(each for each in found if each[0] not in known)]


def _without(places: Sequence[Sequence[str | int]], body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a body without these fields, and something in the place of those that it must have."""
    whole = {str(at[0]) for at in places if at[0] != "options" or len(at) == 1}
    left = {name: value for name, value in body.items() if name not in whole}
    if "options" in left:
        gone = {str(at[1]) for at in places if at[0] == "options" and len(at) > 1}
        left["options"] = {name: value for name, value in left["options"].items() if name not in gone}
    return {"name": "-", "receiver_id": "--"} | left


def differences(one: CarrierProfile, other: CarrierProfile) -> list[Difference]:
    """Return in what two carriers' profiles differ, field by field in words; their names and keys are not compared."""
    first, second = CarrierView.of(one), CarrierView.of(other)
    compared: tuple[tuple[str, type[BaseModel], Iterable[str], BaseModel, BaseModel], ...] = (
        ("", CarrierBody, ("receiver_qualifier",), first, second),
        ("options.", CarrierOptions, CarrierOptions.model_fields, first.options, second.options),
    )
    return [
        Difference(
            field=f"{prefix}{name}",
            says=model.model_fields[name].description or "",
            values=(_in_words(getattr(left, name)), _in_words(getattr(right, name))),
        )
        for prefix, model, names, left, right in compared
        for name in names
        if getattr(left, name) != getattr(right, name)
    ]


def _document(path: Path) -> tuple[dict[str, Any], Node]:
    """Return what a file says, and its nodes, which know their lines."""
    try:
        text = path.read_text(encoding="utf-8")
        yaml: Any = YAML(typ="safe", pure=True)
        document, root = yaml.load(text), yaml.compose(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UnfitProfile(f"{path}:{line}: is no YAML: {error.problem}") from error
    except FileNotFoundError as error:
        raise UnfitProfile(f"{path}: there is no such file, seen from {Path.cwd()}") from error
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        raise UnfitProfile(f"{path}: cannot be read as YAML in UTF-8: {type(error).__name__}") from error
    if not isinstance(document, dict) or not all(isinstance(each, str) for each in document):
        raise UnfitProfile(
            f"{path}:1: must be names and values: carrier, name, receiver_id, options, because"
        )
    return document, root


def _of_shape(kind: str, at: Sequence[str | int], says: str) -> Fault:
    place = tuple(str(each) for each in at if each != "[key]")
    if kind == "extra_forbidden":
        known = CarrierOptions if place[:1] == ("options",) else CarrierBody
        return place, "is no field of a profile; it may have " + ", ".join(known.model_fields)
    if kind == "string_type":
        return place, "must be text: write it in quotes"
    return place, _plainly(says)


def _plainly(says: str) -> str:
    return says.removeprefix("Value error, ").replace("Input should be", "must be")


def _of_because(because: Any, document: Mapping[str, Any]) -> Iterator[Fault]:
    if not isinstance(because, dict) or not all(isinstance(each, str) for each in because.values()):
        yield ("because",), "must say a sentence for each field that it names"
        return
    options = document.get("options")
    said = {*document, *(f"options.{name}" for name in (options if isinstance(options, dict) else ()))}
    for name in because:
        if name not in said:
            yield ("because", str(name)), "gives a reason for what the file does not say: name a field of it"


def _line_of(root: Node, at: Sequence[str]) -> int:
    """Return the line of a field, or of what it is missing from."""
    node, line = root, root.start_mark.line
    for name in at:
        found = None
        if isinstance(node, MappingNode):
            found = next((pair for pair in node.value if pair[0].value == name), None)
        elif isinstance(node, SequenceNode) and name.isdigit() and int(name) < len(node.value):
            found = (node.value[int(name)],) * 2
        if found is None:
            break
        line, node = found[0].start_mark.line, found[1]
    return line + 1


def _in_words(value: Any) -> str:
    if value is None or value in ("", [], {}):
        return "none"
    match value:
        case bool():
            return "yes" if value else "no"
        case dict():
            return ", ".join(f"{ours} is {theirs}" for ours, theirs in sorted(value.items()))
        case list():
            return ", ".join(map(str, value))
        case "\t":
            return "a tab"
        case _:
            return str(value)
