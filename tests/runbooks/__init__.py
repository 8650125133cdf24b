"""What the runbooks tell somebody to type, and who plays it: a test on one machine, or the test on a cluster.

A command stands in a fenced block whose first line says where it is played: ``sh local``, ``sh cluster`` or
``sh local cluster``. A query for Prometheus stands in a block ``promql``; it is asked in the tests of the rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias, get_args

REPOSITORY = Path(__file__).resolve().parents[2]
FOLDER = REPOSITORY / "docs" / "runbooks"

Where: TypeAlias = Literal["local", "cluster"]

_FENCE = re.compile(r"^ *```")
_SPOKEN = re.compile(
    r"`((?:on|ask|tell|put|make|kubectl|helm|curl|psql|kafka-topics\.sh|python|pytest) [^`\n]+)`"
)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: what its first line says, what is in it, and the number of its first line in the page."""

    mark: str
    text: str
    line: int

    @property
    def places(self) -> frozenset[str]:
        """Where it is played; nowhere if it is not marked."""
        language, *places = self.mark.split() or [""]
        known = frozenset(get_args(Where))
        return frozenset(places) if language == "sh" and known.issuperset(places) else frozenset()

    def commands(self) -> list[str]:
        """Return what is to be typed, a command each; one that goes on over several lines is one."""
        joined = re.sub(r"\\\n\s*", "", self.text)
        return [each.strip() for each in joined.splitlines() if each.strip()]


def pages() -> list[Path]:
    """Return the runbooks as README.md lists them, itself first."""
    readme = FOLDER / "README.md"
    return [
        readme,
        *(
            FOLDER / each
            for each in re.findall(r"^- \[.*\]\((.+)\)$", readme.read_text("utf-8"), re.MULTILINE)
        ),
    ]


def blocks(text: str) -> Iterator[Block]:
    """Yield the fenced blocks of a page."""
    mark, inside, began = None, list[str](), 0
    for number, line in enumerate(text.splitlines(), start=1):
        if not _FENCE.match(line):
            inside.append(line.strip())
        elif mark is None:
            mark, inside, began = line.strip().removeprefix("```"), [], number
        else:
            yield Block(mark, "\n".join(inside), began)
            mark = None


def commands(page: Path, where: Where) -> list[str]:
    """Return what a page tells somebody to type there, in order."""
    return [
        each
        for block in blocks(page.read_text("utf-8"))
        if where in block.places
        for each in block.commands()
    ]


def played(where: Where) -> dict[str, list[str]]:
    """Return the commands for there, by page in the order of `pages`; those of README.md make the others work."""
    found = {page.stem: commands(page, where) for page in pages()}
    return {page: typed for page, typed in found.items() if typed}


def queries(page: Path) -> list[str]:
    """Return what a page tells somebody to ask Prometheus."""
    return [
        each
        for block in blocks(page.read_text("utf-8"))
        if block.mark == "promql"
        for each in block.commands()
    ]


def unmarked(text: str) -> list[str]:
    """Return what looks as if it were to be typed, and that nobody plays: blocks without a mark, indented ones, and
    commands within a sentence. Capitals in a sentence stand for any command, such as ``on SERVICE COMMAND``.
    """
    outside = list(text.splitlines())
    found: list[str] = []
    for block in blocks(text):
        lines = block.text.count("\n") + 1 if block.text else 0
        outside[block.line - 1 : block.line + lines + 1] = [""] * (lines + 2)
        if not block.places and block.mark != "promql":
            found.append(f"line {block.line}: a block marked {block.mark!r}")
    for number, line in enumerate(outside, start=1):
        if re.match(r" {4,}\S", line) or _FENCE.match(line):
            found.append(f"line {number}: {line.strip()}")
        found += [f"line {number}: {each}" for each in _SPOKEN.findall(line) if not each.split()[1].isupper()]
    return found
