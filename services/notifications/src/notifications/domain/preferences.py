"""How a household wants to be told: by e-mail or on paper, and in which language (NOT-1)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Conflict
from notifications.domain.contacts import Contact, mail_address, written_to
from notifications.domain.notices import By, Notice


class NoPostalAddress(Conflict):
    """Paper cannot be chosen where no postal address is known (NOT-1)."""

    kind: ClassVar[str] = "no-postal-address"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """What a household's member chose, and who said so. ``by`` is None where e-mail is used if there is any;
    ``language`` is None where it is that of the contact.
    """

    household: str
    by: By | None
    language: str | None
    changed_at: datetime
    changed_by: str


def preferred(contact: Contact, preference: Preference | None) -> Contact:
    """Return the contact as its household wants to be told: without its e-mail where it wants paper, and there is an
    address to send that to.
    """
    if preference is None:
        return contact
    email = None if preference.by == "paper" and contact.address is not None else contact.email
    return replace(contact, email=email, language=preference.language or contact.language)


def in_language(contact: Contact, preference: Preference | None) -> Contact:
    """Return the contact with the language that its household chose, if it chose one."""
    if preference is None or preference.language is None:
        return contact
    return replace(contact, language=preference.language)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How a household is reached now: its own contact, without an e-mail address that takes nothing, that of the
    ``other`` household that goes on in its place, where one does, and what it chose itself.
    """

    own: Contact
    other: Contact | None
    preference: Preference | None

    def contact(self, by: By) -> Contact:
        """Return whom a notice goes to that goes this way (OPS-5)."""
        return written_to(self.own, self.other, by=by)

    def way(self, notice: Notice) -> By | None:
        """Return which way a notice goes that has not left: on paper where that was chosen since, by e-mail where there
        is no address any more to send a letter to and its e-mail was not refused; else the way it was to go (NOT-1).
        """
        addressed = self.contact("paper").address is not None
        if notice.by == "email" and self.preference is not None and self.preference.by == "paper":
            return "paper" if addressed else "email"
        mailable = notice.email_refused_on is None and mail_address(self.contact("email")) is not None
        return "email" if notice.by == "paper" and mailable and not addressed else notice.by


def check_preference(by: By | None, reach: Reach | None) -> None:
    """Refuse paper where it can be sent nowhere: raises `NoPostalAddress`. ``reach`` is None of a household whose
    contact was not heard of.
    """
    if by != "paper" or (reach is not None and reach.contact("paper").address is not None):
        return
    raise NoPostalAddress(
        "no postal address of this household is known",
        reasons=(
            Reason(
                rule="NOT-1",
                says="paper is chosen where enrollment was given a postal address;"
                " e-mail may be chosen without one",
            ),
        ),
    )
