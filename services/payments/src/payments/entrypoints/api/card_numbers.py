"""No card number is kept, not even as the name of something else (PAY-1)."""

from __future__ import annotations

from fastapi import Request

from bulkhead.web.idempotency import KEY_HEADER, KEY_PLACE
from payments.domain.card_numbers import card_number_refused, is_card_number, is_surely_card_number


async def require_no_card_number(request: Request) -> None:
    """Raise `CardNumberGiven` where an id in the path or the Idempotency-Key is a card number: both are kept.

    A key may well be the time in digits, so it is refused only where it could be a card's.
    """
    for name, value in request.path_params.items():
        if is_card_number(str(value)):
            raise card_number_refused(f"path/{name}")
    if is_surely_card_number(request.headers.get(KEY_HEADER, "")):
        raise card_number_refused(KEY_PLACE)
