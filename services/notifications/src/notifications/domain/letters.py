"""What a notice says, apart from the form it takes: headings, paragraphs, lists and tables of plain words.

One wording makes every form of a notice: e-mail as HTML and as text, and the letter on paper.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

from notifications.domain.amounts import UNCHANGED, AfterDecline, Since
from notifications.domain.autopay import InvoiceDraw
from notifications.domain.channels import OpenDoors
from notifications.domain.contacts import Contact
from notifications.domain.coverage import Policy
from notifications.domain.notices import Notice
from notifications.domain.parameters import NotificationsParameters


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """All that a notice is written from, decided when it is sent.

    ``since`` is what lowers an invoice since it was made: it is not asked for. ``draw`` is when autopay pays it, None
    where it does not; ``not_drawn`` whether autopay is on, and leaves it to its payer. ``called_off`` is whether
    autopay was to draw one that is void, ``binder`` how that of a void initial one stands, None where coverage was
    called off or ended. ``after`` is how it stands with a draw that was declined, ``autopay_on`` whether autopay is on.
    """

    notice: Notice
    contact: Contact
    language: str
    wording: str
    policies: Mapping[str, Policy]
    doors: OpenDoors
    parameters: NotificationsParameters
    today: date
    since: Since = UNCHANGED
    draw: InvoiceDraw | None = None
    not_drawn: bool = False
    called_off: bool = False
    binder: Literal["open", "paid"] | None = None
    after: AfterDecline | None = None
    autopay_on: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A heading: level 1 is the notice's title, level 2 a part of it."""

    level: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """One paragraph; ``lines`` are kept apart. ``greeting`` marks the one that names the reader."""

    lines: tuple[str, ...]
    greeting: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Bullets:
    """A list of things that have no order."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table with a caption, one heading per column, and rows as long as the headings."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tagline:
    """That help in a language is free, in that language (BCP 47), and where to call. ``direction`` is the script's."""

    language: str
    direction: Literal["ltr", "rtl"]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Taglines:
    """The taglines at the end of a notice, each in a language of its own: the same on all notices of a day."""

    items: tuple[Tagline, ...]


Block: TypeAlias = Heading | Paragraph | Bullets | Table | Taglines


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A notice in words. ``html`` and ``blocks`` say the same; both may name the reader, as ``addressee`` does."""

    subject: str
    addressee: str | None
    html: str
    blocks: tuple[Block, ...]

    @property
    def text(self) -> str:
        """The plain-text form."""
        return as_text(self.blocks)

    @property
    def says(self) -> str:
        """The plain text without the greeting and the taglines: what may be kept and shown, for it names nobody."""
        return as_text(
            block
            for block in self.blocks
            if not isinstance(block, Taglines) and not (isinstance(block, Paragraph) and block.greeting)
        )


def as_text(blocks: Iterable[Block]) -> str:
    """Return blocks as plain text, a blank line between them; a reader's own window wraps the long lines."""
    return "\n\n".join(_block_text(block) for block in blocks) + "\n"


def _block_text(block: Block) -> str:
    match block:
        case Heading():
            return f"{block.text}\n{('=' if block.level == 1 else '-') * len(block.text)}"
        case Paragraph():
            return "\n".join(block.lines)
        case Bullets():
            return "\n".join(f"- {item}" for item in block.items)
        case Table():
            return _table_text(block)
        case Taglines():
            return "\n".join(item.text for item in block.items)


def _table_text(table: Table) -> str:
    grid = (table.columns, *table.rows)
    widths = [max(len(row[column]) for row in grid) for column in range(len(table.columns))]
    last = len(widths) - 1
    # The last column holds the figures: they line up on the right.
    lines = [
        "  ".join(
            cell.rjust(width) if at == last else cell.ljust(width) for at, (cell, width) in enumerate(row)
        )
        for row in (tuple(zip(cells, widths, strict=True)) for cells in grid)
    ]
    rule = "-" * (sum(widths) + 2 * last)
    return "\n".join([table.caption, rule, lines[0], rule, *lines[1:]])
