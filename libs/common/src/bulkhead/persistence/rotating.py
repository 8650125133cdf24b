"""Households' keys: how many are under which key of the ring, sealed anew under another, and forgotten (ADR 0075)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Final

import msgspec

from bulkhead.contracts import wire
from bulkhead.contracts.enrollment.v1 import ContactKeySet
from bulkhead.contracts.wire import Envelope
from bulkhead.kernel.key_rings import Keys
from bulkhead.persistence.contact_sealing import Sealing, told
from bulkhead.persistence.event_tables import OutboxRecord
from bulkhead.persistence.household_keys import HouseholdKey
from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory

_AT_ONCE: Final = 500


async def keys_in_use(uow: UnitOfWork) -> dict[str, int]:
    """Return how many households' keys are sealed under each key of the ring."""
    counts = await uow.records(HouseholdKey).counts(by="key", sealed__ne=None)
    return {str(key): count for key, count in sorted(counts.items())}


async def rotate(uows: UnitOfWorkFactory, keys: Keys, now: datetime) -> int:
    """Seal anew, under the key of the ring that writes, all households' keys that others seal, and say it to who hears
    contacts; some at a time, each in a transaction of its own: ended anywhere, it goes on from there. Return how many
    that were. Raises `KeyMissing`.
    """
    sealing, done = Sealing(keys), 0
    while households := await _under_others(uows, keys, now):
        async with uows.begin(now=now, households=households) as uow:  # one of them may be forgotten just now
            found = await uow.records(HouseholdKey).select(household=households)
            anew = [
                sealing.sealed_anew(each)
                for each in found
                if each.sealed is not None and each.key != keys.writes
            ]
            await uow.records(HouseholdKey).put(anew)
            for each in anew:
                uow.emit(told(each), household=each.household)
        done += len(anew)
    return done


async def _under_others(uows: UnitOfWorkFactory, keys: Keys, now: datetime) -> list[str]:
    async with uows.begin(now=now) as uow:
        found = await uow.records(HouseholdKey).select(
            key__ne=keys.writes, sealed__ne=None, order_by=("household",), limit=_AT_ONCE
        )
    return [each.household for each in found]


async def forget_keys(uow: UnitOfWork, households: Collection[str]) -> list[str]:
    """Forget the keys of these households, whose locks are held, say so to who hears contacts, and leave none in the
    outbox. Return those that had one.
    """
    found = await uow.records(HouseholdKey).select(household=sorted(households))
    forgotten = [replace(each, key=None, sealed=None) for each in found if each.sealed is not None]
    if not forgotten:
        return []
    await uow.records(HouseholdKey).put(forgotten)
    said = await uow.records(OutboxRecord).select(
        household=[each.household for each in forgotten], type=ContactKeySet.__name__
    )
    for each in said:
        await uow.records(OutboxRecord).update({"envelope": _without_key(each.envelope)}, seq=each.seq)
    for each in forgotten:
        uow.emit(told(each), household=each.household)
    return [each.household for each in forgotten]


async def forgotten_households(uow: UnitOfWork, households: Collection[str]) -> set[str]:
    """Return those of these households whose key is forgotten, and that have no later one."""
    if not households:
        return set()
    return set(
        await uow.records(HouseholdKey).distinct("household", household=sorted(households), sealed=None)
    )


async def once_forgotten(uow: UnitOfWork, households: Collection[str]) -> set[str]:
    """Return those of these households of which a key was forgotten: what it sealed is known to nobody any more."""
    keys = await uow.records(HouseholdKey).select(household=sorted(households))
    return {each.household for each in keys if each.sealed is None or each.number > 1}


def _without_key(envelope: bytes) -> bytes:
    read = wire.decode(envelope, Envelope)
    said = msgspec.structs.replace(wire.decode(read.data, ContactKeySet), key=None, sealed=None)
    return wire.encode(msgspec.structs.replace(read, data=msgspec.Raw(wire.encode(said))))
