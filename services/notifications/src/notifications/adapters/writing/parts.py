"""Reads a written notice back into its parts, so that text and paper say exactly what the HTML says."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Literal

from notifications.domain.letters import Block, Bullets, Heading, Paragraph, Table, Tagline, Taglines

# Only these: a no-break space inside a figure or a date must stay.
_SPACES = re.compile(r"[ \t\r\n]+")
_CONTAINERS = frozenset({"ul", "table", "thead", "tbody", "tr", "a"})
_PIECES = frozenset({"h1", "h2", "p", "li", "caption", "th", "td"})


class UnknownMarkup(ValueError):
    """A template uses an element that has no form in text and on paper. A fault of the template."""


def read_parts(html: str) -> tuple[Block, ...]:
    """Return the parts inside the page's ``main``; raises `UnknownMarkup` for an element none of them has."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return tuple(reader.parts)


class _Reader(HTMLParser):
    """Collects the parts of a page in order. Text outside of them is layout."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[Block] = []
        self._inside = False
        self._lines: list[str] = [""]
        self._greeting = False
        self._items: list[str] = []
        self._taglines: list[Tagline] = []
        self._language: str | None = None
        self._direction: Literal["ltr", "rtl"] = "ltr"
        self._caption = ""
        self._columns: list[str] = []
        self._rows: list[list[str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "main":
            self._inside = True
        if not self._inside or tag == "main":
            return
        if tag == "br":
            self._lines.append("")
        elif tag in _PIECES:
            self._lines = [""]
            self._greeting = ("class", "greeting") in attrs
            self._language = dict(attrs).get("lang")
            self._direction = "rtl" if ("dir", "rtl") in attrs else "ltr"
        elif tag not in _CONTAINERS:
            raise UnknownMarkup(f"<{tag}> has no form in text and on paper")
        if tag == "ul":
            self._items, self._taglines = [], []
        elif tag == "table":
            self._caption, self._columns, self._rows = "", [], []
        elif tag == "tr":
            self._rows.append([])

    def handle_data(self, data: str) -> None:
        self._lines[-1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "main":
            self._inside = False
        if not self._inside:
            return
        lines = tuple(_SPACES.sub(" ", line).strip(" ") for line in self._lines)
        text = " ".join(lines)
        match tag:
            case "h1" | "h2":
                self.parts.append(Heading(level=int(tag[1]), text=text))
            case "p":
                self.parts.append(Paragraph(lines=lines, greeting=self._greeting))
            case "li":
                self._end_item(text)
            case "ul":
                self._end_list()
            case "caption":
                self._caption = text
            case "th":
                self._columns.append(text)
            case "td":
                self._rows[-1].append(text)
            case "table":
                rows = tuple(tuple(row) for row in self._rows if row)
                self.parts.append(Table(caption=self._caption, columns=tuple(self._columns), rows=rows))
            case _:
                pass

    def _end_item(self, text: str) -> None:
        if self._language is None:
            self._items.append(text)
        else:
            self._taglines.append(Tagline(language=self._language, direction=self._direction, text=text))

    def _end_list(self) -> None:
        if self._taglines:
            self.parts.append(Taglines(items=tuple(self._taglines)))
        else:
            self.parts.append(Bullets(items=tuple(self._items)))
