"""Records of carriers' files that enrollment does not take up: they wait for somebody (CAR-5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from bulkhead.kernel.decisions import Reason
from bulkhead.persistence.ports import UnitOfWork
from carrier_gateway.application.facts import CarrierRecordDecided
from carrier_gateway.domain.records import InboundRecord

END_WAITS: Final[Mapping[str, Any]] = {
    "outcome": "set-apart",
    "kind": ["cancellation", "termination"],
    "waits_since__ne": None,
}
"""What the records have in common of ends that were set apart, and that wait."""


async def note_decided(uow: UnitOfWork, decided: Sequence[CarrierRecordDecided]) -> None:
    """Put the records that contradict what enrollment knows into the work queue, with the reason it gave. What a
    carrier took back by then waits no longer.
    """
    apart = {each.record: each for each in decided if each.outcome == "set-apart"}
    taken_back: dict[str, set[str]] = {}
    for place, each in enumerate(decided):
        if each.kind == "reinstatement" and each.outcome != "set-apart":
            before = {one.record for one in decided[:place] if one.policy == each.policy}
            taken_back.setdefault(each.policy, set()).update(before)
    if taken_back:
        await uow.records(InboundRecord).update({"waits_since": None}, policy=sorted(taken_back), **END_WAITS)
    if not apart:
        return
    found = await uow.records(InboundRecord).select(record=sorted(apart))
    await uow.records(InboundRecord).put(
        [
            replace(
                each,
                outcome="set-apart",
                reasons=(_reason(apart[each.record]),),
                waits_since=None if each.record in taken_back.get(each.policy or "", ()) else uow.now,
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
