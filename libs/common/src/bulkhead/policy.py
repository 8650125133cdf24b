"""Policy packs: what a regulator can change, as dated and cited data.

A pack is a folder with one file per service::

    pack: vermont-2016
    service: invoicing
    parameters:
      due_day:
        - {from: 2015-11-01, value: 26, cites: "VHC section 3"}

The value of a parameter on a date is that of its last entry whose ``from`` is not later.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

import msgspec
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.errors import BulkheadError, InvalidValue

T = TypeVar("T")

CITATIONS: Final = "citations"


class PolicyError(BulkheadError):
    """A pack does not say what it must. The text names the file, the parameter and what is wrong."""


class _Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    since: date = msgspec.field(name="from")
    value: Any
    cites: str


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pack: str
    service: str
    parameters: dict[str, tuple[_Entry, ...]]


class PolicyPack:
    """One exchange's parameters, read from its folder; each file is read once."""

    def __init__(self, folder: Path) -> None:
        self.name = folder.name
        self._folder = folder
        self._files: dict[str, _File] = {}
        self._changes: dict[str, list[date]] = {}
        self._loaded: dict[tuple[str, type, int], Any] = {}

    @classmethod
    def named(cls, name: str, *, directory: Path) -> PolicyPack:
        """Return the pack of that name in a directory of packs; raises `PolicyError` if there is none."""
        folder = directory / name
        if not folder.is_dir():
            known = sorted(each.name for each in directory.glob("*") if each.is_dir())
            raise PolicyError(f"there is no policy pack {name} (known: {', '.join(known) or 'none'})")
        return cls(folder)

    def load(self, service: str, kind: type[T], as_of: date) -> T:
        """Return a service's parameters as they stand on a date, as its own dataclass, by field name.

        A field with a default need not be in the pack. A field ``citations`` gets, by parameter, where its value on
        the date comes from. Raises `PolicyError` for a missing or unknown
        parameter, an entry without a citation, or a value that does not fit its field. What stands from one change
        of the file to the next is one and the same object.
        """
        file = self._file(service)
        period = service, kind, bisect_right(self._changes[service], as_of)
        if period not in self._loaded:
            self._loaded[period] = self._read_as_of(file, kind, as_of)
        return self._loaded[period]

    def check(self, service: str, kind: type[Any]) -> None:
        """Read all a service's file says, from the first date on which each parameter in it has a value; raises
        `PolicyError` as `load` would on one of those dates.
        """
        file = self._file(service)
        begins = max((entries[0].since for entries in file.parameters.values()), default=date.max)
        for since in [each for each in self._changes[service] if each >= begins] or [begins]:
            self.load(service, kind, since)

    def _read_as_of(self, file: _File, kind: type[T], as_of: date) -> T:
        service = file.service
        if not is_dataclass(kind):
            raise TypeError(f"{kind.__name__} is not a dataclass")
        wanted = {each.name: each for each in fields(kind)}
        unknown = sorted(file.parameters.keys() - wanted.keys())
        if unknown:
            raise PolicyError(f"{self._where(service)}: unknown parameter {', '.join(unknown)}")
        values: dict[str, Any] = {}
        citations: dict[str, str] = {}
        for name, field in wanted.items():
            entries = [each for each in file.parameters.get(name, ()) if each.since <= as_of]
            if entries:
                values[name], citations[name] = entries[-1].value, entries[-1].cites
            elif field.default is MISSING and field.default_factory is MISSING:
                raise PolicyError(
                    f"{self._where(service)}: parameter {name} has no value on {as_of.isoformat()}"
                )
        if CITATIONS in wanted:
            values[CITATIONS] = citations
        return self._converted(values, kind, service=service)

    def _file(self, service: str) -> _File:
        if service not in self._files:
            self._files[service] = file = self._read(service)
            dates = {entry.since for entries in file.parameters.values() for entry in entries}
            self._changes[service] = sorted(dates)
        return self._files[service]

    def _read(self, service: str) -> _File:
        path, where = self._folder / f"{service}.yaml", self._where(service)
        try:
            # Every scalar stays text (YAML 1.2 "base"): 500.00 is no float and 'on' is no true.
            yaml: Any = YAML(typ="base", pure=True)
            plain = yaml.load(path.read_text(encoding="utf-8"))
            file = msgspec.convert(plain, _File, strict=False)
        except FileNotFoundError as error:
            raise PolicyError(f"{where}: there is no such file") from error
        except (YAMLError, msgspec.ValidationError) as error:
            raise PolicyError(f"{where}: {error}") from error
        if (file.pack, file.service) != (self.name, service):
            raise PolicyError(f"{where}: says it is {file.pack}/{file.service}")
        for name, entries in file.parameters.items():
            self._check(name, entries, where=where)
        return file

    def _check(self, name: str, entries: tuple[_Entry, ...], *, where: str) -> None:
        if not entries:
            raise PolicyError(f"{where}: parameter {name} has no entry")
        if any(not entry.cites.strip() for entry in entries):
            raise PolicyError(f"{where}: parameter {name} has an entry that cites nothing")
        dates = [entry.since for entry in entries]
        if dates != sorted(set(dates)):
            raise PolicyError(
                f"{where}: the entries of parameter {name} are not in ascending order of 'from'"
            )

    def _converted(self, values: dict[str, Any], kind: type[T], *, service: str) -> T:
        try:
            return msgspec.convert(values, kind, strict=False, dec_hook=_decode)
        except (msgspec.ValidationError, InvalidValue, ValueError) as error:
            raise PolicyError(f"{self._where(service)}: {error}") from error

    def _where(self, service: str) -> str:
        return f"{self.name}/{service}.yaml"


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


def _decode(kind: type, value: Any) -> Any:
    if kind is CoverageMonth:
        return CoverageMonth.parse(value)
    if kind is Fraction:
        return Fraction(value)
    raise NotImplementedError(f"no policy value of type {kind.__name__}")
