"""What was sent, byte for byte: the e-mail that a mail server took, the letter that went to print (NOT-1)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, TypeAlias

from notifications.domain.notices import By

MediaType: TypeAlias = Literal["message/rfc822", "application/pdf"]

MEDIA_TYPES: dict[By, MediaType] = {"email": "message/rfc822", "paper": "application/pdf"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SentCopy:
    """The bytes of a notice as it left one way, and their SHA-256. They name and address a person: only who may see
    that household's notices is shown them, and nothing prints them.
    """

    notice: str
    by: By
    household: str
    sent_on: date
    sha256: str
    size_bytes: int
    content: bytes = field(repr=False)

    @property
    def media_type(self) -> MediaType:
        """What the bytes are."""
        return MEDIA_TYPES[self.by]


@dataclass(frozen=True, slots=True, kw_only=True)
class SentCopyHead:
    """A `SentCopy` without its bytes."""

    notice: str
    by: By
    household: str
    sent_on: date
    sha256: str
    size_bytes: int

    @property
    def media_type(self) -> MediaType:
        """What the bytes are."""
        return MEDIA_TYPES[self.by]


def copy_of(content: bytes, *, notice: str, by: By, household: str, sent_on: date) -> SentCopy:
    """Return the copy of what left."""
    return SentCopy(
        notice=notice,
        by=by,
        household=household,
        sent_on=sent_on,
        sha256=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content),
        content=content,
    )
