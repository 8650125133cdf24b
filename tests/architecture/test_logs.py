"""The page of logs has every line that needs somebody, and no other."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = REPOSITORY / "docs" / "logs.md"
LEVELS = {"critical", "error", "warning"}
_ROW = re.compile(r"^\| `(CRITICAL|ERROR|WARNING)` \| `([^`]+)` \|", re.MULTILINE)


def said() -> Iterator[tuple[str, str]]:
    """Give the level and the words of every line that shipped code logs at these levels."""
    for path in (
        *REPOSITORY.glob("libs/common/src/**/*.py"),
        *REPOSITORY.glob("services/*/src/**/*.py"),
    ):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id="_log"), attr=level),
                    args=[ast.Constant(value=str(words)), *_],
                ) if level in LEVELS:
                    yield level.upper(), words
                case _:
                    pass


def test_the_page_has_every_line_that_needs_somebody() -> None:
    assert set(_ROW.findall(PAGE.read_text(encoding="utf-8"))) == set(said())
