"""How a household wants to be told: by e-mail or on paper, and in which language (NOT-1)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from notifications.domain.contacts import Contact
from notifications.domain.notices import By


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
    """Return the contact as its household wants to be told: without its e-mail where it wants paper."""
    if preference is None:
        return contact
    email = None if preference.by == "paper" else contact.email
    return replace(contact, email=email, language=preference.language or contact.language)


def in_language(contact: Contact, preference: Preference | None) -> Contact:
    """Return the contact with the language that its household chose, if it chose one."""
    if preference is None or preference.language is None:
        return contact
    return replace(contact, language=preference.language)
