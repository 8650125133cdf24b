"""What is done to a sound file: to its loops, segments, elements, counts, numbers, separators, signs and bytes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final, Literal, TypeAlias

Layout: TypeAlias = Literal["x12", "book"]
Lines: TypeAlias = list[list[str]]

_CLOSES: Final = {"ISA": "IEA", "GS": "GE", "ST": "SE", "LS": "LE"}
_LOOPS: Final = ("INS", "HD", "NM1", "LX", "N1", "AK2", "IK3", "IK4", "ENT", "RMR")
_ENDS: Final = frozenset({"SE", "GE", "IEA", "LE", "IK5", "AK9"})
_COUNTS: Final = (
    *(("SE", 1), ("GE", 1), ("IEA", 1), ("QTY", 2), ("AK9", 2), ("AK9", 3), ("AK9", 4)),
    *(("BPR", 2), ("LX", 1), ("ENT", 1), ("END", 1)),
)
_NUMBERS: Final = (
    *(("ISA", 13), ("IEA", 2), ("GS", 6), ("GE", 2), ("ST", 2), ("SE", 2)),
    *(("AK1", 2), ("AK2", 2), ("TA1", 1), ("RCNI", 2)),
)
_ODD: Final = (
    *(
        "",
        " ",
        "0",
        "00",
        "-1",
        "1.0",
        "1e3",
        "+5",
        "999999999999999999999999",
        "²",
        "\xa0",
        "é",
        "\x7f",
        "\x00",
    ),
    *("~", "*", ":", "^", "\n", "\r\n", "\t", "|", "'", '"', "\\", "%s", "{0}", "$(x)", "X" * 300),
    *("20160101", "20160230", "99991231", "00010101", "20160101-20160131", "2016-01-01", "Y", "N", "ZZ", "U"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A file between changes: its lines of elements, and what is done to it once they are text."""

    layout: Layout
    lines: Lines
    pool: Sequence[list[str]]
    """Segments of sound files of the same layout, to take from."""

    def text(self) -> str:
        """Return the lines as they are written where nothing else is said."""
        return joined(self.lines, *(("*", "~\n") if self.layout == "x12" else ("|", "\n")))


def joined(lines: Lines, separator: str, terminator: str) -> str:
    """Return lines of elements as text."""
    return "".join(separator.join(line) + terminator for line in lines)


def lines_of(data: bytes, layout: Layout) -> Lines:
    """Return a sound file's lines of elements, its tag first."""
    text = data.decode("latin-1")
    if layout == "book":
        return [line.split("|") for line in text.splitlines()]
    separator, terminator = text[3], text[105]
    return [line.strip().split(separator) for line in text.split(terminator) if line.strip()]


Change: TypeAlias = Callable[[Random, Draft], None]
TextChange: TypeAlias = Callable[[Random, str], str]
ByteChange: TypeAlias = Callable[[Random, bytes], bytes]


def _at(rng: Random, draft: Draft) -> int:
    return rng.randrange(len(draft.lines))


def _leave_out(rng: Random, draft: Draft) -> None:
    del draft.lines[_at(rng, draft)]


def _repeat(rng: Random, draft: Draft) -> None:
    at = _at(rng, draft)
    draft.lines.insert(at + 1, list(draft.lines[at]))


def _swap_neighbours(rng: Random, draft: Draft) -> None:
    at = rng.randrange(max(1, len(draft.lines) - 1))
    draft.lines[at : at + 2] = reversed(draft.lines[at : at + 2])


def _swap(rng: Random, draft: Draft) -> None:
    one, other = _at(rng, draft), _at(rng, draft)
    draft.lines[one], draft.lines[other] = draft.lines[other], draft.lines[one]


def _move(rng: Random, draft: Draft) -> None:
    line = draft.lines.pop(_at(rng, draft))
    draft.lines.insert(rng.randint(0, len(draft.lines)), line)


def _put_in(rng: Random, draft: Draft) -> None:
    draft.lines.insert(rng.randint(0, len(draft.lines)), list(rng.choice(draft.pool)))


