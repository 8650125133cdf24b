"""The nodes of a policy pack's file, which know their lines, and the values they mean."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import date, time
from fractions import Fraction
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.errors import InvalidValue
from bulkhead.kernel.parameters import Checked


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing that is wrong with a file."""

    line: int
    says: str


def line_of(node: Node) -> int:
    """Return the line a node begins on, the first being 1."""
    return node.start_mark.line + 1


def is_nothing(node: Node) -> bool:
    """Whether a node says YAML's word for nothing, or is empty."""
    return isinstance(node, ScalarNode) and not node.style and node.value in ("", "~", "null", "Null", "NULL")


def place_what_is_empty(root: Node | None, text: str) -> None:
    """Let what is empty be on the line on which it was left out: the parser has it where the next thing begins."""
    for node in _nodes_in(root):
        if isinstance(node, ScalarNode) and not node.value and not node.style:
            before = text[: node.start_mark.index].split("\n")
            while len(before) > 1 and (not before[-1].strip() or before[-1].lstrip().startswith("#")):
                before.pop()
            node.start_mark = copy(node.start_mark)
            node.start_mark.line = len(before) - 1


def plain(node: Node) -> Any:
    """Return what a node says as text, list and map."""
    if isinstance(node, MappingNode):
        return {str(key.value): plain(value) for key, value in node.value}
    if isinstance(node, SequenceNode):
        return [plain(each) for each in node.value]
    return node.value


def anchored_in(root: Node | None) -> list[Node]:
    """Return the nodes that have an anchor. What an alias stands for is the very node, which may contain itself."""
    return [node for node in _nodes_in(root) if node.anchor]


def _nodes_in(root: Node | None) -> list[Node]:
    """Return the nodes of a tree, each once."""
    found, seen, ahead = list[Node](), set[int](), [root] if root else []
    while ahead:
        node = ahead.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        found.append(node)
        if isinstance(node, MappingNode):
            ahead += [each for pair in node.value for each in pair]
        elif isinstance(node, SequenceNode):
            ahead += node.value
    return found


def read_map(
    node: MappingNode,
    what: str,
    faults: list[Fault],
    *,
    known: Sequence[str] | None = None,
    optional: Sequence[str] = (),
) -> dict[str, Node]:
    """Return a map's nodes by key; notes keys that stand twice, that nobody knows, and that are not there."""
    found: dict[str, Node] = {}
    for key, value in node.value:
        name = key.value if isinstance(key, ScalarNode) else None
        if not name:
            faults.append(Fault(line_of(key), f"a key of {what} must be a word"))
        elif name in found:
            faults.append(Fault(line_of(key), f"{what} has {name} twice"))
        elif known is not None and name not in known:
            says = f"{what} has the unknown key {name} (known: {', '.join(known)})"
            faults.append(Fault(line_of(key), says))
        else:
            found[name] = value
    for name in known or ():
        if name not in found and name not in optional:
            faults.append(Fault(line_of(node), f"{what} says no {name}"))
    return found


def read_value(node: Node, kind: Any, what: str, faults: list[Fault]) -> Any:
    """Return what a node says as a type of Python, ``what`` being how its faults name it.

    All that does not fit is noted, on its own line, and then what is returned means nothing. A dataclass is a map of
    its fields; one that is `Checked` has its own faults noted too.
    """
    return _Reading(faults).read(node, kind, what)


@dataclass(frozen=True, slots=True)
class _Scalar:
    """How one word is read; ``must`` is what would do."""

    must: str
    parse: Callable[[str], Any]


_UNFIT: Final = object()


