"""Noise around the records of a return file: passed over where it can mean nothing, else told by its line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from payments.domain.nacha_file import read_return_file
from services.payments.tests.nacha import Entry, return_file
from services.payments.tests.unit.test_return_file import TODAY, refused

BOM, NUL = b"\xef\xbb\xbf", b"\0"
NOISE: dict[str, Callable[[bytes], bytes]] = {
    "a byte-order mark": lambda content: BOM + content,
    "a byte-order mark and lines that end otherwise": lambda content: BOM + content.replace(b"\n", b"\r\n"),
    "NULs to the end of a block": lambda content: content + NUL * 500,
    "NULs before the first record": lambda content: NUL * 3 + content,
    "NULs in the place of blanks": lambda content: content.replace(b" \n", NUL + b"\n"),
    "NULs behind records": lambda content: content.replace(b"\n", NUL * 6 + b"\n"),
    "empty lines at the end": lambda content: content + b"\n\r\n\n",
    "lines of blanks and NULs": lambda content: content.replace(b"\n", b"\n   \n" + NUL + b"\n"),
    "lines that end in two ways": lambda content: content.replace(b"\n", b"\r\n", 3),
    "carriage returns twice": lambda content: content.replace(b"\n", b"\r\r\n"),
    "no end of the last line": lambda content: content.rstrip(b"\n"),
    "Ctrl-Z and what is behind it": lambda content: content + b"\x1aDELETED\n" + NUL * 40,
    "Ctrl-Z in the last line": lambda content: content.rstrip(b"\n") + b"\x1a",
    "blanks behind records": lambda content: content.replace(b"\n", b"   \n"),
    "no filler": lambda content: content.replace(b"9" * 94 + b"\n", b""),
    "one line of filler too few": lambda content: content.replace(b"9" * 94 + b"\n", b"", 1),
    "a block of filler too many": lambda content: content + (b"9" * 94 + b"\n") * 10,
    "filler cut off": lambda content: content.rstrip(b"9\n") + b"\n" + b"9" * 40,
    "filler that is too long": lambda content: content + b"9" * 100 + b"\n",
    "one record behind the other": lambda content: content.replace(b"\n", b""),
    "one behind the other, and a line end": lambda content: content.replace(b"\n", b"") + b"\r\n",
    "one behind the other, in NULs": lambda content: BOM + NUL + content.replace(b"\n", b"") + NUL * 94,
    "a line a block": lambda content: b"\n".join(
        content.replace(b"\n", b"")[at : at + 940] for at in range(0, len(content), 940)
    ),
}


@pytest.mark.parametrize("noise", NOISE)
@pytest.mark.parametrize("entries", [1, 4, 9])
def test_PAY_5_noise_around_records_that_can_mean_nothing_is_passed_over(noise: str, entries: int) -> None:
    content = return_file(*[Entry(identification=f"M4K0T8ZQ1X9B7R{each}") for each in range(entries)])
    noisy = NOISE[noise](content)
    clear, found = (read_return_file(each, today=TODAY) for each in (content, noisy))
    assert replace(found, entries=()) == replace(clear, entries=())
    assert [replace(each, line=0) for each in found.entries] == [
        replace(each, line=0) for each in clear.entries
    ]


def test_PAY_5_blocks_may_be_counted_with_all_that_fills_them_and_not_otherwise() -> None:
    content = return_file(Entry(identification="M4K0T8ZQ1X9B7RD"))
    more = content + (b"9" * 94 + b"\n") * 10

    def counted(text: bytes, blocks: int) -> bytes:
        return text.replace(b"\n9000001000001", b"\n9000001%06d" % blocks)

    assert read_return_file(counted(more, 2), today=TODAY) == read_return_file(content, today=TODAY)
    assert refused(counted(more, 3)) == [
        "line 6: block count does not agree with the file: 3 is said and 1 is found"
    ]
    assert refused(counted(content, 2)) == [
        "line 6: block count does not agree with the file: 2 is said and 1 is found"
    ]


def test_PAY_5_what_is_not_certain_is_refused_by_the_line_it_stands_on() -> None:
    content = return_file(Entry(identification="M4K0T8ZQ1X9B7RD"))
    lines = content.split(b"\n")
    inside = b"\n".join([*lines[:2], lines[2].replace(b"June Example", b"June\0Example"), *lines[3:]])
    assert refused(b"\n\n" + inside) == [
        "line 5: record must be of printable ASCII characters: letters, digits, blanks and signs"
    ]
    shifted = b"\n".join([lines[0], b" " + lines[1], *lines[2:]])
    assert refused(shifted) == ["line 2: record must be 94 characters long, and is 95"]
    cut_off = b"\n".join(lines[:4]) + b"\n\x1a"
    assert refused(cut_off) == ["line 4: record type the file ends without its control record, of type 9"]
    for encoding in ("utf-16", "utf-16-le", "utf-16-be"):
        two_bytes = content.decode().encode(encoding)
        assert refused(two_bytes) == ["line 1: record is in UTF-16, and must be in ASCII"]