def _loop(rng: Random, draft: Draft) -> tuple[int, int]:
    """Return where a loop, a set, a group or an interchange begins and ends; one line where there is none."""
    tags = [line[0] for line in draft.lines]
    opens = [at for at, tag in enumerate(tags) if tag in _LOOPS or tag in _CLOSES]
    if not opens:
        at = _at(rng, draft)
        return at, at + 1
    begin = rng.choice(opens)
    tag = tags[begin]
    if tag in _CLOSES:
        end = next((at for at in range(begin, len(tags)) if tags[at] == _CLOSES[tag]), begin)
        return begin, end + 1
    above = (*_LOOPS[: _LOOPS.index(tag) + 1], *_CLOSES)
    stops = (at for at in range(begin + 1, len(tags)) if tags[at] in above or tags[at] in _ENDS)
    return begin, next(stops, len(tags))


def _leave_out_loop(rng: Random, draft: Draft) -> None:
    begin, end = _loop(rng, draft)
    if end - begin < len(draft.lines):
        del draft.lines[begin:end]


def _repeat_loop(rng: Random, draft: Draft) -> None:
    begin, end = _loop(rng, draft)
    draft.lines[end:end] = [list(line) for line in draft.lines[begin:end]]


def _move_loop(rng: Random, draft: Draft) -> None:
    begin, end = _loop(rng, draft)
    moved = draft.lines[begin:end]
    del draft.lines[begin:end]
    at = rng.randint(0, len(draft.lines))
    draft.lines[at:at] = moved


def _element(rng: Random, draft: Draft) -> tuple[list[str], int]:
    line = draft.lines[_at(rng, draft)]
    return line, rng.randrange(1, len(line)) if len(line) > 1 else 0


def _empty(rng: Random, draft: Draft) -> None:
    line, number = _element(rng, draft)
    line[number] = ""


def _double(rng: Random, draft: Draft) -> None:
    line, number = _element(rng, draft)
    line[number] *= 2


def _lengthen(rng: Random, draft: Draft) -> None:
    line, number = _element(rng, draft)
    line[number] += rng.choice("X0 9-.") * rng.choice((1, 1, 2, 10, 100, 3000))


def _shorten(rng: Random, draft: Draft) -> None:
    line, number = _element(rng, draft)
    line[number] = line[number][: rng.randint(0, len(line[number]))]


def _wrong_type(rng: Random, draft: Draft) -> None:
    line, number = _element(rng, draft)
    letters, digits = "ABCXYZ", "0123456789"
    line[number] = "".join(rng.choice(letters if each.isdigit() else digits) for each in line[number])


def _other_case(rng: Random, draft: Draft) -> None:
    line, number = _element(rng, draft)
    line[number] = line[number].swapcase()


def _odd(rng: Random, draft: Draft) -> None:
    line, number = _element(rng, draft)
    line[number] = rng.choice(_ODD)


def _odd_inside(rng: Random, draft: Draft) -> None:
    line, number = _element(rng, draft)
    at = rng.randint(0, len(line[number]))
    line[number] = line[number][:at] + rng.choice(_ODD) + line[number][at + rng.randint(0, 1) :]


def _elsewhere(rng: Random, draft: Draft) -> None:
    line, number = _element(rng, draft)
    other = rng.choice(draft.pool)
    alike = [each for each in draft.pool if each[0] == line[0] and len(each) > number]
    if alike and rng.random() < 0.7:
        line[number] = rng.choice(alike)[number]
    else:
        line[number] = rng.choice(other)


def _next_value(rng: Random, draft: Draft) -> None:
    numbers = [
        (line, at)
        for line in draft.lines
        for at, value in enumerate(line)
        if at and value.isascii() and value.isdigit()
    ]
    if numbers:
        line, at = rng.choice(numbers)
        line[at] = str(abs(int(line[at]) + rng.choice((-1, 1, 10, 100, -100)))).zfill(len(line[at]))


def _swap_elements(rng: Random, draft: Draft) -> None:
    line = draft.lines[_at(rng, draft)]
    one, other = rng.randrange(len(line)), rng.randrange(len(line))
    line[one], line[other] = line[other], line[one]


def _put_in_element(rng: Random, draft: Draft) -> None:
    line = draft.lines[_at(rng, draft)]
    line.insert(rng.randint(1, len(line)), rng.choice(("", "", "X", "1", rng.choice(_ODD))))


