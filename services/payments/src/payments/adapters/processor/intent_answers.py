"""What a processor of payment intents answers, read: intents, errors, and why a card or bank account was declined."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, cast

import httpx2

from payments.adapters.processor.calls import body_of
from payments.application.ports import Charge, ProcessorMisunderstood
from payments.domain.declines import DeclineReason

_DECLINES: Final[Mapping[str, DeclineReason]] = {
    "insufficient_funds": "insufficient-funds",
    "card_velocity_exceeded": "limit-exceeded",
    "withdrawal_count_limit_exceeded": "limit-exceeded",
    "expired_card": "expired",
    "account_closed": "account-closed",
    "bank_account_closed": "account-closed",
    "incorrect_number": "wrong-details",
    "invalid_number": "wrong-details",
    "incorrect_cvc": "wrong-details",
    "invalid_cvc": "wrong-details",
    "incorrect_zip": "wrong-details",
    "incorrect_address": "wrong-details",
    "invalid_expiry_month": "wrong-details",
    "invalid_expiry_year": "wrong-details",
    "invalid_account": "wrong-details",
    "no_account": "wrong-details",
    "bank_account_unusable": "wrong-details",
}
"""What an issuer's code means to who pays. All others are *not-authorized*: what an issuer wants nobody to know, such
as a card reported as stolen, and what has no more to it.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """An intent as it is now. ``created`` is in seconds since 1970; ``confirm_at`` is where its owner confirms it, and
    ``has_charge`` whether money was asked of whom it is to come from.
    """

    id: str
    status: str
    amount_cents: int
    currency: str
    reference: str | None
    created: int
    is_of_bank_account: bool
    has_charge: bool
    confirm_at: str | None
    decline: DeclineReason


def intent_of(body: Mapping[str, Any]) -> Intent:
    """Return the intent that a body is; raises `ProcessorMisunderstood` where it is none."""
    amount, created = body.get("amount"), body.get("created")
    if body.get("object") != "payment_intent" or not isinstance(amount, int) or not isinstance(created, int):
        raise ProcessorMisunderstood("the processor answered without an intent")
    reference = _object(body, "metadata").get("reference")
    confirm_at = _object(_object(body, "next_action"), "redirect_to_url").get("url")
    return Intent(
        id=text_of(body, "id"),
        status=text_of(body, "status"),
        amount_cents=amount,
        currency=text_of(body, "currency"),
        reference=reference if isinstance(reference, str) else None,
        created=created,
        is_of_bank_account=body.get("payment_method_types") == ["us_bank_account"],
        has_charge=body.get("latest_charge") is not None,
        confirm_at=confirm_at if isinstance(confirm_at, str) else None,
        decline=_decline(_object(body, "last_payment_error")),
    )


def error_of(answer: httpx2.Response) -> Mapping[str, Any]:
    """Return the error that an answer has, nothing where it has none."""
    try:
        return _object(body_of(answer), "error")
    except ProcessorMisunderstood:
        return {}


def declined_by(answer: httpx2.Response) -> Charge | None:
    """Return the charge that an answer which is no success declines, None where it decides nothing.

    A 402 decides where it says that the card's issuer did, and of which intent. Of a payment method that the processor
    does not have, no intent was made: nothing can be taken.
    """
    error = error_of(answer)
    if error.get("code") == "resource_missing" and error.get("param") == "payment_method":
        return Charge(charge="", status="declined", decline="wrong-details")
    intent = _object(error, "payment_intent") or _object(error, "setup_intent")
    found = intent.get("id")
    is_decided = answer.status_code == HTTPStatus.PAYMENT_REQUIRED and error.get("type") == "card_error"
    # One that still waits for somebody is not decided, whatever the error says.
    if not is_decided or not isinstance(found, str) or intent.get("status") != "requires_payment_method":
        return None
    return Charge(charge=found, status="declined", decline=_decline(error))


def text_of(body: Mapping[str, Any], name: str) -> str:
    """Return a text that must be there; raises `ProcessorMisunderstood`."""
    text = body.get(name)
    if not isinstance(text, str) or not text:
        raise ProcessorMisunderstood(f"the processor answered without {name}")
    return text


def _decline(error: Mapping[str, Any]) -> DeclineReason:
    for name in ("decline_code", "code"):
        code = error.get(name)
        if isinstance(code, str) and code in _DECLINES:
            return _DECLINES[code]
    return "not-authorized"


def _object(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = body.get(name)
    return cast("Mapping[str, Any]", found) if isinstance(found, dict) else {}
