"""Who a household's notices go to, and in which language."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bulkhead.kernel.personal import Masked

_MAILABLE = re.compile(
    r"(?!.*=\?)"  # what begins an encoded word would be decoded (RFC 2047)
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """How a household is reached: the newest version heard of. Everything about a person is masked.

    With ``estate``, the addressee has died and nobody is left: letters are for the estate.
    """

    household: str
    contact_version: int
    language: str
    addressee: Masked | None
    estate: bool
    email: Masked | None
    address: Masked | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedHousehold:
    """A household goes on as ``into``, of the same person, as long as that ``stands`` (OPS-5)."""

    household: str
    into: str
    stands: bool


def last_of(links: Mapping[str, str], household: str) -> str:
    """Return where the links from a household lead, one after the other: a chain that closes ends before it does."""
    passed = {household}
    while household in links and links[household] not in passed:
        household = links[household]
        passed.add(household)
    return household


def reading_language(language: str, written: Sequence[str]) -> str:
    """Return the language a notice is written in for a reader of ``language``, such as ``fr-CA`` (NOT-1).

    ``written`` are those there are; the first of them is for a reader of any other, or of none at all.
    """
    primary = language.replace("_", "-").partition("-")[0].lower()
    return primary if primary in written else written[0]


def mail_address(contact: Contact) -> Masked | None:
    """Return the e-mail address a notice can be sent to; None where none is known or it cannot be one.

    A text that is no plain address would be refused by any mail server, or read by it as something else.
    """
    return None if contact.email is None or not is_mailable(contact.email) else contact.email


def is_mailable(address: Masked) -> bool:
    """Whether a text is a plain e-mail address."""
    return _MAILABLE.fullmatch(address.reveal()) is not None


def way_of_sending(contact: Contact) -> Literal["email", "paper"]:
    """Return how a notice goes out: by e-mail where an address is known, else on paper (NOT-1)."""
    return "paper" if mail_address(contact) is None else "email"


def written_to(own: Contact, other: Contact | None, *, by: Literal["email", "paper"]) -> Contact:
    """Return whom a notice of a household goes to that goes on as another one: that other's contact, as long as it can
    be reached this way, else its own (OPS-5).
    """
    if other is None or (mail_address(other) is None if by == "email" else other.address is None):
        return own
    return other