class _Reading:
    """Reads nodes by type; each method returns the value, or `_UNFIT` where it noted why it is none."""

    def __init__(self, faults: list[Fault]) -> None:
        self._faults = faults

    def read(self, node: Node, kind: Any, what: str) -> Any:
        origin, arguments = get_origin(kind), get_args(kind)
        if origin in (Union, UnionType):
            if isinstance(node, ScalarNode) and node.value == "null":
                return None
            (kind,) = (each for each in arguments if each is not NoneType)
            return self.read(node, kind, what)
        if origin in (tuple, frozenset):
            return self._items(node, arguments[0], what, make=origin)
        if origin is dict:
            return self._words(node, arguments[1], what)
        if is_dataclass(kind) and isinstance(kind, type):
            return self._fields(node, kind, what)
        return self._word(node, _choice(arguments) if origin is Literal else _SCALARS[kind], what)

    def _items(self, node: Node, kind: Any, what: str, *, make: Callable[[list[Any]], Any]) -> Any:
        if not isinstance(node, SequenceNode):
            return self._unfit(node, f"{what} must be a list, as [..., ...]; [] is an empty one")
        return make([self.read(each, kind, what) for each in node.value])

    def _words(self, node: Node, kind: Any, what: str) -> Any:
        if not isinstance(node, MappingNode):
            return self._unfit(node, f"{what} must be a map, as {{...: ...}}")
        found = read_map(node, what, self._faults)
        return {name: self.read(each, kind, f"{what}: {name}") for name, each in found.items()}

    def _fields(self, node: Node, kind: type[Any], what: str) -> Any:
        known = [each.name for each in fields(kind)]
        optional = [
            each.name
            for each in fields(kind)
            if each.default is not MISSING or each.default_factory is not MISSING
        ]
        if not isinstance(node, MappingNode):
            return self._unfit(node, f"{what} must be a map of {', '.join(known)}")
        before, hints = len(self._faults), get_type_hints(kind)
        found = read_map(node, what, self._faults, known=known, optional=optional)
        values = {name: self.read(each, hints[name], f"{what}: {name}") for name, each in found.items()}
        if len(self._faults) > before:
            return _UNFIT
        made = kind(**values)
        for fault in made.faults() if isinstance(made, Checked) else ():
            says = f"{what}: {fault.parameter} {fault.problem} ({fault.rule})"
            self._faults.append(Fault(line_of(found.get(fault.parameter, node)), says))
        return made

    def _word(self, node: Node, scalar: _Scalar, what: str) -> Any:
        if not isinstance(node, ScalarNode):
            return self._unfit(node, f"{what} must be {scalar.must}, and no list or map")
        is_now = f"{what} is {node.value!r}" if node.value else f"{what} is empty"
        try:
            return scalar.parse(node.value)
        except _NoSuch as error:
            return self._unfit(node, f"{is_now}: {error}")
        except (ValueError, InvalidValue):
            return self._unfit(node, f"{is_now}: it must be {scalar.must}")

    def _unfit(self, node: Node, says: str) -> Any:
        self._faults.append(Fault(line_of(node), says))
        return _UNFIT


class _NoSuch(ValueError):
    """Written as it should be, and yet there is no such thing."""


def _choice(words: Sequence[str]) -> _Scalar:
    def parse(text: str) -> str:
        if text not in words:
            raise ValueError
        return text

    return _Scalar(f"one of: {', '.join(words)}" if len(words) > 1 else words[0], parse)


def _matched(form: str, text: str) -> str:
    if not re.fullmatch(form, text, re.ASCII):
        raise ValueError
    return text


def _date(text: str) -> date:
    _matched(r"\d{4}-\d{2}-\d{2}", text)
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise _NoSuch(f"there is no day {text}") from error


def _time(text: str) -> time:
    _matched(r"\d{2}:\d{2}(:\d{2})?", text)
    try:
        return time.fromisoformat(text)
    except ValueError as error:
        raise _NoSuch(f"there is no time {text}") from error


def _bool(text: str) -> bool:
    return _matched("true|false", text) == "true"


def _text(text: str) -> str:
    return _matched(r"(?s).*\S.*", text)


_SCALARS: Final[Mapping[Any, _Scalar]] = {
    # As many digits as any date, amount or count has: what is meant is bounded by who reads it.
    int: _Scalar("a whole number, as 26", lambda text: int(_matched(r"-?\d{1,18}", text))),
    bool: _Scalar("true or false", _bool),
    str: _Scalar("a text", _text),
    date: _Scalar("a date, as 2016-01-31", _date),
    time: _Scalar("a time of the day, as 08:00", _time),
    CoverageMonth: _Scalar("a month, as 2016-01", CoverageMonth.parse),
    Fraction: _Scalar("a number, as 0.95", lambda text: Fraction(_matched(r"-?\d{1,18}(\.\d{1,18})?", text))),
}
