"""No card number is kept, not even as the name of something else (PAY-1)."""

from __future__ import annotations

from fastapi import Request

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import InvalidValue
from payments.domain.card_numbers import is_card_number, is_surely_card_number


def card_number_refused(field: str) -> InvalidValue:
    """Return the refusal of a field that holds what looks like a card number."""
    return InvalidValue(
        field=field,
        problem="holds what looks like a card number; send the processor's token for it",
        reasons=(Reason(rule="PAY-1", says="no card number ever enters the system"),),
    )


async def require_no_card_number(request: Request) -> None:
    """Raise `InvalidValue` where an id in the path or the Idempotency-Key is a card number: both are kept.

    A key may well be the time in digits, so it is refused only where it could be a card's.
    """
    for name, value in request.path_params.items():
        if is_card_number(str(value)):
            raise card_number_refused(f"path/{name}")
    if is_surely_card_number(request.headers.get("Idempotency-Key", "")):
        raise card_number_refused("Idempotency-Key")
