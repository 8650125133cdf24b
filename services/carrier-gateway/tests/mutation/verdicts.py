"""The verdicts on changed files, and what holds of each file whatever it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, TypeAlias

from mutation.written import CannotBeCut, Line, cut

Verdict: TypeAlias = Literal["refused", "taken up", "taken up in part", "the same"]

PERSONAL: Final = ("900123456", "19800302", "june@example.test", "12 Main Street", "8025550134", "Robin")
"""Of the people in sound files: no reason says any of it again."""


class Wrong(Exception):
    """What became of a file is not what may become of one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a file by itself: the verdict, and by which names of faults what of it is refused."""

    verdict: Verdict
    faults: tuple[str, ...] = ()


def lines_of_file(data: bytes) -> list[Line] | None:
    """Return the segments of a file, None of one that cannot be cut."""
    try:
        return cut(data)
    except CannotBeCut:
        return None


def nobody_is_told(reasons: Iterable[str]) -> None:
    """Raise `Wrong` where a reason says nothing, or says again what is a person's or what stood there."""
    for says in reasons:
        if not says:
            raise Wrong("a reason says nothing")
        for each in PERSONAL:
            if each in says:
                raise Wrong("a reason says again what is a person's")
        if len(says) > 400:
            raise Wrong("a reason says again what stood there")


def envelope_of(
    lines: Sequence[Line], position: int, *, floors: Sequence[str] = ("ISA", "GS", "ST")
) -> list[Line]:
    """Return ISA, GS and ST around a set, those asked for; raises `Wrong` where a count or number does not fit."""
    found: list[Line] = []
    for opening, closing, number, inner in (
        ("ISA", "IEA", 13, "GS"),
        ("GS", "GE", 6, "ST"),
        ("ST", "SE", 2, ""),
    ):
        if opening not in floors:
            continue
        begin = next((each for each in reversed(lines[:position]) if each.tag == opening), None)
        if begin is None:
            raise Wrong(f"it stands in no {opening}")
        end = next((each for each in lines[position:] if each.tag == closing), None)
        if end is None or any(each.tag == opening for each in lines[position : end.position]):
            raise Wrong(f"{opening} {begin.position} is not closed, and is taken up")
        inside = lines[begin.position : end.position - 1]
        counted = sum(each.tag == inner for each in inside) if inner else len(inside) + 2
        if not end.get(1).isascii() or int(end.get(1)) != counted:
            raise Wrong(f"{closing}01 counts {end.get(1)}, there are {counted}, and it is taken up")
        one, other = begin.get(number), end.get(2)
        if one != other and not (one.isdecimal() and other.isdecimal() and int(one) == int(other)):
            raise Wrong(f"{closing}02 is not the number of {opening}, and it is taken up")
        if any(each.tag == opening and each.get(number) == one for each in lines[: begin.position - 1]):
            raise Wrong(f"{opening} {begin.position} has a number that was used before, and is taken up")
        found.append(begin)
    return found


def inside_of(lines: Sequence[Line], begin: Line) -> list[Line]:
    """Return a set that begins there, but for its end."""
    inside = [begin]
    for line in lines[begin.position :]:
        if line.tag == "SE":
            break
        inside.append(line)
    return inside


def day_of(day: date | None) -> str:
    """Return a day as X12 and books write it."""
    return "" if day is None else day.isoformat().replace("-", "")  # strftime leaves zeros of early years out
