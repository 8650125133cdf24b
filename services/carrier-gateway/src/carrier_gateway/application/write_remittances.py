"""Remittances that are whole become 820s, a piece at a time, and their readable twins (PAY-6, PAY-7, CAR-2)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.persistence.ports import UnitOfWork
from carrier_gateway.application.book import Book
from carrier_gateway.application.forget_contacts import not_to_be_named
from carrier_gateway.application.ports import Composed, Parameters, RemittanceComposer, Uncomposable
from carrier_gateway.domain.carriers import CarrierProfile
from carrier_gateway.domain.records import ContactMember, ControlNumbers, Policy
from carrier_gateway.domain.remittance_twin import twin_head, twin_rows, twin_tail
from carrier_gateway.domain.remittances import (
    BEGINNING,
    PaidLine,
    Remittance,
    RemittanceContent,
    RemittanceOrder,
    RemittancePart,
    RemittanceState,
    Share,
    TakenBack,
    lines_that_begin,
    shares_of,
)

NO_PROFILE = "the carrier's profile"
PEOPLE_MISSING = "policies, or the people on them, are not here"
NOT_ITS_LINES = "its lines do not make its totals"


@dataclass(frozen=True, slots=True, kw_only=True)
class RemittanceKey:
    """Which remittance."""

    carrier: str
    sequence: int
    remittance: str


async def open_remittances(uow: UnitOfWork, *, state: RemittanceState) -> list[RemittanceKey]:
    """Return the remittances in that state, each carrier's in order."""
    return await uow.records(Remittance).select_as(
        RemittanceKey, state=state, order_by=("carrier", "sequence", "remittance")
    )


async def next_remittances(uow: UnitOfWork) -> list[RemittanceKey]:
    """Return of each carrier the first remittance that waits to be composed."""
    found: dict[str, RemittanceKey] = {}
    for key in await open_remittances(uow, state="waiting"):
        found.setdefault(key.carrier, key)
    return list(found.values())


async def waits_for(uow: UnitOfWork, remittance: Remittance) -> str:
    """Return what a waiting remittance lacks to be composed further; empty where that is nothing."""
    profile = await uow.records(CarrierProfile).get(carrier=remittance.carrier)
    if profile is None:
        return NO_PROFILE
    if not profile.remittances:
        return ""
    if remittance.problem:
        return remittance.problem
    if (missing := await _missing(uow, remittance)) or remittance.composed_parts == remittance.parts:
        return missing
    shares = await _next_shares(uow, remittance)
    return PEOPLE_MISSING if shares is None else ""


async def _missing(uow: UnitOfWork, remittance: Remittance) -> str:
    """Return what of a remittance is not here, or not as it must be: each carrier's are written in order."""
    if waits := await _missing_before(uow, remittance):
        return waits
    parts = uow.records(RemittancePart)
    here = await parts.count(remittance=remittance.remittance)
    if here < remittance.parts:
        return f"{here} of its {remittance.parts} parts are here"
    if await parts.total("cents", remittance=remittance.remittance) != remittance.net_cents:
        return NOT_ITS_LINES
    return ""


async def _missing_before(uow: UnitOfWork, remittance: Remittance) -> str:
    """Return what before a remittance is not out yet. What was told before its number was said has the number 0, and
    comes before all that have one.
    """
    remittances = uow.records(Remittance)
    out = ["built", "written", "unwanted"]
    before = remittance.sequence - 1
    if before <= 0 or await remittances.count(carrier=remittance.carrier, sequence=before, state=out):
        return ""
    unnumbered = await remittances.count(carrier=remittance.carrier, sequence=0)
    numbered = await remittances.count(
        carrier=remittance.carrier, sequence__gt=0, sequence__lt=remittance.sequence
    )
    if unnumbered and not numbered:
        left = unnumbered - await remittances.count(carrier=remittance.carrier, sequence=0, state=out)
        return f"{left} of the carrier's remittances without a number before it" if left else ""
    return f"the carrier's remittance before it, number {before}"


