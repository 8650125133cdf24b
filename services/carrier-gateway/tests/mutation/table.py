"""What becomes of each element of a sound file when it is changed, in a table to be read.

Each element is emptied, doubled, made too long, made of another type, made another value of the same type, and
exchanged with the one beside it; where there is none, something is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from carrier_gateway.domain.echo import ECHOES, MEANINGLESS, TAKEN_UP
from mutation.bringing import bring
from mutation.changes import Lines, joined, lines_of
from mutation.oracle import outcome
from mutation.sound import READER, Sound

CHANGES: Final = ("emptied", "doubled", "too long", "other type", "other value", "swapped")

_TOO_MUCH: Final = 300
_ENDS: Final = frozenset({"SE", "GE", "IEA"})
ACKNOWLEDGED: Final[dict[str, str]] = {
    "ISA09": "the day the carrier wrote the file: nothing is decided by it",
    "ISA10": "the hour the carrier wrote the file: nothing is decided by it",
    "ISA11": "the sign between repetitions, of which there are none",
    "ISA13": "the file's number: that it was never used before is checked by file",
    "ISA14": "an acknowledgement is never acknowledged",
    "ISA16": "the sign between components",
    "GS02": "who answers is known by the drop-box and ISA06",
    "GS03": "whom is answered is known by ISA08",
    "GS04": "the day the carrier wrote the group: nothing is decided by it",
    "GS05": "the hour the carrier wrote the group: nothing is decided by it",
    "GS06": "the group's number, once it closes the group",
    "GS08": "any 005010X231: what is needed of each is the same",
    "ST02": "the set's number, once it closes the set",
    "ST03": "situational, and no other than GS08",
    "TA102": "the day of what is answered: its number alone tells it, used once",
    "TA103": "the hour of what is answered: its number alone tells it, used once",
    "TA104": "taken up: the verdict",
    "TA105": "taken up: the note",
    "AK103": "the version of what is answered: its number alone tells it, used once",
    "AK203": "the version of what is answered: its number alone tells it, used once",
    "IK301": "kept and shown: what the carrier says is wrong",
    "IK302": "kept and shown: what the carrier says is wrong",
    "IK303": "kept and shown: what the carrier says is wrong",
    "IK304": "kept and shown: what the carrier says is wrong",
    "IK401": "kept and shown: what the carrier says is wrong",
    "IK402": "which element of the standard it is: IK401 tells it",
    "IK403": "kept and shown: what the carrier says is wrong",
    "IK404": "what stood there may be a person's: it is not kept",
    "IK501": "taken up: the verdict",
    "IK502": "kept and shown: why a set is rejected",
    "AK901": "taken up: the verdict",
    "AK902": "of what is rejected, however it is counted",
    "AK903": "of what is rejected, however it is counted",
    "AK904": "a count: zeros before it say nothing",
    "IEA01": "a count: zeros before it say nothing",
    "AK905": "kept and shown: why a group is rejected",
}
"""What of a TA1 and a 999 is taken up or ignored, and why."""

_OURS: Final = "taken as written: ours, read before it is sent"

PAID: Final[dict[str, str]] = {
    **{f"ISA{number:02d}": _OURS for number in range(1, 17)},
    **{f"GS{number:02d}": _OURS for number in range(1, 9)},
    **dict.fromkeys(
        ("ST02", "ST03", "BPR05", "BPR16", "TRN02", "N102", "N103", "N104", "PER02", "PER04"), _OURS
    ),
    **dict.fromkeys(("NM103", "NM104", "NM109", "REF01", "REF02", "RMR02"), _OURS),
    **dict.fromkeys(("BPR12", "BPR13", "BPR14", "BPR15"), "the bank's to read"),
}
"""What of an 820 of ours is taken as written, being no more than a text to it."""

BOOK: Final[dict[str, str]] = {f"{number:02d}": "taken up: it is compared with ours" for number in range(13)}
"""Of a book, by column."""

AUDITED: Final = frozenset(
    {
        *(
            "2000 INS 01",
            "2000 REF*0F 02",
            "2000 REF*17 02",
            "2000 REF*1L 02",
            "2300 REF*1L 02",
            "2300 REF*CE 02",
        ),
        *("2300 DTP*348 03", "2300 DTP*349 03", "2300 DTP*543 03", "2100A NM1*IL 03", "2100A NM1*IL 04"),
        *("2100A DMG 02", "2750:PRE AMT TOT REF 02", "2750:APTC AMT REF 02"),
    }
)
"""What of an audit is compared with ours."""

UNSAID: Final = "emptied: what is not said again is not compared, but for what must be said again"


async def table_of(sound: Sound) -> list[str]:
    """Return a line for each element; then what is taken up or ignored and why, and what is refused in words."""
    rows: list[tuple[str, ...]] = []
    whys: dict[str, str] = {}
    words: dict[str, str] = {}
    keys = _keys(sound)
    for place, name, before, changes in _elements(sound):
        cells = [await _cell(sound, data, words) if data else "" for data in changes]
        for change, cell in zip(CHANGES, cells, strict=True):
            if cell == "taken up":
                key, why = _why(sound, keys.get((place, name), name), change)
                whys[key] = why
        rows.append((place, name, before, *cells))
    titles = ("segment", "element", "has", *CHANGES)
    if sound.kind == "book":
        titles = ("line", "field", *titles[2:])
    return [
        *_aligned([titles, *rows]),
        "",
        "Taken up or ignored, and why:",
        *(f"  {key}: {why}" for key, why in sorted(whys.items())),
        "",
        *(["Refused by words:", *(f"  {short}: {says}" for says, short in words.items())] if words else []),
    ]


def _elements(sound: Sound) -> Iterator[tuple[str, str, str, list[bytes | None]]]:
    lines = lines_of(sound.data, sound.layout)
    records = 0
    for at, line in enumerate(lines):
        records += line[0] == "INS"
        if records > 1 and line[0] not in _ENDS:
            continue  # the others have what the first one has
        numbers = (
            range(len(line))
            if sound.layout == "book" and line[0] not in ("RCNI", "END")
            else range(1, len(line))
        )
        for number in numbers:
            before = line[number]
            values = _values(before)
            changes = [None if value is None else _with(sound, lines, at, number, value) for value in values]
            changes.append(_swapped(sound, lines, at, number))
            of_book = sound.layout == "book" and line[0] not in ("RCNI", "END")
            name = f"{number:02d}" if of_book else f"{line[0]}{number:02d}"
            yield str(at + 1), name, _kind_of(before), changes


def _values(before: str) -> list[str | None]:
    """Return what stands there instead, in the order of `CHANGES`; None where that is what stood there."""
    if not before.strip():
        return [None, None, None, None, "X" if not before else "X".ljust(len(before))]
    longer = before + ("0" if before.isdigit() else "X") * _TOO_MUCH
    other_type = "".join("A" if each.isdigit() else "7" if each.isalpha() else each for each in before)
    if before.isdigit():
        other = str((int(before) + 1) % 10 ** len(before)).zfill(len(before))
    else:
        other = ("Q" if before[0] != "Q" else "Z") + before[1:] if len(before) > 1 else "Q"
    made = ("", before * 2, longer, other_type, other)
    return [None if each == before else each for each in made]


def _with(sound: Sound, lines: Lines, at: int, number: int, value: str) -> bytes:
    made = [list(each) for each in lines]
    made[at][number] = value
    while sound.layout == "x12" and not made[at][-1]:
        made[at].pop()
    return _written(sound, made)


def _swapped(sound: Sound, lines: Lines, at: int, number: int) -> bytes | None:
    other = number + 1 if number + 1 < len(lines[at]) else number - 1
    if other < 1 or lines[at][other] == lines[at][number]:
        return None
    made = [list(each) for each in lines]
    line = made[at]
    line[number], line[other] = line[other], line[number]
    while sound.layout == "x12" and not line[-1]:
        line.pop()
    return _written(sound, made)


def _written(sound: Sound, lines: Lines) -> bytes:
    return joined(lines, *(("*", "~\n") if sound.layout == "x12" else ("|", "\n"))).encode("latin-1")


def _kind_of(value: str) -> str:
    if not value.strip():
        return "nothing"
    kind = "digits" if value.isdigit() else "letters" if value.isalpha() else "text"
    return f"{len(value)} {kind}"


async def _cell(sound: Sound, data: bytes, words: dict[str, str]) -> str:
    by_itself = outcome(sound, data)
    # What a TA1 or a 999 answers only the gateway knows.
    reasons = await bring(sound, data, by_itself) if sound.kind == "acknowledgement" else ()
    names = [each.facts.get("fault", each.says) for each in reasons] or list(by_itself.faults)
    short = [each if " " not in each else words.setdefault(each, f"({len(words) + 1})") for each in names]
    if not names:
        return "taken up" if by_itself.verdict != "the same" else "the same"
    first, *others = dict.fromkeys(short)
    return first + (f" +{len(others)}" if others else "")


def _keys(sound: Sound) -> dict[tuple[str, str], str]:
    """Return the elements of an 834 by their meaning."""
    if sound.kind not in ("word", "audit"):
        return {}
    (interchange,) = READER.read(sound.data, profile=sound.profile).interchanges
    parts = [*interchange.parts]
    for each in interchange.sets:
        parts += [*each.parts, *(part for member in each.members for part in member.parts)]
    return {(str(part.position), f"{part.segment}{part.element:02d}"): part.key for part in parts}


def _why(sound: Sound, key: str, change: str) -> tuple[str, str]:
    """Return an element and why it is taken up or ignored."""
    match sound.kind:
        case "word":
            why = _OF_WORDS.get(key)
        case "audit":
            why = (
                "taken up: it is compared with ours" if key in AUDITED else "is not compared: changes nothing"
            )
        case "acknowledgement":
            why = ACKNOWLEDGED.get(key)
        case "book":
            why = BOOK.get(key)
        case _:
            why = PAID.get(key)
    if why is None and change == "emptied":
        return "any other", UNSAID
    return key, why or NOBODY


NOBODY: Final = "nobody says why"

_OF_WORDS: Final[dict[str, str]] = {
    key: why
    for table in (
        TAKEN_UP,
        MEANINGLESS,
        *(each.taken_up for each in ECHOES.values()),
        *(each.meaningless for each in ECHOES.values()),
    )
    for key, why in table.items()
}


def _aligned(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
