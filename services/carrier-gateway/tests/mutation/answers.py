"""A TA1 or a 999 that is noted says what is written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from carrier_gateway.domain.acknowledgements import AcknowledgedError, GroupAnswer, InterchangeAnswer
from carrier_gateway.domain.said import AcknowledgementSaid
from mutation.verdicts import Wrong, envelope_of, inside_of
from mutation.written import Line

VERDICTS: Final = {
    "A": "accepted",
    "E": "accepted-with-errors",
    "P": "partially-accepted",
    **dict.fromkeys("RMWX", "rejected"),
}


def taken_answer(said: AcknowledgementSaid, lines: Sequence[Line] | None) -> None:
    if lines is None:
        raise Wrong("it cannot be cut, and is noted")
    line = lines[said.position - 1]
    if isinstance(said.answer, InterchangeAnswer):
        envelope_of(lines, said.position, floors=("ISA",))
        read = said.answer
        written = (
            read.control_number,
            f"{read.created_on:%y%m%d}",
            f"{read.created_at:%H%M}",
            read.verdict,
            read.note,
        )
        if written != (int(line.get(1)), line.get(2), line.get(3), VERDICTS[line.get(4)], line.get(5)):
            raise Wrong("a TA1 is taken for another one")
    elif isinstance(said.answer, GroupAnswer):
        envelope_of(lines, said.position)
        if (wrong := _group_differs(said.answer, inside_of(lines, line)[1:])) is not None:
            raise Wrong(f"a 999 is taken for another one: {wrong}")
    else:
        raise Wrong("an acknowledgement says nothing, and is noted")


def _group_differs(read: GroupAnswer, body: Sequence[Line]) -> str | None:
    """Return what of a 999 is not what is written. IK402, IK404 (it may be a person's) and contexts are not kept."""
    written: list[tuple[object, ...]] = []
    where: tuple[object, ...] = ("", 0, "")
    for line in body:
        match line.tag:
            case "AK1" | "AK2" | "IK5" | "AK9":
                written.append((line.tag, *line.elements))
            case "IK3":
                where = (line.get(1), int(line.get(2)), line.get(3))
                written.append(("segment", line.get(4), *where, 0, 0))
            case "IK4":
                element, component, *_ = [*re.split(r"\D", line.get(1)), "", ""]
                written.append(("element", line.get(3), *where, int(element), int(component or 0)))
            case _:
                pass
    said: list[tuple[object, ...]] = [
        ("AK1", read.functional, read.control_number, read.version),
        *(
            one
            for each in read.sets
            for one in _set_said(
                each.identifier, each.control_number, each.version, each.verdict, each.errors
            )
        ),
        ("AK9", read.verdict, read.included, read.received, read.accepted, *_codes(read.errors, "group")),
    ]
    for one, other in zip(said, written, strict=False):
        if _plain(one) != _plain(other):
            return f"{other[0]}"
    return None if len(said) == len(written) else "a segment is left out or added"


def _set_said(
    identifier: str, number: str, version: str, verdict: str, errors: Sequence[AcknowledgedError]
) -> Iterator[tuple[object, ...]]:
    yield ("AK2", identifier, number, version)
    for each in errors:
        if each.level in ("segment", "element"):
            yield (
                each.level,
                each.code,
                each.segment,
                each.position,
                each.loop,
                each.element,
                each.component,
            )
    yield ("IK5", verdict, *_codes(errors, "set"))


def _codes(errors: Iterable[AcknowledgedError], level: str) -> Iterator[str]:
    return (each.code for each in errors if each.level == level)


def _plain(row: tuple[object, ...]) -> tuple[str, ...]:
    """Return a row as text: verdicts as the gateway says them, numbers without zeros before them, nothing empty."""
    tag, *rest = (str(each) for each in row)
    if tag in ("IK5", "AK9") and rest:
        rest[0] = VERDICTS.get(rest[0], rest[0])
    counts = range(1, 4) if tag == "AK9" else (1,) if tag == "AK1" else ()
    return (tag, *(str(int(each)) if at in counts else each for at, each in enumerate(rest) if each))
