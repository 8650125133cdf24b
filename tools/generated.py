"""Parts of a page that a program writes, between two marks."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]

_BEGIN = "<!-- generated: begin -->"
_END = "<!-- generated: end -->"


def replace_or_check(page: Path, text: str, *, arguments: Sequence[str]) -> None:
    """Write the text between the marks; with ``--check`` only compare, and end with 1 if it differs."""
    before = page.read_text()
    head, _, rest = before.partition(_BEGIN)
    _, end, tail = rest.partition(_END)
    if not end:
        sys.exit(f"{page.relative_to(REPOSITORY)} has no place for what is generated: {_BEGIN} and {_END}")
    after = f"{head}{_BEGIN}\n\n{text}\n\n{_END}{tail}"
    if "--check" not in arguments:
        page.write_text(after)
    elif before != after:
        sys.exit(f"{page.relative_to(REPOSITORY)} is out of date.\n  What to do: make contracts")
