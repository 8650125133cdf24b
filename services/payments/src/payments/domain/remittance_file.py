"""Writes a remittance as the file a carrier gets: the same rows give the same bytes, always."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from bulkhead.kernel.money import format_cents
from payments.domain.remittances import Remittance, RemittanceLine, in_order


def render_remittance(remittance: Remittance, lines: Sequence[RemittanceLine]) -> bytes:
    """Return the bytes of a remittance's file; the format is documented in this service's README (PAY-6,
    PAY-7).
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows(
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
    for line in in_order(lines):
        writer.writerow((line.household, line.policy, str(line.month), format_cents(line.cents)))
    return text.getvalue().encode()
