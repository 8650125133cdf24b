"""Letters on their way to the post: each day's batch for the printer, and when each letter was mailed (NOT-1)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final, Literal, TypeAlias

from bulkhead.kernel.calendar import add_business_days, is_business_day
from bulkhead.kernel.errors import InvalidValue
from notifications.domain.parameters import NotificationsParameters

MANIFESTS: Final = "_batches"
"""The folder of manifests in the print folder: no household's id begins so."""

COLUMNS: Final = ("file", "sha256", "pages", "postal_class", "mail_by", "notice")
"""The columns of a manifest (RFC 4180), by which a printer knows each letter, whether it is whole, and until when it is
to be mailed."""

BatchState: TypeAlias = Literal["to-write", "written"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedLetter:
    """A letter that went to print: its PDF in the print folder, and until which day it is to be mailed.

    ``batch`` is the day of the batch that it is in, None until that is closed; ``mailed_on`` its postal date, None
    until the printer says it.
    """

    notice: str
    household: str
    printed_on: date
    file: str
    sha256: str
    pages: int
    postal_class: str
    mail_by: date
    batch: date | None = None
    mailed_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintBatch:
    """The letters of a day, as the printer gets them: ``file`` is the manifest in the print folder."""

    batch: date
    file: str
    letters: int
    made_at: datetime
    state: BatchState


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchStanding:
    """A batch, how many of its letters were mailed, and how many are late: not mailed by the day they were to be."""

    batch: PrintBatch
    mailed: int
    late: int


def printed_letter(
    *,
    notice: str,
    household: str,
    printed_on: date,
    file: str,
    sha256: str,
    pages: int,
    parameters: NotificationsParameters,
) -> PrintedLetter:
    """Return a letter that went to print; it is to be mailed within the pack's business days after that day."""
    return PrintedLetter(
        notice=notice,
        household=household,
        printed_on=printed_on,
        file=file,
        sha256=sha256,
        pages=pages,
        postal_class=parameters.mailing.postal_class,
        mail_by=add_business_days(
            printed_on,
            parameters.mailing.within_business_days,
            extra_holidays=frozenset(parameters.maintenance.state_holidays),
        ),
    )


def new_batch(on: date, *, letters: int, now: datetime) -> PrintBatch:
    """Return the batch of a day, whose manifest is still to be written."""
    return PrintBatch(batch=on, file=manifest_of(on), letters=letters, made_at=now, state="to-write")


def written(batch: PrintBatch) -> PrintBatch:
    """Return a batch whose manifest lies in the print folder."""
    return replace(batch, state="written")


def manifest_of(on: date) -> str:
    """Return where the manifest of a day's batch lies in the print folder."""
    return f"{MANIFESTS}/{on}.csv"


def manifest_rows(letters: Iterable[PrintedLetter]) -> bytes:
    """Return lines of a manifest, without its headings."""
    return _lines(
        (each.file, each.sha256, each.pages, each.postal_class, each.mail_by, each.notice) for each in letters
    )


def manifest_head() -> bytes:
    """Return the line of headings of a manifest."""
    return _lines([COLUMNS])


def is_printing_day(day: date) -> bool:
    """Whether a batch is closed on a day: on federal business days."""
    return is_business_day(day)


def checked_postal_date(mailed_on: date, *, batch: date, today: date) -> date:
    """Return a postal date; raises `InvalidValue` for one before the batch was there, or that is to come."""
    if not batch <= mailed_on <= today:
        raise InvalidValue(
            field="/mailed_on", problem=f"must be from {batch}, when the batch was made, to today"
        )
    return mailed_on


def _lines(rows: Iterable[Iterable[object]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()
