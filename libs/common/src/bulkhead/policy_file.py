"""One file of a policy pack as it is written: what it says, line by line, and all that is wrong with its form."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

import msgspec
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from bulkhead.kernel.errors import BulkheadError

_HEAD: Final = ("pack", "service", "parameters")
_ENTRY: Final = ("from", "value", "cites")


class PolicyError(BulkheadError):
    """A pack does not say what it must. The text names the file, the line and what is wrong, a line each."""


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing that is wrong with a file."""

    line: int
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A parameter's value from a date on, and where it comes from. ``value`` is as it is written: text, list or map."""

    since: date
    value: Any
    cites: str
    line: int


@dataclass(slots=True, kw_only=True)
class PolicyFile:
    """What a file says, by parameter and in order, and its ``faults``. What has a fault is left out."""

    where: str
    parameters: dict[str, tuple[Entry, ...]] = field(default_factory=lambda: dict[str, tuple[Entry, ...]]())
    lines: dict[str, int] = field(default_factory=lambda: dict[str, int]())
    faults: list[Fault] = field(default_factory=lambda: list[Fault]())

    @property
    def begins(self) -> date | None:
        """The file's first day: the earliest date on which anything in it has a value; None where nothing has."""
        return min((each.since for entries in self.parameters.values() for each in entries), default=None)

    def entry_on(self, parameter: str, day: date) -> Entry | None:
        """Return what stands on a day, or None."""
        stands = [each for each in self.parameters.get(parameter, ()) if each.since <= day]
        return stands[-1] if stands else None

    def error(self, faults: list[Fault]) -> PolicyError:
        """Return these faults as one error, in the order of their lines, each once."""
        return PolicyError(
            "\n".join(f"{self.where}:{each.line}: {each.says}" for each in sorted(set(faults)))
        )


def read_policy_file(path: Path, *, pack: str, service: str) -> PolicyFile:
    """Return what a file says. Raises `PolicyError` where it is not there or no YAML."""
    where = f"{pack}/{service}.yaml"
    try:
        # Every scalar stays text (YAML 1.2 "base"): 500.00 is no float and 'on' is no true.
        yaml: Any = YAML(typ="base", pure=True)
        root = yaml.compose(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise PolicyError(f"{where}: there is no such file") from error
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise PolicyError(f"{where}:{line}: {error.problem}") from error
    except (YAMLError, OSError, UnicodeDecodeError) as error:
        raise PolicyError(f"{where}: cannot be read: {error}") from error
    file = PolicyFile(where=where)
    _Reader(file, pack=pack, service=service).read(root)
    return file


class _Reader:
    """Walks the nodes of a file, which know their lines."""

    def __init__(self, file: PolicyFile, *, pack: str, service: str) -> None:
        self._file, self._expected = file, {"pack": pack, "service": service}

    def read(self, root: Node | None) -> None:
        if not isinstance(root, MappingNode):
            self._file.faults.append(Fault(1, f"must say {', '.join(_HEAD)}"))
            return
        head = self._map(root, "the file", keys=_HEAD)
        for name, expected in self._expected.items():
            if name in head and self._plain(head[name]) != expected:
                self._fault(head[name], f"{name} must be {expected}, as the file's own name and folder say")
        parameters = head.get("parameters")
        if isinstance(parameters, MappingNode):
            for name, node in self._map(parameters, "parameters").items():
                self._file.parameters[name] = self._entries(name, node)
            for key, _ in parameters.value:
                if isinstance(key, ScalarNode):
                    self._file.lines.setdefault(key.value, _line(key))
        elif parameters is not None:
            self._fault(parameters, "parameters must be a map, by the parameter's name")

    def _entries(self, name: str, node: Node) -> tuple[Entry, ...]:
        if not isinstance(node, SequenceNode) or not node.value:
            self._fault(node, f"{name} has no entry: it must be a list of from, value and cites")
            return ()
        entries: list[Entry] = []
        for each in node.value:
            entry = self._entry(name, each)
            if entry is None:
                continue
            if entries and entry.since <= entries[-1].since:
                again = "has two entries from" if entry.since == entries[-1].since else "is out of order at"
                self._fault(
                    each, f"{name} {again} {entry.since}: each entry must be later than the one before"
                )
                continue
            entries.append(entry)
        return tuple(entries)

    def _entry(self, name: str, node: Node) -> Entry | None:
        before = len(self._file.faults)
        if not isinstance(node, MappingNode):
            self._fault(node, f"an entry of {name} must be a map of from, value and cites")
            return None
        parts = self._map(node, f"an entry of {name}", keys=_ENTRY)
        since, cites = self._plain(parts.get("from")), self._plain(parts.get("cites"))
        value = self._plain(parts.get("value"))
        if "cites" in parts and not (isinstance(cites, str) and cites.strip()):
            self._fault(
                parts["cites"], f"{name} has an entry that cites nothing: say where the value comes from"
            )
        if "from" in parts:
            try:
                since = msgspec.convert(since, date)
            except msgspec.ValidationError:
                self._fault(parts["from"], f"the 'from' of {name} must be a date, as 2016-01-31")
        if len(self._file.faults) > before:
            return None
        return Entry(since=since, value=value, cites=cites, line=_line(node))

    def _map(self, node: MappingNode, what: str, *, keys: tuple[str, ...] | None = None) -> dict[str, Node]:
        """Return a map's nodes by key; notes keys that stand twice, that nobody knows, and that are not there."""
        found: dict[str, Node] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, ScalarNode) else None
            if not name:
                self._fault(key, f"a key of {what} must be a word")
            elif name in found:
                self._fault(key, f"{what} has {name} twice")
            elif keys is not None and name not in keys:
                self._fault(key, f"{what} has the unknown key {name} (known: {', '.join(keys)})")
            else:
                found[name] = value
        for name in keys or ():
            if name not in found:
                self._fault(node, f"{what} says no {name}")
        return found

    def _plain(self, node: Node | None) -> Any:
        """Return what a node says as text, list and map."""
        if node is None:
            return None
        if node.anchor:  # one value for several parameters: who changes one does not see the other
            self._fault(node, "an anchor has no place in a pack: write the value out")
            return None
        if isinstance(node, MappingNode):
            return {key: self._plain(value) for key, value in self._map(node, "a value").items()}
        if isinstance(node, SequenceNode):
            return [self._plain(each) for each in node.value]
        return node.value

    def _fault(self, node: Node, says: str) -> None:
        self._file.faults.append(Fault(_line(node), says))


def _line(node: Node) -> int:
    return node.start_mark.line + 1
