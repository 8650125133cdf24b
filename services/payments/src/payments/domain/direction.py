"""What a payer names their money for: a selection or an invoice, known here or not (INV-5)."""

from __future__ import annotations

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import InvalidValue


def checked_direction(
    *, at_selection: bool, selection: str | None, invoice: str | None, place: str = ""
) -> None:
    """Raise `InvalidValue`, about a field of that place, where money is named for a selection and an invoice at once
    (INV-5), or is said to be paid in a selection that is not named.
    """
    if selection is not None and invoice is not None:
        raise InvalidValue(
            field=f"{place}/invoice",
            problem="must not be named beside a selection",
            reasons=(
                Reason(rule="INV-5", says="money goes to the selection or to the invoice its payer named"),
            ),
        )
    if at_selection and selection is None:
        raise InvalidValue(
            field=f"{place}/selection",
            problem="is needed: the selection that this is paid in",
            reasons=(Reason(rule="INV-1", says="what is paid in a selection stands against its binder"),),
        )
