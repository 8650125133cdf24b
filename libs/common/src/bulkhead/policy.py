"""Policy packs: what a regulator can change, as dated and cited data.

A pack is a folder with one file per service::

    pack: vermont-2016
    service: invoicing
    parameters:
      due_day:
        - {from: 2015-11-01, value: 26, cites: "VHC section 3"}

The value of a parameter on a date is that of its last entry whose ``from`` is not later. A file begins on the earliest
``from`` in it, and on that day each parameter must have a value.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Any, Final, Generic, TypeVar, get_type_hints

from bulkhead.contracts.registry import TOPICS
from bulkhead.kernel.parameters import Checked
from bulkhead.policy_file import Entry, PolicyError, PolicyFile, read_policy_file
from bulkhead.policy_nodes import Fault, read_value

__all__ = ["PackParameters", "PolicyError", "PolicyPack", "packs_in"]

T = TypeVar("T")

CITATIONS: Final = "citations"

_FILES: Final = {f"{service}.yaml" for topic in TOPICS for service in (topic.owner, *topic.readers)}
"""What a pack may consist of: a file for each service there is."""


@dataclass(frozen=True, slots=True)
class _Periods(Generic[T]):
    """A service's parameters from each change of its file to the next."""

    since: list[date]
    stands: list[T]


class PolicyPack:
    """One exchange's parameters, read from its folder; each file is read once."""

    def __init__(self, folder: Path) -> None:
        self.name = folder.name
        self._folder = folder
        self._files: dict[str, PolicyFile] = {}
        self._periods: dict[tuple[str, type], _Periods[Any]] = {}

    @classmethod
    def named(cls, name: str, *, directory: Path) -> PolicyPack:
        """Return the pack of that name in a directory of packs; raises `PolicyError` if there is none."""
        folder = directory / name
        if not folder.is_dir():
            known = packs_in(directory)
            raise PolicyError(f"there is no policy pack {name} (known: {', '.join(known) or 'none'})")
        return cls(folder)

    def load(self, service: str, kind: type[T], as_of: date) -> T:
        """Return a service's parameters as they stand on a date, as its own dataclass, by field name.

        A field with a default need not be in the pack. A field ``citations`` gets, by parameter, where its value on
        the date comes from. What stands from one change of the file to the next is one and the same object. Raises
        `PolicyError` with all that is wrong with the file, whatever the date, and for a date before its first day.
        """
        periods = self._checked(service, kind)
        at = bisect_right(periods.since, as_of)
        if not at:
            raise PolicyError(
                f"{self.file(service).where}: says nothing of {as_of}, its first day is {periods.since[0]}"
            )
        return periods.stands[at - 1]

    def check(self, service: str, kind: type[Any]) -> None:
        """Read all a service's file says, on every date it speaks of; raises `PolicyError` with all its faults, and
        with the files in the pack's folder that no service reads.
        """
        wrong = [
            f"{self.name}/{each.name}: no service reads it (they read {', '.join(sorted(_FILES))})"
            for each in sorted(self._folder.iterdir())
            if each.name not in _FILES and not each.name.startswith(".")  # as a mounted volume has
        ]
        try:
            self._checked(service, kind)
        except PolicyError as error:
            wrong.append(str(error))
        if wrong:
            raise PolicyError("\n".join(wrong))

    def check_together(self, kinds: Mapping[str, type[Any]]) -> None:
        """Read the files of several services, each as `check` does, and hold them against each other: a parameter that
        two services have stands alike for both. Raises `PolicyError` with all that is wrong, each once.
        """
        wrong: dict[str, None] = {}
        for service, kind in kinds.items():
            try:
                self.check(service, kind)
            except PolicyError as error:
                wrong |= dict.fromkeys(str(error).splitlines())
        if not wrong:
            pairs = combinations(kinds, 2)
            wrong = dict.fromkeys(text for one, other in pairs for text in self._unlike(one, other))
        if wrong:
            raise PolicyError("\n".join(wrong))

    def _unlike(self, one: str, other: str) -> Iterator[str]:
        """Yield what two files that can be read say differently, from the day on which both speak."""
        first, second = self.file(one), self.file(other)
        for name in sorted(first.parameters.keys() & second.parameters.keys()):
            days = {each.since for file in (first, second) for each in file.parameters[name]}
            for day in sorted(days):
                here, there = first.entry_on(name, day), second.entry_on(name, day)
                if here and there and here.value != there.value:
                    yield (
                        f"{second.where}:{there.line}: {name} is another on {day} than in {first.where}:{here.line}: "
                        "what two services go by must be the same"
                    )

    def file(self, service: str) -> PolicyFile:
        """Return a service's file as it is written; raises `PolicyError` where it is not there or no YAML."""
        if service not in self._files:
            path = self._folder / f"{service}.yaml"
            self._files[service] = read_policy_file(path, pack=self.name, service=service)
        return self._files[service]

    def _checked(self, service: str, kind: type[T]) -> _Periods[T]:
        if (service, kind) not in self._periods:
            self._periods[service, kind] = _Check(self.file(service), kind).periods()
        return self._periods[service, kind]