async def compose_more(
    uow: UnitOfWork, key: RemittanceKey, *, composer: RemittanceComposer, parameters: Parameters
) -> bool:
    """Compose the next piece of a waiting remittance, or number it once all are; return whether anything was done.

    What cannot be composed keeps its reason; no number is used up for it. A carrier that wants no 820s gets none. The
    caller holds the carrier's lock.
    """
    remittance = await uow.records(Remittance).get(remittance=key.remittance, state="waiting")
    profile = await uow.records(CarrierProfile).get(carrier=key.carrier)
    if remittance is None or profile is None:
        return False
    if not profile.remittances:
        await uow.records(Remittance).put([replace(remittance, state="unwanted", problem="")])
        return True
    if remittance.problem or await _missing(uow, remittance):
        return False
    try:
        if remittance.composed_parts == remittance.parts:
            await _number(uow, remittance, profile, composer=composer, parameters=parameters)
            return True
        return await _compose_part(uow, remittance, profile, composer=composer)
    except Uncomposable as error:
        await uow.records(Remittance).put([replace(remittance, problem=str(error))])
        return True


async def _compose_part(
    uow: UnitOfWork, remittance: Remittance, profile: CarrierProfile, *, composer: RemittanceComposer
) -> bool:
    shares = await _next_shares(uow, remittance)
    if shares is None:
        return False
    made = composer.compose_shares(shares, profile=profile)
    number = remittance.composed_parts + 1
    plans = dict(remittance.plan_cents)
    for share in shares:
        plan = profile.application_id(share.plan)
        plans[plan] = plans.get(plan, 0) + share.cents
    await uow.records(RemittanceContent).add(
        [_piece(remittance, number, made, twin=twin_rows(shares, profile=profile))]
    )
    await uow.records(Remittance).put(
        [
            replace(
                remittance,
                composed_parts=number,
                lines=remittance.lines + sum(len(each.items) for each in shares),
                entities=remittance.entities + len(shares),
                segments=remittance.segments + made.segments,
                plan_cents=plans,
            )
        ]
    )
    return True


async def _number(
    uow: UnitOfWork,
    remittance: Remittance,
    profile: CarrierProfile,
    *,
    composer: RemittanceComposer,
    parameters: Parameters,
) -> None:
    numbers = await uow.records(ControlNumbers).get(carrier=remittance.carrier)
    number = (0 if numbers is None else numbers.last) + 1
    numbered = replace(
        remittance,
        state="numbered",
        control_number=number,
        file=profile.remittance_file_for(control_number=number, made_at=uow.now),
    )
    beginning, end = composer.compose_ends(
        RemittanceOrder(
            remittance=numbered,
            profile=profile,
            exchange=parameters.as_of(uow.today),
            control_number=number,
            made_at=uow.now,
        )
    )
    await uow.records(ControlNumbers).put([ControlNumbers(carrier=remittance.carrier, last=number)])
    await uow.records(RemittanceContent).add(
        [
            _piece(numbered, BEGINNING, beginning, twin=twin_head(numbered)),
            _piece(numbered, numbered.parts + 1, end, twin=twin_tail(numbered, profile=profile)),
        ]
    )
    await uow.records(Remittance).put([numbered])


def _piece(remittance: Remittance, number: int, made: Composed, *, twin: str) -> RemittanceContent:
    return RemittanceContent(remittance=remittance.remittance, number=number, content=made.content, twin=twin)


async def _next_shares(uow: UnitOfWork, remittance: Remittance) -> list[Share] | None:
    """Return what the next piece says of each policy, or None while some of them, or of their people, are not known.

    Of a parked household, or one that was forgotten, the people may be missing: then nobody is named, and the others
    are not held up (OPS-1).
    """
    lines = await _next_lines(uow, remittance)
    ids = sorted({each.policy for each in lines})
    policies = {each.policy: each for each in await uow.records(Policy).select(policy=ids)} if ids else {}
    if len(policies) < len(ids):
        return None
    households = {each.household for each in policies.values()}
    book = await Book.load(uow, households)
    unnamed = await not_to_be_named(uow, households)
    people: dict[str, Sequence[ContactMember]] = {}
    for policy in policies.values():
        found = book.people_of(policy)
        if found is None and policy.household not in unnamed:
            return None
        people[policy.policy] = found or ()
    return shares_of(
        lines,
        policies=policies,
        people=people,
        taken_back=await _taken_back(uow, remittance, ids),
        after=remittance.entities,
    )


