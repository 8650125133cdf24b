"""Compares what was expected with what was found, and shows both sides where they differ."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stories.facts import Facts, Found
from stories.language import Expectation
from stories.outcome import Outcome
from stories.vocabulary import EXPECT

_WHOSE = frozenset({"household", "carrier", "plan", "type"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One expectation that does not hold, and what was found instead, ready to be read."""

    line: int
    headline: str
    table: tuple[str, ...]


async def check(expectation: Expectation, facts: Facts, before: Outcome | None) -> Failure | None:
    """Return how an expectation fails, or None when it holds."""
    found = await facts.find(expectation.word, expectation.fields, before)
    if "count" in expectation.fields:
        return _counted(expectation, found)
    meeting = [each for each in found if not differing(expectation.fields, each)]
    if expectation.never:
        return None if not meeting else _came_about(expectation, meeting[0])
    return None if meeting else _missed(expectation, found, await _of_the_step(expectation, before))


def _counted(expectation: Expectation, found: Sequence[Found]) -> Failure | None:
    """Return how many there are that agree with all else, where that is not as many as expected."""
    wanted = {name: value for name, value in expectation.fields.items() if name != "count"}
    counted = sum(not differing(wanted, each) for each in found)
    if (counted == expectation.fields["count"]) is not expectation.never:
        return None
    said = "never expected" if expectation.never else "expected"
    return Failure(
        line=expectation.line,
        headline=f"{said} {describe(expectation)}",
        table=(f"found     {counted} of {len(found)} that agree with all else",),
    )


def differing(expected: Mapping[str, Any], found: Found) -> list[str]:
    """Return the names of the expected fields that the found fact does not agree with."""
    return [name for name, value in expected.items() if not _agrees(name, value, found.get(name))]


def _agrees(name: str, expected: Any, found: Any) -> bool:
    if name == "says":
        return all(_plain(each) in _plain(found) for each in expected)
    if name == "never_says":
        return not any(_plain(each) in _plain(found) for each in expected)
    if name == "members":
        return expected == len(found) if isinstance(expected, int) else sorted(expected) == sorted(found)
    if name == "standing":
        return expected == found or str(found).startswith(f"{expected} ")
    return expected == found


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text).casefold()


def closest(expected: Mapping[str, Any], found: Sequence[Found]) -> Found | None:
    """Return the found fact that agrees with most of what was expected, whose it is before all else; the latest
    of equals."""

    def likeness(each: Found) -> tuple[int, int]:
        wrong = differing(expected, each)
        return -sum(name in _WHOSE for name in wrong), -len(wrong)

    return max(reversed(found), key=likeness, default=None)


def describe(expectation: Expectation) -> str:
    """Return an expectation in one line, as a story would write it."""
    shown = ", ".join(
        f"{name}: {_show(expectation.word, name, value)}" for name, value in expectation.fields.items()
    )
    return f"{expectation.word} {{{shown}}}"


def _show(word: str, name: str, value: Any) -> str:
    return EXPECT[word].shape.fields[name].kind.show(value)


def _missed(expectation: Expectation, found: Sequence[Found], remark: str) -> Failure:
    best = closest(expectation.fields, found)
    headline = f"expected {describe(expectation)}"
    if best is None:
        return Failure(
            line=expectation.line, headline=headline, table=(f"found     nothing of the kind{remark}",)
        )
    wrong = differing(expectation.fields, best)
    rows = [("", "expected", "found", "")]
    for name, value in expectation.fields.items():
        if name in ("says", "never_says"):
            side = "it does not say so" if name == "says" else "it says so"
            found_text = side if name in wrong else "as expected"
        else:
            found_text = _show(expectation.word, name, best.get(name))
        rows.append(
            (name, _show(expectation.word, name, value), found_text, "<-- differs" if name in wrong else "")
        )
    table = _columns(rows)
    if len(found) > 1:
        table += (f"(the closest of {len(found)} found)",)
    return Failure(
        line=expectation.line, headline=headline, table=table + ((remark.strip("; "),) if remark else ())
    )


def _came_about(expectation: Expectation, found: Found) -> Failure:
    rows = [("", "never", "found", "")]
    for name, value in found.items():
        asked = name in expectation.fields
        shown = "(its text)" if name in ("says", "never_says") else _show(expectation.word, name, value)
        rows.append(
            (name, _show(expectation.word, name, expectation.fields[name]) if asked else "", shown, "")
        )
    return Failure(
        line=expectation.line, headline=f"never expected {describe(expectation)}", table=_columns(rows)
    )


async def _of_the_step(expectation: Expectation, before: Outcome | None) -> str:
    if expectation.word not in ("refused", "accepted"):
        return ""
    if before is None:
        return "; nothing was done before"
    refusals = await before.refusals()
    if not refusals:
        return f"; '{before.word}' on line {before.line} was accepted"
    says = "; ".join(f"{each.says} [{', '.join(each.rules) or 'no rule named'}]" for each in refusals)
    return f"; '{before.word}' on line {before.line} was refused: {says}"


def _columns(rows: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))]
    return tuple(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