def _leave_out_element(rng: Random, draft: Draft) -> None:
    line, number = _element(rng, draft)
    if number:
        del line[number]


def _of(rng: Random, draft: Draft, places: Sequence[tuple[str, int]]) -> tuple[list[str], int] | None:
    found = [
        (line, number)
        for line in draft.lines
        for tag, number in places
        if line[0] == tag and number < len(line)
    ]
    return rng.choice(found) if found else None


def _other_count(rng: Random, draft: Draft) -> None:
    if (found := _of(rng, draft, _COUNTS)) is not None:
        line, number = found
        line[number] = rng.choice(
            ("0", "1", "2", "-1", "01", "007", "", "99999999999", line[number] + "0", "²", "1.0")
        )


def _other_number(rng: Random, draft: Draft) -> None:
    if (found := _of(rng, draft, _NUMBERS)) is not None:
        line, number = found
        line[number] = rng.choice(
            (
                line[number].lstrip("0"),
                "0" + line[number],
                "000000000",
                "000000001",
                "999999999",
                "2",
                "A001",
                "-0000001",
            )
        )


def _other_number_everywhere(rng: Random, draft: Draft) -> None:
    opening, closing = rng.choice(((("ISA", 13), ("IEA", 2)), (("GS", 6), ("GE", 2)), (("ST", 2), ("SE", 2))))
    value = rng.choice(("000000077", "77", "0077", "000000000", "7700000000", "A0077"))
    for line in draft.lines:
        for tag, number in (opening, closing):
            if line[0] == tag and number < len(line):
                line[number] = value


def recount(_rng: Random, draft: Draft) -> None:
    """Make counts fit again, so that what else was done is what is found."""
    sets = groups = segments = 0
    for line in draft.lines:
        tag = line[0]
        segments = 1 if tag == "ST" else segments + 1
        sets = 0 if tag == "GS" else sets + (tag == "ST")
        groups = 0 if tag == "ISA" else groups + (tag == "GS")
        count = {"SE": segments, "GE": sets, "IEA": groups}.get(tag)
        if count is not None and len(line) > 1:
            line[1] = str(count)
    if draft.layout == "book" and draft.lines and draft.lines[-1][0] == "END":
        draft.lines[-1][1:] = [str(len(draft.lines) - 3)]


def _renumber(_rng: Random, draft: Draft) -> None:
    """Give every repeated set, group and interchange a number of its own, and its trailer the same."""
    last = {"ISA": 500, "GS": 600, "ST": 700}
    width = {"ISA": 9, "GS": 1, "ST": 4}
    place = {"ISA": 13, "GS": 6, "ST": 2}
    closes = {"IEA": "ISA", "GE": "GS", "SE": "ST"}
    for line in draft.lines:
        tag = line[0]
        if tag in place and place[tag] < len(line):
            last[tag] += 1
            line[place[tag]] = str(last[tag]).zfill(width[tag])
        elif tag in closes and len(line) > 2:
            line[2] = str(last[closes[tag]]).zfill(width[closes[tag]])


STRUCTURE: Final[dict[str, Change]] = {
    "leave out a segment": _leave_out,
    "repeat a segment": _repeat,
    "swap neighbours": _swap_neighbours,
    "swap segments": _swap,
    "move a segment": _move,
    "put in a segment": _put_in,
    "leave out a loop": _leave_out_loop,
    "repeat a loop": _repeat_loop,
    "move a loop": _move_loop,
    "empty an element": _empty,
    "double an element": _double,
    "lengthen an element": _lengthen,
    "shorten an element": _shorten,
    "another type of element": _wrong_type,
    "another case": _other_case,
    "an odd value": _odd,
    "an odd sign inside": _odd_inside,
    "a value from elsewhere": _elsewhere,
    "another number or day": _next_value,
    "swap elements": _swap_elements,
    "put in an element": _put_in_element,
    "leave out an element": _leave_out_element,
    "another count": _other_count,
    "another control number": _other_number,
    "another control number at both ends": _other_number_everywhere,
}


def _line_ends(rng: Random, text: str) -> str:
    return text.replace(
        "\n", rng.choice(("", "\r\n", "\r", "\n\n", " \n", "\t", "\x00\n", "\x1a\n", "\x85", "\v", "\f"))
    )


