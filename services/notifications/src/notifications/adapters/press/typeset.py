"""Sets letters with Typst, as tagged PDF that a screen reader can read (PDF/UA-1)."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal

import msgspec
import typst
from babel.dates import format_date

from bulkhead.kernel.calendar import local_date
from bulkhead.kernel.errors import BulkheadError
from bulkhead.locales import locale_of
from notifications.application.ports import Letter
from notifications.domain.letters import Block, Content, Written

_FONT_PACKAGES: Final = (
    "fontpkg_noto_sans_arabic",
    "fontpkg_noto_sans_devanagari",
    "fontpkg_noto_sans_telugu",
    "fontpkg_noto_sans_thai",
    "noto_cjk_sans_otc",
)
"""The fonts of ours besides those in Typst, for scripts that those lack (SIL Open Font License)."""


_COUNTS: Final = re.compile(rb"/Type */Pages */Count (\d+)")


class NotTypeset(BulkheadError):
    """A letter cannot be set: a fault of its layout."""


@dataclass(frozen=True, slots=True)
class _Way:
    """One way of setting a letter, the better ones first."""

    standards: Sequence[Literal["ua-1"]]
    system_fonts: bool


_WAYS = (
    _Way(("ua-1",), system_fonts=False),
    # A name in a script the fonts of ours lack: whatever fonts the machine has may know it.
    _Way(("ua-1",), system_fonts=True),
    # No font knows it. The letter still goes, tagged, with a mark in place of what cannot be shown.
    _Way((), system_fonts=True),
)


class TypstPress:
    """Sets every letter in one layout. A `Press`."""

    def __init__(self) -> None:
        layout = files("notifications") / "templates" / "letter" / "v1" / "letter.typ"
        self._layout = layout.read_bytes()

    def letter(self, content: Content, written: Written, *, printed_at: datetime) -> Letter:
        """Return the letter as PDF; raises `NotTypeset`, which quotes nothing of it, if it cannot be set.

        The same letter at the same instant is the same bytes, as long as the fonts of ours can show it.
        """
        data = msgspec.json.encode(_letter_data(content, written, printed_at)).decode()
        for way in _WAYS:
            pdf = self._set(data, way, printed_at)
            if pdf is not None:
                return Letter(pdf=pdf, pages=pages_of(pdf), accessible="ua-1" in way.standards)
        raise NotTypeset("the letter's layout cannot be set")

    def _set(self, data: str, way: _Way, printed_at: datetime) -> bytes | None:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", typst.TypstWarning)  # its text may quote the letter
                return typst.compile(
                    self._layout,
                    sys_inputs={"letter": data},
                    pdf_standards=list(way.standards),
                    font_paths=_fonts(system=way.system_fonts),
                    # Typst takes whole seconds alone.
                    timestamp=printed_at.astimezone(UTC).replace(microsecond=0),
                )
        except typst.TypstError:  # its text may quote the letter, so it goes no further
            return None


def pages_of(pdf: bytes) -> int:
    """Return how many pages a PDF of Typst has: what the root of its tree of pages counts."""
    return max(int(each) for each in _COUNTS.findall(pdf))


@cache
def _fonts(*, system: bool) -> typst.Fonts:
    # Looking for them takes a third of the time that a letter takes.
    return typst.Fonts(
        include_system_fonts=system, font_paths=[str(files(package)) for package in _FONT_PACKAGES]
    )


def _letter_data(content: Content, written: Written, printed_at: datetime) -> Mapping[str, Any]:
    contact, parameters = content.contact, content.parameters
    named = () if written.addressee is None else (written.addressee,)
    address = () if contact.address is None else contact.address.reveal().splitlines()
    return {
        "title": written.subject,
        "exchange": parameters.exchange_name,
        "language": content.language,
        "reference": content.notice.notice,
        "sender": (parameters.exchange_name, *parameters.payments_by_mail.address),
        "addressee": (*named, *address),
        "dated": format_date(local_date(printed_at), "long", locale=locale_of(content.language)),
        "parts": [_part(block) for block in written.blocks],
    }


def _part(block: Block) -> dict[str, Any]:
    return {"kind": type(block).__name__.lower(), **msgspec.to_builtins(block)}
