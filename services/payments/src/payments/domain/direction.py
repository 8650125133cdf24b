"""What a payer names their money for: a selection or an invoice, known here or not (INV-5)."""

from __future__ import annotations

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import InvalidValue


def checked_direction(*, selection: str | None, invoice: str | None) -> None:
    """Raise `InvalidValue` where money is named for a selection and an invoice at once (INV-5)."""
    if selection is None or invoice is None:
        return
    raise InvalidValue(
        field="/invoice",
        problem="must not be named beside a selection",
        reasons=(Reason(rule="INV-5", says="money goes to the selection or to the invoice its payer named"),),
    )
