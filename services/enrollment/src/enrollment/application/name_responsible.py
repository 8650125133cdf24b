"""Who acts for a household's child is named, or named otherwise (ENR-13, ENR-16)."""

from __future__ import annotations

from dataclasses import replace

from bulkhead.persistence.ports import UnitOfWork
from enrollment.application.find_household import Found, find_household
from enrollment.application.ports import Parameters, Transliterator
from enrollment.application.record_contact import record_anew
from enrollment.domain.changes import Responsible, check_somebody_to_act_for
from enrollment.domain.households import Contact
from enrollment.domain.names import latin_form


async def name_responsible(
    uow: UnitOfWork,
    *,
    household: str,
    responsible: Responsible,
    parameters: Parameters,
    transliterator: Transliterator,
) -> Found:
    """Set who acts for a subscriber who is not of age, as a new version of the contact; return the household.

    Who is named already makes no version. Raises `NotFound`, `NobodyToActFor` where nobody is under age, or a refusal
    of `enrollment.domain.names`; then nothing happened.
    """
    found = await find_household(uow, household)
    in_force = parameters.as_of(uow.today)
    check_somebody_to_act_for(
        found.members,
        today=uow.today,
        adult_age=in_force.adult_age,
        citation=in_force.citation("adult_age"),
    )
    contact = with_responsible(found.contact, responsible, field="", transliterator=transliterator)
    if contact == found.contact:
        return found
    return await record_anew(uow, replace(found, contact=contact), parameters=in_force)


def with_responsible(
    contact: Contact, responsible: Responsible, *, field: str, transliterator: Transliterator
) -> Contact:
    """Return a contact with who acts for a child; a Latin name is proposed (ENR-16).

    Raises the refusals of `enrollment.domain.names` about ``field``.
    """
    return replace(
        contact,
        responsible_name=responsible.name,
        responsible_latin_name=latin_form(
            responsible.name, given=responsible.latin_name, latin=transliterator.latin, field=field
        ),
    )
