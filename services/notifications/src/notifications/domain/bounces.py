"""E-mail that came back, and addresses that take none any more (NOT-4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, TypeAlias

from bulkhead.kernel.ids import derived_id
from bulkhead.kernel.personal import Masked
from notifications.domain.contacts import Contact

Followed: TypeAlias = Literal[
    "paper", "nothing-delayed", "nothing-known", "nothing-delivered", "nothing-complained"
]
"""What follows a report: a letter on paper; or nothing, for the mail server goes on trying, the e-mail is not what the
notice went by last, it arrived, or it arrived and its reader calls it spam."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounce:
    """What a mail server reports of the e-mail of a notice (RFC 3464), or a provider: whether it ``failed`` for good or
    is ``delayed``, whether the address itself takes nothing (``hard``), whether its reader wants none
    (``complained``), and which addresses it names.
    """

    notice: str
    failed: bool
    delayed: bool
    hard: bool
    addresses: tuple[Masked, ...]
    complained: bool = False

    @property
    def followed_by_nothing(self) -> Followed | None:
        """Why nothing follows, whatever became of the notice; None where its e-mail failed."""
        if self.failed:
            return None
        if self.complained:
            return "nothing-complained"
        return "nothing-delayed" if self.delayed else "nothing-delivered"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedAddress:
    """The e-mail address of a household that was refused for good, or whose reader complained, by a hash of it that no
    other household's has.
    """

    household: str
    address: str
    refused_on: date


def refused_address(household: str, email: Masked, *, on: date) -> RefusedAddress:
    """Return that an address of a household takes no e-mail any more."""
    return RefusedAddress(household=household, address=_hashed(household, email), refused_on=on)


def reached(contact: Contact, refused: RefusedAddress | None) -> Contact:
    """Return the contact without its e-mail address where that was refused for good, and is the same still."""
    if refused is None or contact.email is None:
        return contact
    same = _hashed(contact.household, contact.email) == refused.address
    return replace(contact, email=None) if same else contact


def is_among(email: Masked | None, addresses: Iterable[Masked]) -> bool:
    """Whether an address is one of these, whatever case they are written in."""
    return email is not None and email.reveal().casefold() in {each.reveal().casefold() for each in addresses}


def _hashed(household: str, email: Masked) -> str:
    return derived_id("refused-address", household, email.reveal().casefold())
