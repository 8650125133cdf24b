"""Holds the locks against advisories in OSV's format, given by file: ``python -m tools.advisories FILE_OR_FOLDER...``.

Nothing is fetched: a file is one advisory, a list of them, or an archive as OSV exports one for an ecosystem
(``all.zip``). Exit codes: 0 nothing is known of what the locks name, 1 something is, 2 nothing was given to look in.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from tools.generated import REPOSITORY

LOCKS = (REPOSITORY / "requirements.lock", REPOSITORY / "requirements-dev.lock")
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True, order=True)
class Known:
    """An advisory about a version that a lock names."""

    package: str
    version: str
    advisory: str
    summary: str


def pinned(lock: Path) -> dict[str, str]:
    """Return the version of each package that a lock names."""
    return {canonicalize_name(name): version for name, version in _PINNED.findall(lock.read_text())}


def advisories(paths: Iterable[Path]) -> Iterator[Mapping[str, Any]]:
    """Yield all advisories in files, archives and folders."""
    for path in paths:
        if path.is_dir():
            yield from advisories(sorted(path.rglob("*.json")))
        elif path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                for name in archive.namelist():
                    yield from _listed(json.loads(archive.read(name)))
        else:
            yield from _listed(json.loads(path.read_text()))


def _listed(read: Any) -> Iterable[Mapping[str, Any]]:
    return read if isinstance(read, list) else [read]


def known_of(versions: Mapping[str, str], told: Iterable[Mapping[str, Any]]) -> list[Known]:
    """Return what is known of these versions, in order; an advisory that was withdrawn counts no more."""
    return sorted(
        {
            Known(name, versions[name], advisory["id"], advisory.get("summary", ""))
            for advisory in told
            if not advisory.get("withdrawn")
            for affected in advisory.get("affected", ())
            if affected.get("package", {}).get("ecosystem") == "PyPI"
            and (name := canonicalize_name(affected["package"]["name"])) in versions
            and _is_affected(versions[name], affected)
        }
    )


def _is_affected(version: str, affected: Mapping[str, Any]) -> bool:
    if version in affected.get("versions", ()):
        return True
    ranges = [each["events"] for each in affected.get("ranges", ()) if each["type"] == "ECOSYSTEM"]
    return any(_is_within(Version(version), events) for events in ranges)


def _is_within(version: Version, events: Iterable[Mapping[str, str]]) -> bool:
    """Return whether a version is between what brought the fault and what took it away, events in order."""
    within = False
    for event in events:
        (kind, at), *_ = event.items()
        if kind == "introduced":
            within = within or at == "0" or version >= _version(at)
        elif (kind == "fixed" and version >= _version(at)) or (
            kind == "last_affected" and version > _version(at)
        ):
            within = False
    return within


def _version(text: str) -> Version:
    try:
        return Version(text)
    except InvalidVersion:
        return Version("0")  # one that nobody can order: what lies after it is taken to be affected


def main() -> None:
    """Print what is known of what the locks name."""
    parser = argparse.ArgumentParser(prog="python -m tools.advisories", description=__doc__)
    parser.add_argument("given", type=Path, nargs="*")
    given: list[Path] = parser.parse_args().given
    missing = [str(each) for each in given if not each.exists()]
    told = [] if missing else list(advisories(given))
    if not told:
        print(
            "advisories: there is nothing to look in. What to do: give files in OSV's format", file=sys.stderr
        )
        sys.exit(2)
    found = sorted({each for lock in LOCKS for each in known_of(pinned(lock), told)})
    for each in found:
        print(f"{each.package} {each.version}: {each.advisory} {each.summary}")
    print(f"advisories: {len(found)} of {len(told)} are about what the locks name")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