def packs_in(directory: Path) -> list[str]:
    """Return the names of the packs in a directory."""
    return sorted(each.name for each in directory.glob("*") if each.is_dir())


class _Check(Generic[T]):
    """Holds a file against the dataclass of its service, on every date it speaks of."""

    def __init__(self, file: PolicyFile, kind: type[T]) -> None:
        if not is_dataclass(kind):
            raise TypeError(f"{kind.__name__} is not a dataclass")
        self._file, self._kind, self._faults = file, kind, list(file.faults)
        self._wanted: dict[str, Field[Any]] = {
            each.name: each for each in fields(kind) if each.name != CITATIONS
        }
        self._cited = any(each.name == CITATIONS for each in fields(kind))

    def periods(self) -> _Periods[T]:
        """Return what stands when; raises `PolicyError` with all that is wrong."""
        known = ", ".join(self._wanted)
        for name in self._file.parameters.keys() - self._wanted.keys():
            self._fault(self._file.lines[name], f"unknown parameter {name} (known: {known})")
        values = self._values()
        self._find_gaps()
        since = sorted({each.since for entries in self._file.parameters.values() for each in entries})
        whole = not self._faults
        stands = [
            each for each in (self._standing(values, day) for day in since if whole) if each is not None
        ]
        if self._faults:
            raise self._file.error(self._faults)
        return _Periods(since, stands)

    def _values(self) -> dict[int, Any]:
        """Return each value as its field's type, by the node's identity; notes those that do not fit."""
        hints, values = get_type_hints(self._kind), dict[int, Any]()
        for name in self._file.written.keys() & self._wanted.keys():
            for what, node in self._file.written[name]:
                values[id(node)] = read_value(node, hints[name], what, self._faults)
        return values

    def _find_gaps(self) -> None:
        """Note each parameter without a value on the file's first day. Of one with a fault nothing is known."""
        begins, faulty = self._file.begins, bool(self._file.faults)
        for name, each in self._wanted.items():
            if each.default is not MISSING or each.default_factory is not MISSING:
                continue
            if name not in self._file.parameters:
                self._fault(1, f"parameter {name} is missing")
            elif begins and not faulty and self._file.entry_on(name, begins) is None:
                self._fault(
                    self._file.lines[name],
                    f"parameter {name} has no value on {begins}, the first day of this file: add an entry from then",
                )

    def _standing(self, values: dict[int, Any], day: date) -> T | None:
        """Return what stands on a day, or None where its values cannot be meant beside each other."""
        entries = {
            name: entry for name in self._wanted if (entry := self._file.entry_on(name, day)) is not None
        }
        given: dict[str, Any] = {name: values[id(entry.node)] for name, entry in entries.items()}
        if self._cited:
            given[CITATIONS] = {name: entry.cites for name, entry in entries.items()}
        standing = self._kind(**given)
        for fault in standing.faults() if isinstance(standing, Checked) else ():
            entry: Entry | None = entries.get(fault.parameter)
            line, since = (entry.line_of(fault.key), entry.since) if entry else (1, day)
            self._fault(line, f"{fault.parameter} from {since} {fault.problem} ({fault.rule})")
        return None if self._faults else standing

    def _fault(self, line: int, says: str) -> None:
        self._faults.append(Fault(line, says))


class PackParameters(Generic[T]):
    """A service's parameters in a pack. A `bulkhead.kernel.parameters.DatedParameters`.

    Made only of a file that can be read on all dates it speaks of, so that a service does not start with another;
    raises `PolicyError`.
    """

    def __init__(self, pack: PolicyPack, service: str, kind: type[T]) -> None:
        pack.check(service, kind)
        self._pack, self._service, self._kind = pack, service, kind

    def as_of(self, day: date) -> T:
        """Return the parameters in force on a date; raises `PolicyError` where the pack does not say."""
        return self._pack.load(self._service, self._kind, day)
