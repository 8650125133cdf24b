"""Webhooks that are signed as Stripe signs its events: HMAC-SHA256 over time and body, hexadecimal, ``t=…,v1=…``.

https://docs.stripe.com/webhooks#verify-manually
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

from bulkhead.kernel.webhooks import MOST_SIGNATURES, SECRET_PREFIX, NotSigned

TIMED_SIGNATURE_HEADER: Final = "stripe-signature"

SHORTEST_SECRET: Final = 24
LONGEST_SECRET: Final = 200
MOST_PARTS: Final = MOST_SIGNATURES * 3

_TIME = re.compile(r"t=([0-9]{1,12})")
_SIGNATURE = re.compile(r"v1=([0-9a-f]{64})")
_SECRET = re.compile(rf"{SECRET_PREFIX}[!-~]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedWebhookDoor:
    """Whose webhooks are let in: ``keys`` are those in use now, several while a secret is rotated.

    One that was signed more than ``window_seconds`` ago, or ahead, is refused: it may be an old one, sent again.
    """

    keys: tuple[bytes, ...]
    window_seconds: int

    def require_signed(self, *, signatures: Sequence[str], body: bytes, now_seconds: float) -> None:
        """Raise `NotSigned` unless a body is signed with one of the keys, and just now, by the one header of that."""
        if not self.keys:
            raise NotSigned("events of payment intents are not taken here: no secret of theirs has been set")
        parts = (
            [each.strip() for each in signatures[0].split(",")[:MOST_PARTS]] if len(signatures) == 1 else []
        )
        times = [found.group(1) for each in parts if (found := _TIME.fullmatch(each))]
        # What is of another scheme, beside ours or to come, is passed over.
        given = [found.group(1) for each in parts if (found := _SIGNATURE.fullmatch(each))][:MOST_SIGNATURES]
        if len(times) != 1 or not given:
            raise NotSigned(
                f"{TIMED_SIGNATURE_HEADER} is needed, once: t=<seconds since 1970>,v1=<hexadecimal>, and more of v1"
                " while a secret is rotated"
            )
        expected = [_signature(key, sent_at=times[0], body=body) for key in self.keys]
        is_right = False
        for each, one in product(expected, given):  # in a time that says nothing of how much of it is right
            is_right |= hmac.compare_digest(each, one)
        if not is_right:
            raise NotSigned(
                f"no v1 in {TIMED_SIGNATURE_HEADER} is right: sign '<t>.<body>' byte by byte, by HMAC-SHA256 with a"
                " secret that is in use"
            )
        if abs(now_seconds - int(times[0])) > self.window_seconds:
            raise NotSigned(
                f"t in {TIMED_SIGNATURE_HEADER} is more than {self.window_seconds} s from the time here: sign it anew"
                " when it is sent again, and compare the clocks"
            )


def timed_sign(*keys: bytes, sent_at: int, body: bytes) -> dict[str, str]:
    """Return the header of a webhook that is sent at a time, in seconds since 1970, signed with each of the keys."""
    signed = [f"v1={_signature(each, sent_at=str(sent_at), body=body)}" for each in keys]
    return {TIMED_SIGNATURE_HEADER: ",".join([f"t={sent_at}", *signed])}


def secrets_of(text: str) -> tuple[bytes, ...]:
    """Return the keys of secrets with blanks or commas between them, each the bytes of its whole text; raises
    `ValueError`, which names none.
    """
    secrets = text.replace(",", " ").split()
    if not all(
        _SECRET.fullmatch(each) and SHORTEST_SECRET <= len(each) <= LONGEST_SECRET for each in secrets
    ):
        raise ValueError(
            f"each secret must be {SECRET_PREFIX} and visible characters, {SHORTEST_SECRET} to {LONGEST_SECRET} in all"
        )
    return tuple(each.encode("ascii") for each in secrets)


def _signature(key: bytes, *, sent_at: str, body: bytes) -> str:
    return hmac.new(key, f"{sent_at}.".encode("ascii") + body, hashlib.sha256).hexdigest()
