"""Reads what mail servers report of e-mail: delivery status notifications (RFC 3464)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from typing import Any, Final, TypeAlias, cast

from bulkhead.kernel.personal import Masked
from notifications.domain.bounces import Bounce

Part: TypeAlias = "Message[Any, Any]"

_STATUS: Final = re.compile(r"\s*([245])\.\d{1,3}\.\d{1,3}\b")
_IN_BRACKETS: Final = re.compile(r"<\s*([^<>@\s]+@[^<>@\s]+)\s*>")
_ADDRESS: Final = re.compile(r"[^<>@\s,;\"]+@[^<>@\s,;\"]+")
_MESSAGE_ID: Final = re.compile(r"\s*<?([A-Za-z0-9][A-Za-z0-9._-]{0,63})@[^<>@\s]+>?\s*")


def read_report(raw: bytes) -> Bounce | None:
    """Return what a mail reports, None of one that is no report about a mail it returns at least the headers of.

    Nothing else of it is read, and nothing of it is repeated: it names people.
    """
    message = BytesParser(policy=compat32).parsebytes(raw)
    if message.get_content_type() != "multipart/report":
        return None
    blocks, returned = _status_blocks(message), _returned(message)
    notice = None if returned is None else notice_named(_header(returned, "Message-ID"))
    recipients = [each for each in blocks if _header(each, "Action") or _header(each, "Status")]
    if returned is None or notice is None or not recipients:
        return None
    classes = [_class_of(each) for each in recipients]
    actions = [_header(each, "Action").strip().casefold() for each in recipients]
    failed = [
        action == "failed" or (not action and found == "5")
        for action, found in zip(actions, classes, strict=True)
    ]
    return Bounce(
        notice=notice,
        failed=any(failed),
        delayed=any(
            action == "delayed" or (not action and found == "4")
            for action, found in zip(actions, classes, strict=True)
        ),
        hard=any(each and found == "5" for each, found in zip(failed, classes, strict=True)),
        addresses=tuple(_addresses(returned, recipients)),
    )


def notice_named(message_id: str) -> str | None:
    """Return the notice that a Message-ID names, None where it cannot be one of ours."""
    found = _MESSAGE_ID.fullmatch(message_id)
    return None if found is None else found[1]


def _status_blocks(message: Part) -> list[Part]:
    """Return the groups of fields of a report: that of the message first, then one for each recipient."""
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status" and isinstance(part.get_payload(), list):
            return cast(list[Part], part.get_payload())
    return []


def _returned(message: Part) -> Part | None:
    """Return the mail that is reported of, or its headers."""
    for part in message.walk():
        kind, content = part.get_content_type(), part.get_payload()
        if kind == "message/rfc822" and isinstance(content, list) and content:
            return cast(Part, content[0])
        if kind in ("text/rfc822-headers", "message/rfc822-headers"):
            decoded = part.get_payload(decode=True)
            if isinstance(decoded, bytes):
                return BytesParser(policy=compat32).parsebytes(decoded, headersonly=True)
    return None


def _class_of(recipient: Part) -> str:
    """Return the class of a status: 2 it arrived, 4 not yet, 5 never; empty where there is none."""
    found = _STATUS.match(_header(recipient, "Status"))
    return "" if found is None else found[1]


def _addresses(returned: Part, recipients: list[Part]) -> list[Masked]:
    """Return whom the mail was to and whom the report names: one may have been forwarded."""
    texts = [_header(returned, "To")]
    for each in recipients:
        texts += [_header(each, "Original-Recipient"), _header(each, "Final-Recipient")]
    return addresses_in(texts)


def addresses_in(texts: Iterable[str]) -> list[Masked]:
    """Return the addresses that fields of a mail name: as they are, as ``June <june@example.com>``, or several."""
    return [
        Masked(address)
        for each in texts
        for address in (_IN_BRACKETS.findall(each) or _ADDRESS.findall(each))
    ]


def _header(part: Part, name: str) -> str:
    return str(part.get(name, ""))
