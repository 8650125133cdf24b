"""One file of a policy pack as it is written: what it says, line by line, and all that is wrong with its form."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from bulkhead.kernel.errors import BulkheadError
from bulkhead.policy_nodes import (
    Fault,
    anchored_in,
    is_nothing,
    line_of,
    place_what_is_empty,
    plain,
    read_map,
    read_value,
)

_HEAD: Final = ("pack", "service", "parameters")
_ENTRY: Final = ("from", "value", "cites")


class PolicyError(BulkheadError):
    """A pack does not say what it must. The text names the file, the line and what is wrong, a line each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A parameter's value from a date on, and where it comes from. ``value`` is as it is written: text, list or map."""

    since: date
    value: Any
    cites: str
    line: int
    node: Node = field(repr=False)

    def line_of(self, key: str | None) -> int:
        """Return the line of a key of the value, that of the entry itself where the value has no such key."""
        keys = self.node.value if key and isinstance(self.node, MappingNode) else ()
        return next((line_of(each) for each, _ in keys if each.value == key), self.line)


@dataclass(slots=True, kw_only=True)
class PolicyFile:
    """What a file says, by parameter and in order, and its ``faults``. An entry that has a fault is left out.

    ``written`` has the values of all entries by parameter, each with what a fault of it calls it.
    """

    where: str
    parameters: dict[str, tuple[Entry, ...]] = field(default_factory=lambda: dict[str, tuple[Entry, ...]]())
    lines: dict[str, int] = field(default_factory=lambda: dict[str, int]())
    faults: list[Fault] = field(default_factory=lambda: list[Fault]())
    written: dict[str, list[tuple[str, Node]]] = field(
        default_factory=lambda: dict[str, list[tuple[str, Node]]]()
    )

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
    """Return what a file says. Raises `PolicyError` where it is not there, no YAML, or has anchors."""
    file = PolicyFile(where=f"{pack}/{service}.yaml")
    _Reader(file, pack=pack, service=service).read(_compose(path, file))
    return file


def _compose(path: Path, file: PolicyFile) -> Node | None:
    """Return the root of a file that can be read; raises `PolicyError`."""
    text = _text(path, file)
    try:
        # Every scalar stays text (YAML 1.2 "base"): 500.00 is no float and 'on' is no true.
        yaml: Any = YAML(typ="base", pure=True)
        root: Node | None = yaml.compose(text)
    except MarkedYAMLError as error:
        raise file.error([_unreadable(error)]) from error
    except ReaderError as error:
        line = text[: error.position].count("\n") + 1
        raise file.error([Fault(line, f"has a character that is no text, {error.character!r}")]) from error
    if anchored := anchored_in(root):  # one value in several places: who changes one does not see the other
        says = "an anchor has no place in a pack: write the value out wherever it is meant"
        raise file.error([Fault(line_of(each), says) for each in anchored])
    place_what_is_empty(root, text)
    return root


def _text(path: Path, file: PolicyFile) -> str:
    """Return what a file says; raises `PolicyError`."""
    try:
        written = path.read_bytes()
    except FileNotFoundError as error:
        raise PolicyError(f"{file.where}: there is no such file") from error
    except OSError as error:
        raise PolicyError(f"{file.where}: cannot be read: {error.strerror}") from error
    try:
        return written.decode()
    except UnicodeDecodeError as error:
        line = written[: error.start].count(b"\n") + 1
        raise file.error([Fault(line, "is not UTF-8: save the file as UTF-8")]) from error


def _unreadable(error: MarkedYAMLError) -> Fault:
    line = error.problem_mark.line + 1 if error.problem_mark else 1
    if r"'\t'" in (error.problem or ""):
        return Fault(line, "a tab has no place here: use spaces")
    return Fault(line, f"is no YAML: {error.problem}")


class _Reader:
    """Walks the nodes of a file, which know their lines."""

    def __init__(self, file: PolicyFile, *, pack: str, service: str) -> None:
        self._file, self._expected = file, {"pack": pack, "service": service}

    def read(self, root: Node | None) -> None:
        if not isinstance(root, MappingNode):
            self._file.faults.append(Fault(1, f"must say {', '.join(_HEAD)}"))
            return
        head = read_map(root, "the file", self._file.faults, known=_HEAD)
        for name, expected in self._expected.items():
            if name in head and plain(head[name]) != expected:
                self._fault(head[name], f"{name} must be {expected}, as the file's own name and folder say")
        parameters = head.get("parameters")
        if isinstance(parameters, MappingNode):
            for name, node in read_map(parameters, "parameters", self._file.faults).items():
                self._file.parameters[name] = self._entries(name, node)
            for key, _ in parameters.value:
                if isinstance(key, ScalarNode):
                    self._file.lines.setdefault(key.value, line_of(key))
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
        parts = read_map(node, f"an entry of {name}", self._file.faults, known=_ENTRY)
        cites = plain(parts["cites"]) if "cites" in parts else ""
        if "cites" in parts and (
            is_nothing(parts["cites"]) or not (isinstance(cites, str) and cites.strip())
        ):
            self._fault(
                parts["cites"], f"{name} has an entry that cites nothing: say where the value comes from"
            )
        since: Any = None
        if "from" in parts:
            since = read_value(parts["from"], date, f"the 'from' of {name}", self._file.faults)
        if "value" in parts:
            what = f"{name} from {plain(parts['from'])}" if "from" in parts else name
            self._file.written.setdefault(name, []).append((what, parts["value"]))
        if len(self._file.faults) > before:
            return None
        value = parts["value"]
        return Entry(since=since, value=plain(value), cites=cites, line=line_of(node), node=value)

    def _fault(self, node: Node, says: str) -> None:
        self._file.faults.append(Fault(line_of(node), says))
