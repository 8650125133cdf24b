"""Writes a remittance as the file a carrier gets: the same rows give the same bytes, always."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from bulkhead.kernel.money import format_cents
from payments.domain.remittances import Remittance, RemittanceLine

Row = tuple[str, ...]


def render_head(remittance: Remittance) -> bytes:
    """Return the first rows of a remittance's file; the format is documented in this service's README (PAY-6,
    PAY-7).
    """
    return _rendered(
        [
            ("carrier", remittance.carrier),
            ("business date", remittance.business_date.isoformat()),
            ("issued on", remittance.issued_on.isoformat()),
            ("brought forward", format_cents(remittance.brought_forward_cents)),
            ("total", format_cents(remittance.total_cents)),
            ("carried", format_cents(remittance.carried_cents)),
            ("household", "policy", "month", "amount"),
        ]
    )


def render_lines(lines: Iterable[RemittanceLine]) -> bytes:
    """Return the rows of some lines, which follow the head in the order of `in_order`."""
    return _rendered(
        (line.household, line.policy, str(line.month), format_cents(line.cents)) for line in lines
    )


def _rendered(rows: Iterable[Row]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()