async def _taken_back(
    uow: UnitOfWork, remittance: Remittance, policies: Sequence[str]
) -> set[tuple[str, CoverageMonth]]:
    if not policies:
        return set()
    found = await uow.records(TakenBack).select(
        policy=list(policies), carrier=remittance.carrier, sequence__le=remittance.sequence
    )
    return {(each.policy, each.month) for each in found}


async def _next_lines(uow: UnitOfWork, remittance: Remittance) -> list[PaidLine]:
    """Return the lines of the policies that begin in the part to be composed next."""
    part = remittance.composed_parts + 1
    before = await _lines_of(uow, remittance, part - 1)
    after = [each async for each in _until_another(uow, remittance, part)]
    return lines_that_begin(await _lines_of(uow, remittance, part), before=before, after=after)


async def _until_another(
    uow: UnitOfWork, remittance: Remittance, part: int
) -> AsyncIterator[Sequence[PaidLine]]:
    lines = await _lines_of(uow, remittance, part)
    for number in range(part + 1, remittance.parts + 1):
        more = await _lines_of(uow, remittance, number)
        yield more
        if not lines or not more or more[-1].policy != lines[-1].policy:
            return


async def _lines_of(uow: UnitOfWork, remittance: Remittance, part: int) -> tuple[PaidLine, ...]:
    found = (
        await uow.records(RemittancePart).get(remittance=remittance.remittance, part=part) if part else None
    )
    return () if found is None else found.lines


async def numbered_remittance(
    uow: UnitOfWork, key: RemittanceKey, *, state: RemittanceState
) -> Remittance | None:
    """Return a remittance if it is in that state still."""
    return await uow.records(Remittance).get(remittance=key.remittance, state=state)


async def piece_of(uow: UnitOfWork, number: int, *, key: RemittanceKey) -> RemittanceContent | None:
    """Return the piece of an 820 of that number; None after the last."""
    return await uow.records(RemittanceContent).get(remittance=key.remittance, number=number)


async def mark_built(
    uow: UnitOfWork, key: RemittanceKey, *, sha256: str, size_bytes: int, problem: str
) -> None:
    """Note that an 820 was read again, or what is wrong with it: then it waits, and its number is used up. The caller
    holds the carrier's lock.
    """
    numbered = await numbered_remittance(uow, key, state="numbered")
    if numbered is None:
        return
    if problem:
        await _start_again(uow, [numbered], problem=problem)
    else:
        built = replace(numbered, state="built", sha256=sha256, size_bytes=size_bytes)
        await uow.records(Remittance).put([built])


async def mark_remittance_written(uow: UnitOfWork, key: RemittanceKey) -> None:
    """Note that an 820 and its twin are whole in the drop-box. The caller holds the carrier's lock."""
    built = await numbered_remittance(uow, key, state="built")
    if built is not None:
        await uow.records(Remittance).put([replace(built, state="written", written_on=uow.today)])


async def compose_anew(uow: UnitOfWork, carrier: str) -> None:
    """Let what is not numbered yet be composed by the carrier's profile as it is now. The caller holds its lock."""
    begun = [
        each
        for each in await uow.records(Remittance).select(carrier=carrier, state="waiting")
        if each.problem or each.composed_parts
    ]
    await _start_again(uow, begun, problem="")


async def _start_again(uow: UnitOfWork, remittances: Sequence[Remittance], *, problem: str) -> None:
    for each in remittances:
        await uow.records(RemittanceContent).remove(remittance=each.remittance)
    await uow.records(Remittance).put(
        [
            replace(
                each,
                state="waiting",
                problem=problem,
                composed_parts=0,
                lines=0,
                entities=0,
                segments=0,
                plan_cents={},
                control_number=None,
                file=None,
            )
            for each in remittances
        ]
    )
