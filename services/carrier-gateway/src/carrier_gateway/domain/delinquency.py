"""The delinquency list as a file a person can read and a program can load (CAR-3)."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import timedelta

from bulkhead.kernel.money import format_cents
from carrier_gateway.domain.records import DelinquencyList, DelinquencyRow

COLUMNS = (
    "household",
    "subscriber",
    "policies",
    "grace_month",
    "grace_months",
    "claims",
    "past_due",
    "pay_by",
    "action",
    "effective",
)


def list_file_name(closed: DelinquencyList) -> str:
    """Return the name of a list's file: one per business date and part."""
    return f"DELINQ_{closed.on.isoformat()}_{closed.list_part}.csv"


def render_list(
    *, closed: DelinquencyList, rows: Sequence[DelinquencyRow], subscribers: Mapping[str, str]
) -> str:
    """Return the file's text: lines of name and value, an empty line, then a row for each household.

    ``subscribers`` gives a household's subscriber ids, as the carrier knows them from our 834s (REF 0F).
    Amounts have two decimals, policies and subscribers are separated by blanks, what does not apply is empty.
    The list shows who was past due at the end of the day before it (CAR-3).
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("list", "delinquency"))
    writer.writerow(("carrier", closed.carrier))
    writer.writerow(("business_date", closed.on.isoformat()))
    writer.writerow(("as_of", (closed.on - timedelta(days=1)).isoformat()))
    writer.writerow(("part", closed.list_part))
    writer.writerow(("rows", closed.rows))
    writer.writerow(("past_due_total", format_cents(sum(row.past_due_cents for row in rows))))
    writer.writerow(())
    writer.writerow(COLUMNS)
    for row in sorted(rows, key=lambda each: each.household):
        writer.writerow(_cells(row, subscribers.get(row.household, "")))
    return text.getvalue()


def _cells(row: DelinquencyRow, subscriber: str) -> tuple[str, ...]:
    return (
        row.household,
        subscriber,
        " ".join(row.policies),
        "" if row.month is None else str(row.month),
        "" if row.of is None else str(row.of),
        row.claims,
        format_cents(row.past_due_cents),
        "" if row.pay_by is None else row.pay_by.isoformat(),
        row.action,
        "" if row.effective is None else row.effective.isoformat(),
    )
