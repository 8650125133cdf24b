"""Webhooks that are signed as Standard Webhooks says: HMAC-SHA256 over id, time and body, base64, ``v1,`` before it.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
import re
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import ClassVar, Final

from bulkhead.kernel.errors import Refused

ID_HEADER: Final = "webhook-id"
TIME_HEADER: Final = "webhook-timestamp"
SIGNATURE_HEADER: Final = "webhook-signature"

SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - what a secret begins with
SHORTEST_KEY_BYTES: Final = 24
LONGEST_KEY_BYTES: Final = 64
MOST_SIGNATURES: Final = 10
"""So many signatures of one webhook are looked at: a sender that rotates its secret gives two."""

_VERSION = "v1,"
# A full stop parts what is signed, so that none may be in the id: else another id and time had the same signature.
_ID = re.compile(r"[!-\-/-~]{1,200}")
_TIME = re.compile(r"[0-9]{1,12}")


class NotSigned(Refused):
    """A webhook is not signed by whoever may send them, or not signed just now."""

    kind: ClassVar[str] = "webhook-not-signed"
    status: ClassVar[int] = 401
    challenge: ClassVar[str] = "Webhook-Signature"


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """What came: the values of its three headers, as often as each was there, and the bytes of its body."""

    ids: Sequence[str]
    times: Sequence[str]
    signatures: Sequence[str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDoor:
    """Whose webhooks are let in: ``keys`` are those in use now, several while a secret is rotated.

    One that was signed more than ``window_seconds`` ago, or ahead, is refused: it may be an old one, sent again.
    """

    keys: tuple[bytes, ...]
    window_seconds: int

    def require_signed(self, webhook: Webhook, *, now_seconds: float) -> None:
        """Raise `NotSigned` unless a webhook is signed with one of the keys, and just now."""
        if not self.keys:
            raise NotSigned("webhooks are not taken here: no secret of theirs has been set")
        sent_id, sent_at = _one(webhook.ids, ID_HEADER, _ID), _one(webhook.times, TIME_HEADER, _TIME)
        signatures = _one(webhook.signatures, SIGNATURE_HEADER, None).split(" ")[:MOST_SIGNATURES]
        expected = [_signature(key, sent_id=sent_id, sent_at=sent_at, body=webhook.body) for key in self.keys]
        given = [decoded for each in signatures if (decoded := _decoded(each)) is not None]
        is_right = False
        for each, one in product(expected, given):  # in a time that says nothing of how much of it is right
            is_right |= hmac.compare_digest(each, one)
        if not is_right:
            raise NotSigned(
                f"no signature in {SIGNATURE_HEADER} is right: sign '<{ID_HEADER}>.<{TIME_HEADER}>.<body>' byte by"
                " byte, by HMAC-SHA256 with a secret that is in use, and send 'v1,<base64>'"
            )
        if abs(now_seconds - int(sent_at)) > self.window_seconds:
            raise NotSigned(
                f"{TIME_HEADER} is more than {self.window_seconds} s from the time here: sign it anew when it is sent"
                " again, and compare the clocks"
            )


def sign(key: bytes, *, sent_id: str, sent_at: int, body: bytes) -> dict[str, str]:
    """Return the headers of a webhook that is sent at a time, in seconds since 1970."""
    digest = _signature(key, sent_id=sent_id, sent_at=str(sent_at), body=body)
    return {
        ID_HEADER: sent_id,
        TIME_HEADER: str(sent_at),
        SIGNATURE_HEADER: _VERSION + b64encode(digest).decode("ascii"),
    }


def keys_of(text: str) -> tuple[bytes, ...]:
    """Return the keys of secrets with blanks or commas between them; raises `ValueError`, which names none."""
    return tuple(map(_key, text.replace(",", " ").split()))


def _key(secret: str) -> bytes:
    try:
        key = b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(SECRET_PREFIX) or not SHORTEST_KEY_BYTES <= len(key) <= LONGEST_KEY_BYTES:
        raise ValueError(
            f"each secret must be {SECRET_PREFIX} and the base64 of {SHORTEST_KEY_BYTES} to {LONGEST_KEY_BYTES} bytes"
        )
    return key


def _signature(key: bytes, *, sent_id: str, sent_at: str, body: bytes) -> bytes:
    return hmac.new(key, f"{sent_id}.{sent_at}.".encode("ascii") + body, hashlib.sha256).digest()


def _one(values: Sequence[str], header: str, form: re.Pattern[str] | None) -> str:
    """Return a header's one value; raises `NotSigned` where it is missing, is there twice or cannot be one."""
    if len(values) != 1 or (form is not None and form.fullmatch(values[0]) is None):
        raise NotSigned(
            f"{header} is needed, once: a webhook has {ID_HEADER} (visible characters without a full stop, 200 at"
            f" most), {TIME_HEADER} (seconds since 1970) and {SIGNATURE_HEADER} (v1,<base64>)"
        )
    return values[0]


def _decoded(signature: str) -> bytes | None:
    if not signature.startswith(_VERSION):
        return None  # of a scheme to come, beside ours
    try:
        return b64decode(signature.removeprefix(_VERSION), validate=True)
    except (binascii.Error, ValueError):
        return None
