"""Elements: what each may hold, and whether it does."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, time
from typing import Literal, TypeAlias

from carrier_gateway.x12.faults import Fault, Problem
from carrier_gateway.x12.segments import Segment, allowed

Kind: TypeAlias = Literal[
    "text", "code", "number", "decimal", "date", "short-date", "time", "period", "composite"
]

_NUMBER = re.compile(r"\d+")
"""All whole numbers here count or number something: none is below zero, though X12 lets an N0 be."""
_DECIMAL = re.compile(r"-?(\d+(\.\d*)?|\.\d+)")
_TIME = re.compile(r"([01]\d|2[0-3])[0-5]\d([0-5]\d\d{0,2})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """What one element of a segment may hold. Lengths are of characters; no codes mean any."""

    usage: Literal["required", "situational", "not-used"]
    kind: Kind = "text"
    least: int = 0
    most: int = 0
    codes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A segment's elements in order, and which of them come only together."""

    elements: tuple[Element, ...]
    together: tuple[tuple[int, ...], ...] = ()
    required: tuple[int, ...] = field(init=False, compare=False, repr=False)
    """The numbers of the elements that must be there."""

    def __post_init__(self) -> None:
        needed = (number for number, each in enumerate(self.elements, start=1) if each.usage == "required")
        object.__setattr__(self, "required", tuple(needed))


NOT_USED = Element(usage="not-used")


def required(kind: Kind, least: int, most: int) -> Element:
    """Return an element that must be there."""
    return Element(usage="required", kind=kind, least=least, most=most)


def situational(kind: Kind, least: int, most: int) -> Element:
    """Return an element that may be left out."""
    return Element(usage="situational", kind=kind, least=least, most=most)


def one_of(*codes: str) -> Element:
    """Return a required element that holds one of these codes."""
    return _coded("required", codes)


def may_be(*codes: str) -> Element:
    """Return a situational element that holds one of these codes."""
    return _coded("situational", codes)


def _coded(usage: Literal["required", "situational"], codes: Iterable[str]) -> Element:
    known = frozenset(codes)
    lengths = [len(each) for each in known]
    return Element(usage=usage, kind="code", least=min(lengths), most=max(lengths), codes=known)


def parse_date(text: str) -> date | None:
    """Return the date written CCYYMMDD, or None where there is no such date."""
    if len(text) != 8 or not text.isascii() or not text.isdigit():
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def parse_short_date(text: str) -> date | None:
    """Return the date written YYMMDD, of this century, or None where there is no such date."""
    return parse_date("20" + text)


def parse_time(text: str) -> time | None:
    """Return the time written HHMM, HHMMSS or with hundredths, or None where there is no such time."""
    if _TIME.fullmatch(text) is None or not text.isascii():
        return None
    padded = text.ljust(8, "0")
    return time(int(padded[:2]), int(padded[2:4]), int(padded[4:6]), int(padded[6:]) * 10_000)


def parse_period(text: str, *, form: str) -> tuple[date, date] | None:
    """Return first and last day of a D8 date (the same day twice) or an RD8 range; else None."""
    first, dash, last = text.partition("-") if form == "RD8" else (text, "", text)
    begin, end = parse_date(first), parse_date(last)
    if begin is None or end is None or (form == "RD8" and not dash):
        return None
    return begin, end


def is_decimal(text: str) -> bool:
    """Whether the text is a number with an explicit decimal point, or none."""
    return text.isascii() and _DECIMAL.fullmatch(text) is not None


