"""Records of carriers' files that enrollment does not take up: they wait for somebody (CAR-5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bulkhead.kernel.decisions import Reason
from bulkhead.persistence.ports import UnitOfWork
from carrier_gateway.application.facts import CarrierRecordDecided
from carrier_gateway.domain.records import InboundRecord


async def set_apart(uow: UnitOfWork, decided: Sequence[CarrierRecordDecided]) -> None:
    """Put the records that contradict what enrollment knows into the work queue, with the reason it gave."""
    apart = {each.record: each for each in decided if each.outcome == "set-apart"}
    if not apart:
        return
    found = await uow.records(InboundRecord).select(record=sorted(apart))
    await uow.records(InboundRecord).put(
        [
            replace(
                each,
                outcome="set-apart",
                reasons=(_reason(apart[each.record]),),
                waits_since=uow.now,
            )
            for each in found
            if each.outcome == "accepted"
        ]
    )


def _reason(fact: CarrierRecordDecided) -> Reason:
    return Reason(
        rule=fact.rule,
        says=fact.says,
        citation="enrollment's decision table of what carriers end by themselves (CAR-5)",
        facts={"policy": fact.policy, "kind": fact.kind},
    )