def _separators(rng: Random, text: str) -> str:
    old = rng.choice("*~:^|\n")
    return text.replace(old, rng.choice("*~:^|><+!$;,.-A0 \n\x1c\x1d\x1e\xa0"))


def _around(rng: Random, text: str) -> str:
    before = rng.choice(("", "\xef\xbb\xbf", "\n", " ", "\x00", "HELLO", "ISA", "\ufeff", "\x1a"))
    after = rng.choice(("", "\n", "\x1a", "\x00" * 9, "~", "HELLO", "ISA*", text, text[: len(text) // 2]))
    return before + text + after


TEXT: Final[dict[str, TextChange]] = {
    "other line ends": _line_ends,
    "another separator": _separators,
    "something around it": _around,
}


def _flip(rng: Random, data: bytes) -> bytes:
    at = rng.randrange(len(data) or 1)
    return data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :]


def _insert(rng: Random, data: bytes) -> bytes:
    at = rng.randint(0, len(data))
    return data[:at] + rng.randbytes(rng.choice((1, 1, 2, 8))) + data[at:]


def _delete(rng: Random, data: bytes) -> bytes:
    at = rng.randint(0, len(data))
    return data[:at] + data[at + rng.choice((1, 1, 2, 10, 60)) :]


def _copy(rng: Random, data: bytes) -> bytes:
    begin = rng.randint(0, len(data))
    at = rng.randint(0, len(data))
    return data[:at] + data[begin : begin + rng.choice((1, 5, 50, 300))] + data[at:]


def _cut_off(rng: Random, data: bytes) -> bytes:
    return data[: rng.randint(0, len(data))]


def _encoding(rng: Random, data: bytes) -> bytes:
    text = data.decode("latin-1")
    return text.encode(rng.choice(("utf-16", "utf-8", "cp037", "utf-7", "utf-32-le", "utf-8-sig")), "replace")


BYTES: Final[dict[str, ByteChange]] = {
    "another byte": _flip,
    "bytes put in": _insert,
    "bytes left out": _delete,
    "bytes copied": _copy,
    "cut off": _cut_off,
    "another encoding": _encoding,
}

REPAIRS: Final[dict[str, Change]] = {"counts made to fit": recount, "numbers made to fit": _renumber}

ALL: Final = (*STRUCTURE, *REPAIRS, *TEXT, *BYTES)
_WEIGHTS: Final = (*(4,) * len(STRUCTURE), *(0,) * len(REPAIRS), *(2,) * len(TEXT), *(2,) * len(BYTES))

Plan: TypeAlias = tuple[tuple[str, int], ...]
"""Names of changes, in the order in which they are made, each with the number of its own draw."""


def plan_of(rng: Random) -> Plan:
    """Return what is to be done to a file: mostly one thing, and often with the counts made to fit afterwards."""
    count = rng.choices((1, 2, 3, 5), (60, 22, 12, 6))[0]
    chosen = rng.choices(ALL, _WEIGHTS, k=count)
    if rng.random() < 0.6:
        chosen.append("counts made to fit")
    if rng.random() < 0.25:
        chosen.append("numbers made to fit")
    order = {name: at for at, name in enumerate(ALL)}
    chosen.sort(key=lambda name: (name not in STRUCTURE, order[name] if name not in STRUCTURE else 0))
    return tuple((name, number) for number, name in enumerate(chosen))


def changed(data: bytes, *, layout: Layout, pool: Sequence[list[str]], plan: Plan, seed: str) -> bytes:
    """Return a file to which a plan was done. The same plan and seed make the same file."""
    draft = Draft(layout=layout, lines=lines_of(data, layout), pool=pool)
    for name, number in plan:
        change = STRUCTURE.get(name) or REPAIRS.get(name)
        if change is not None and draft.lines:
            change(Random(f"{seed}:{number}"), draft)
    text = draft.text()
    for name, number in plan:
        if name in TEXT:
            text = TEXT[name](Random(f"{seed}:{number}"), text)
    made = text.encode("latin-1", "replace")
    for name, number in plan:
        if name in BYTES:
            made = BYTES[name](Random(f"{seed}:{number}"), made)
    return made
