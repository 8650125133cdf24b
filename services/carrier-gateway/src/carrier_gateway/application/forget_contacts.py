"""Use case: of a household whose key is forgotten nothing is kept of how its people are named and reached."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, time
from typing import Final

from bulkhead.duties.ports import Duty
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.persistence.rotating import once_forgotten
from carrier_gateway.domain.records import Contact, ContactMember, Policy, ToForget, Transmission
from carrier_gateway.domain.telling import is_to_be_told


@dataclass(frozen=True, slots=True, kw_only=True)
class _Version:
    """Which contact of a household is known; how its people are named is not read."""

    household: str
    contact_version: int


async def note_forgotten(uow: UnitOfWork, households: Collection[str]) -> None:
    """Note of these households that their contacts are to be forgotten, as far as they are known now: what is said of
    them later is sealed by another key. `forget_told` erases them.
    """
    if not households:
        return
    known = await uow.records(Contact).select_as(
        _Version, household=sorted(households), order_by=("household", "contact_version")
    )
    latest = {each.household: each.contact_version for each in known}
    await uow.records(ToForget).put(
        ToForget(household=household, contact_version=version, heard_at=uow.now)
        for household, version in latest.items()
    )


async def not_to_be_named(uow: UnitOfWork, households: Collection[str]) -> set[str]:
    """Return the households whose people may be missing for long: those that are parked, and those that were forgotten,
    for good. What tells of many goes out, and does not name them (OPS-1).
    """
    return await once_forgotten(uow, households) | set(await uow.parked(households))


async def forget_told(uow: UnitOfWork, households: Collection[str]) -> None:
    """Erase the contacts that are to be forgotten of these households, whose locks are held, where no carrier is to be
    told of them any more: it is told by name. The others wait: that coverage ends may come after the key is forgotten,
    or be parked.

    What carriers were told of coverage and money stays, by ids; files that were exchanged stay as they are.
    """
    asked = {
        each.household: each.contact_version
        for each in await uow.records(ToForget).select(household=sorted(households))
    }
    if not asked:
        return
    policies = await uow.records(Policy).select(household=sorted(asked))
    known = await uow.records(Contact).select_as(_Version, household=sorted(asked))
    versions = {(each.household, each.contact_version) for each in known}
    waiting = await uow.records(Transmission).distinct("policy", household=sorted(asked), state="waiting")
    # One that a later contact names, of a household that was recorded anew, does without.
    by_these = [
        each
        for each in policies
        if each.contact_version <= asked[each.household]
        or (each.household, each.contact_version) not in versions
    ]
    still = await uow.parked(asked) | {
        each.household for each in by_these if each.policy in waiting or is_to_be_told(each, today=uow.today)
    }
    through = defaultdict[int, list[str]](list)
    for household, version in sorted(asked.items()):
        if household not in still:
            through[version].append(household)
    for version, some in through.items():
        for kind in (ContactMember, Contact):
            await uow.records(kind).remove(household=some, contact_version__le=version)
        await uow.records(ToForget).remove(household=some)


async def _to_forget(uow: UnitOfWork, _on: date, after: str, limit: int) -> list[str]:
    return await uow.records(ToForget).distinct("household", household__gt=after, limit=limit)


async def _forget(uow: UnitOfWork, _on: date, households: list[str]) -> None:
    await forget_told(uow, households)


async def _no_work(_uow: UnitOfWork, _today: date) -> date | None:
    return None  # what it does follows from events too: no story waits for it


FORGET_CONTACTS: Final = Duty(
    name="forget-contacts",
    at=time(3, 0),
    runs_on=lambda _day: True,
    households=_to_forget,
    run=_forget,
    next_work=_no_work,
    only_latest=True,
)
"""The nightly duty that erases what no event gave reason to: a last day is over, or what was parked was discarded."""
