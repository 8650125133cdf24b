"""The Latin form of a person's name is corrected (ENR-16)."""

from __future__ import annotations

from dataclasses import replace

from bulkhead.kernel.errors import NotFound
from bulkhead.kernel.personal import Masked
from bulkhead.persistence.ports import UnitOfWork
from enrollment.application.find_household import Found, find_household
from enrollment.application.ports import Parameters
from enrollment.application.record_contact import record_anew
from enrollment.domain.households import Member
from enrollment.domain.names import checked_latin_name


async def correct_latin_name(
    uow: UnitOfWork, *, household: str, member: str, latin_name: Masked, parameters: Parameters
) -> Found:
    """Set the Latin form of a member's name, as a new version of the contact; return the household.

    The form that is there already makes no version. Raises `NotFound` where there is no such household or
    member, and `LatinNameNeeded` for what cannot be a Latin form.
    """
    found = await find_household(uow, household)
    before = next((each for each in found.members if each.member == member), None)
    if before is None:
        raise NotFound("there is no such member")
    corrected = replace(before, latin_name=checked_latin_name(latin_name, field="/latin_name"))
    if corrected == before:
        return found
    await uow.records(Member).put([corrected])
    members = tuple(corrected if each == before else each for each in found.members)
    return await record_anew(uow, replace(found, members=members), parameters=parameters.as_of(uow.today))
