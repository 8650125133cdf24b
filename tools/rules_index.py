"""Writes into docs/rules.md where each rule is held and tested: ``python -m tools.rules_index [--check]``.

A rule is held where shipped code or a policy pack names its id (``INV-3``), tested by a test whose name has
it (``test_INV_3_...``), and played by a scenario that cites it.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tools.generated import REPOSITORY, replace_or_check

PAGE = REPOSITORY / "docs" / "rules.md"

_FAMILIES = "CAL|ENR|INV|PAY|CAR|NOT|OPS"
_ID = re.compile(rf"\b({_FAMILIES})-([1-9]\d?)\b")
_RULE = re.compile(rf"^- \*\*((?:{_FAMILIES})-\d+)\*\*", re.MULTILINE)
_TEST = re.compile(r"^\s*(?:async )?def (test_\w+)", re.MULTILINE)
_ID_IN_NAME = re.compile(rf"(?<![A-Z])({_FAMILIES})_([1-9]\d?)(?!\d)")
_UNBUILT = "*Not built yet.*"
_CITES = re.compile(r"^cites:\s*(.*?)\s*(?:#.*)?$", re.MULTILINE)


@dataclass(slots=True)
class Places:
    """Where a rule's id stands."""

    held: set[Path] = field(default_factory=lambda: set[Path]())
    tests: dict[Path, int] = field(default_factory=lambda: defaultdict[Path, int](int))
    scenarios: set[Path] = field(default_factory=lambda: set[Path]())


def found_places() -> dict[str, Places]:
    """Return for each id that stands anywhere, where."""
    found: dict[str, Places] = defaultdict(Places)
    for path in _files("services/*/src/**/*.py", "libs/common/src/**/*.py", "policy/*/*.yaml"):
        for family, number in _ID.findall(path.read_text()):
            found[f"{family}-{number}"].held.add(path)
    for path in _files("services/*/tests/**/*.py", "libs/*/tests/**/*.py", "tests/**/*.py"):
        for name in _TEST.findall(path.read_text()):
            for family, number in set(_ID_IN_NAME.findall(name)):
                found[f"{family}-{number}"].tests[path] += 1
    for path in _files("scenarios/**/*.yaml"):
        for cited in _CITES.findall(path.read_text()):
            for family, number in _ID.findall(cited):
                found[f"{family}-{number}"].scenarios.add(path)
    return found


def _files(*patterns: str) -> Iterable[Path]:
    return sorted({path for pattern in patterns for path in REPOSITORY.glob(pattern)})


def table(rules: list[str], found: dict[str, Places]) -> str:
    """Return the table, a row a rule in the page's order."""
    rows = ["| rule | held in | tested in | scenarios |", "|---|---|---|---|"]
    unbuilt = _marked_unbuilt()
    for rule in rules:
        places = found.get(rule, Places())
        held = "*not built yet*" if rule in unbuilt else _shown(places.held)
        tests = "<br>".join(f"{_link(path)} ({count})" for path, count in sorted(places.tests.items()))
        rows.append(f"| {rule} | {held} | {tests} | {_shown(places.scenarios)} |")
    return "\n".join(rows)


def rules_there_are() -> dict[str, bool]:
    """Return the rules of the page, in its order, and whether each is built."""
    unbuilt = _marked_unbuilt()
    return {rule: rule not in unbuilt for rule in _RULE.findall(PAGE.read_text())}


def _marked_unbuilt() -> set[str]:
    entries = re.split(r"^- ", PAGE.read_text(), flags=re.MULTILINE)
    return {
        entry.split("**")[1]
        for entry in entries
        if _UNBUILT in " ".join(entry.split()) and entry.startswith("**")
    }


def _shown(paths: set[Path]) -> str:
    return "<br>".join(_link(path) for path in sorted(paths))


def _link(path: Path) -> str:
    place = path.relative_to(REPOSITORY).as_posix()
    short = re.sub(r"^(?:services|libs)/([^/]+)/(?:src/[^/]+/)?", r"\1: ", place)
    return f"[{short}](../{place})"


def main() -> None:
    """Write the table; with ``--check`` end with 1 when the page is out of date, or an id is unknown."""
    rules = _RULE.findall(PAGE.read_text())
    found = found_places()
    unknown = sorted(set(found) - set(rules))
    if unknown:
        places = ", ".join(f"{rule} ({_shown(found[rule].held) or 'in tests'})" for rule in unknown)
        sys.exit(
            f"docs/rules.md does not have {places}.\n  What to do: correct the id, or write the rule down"
        )
    unmarked = [
        rule for rule in rules if not found.get(rule, Places()).held and rule not in _marked_unbuilt()
    ]
    if unmarked:
        sys.exit(f"{', '.join(unmarked)}: held nowhere.\n  What to do: mark it in docs/rules.md: {_UNBUILT}")
    replace_or_check(PAGE, table(rules, found), arguments=sys.argv[1:])


if __name__ == "__main__":
    main()