def check(*, segment: Segment, shape: Shape) -> list[Problem]:
    """Return what is wrong with a segment's elements: usage, length, codes, dates, characters."""
    problems: list[Problem] = []
    if len(segment.elements) > len(shape.elements):
        problems.append(_problem(segment, len(shape.elements) + 1, Fault.ELEMENT_NOT_USED, "is one too many"))
    elif segment.elements and not segment.elements[-1]:
        problems.append(
            _problem(segment, len(segment.elements), Fault.ELEMENT_TRAILING, "is empty and ends the segment")
        )
    for number, (value, element) in enumerate(zip(segment.elements, shape.elements, strict=False), start=1):
        if value not in element.codes and (value or element.usage == "required"):  # most are a code, or empty
            problems.extend(_checked(segment, number, element))
    for number in shape.required:
        if number > len(segment.elements):
            problems.extend(_checked(segment, number, shape.elements[number - 1]))
    for numbers in shape.together:
        present = [number for number in numbers if segment.get(number)]
        if present and len(present) < len(numbers):
            missing = next(number for number in numbers if number not in present)
            problems.append(
                _problem(segment, missing, Fault.ELEMENT_PAIR_BROKEN, "is missing beside its pair")
            )
    return problems


def _checked(segment: Segment, number: int, element: Element) -> list[Problem]:
    value = segment.get(number)
    if not value:
        if element.usage == "required":
            return [_problem(segment, number, Fault.ELEMENT_MISSING, "must be there")]
        return []
    if element.usage == "not-used":
        return [_problem(segment, number, Fault.ELEMENT_NOT_USED, "is not used here and must be empty")]
    if not allowed(value):
        return [_problem(segment, number, Fault.ELEMENT_CHARACTERS, "has a character X12 does not know")]
    if value.endswith(" ") and len(value) > element.least:
        return [_problem(segment, number, Fault.ELEMENT_CHARACTERS, "ends in a blank, which is left out")]
    if element.kind == "composite":
        return []
    if element.codes:
        if value in element.codes:
            return []
        return [_problem(segment, number, Fault.ELEMENT_CODE_UNKNOWN, "is none of the codes allowed here")]
    return _form_problems(segment, number, element, value)


def _form_problems(segment: Segment, number: int, element: Element, value: str) -> list[Problem]:
    holds, fault, says = _FORMS[element.kind]
    form = segment.get(number - 1) if element.kind == "period" else ""
    if not holds(value, form):
        return [_problem(segment, number, fault, says)]
    length = len(value.strip("-").replace(".", "")) if element.kind in ("number", "decimal") else len(value)
    if not element.least <= length <= element.most:
        return [
            _problem(
                segment,
                number,
                Fault.ELEMENT_LENGTH,
                f"must have {element.least} to {element.most} characters",
            )
        ]
    return []


_FORMS: dict[Kind, tuple[Callable[[str, str], bool], Fault, str]] = {
    "text": (lambda value, _form: bool(value.strip()), Fault.ELEMENT_MISSING, "holds nothing but spaces"),
    "code": (lambda value, _form: bool(value.strip()), Fault.ELEMENT_MISSING, "holds nothing but spaces"),
    "number": (
        lambda value, _form: value.isascii() and _NUMBER.fullmatch(value) is not None,
        Fault.ELEMENT_NOT_A_NUMBER,
        "is not a whole number",
    ),
    "decimal": (lambda value, _form: is_decimal(value), Fault.ELEMENT_NOT_A_NUMBER, "is not a number"),
    "date": (
        lambda value, _form: parse_date(value) is not None,
        Fault.ELEMENT_NOT_A_DATE,
        "is not a date CCYYMMDD",
    ),
    "short-date": (
        lambda value, _form: parse_short_date(value) is not None,
        Fault.ELEMENT_NOT_A_DATE,
        "is not a date YYMMDD",
    ),
    "time": (
        lambda value, _form: parse_time(value) is not None,
        Fault.ELEMENT_NOT_A_TIME,
        "is not a time HHMM",
    ),
    "period": (
        lambda value, form: parse_period(value, form=form) is not None,
        Fault.ELEMENT_NOT_A_DATE,
        "is not a date, or a range of dates, as its form says",
    ),
}


def _problem(segment: Segment, number: int, fault: Fault, says: str) -> Problem:
    return Problem(
        floor="element",
        fault=fault,
        position=segment.position,
        segment=segment.tag,
        element=number,
        says=says,
    )
