"""Use case: somebody decides about a difference between a carrier's book and ours (CAR-6)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Literal, TypeAlias

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Conflict, NotFound
from bulkhead.persistence.ports import UnitOfWork
from carrier_gateway.application.decide_transmissions import decide_transmission
from carrier_gateway.application.ports import Composer, Parameters
from carrier_gateway.application.waiting import carrier_lock
from carrier_gateway.domain.discrepancies import Discrepancy, DiscrepancyDecision
from carrier_gateway.domain.records import Transmission
from carrier_gateway.domain.telling import BEGINS

DiscrepancyChoice: TypeAlias = Literal["send-again", "leave", "note"]


class NotOpen(Conflict):
    """A discrepancy is closed: the carrier's last book does not show it (CAR-6)."""

    kind: ClassVar[str] = "discrepancy-closed"


class NotOursToSend(Conflict):
    """The carrier's word counts of this field, or nothing about the policy was ever sent (CAR-6)."""

    kind: ClassVar[str] = "not-ours-to-send"


async def locks_of_discrepancy(uow: UnitOfWork, discrepancy: str) -> tuple[str, ...]:
    """Return what has to be locked to decide about a discrepancy; raises `NotFound`."""
    found = await _discrepancy(uow, discrepancy)
    households = () if found.household is None else (found.household,)
    return (*households, carrier_lock(found.carrier))


async def _discrepancy(uow: UnitOfWork, discrepancy: str) -> Discrepancy:
    found = await uow.records(Discrepancy).get(discrepancy=discrepancy)
    if found is None:
        raise NotFound("there is no such discrepancy")
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDiscrepancy:
    """An open discrepancy, and how often it was decided about, or noted of, in each way."""

    found: Discrepancy
    decided: Mapping[DiscrepancyChoice, int]

    @property
    def seen_to(self) -> str:
        """What somebody did about it, in words; that nobody did, where that is so."""
        sent, noted = self.decided.get("send-again", 0), self.decided.get("note", 0)
        said = ["left"] if self.found.is_left else []
        said += [f"sent again: {sent}"] if sent else []
        said += [f"notes: {noted}"] if noted else []
        return ", ".join(said) or "nobody saw to it"


async def oldest_discrepancies(uow: UnitOfWork, *, carrier: str, limit: int) -> list[OpenDiscrepancy]:
    """Return a carrier's open discrepancies with what was done about each, the oldest first."""
    found = await uow.records(Discrepancy).select(
        carrier=carrier, state="open", order_by=("open_since", "discrepancy"), limit=limit
    )
    decided: defaultdict[str, Counter[DiscrepancyChoice]] = defaultdict(Counter)
    for each in await uow.records(DiscrepancyDecision).select(discrepancy=[one.discrepancy for one in found]):
        decided[each.discrepancy][each.decision] += 1
    return [OpenDiscrepancy(found=each, decided=decided[each.discrepancy]) for each in found]


async def decide_discrepancy(
    uow: UnitOfWork,
    *,
    discrepancy: str,
    decision: DiscrepancyChoice,
    reason: str,
    decided_by: str,
    composer: Composer,
    parameters: Parameters,
) -> DiscrepancyDecision:
    """Keep what somebody decided about an open discrepancy, or noted of it.

    What the exchange wins can be sent again: the last set that began the policy's coverage, and all since. It is closed
    by the carrier's next book alone. One that is left alarms nobody while it stays. Raises `NotFound`, `NotOpen`,
    `NotOursToSend`, and what `decide_transmission` does. The caller holds the locks of `locks_of_discrepancy`.
    """
    found = await _discrepancy(uow, discrepancy)
    if found.state != "open":
        raise NotOpen("the carrier's last book does not show this difference any more")
    sent_again: tuple[str, ...] = ()
    if decision == "send-again":
        decided = await decide_transmission(
            uow,
            transmission=await _to_send(uow, found),
            decision="send-again",
            reason=reason,
            decided_by=decided_by,
            composer=composer,
            parameters=parameters,
        )
        sent_again = decided.sent_again
    elif decision == "leave":
        await uow.records(Discrepancy).put([replace(found, is_left=True)])
    kept = DiscrepancyDecision(
        discrepancy=discrepancy,
        number=await uow.records(DiscrepancyDecision).count(discrepancy=discrepancy) + 1,
        decision=decision,
        reason=reason,
        decided_by=decided_by,
        decided_at=uow.now,
        sent_again=sent_again,
    )
    await uow.records(DiscrepancyDecision).add([kept])
    return kept


async def _to_send(uow: UnitOfWork, found: Discrepancy) -> str:
    """Return the last set that told its carrier that the policy's coverage begins or stands again."""
    if found.wins == "carrier":
        raise _not_ours("Of this field the carrier's word counts: there is nothing to send again.", found)
    sent = await uow.records(Transmission).select(
        policy=found.policy,
        kind=list(BEGINS),
        state="sent",
        order_by=("-control_number",),
        limit=1,
    )
    if not sent:
        raise _not_ours("Its carrier was sent nothing of it.", found)
    return sent[0].transmission


def _not_ours(says: str, found: Discrepancy) -> NotOursToSend:
    reason = Reason(rule="CAR-6", says=says, citation="45 CFR 155.400(d)", facts={"kind": found.kind})
    return NotOursToSend("nothing can be sent again about this discrepancy", reasons=(reason,))
