"""How households are reached as things are now (NOT-1, NOT-4, OPS-5)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from bulkhead.persistence.ports import UnitOfWork
from bulkhead.persistence.rotating import forgotten_households
from notifications.domain.bounces import RefusedAddress, reached
from notifications.domain.contacts import Contact, MergedHousehold, last_of
from notifications.domain.preferences import Preference, Reach, in_language


async def find_reach(uow: UnitOfWork, households: Iterable[str]) -> dict[str, Reach]:
    """Return how each of these households is reached, of those whose contact was heard of."""
    named = sorted(set(households))
    into = await _survivors(uow, named)
    wanted = sorted({*named, *into.values()})
    refused = {each.household: each for each in await uow.records(RefusedAddress).select(household=wanted)}
    chosen = {each.household: each for each in await uow.records(Preference).select(household=wanted)}
    known = {
        each.household: in_language(reached(each, refused.get(each.household)), chosen.get(each.household))
        for each in await uow.records(Contact).select(household=wanted)
    }
    return {
        each: Reach(own=known[each], other=known.get(into.get(each, "")), preference=chosen.get(each))
        for each in named
        if each in known
    }


async def forgotten_without_contact(uow: UnitOfWork, households: Collection[str]) -> set[str]:
    """Return those of these households that were forgotten, and not recorded anew since: none of them is ever reached
    (ADR 0075).
    """
    forgotten = await forgotten_households(uow, households)
    if not forgotten:
        return forgotten
    return forgotten - set(await uow.records(Contact).distinct("household", household=sorted(forgotten)))


async def _survivors(uow: UnitOfWork, households: Sequence[str]) -> dict[str, str]:
    """Return as which households those of these go on that were merged, through all merges since. What is heard of two
    households comes in any order: a chain that was heard of closing is followed no further than that.
    """
    links, at = dict[str, str](), list(households)
    while at:
        merged = await uow.records(MergedHousehold).select(household=at, stands=True)
        links |= {each.household: each.into for each in merged}
        at = sorted({each.into for each in merged} - links.keys())
    return {each: last_of(links, each) for each in households if each in links}
