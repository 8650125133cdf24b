"""Use case: somebody decides about a set of a carrier's that was refused or set apart (CAR-5)."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar, Literal, TypeAlias

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Conflict, NotFound
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.persistence.working_set import write
from carrier_gateway.application.book import Book
from carrier_gateway.application.decide_transmissions import NothingToDecide, decide_transmission
from carrier_gateway.application.ports import Composer, Parameters
from carrier_gateway.application.waiting import carrier_lock
from carrier_gateway.domain.carrier_words import as_carrier_has_it, word_of
from carrier_gateway.domain.records import (
    InboundFile,
    InboundRecord,
    InboundRecordDecision,
    Policy,
    Transmission,
)
from carrier_gateway.domain.telling import BEGINS

RecordDecision: TypeAlias = Literal["resolve", "resend", "ask", "discard"]
"""Seen to in another way; its carrier is told again what is so; it was asked; nothing is to be done."""


class NothingToTellAgain(Conflict):
    """A record names no policy that its carrier was told of, or one that enrollment is deciding about (CAR-5)."""

    kind: ClassVar[str] = "nothing-to-tell-again"


async def locks_of_record(uow: UnitOfWork, record: str) -> tuple[str, ...]:
    """Return what has to be locked to decide about a record; raises `NotFound`."""
    found = await _record(uow, record)
    of_household = () if found.household is None else (found.household,)
    return (*of_household, carrier_lock(found.carrier))


async def _record(uow: UnitOfWork, record: str) -> InboundRecord:
    found = await uow.records(InboundRecord).get(record=record)
    if found is None:
        raise NotFound("there is no such record")
    return found


async def decide_record(
    uow: UnitOfWork,
    *,
    record: str,
    decision: RecordDecision,
    reason: str,
    decided_by: str,
    composer: Composer,
    parameters: Parameters,
) -> InboundRecordDecision:
    """Note what was decided about a set that waits, and do it; it waits no longer, unless its carrier was asked: then
    it waits for the answer from now on.

    A carrier that ended or reinstated coverage by itself is told what is so against that, once for all it had said of
    the policy by then; any other is sent again what it was told last, from the beginning on. Raises `NotFound`,
    `NothingToDecide`, `NothingToTellAgain` and `CannotBeSentAgain`. The caller holds the locks of `locks_of_record`.
    """
    found = await _record(uow, record)
    if found.waits_since is None:
        raise _nothing_to_decide(found)
    sent: tuple[str, ...] = ()
    if decision == "resend":
        sent = await _tell_again(
            uow, found, reason=reason, decided_by=decided_by, composer=composer, parameters=parameters
        )
    decided = InboundRecordDecision(
        record=record,
        number=await uow.records(InboundRecordDecision).count(record=record) + 1,
        decision=decision,
        reason=reason,
        decided_by=decided_by,
        decided_at=uow.now,
        sent=sent,
    )
    await uow.records(InboundRecordDecision).add([decided])
    waits_since = uow.now if decision == "ask" else None
    await uow.records(InboundRecord).put([replace(found, waits_since=waits_since)])
    return decided


def _nothing_to_decide(found: InboundRecord) -> NothingToDecide:
    says = (
        "Only the first record of a set that was refused or set apart is decided about, as long as it waits."
    )
    return NothingToDecide(
        "nothing about this record is to be decided",
        reasons=(Reason(rule="CAR-5", says=says, facts={"outcome": found.outcome}),),
    )


def _nothing_to_tell(says: str) -> NothingToTellAgain:
    return NothingToTellAgain(
        "there is nothing that its carrier could be told again", reasons=(Reason(rule="CAR-5", says=says),)
    )


async def _tell_again(
    uow: UnitOfWork,
    found: InboundRecord,
    *,
    reason: str,
    decided_by: str,
    composer: Composer,
    parameters: Parameters,
) -> tuple[str, ...]:
    policy = None if found.policy is None else await uow.records(Policy).get(policy=found.policy)
    if policy is None or policy.told == "nothing":
        raise _nothing_to_tell("The record names no policy that its carrier was told of.")
    if policy.carrier_word is not None:
        raise _nothing_to_tell("Enrollment has not decided yet about what the carrier said of this policy.")
    word = word_of(found)
    if word is not None and await _answered_since(uow, found):
        return ()
    known = policy if word is None else as_carrier_has_it(policy, kind=word[0], through=word[1])
    if known != policy:
        return await _tell_against(uow, known)
    began = await uow.records(Transmission).select(
        policy=policy.policy, kind=list(BEGINS), state="sent", order_by=("control_number",)
    )
    if not began:
        raise _nothing_to_tell("What began the coverage waits to be sent.")
    decided = await decide_transmission(
        uow,
        transmission=began[-1].transmission,
        decision="send-again",
        reason=reason,
        decided_by=decided_by,
        composer=composer,
        parameters=parameters,
    )
    return decided.sent_again


async def _answered_since(uow: UnitOfWork, found: InboundRecord) -> bool:
    """Whether its carrier was told again what is so of a policy since it said something of it: that answers all it had
    said by then.
    """
    said = await uow.records(InboundRecord).distinct("record", household=found.household, policy=found.policy)
    again = await uow.records(InboundRecordDecision).select(record=said, decision="resend")
    file = await uow.records(InboundFile).get(file=found.file)
    return file is not None and any(each.sent and each.decided_at >= file.stored_at for each in again)


async def _tell_against(uow: UnitOfWork, known: Policy) -> tuple[str, ...]:
    """Have a carrier told what is so against what it said; return the sets that takes, none where it is so by now."""
    book = await Book.load(uow, [known.household])
    before = {each.transmission for each in book.waiting.get(known.policy, [])}
    book.change(known)
    book.decide()
    await write(uow, book)
    made = (each for each in book.rows(Transmission) if each.policy == known.policy)
    return tuple(sorted(each.transmission for each in made if each.transmission not in before))
