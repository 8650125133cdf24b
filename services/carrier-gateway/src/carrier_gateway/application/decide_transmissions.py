"""Use case: somebody decides about a set that its carrier rejected or never acknowledged (CAR-4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar, Literal, TypeAlias

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Conflict, NotFound
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.persistence.working_set import write
from carrier_gateway.application.book import Book
from carrier_gateway.application.ports import Composer, Envelope, Parameters, Uncomposable
from carrier_gateway.application.waiting import carrier_lock
from carrier_gateway.domain.carrier_words import as_after
from carrier_gateway.domain.carriers import CarrierProfile
from carrier_gateway.domain.records import (
    ControlNumbers,
    Policy,
    Transmission,
    TransmissionContent,
    TransmissionDecision,
)
from carrier_gateway.domain.telling import says

Decision: TypeAlias = Literal["send-again", "leave"]


class NothingToDecide(Conflict):
    """A set is not sent yet, was sent again since, or is to be left though nothing about it waits (CAR-4)."""

    kind: ClassVar[str] = "nothing-to-decide"


class CannotBeSentAgain(Conflict):
    """A set cannot be written as its carrier's profile is now; the element is named (CAR-4)."""

    kind: ClassVar[str] = "cannot-be-sent-again"


async def locks_of_transmission(uow: UnitOfWork, transmission: str) -> tuple[str, ...]:
    """Return what has to be locked to decide about a set; raises `NotFound`."""
    found = await _transmission(uow, transmission)
    return (found.household, carrier_lock(found.carrier))


async def _transmission(uow: UnitOfWork, transmission: str) -> Transmission:
    found = await uow.records(Transmission).get(transmission=transmission)
    if found is None:
        raise NotFound("there is no such transmission")
    return found


async def decide_transmission(
    uow: UnitOfWork,
    *,
    transmission: str,
    decision: Decision,
    reason: str,
    decided_by: str,
    composer: Composer,
    parameters: Parameters,
) -> TransmissionDecision:
    """Have a set sent again, with everything its carrier was sent of that policy since, or leave it as it is.

    What goes again is the same set under a new number in a new interchange, in the same order, the last one of each set
    that was sent again before. Raises `NotFound`,
    `NothingToDecide` and `CannotBeSentAgain`. The caller holds the locks of `locks_of_transmission`.
    """
    found = await _transmission(uow, transmission)
    policy = await uow.records(Policy).get(policy=found.policy)
    if decision == "send-again" and policy is not None and policy.carrier_word is not None:
        raise _nothing_to_decide(found)
    of_policy = await _sent_since(uow, found)
    again = {each.again_of for each in of_policy}
    waits = found.answer in ("awaited", "rejected")
    if found.state != "sent" or transmission in again or not (waits or decision == "send-again"):
        raise _nothing_to_decide(found)
    settled = [found]
    made: list[Transmission] = []
    if decision == "send-again":
        settled += [each for each in of_policy if each.transmission not in again]
        made = await _send_again(uow, settled, composer=composer, parameters=parameters)
        await _tell_what_followed(uow, settled)
    await uow.records(Transmission).put([replace(each, answer="settled") for each in settled])
    decided = TransmissionDecision(
        transmission=transmission,
        number=await uow.records(TransmissionDecision).count(transmission=transmission) + 1,
        decision=decision,
        reason=reason,
        decided_by=decided_by,
        decided_at=uow.now,
        sent_again=tuple(each.transmission for each in made),
    )
    await uow.records(TransmissionDecision).add([decided])
    return decided


def _nothing_to_decide(found: Transmission) -> NothingToDecide:
    why = (
        "Only what was sent is decided about: it may go again once, not while enrollment decides about what its carrier"
        " said, and is left only where something of it waits."
    )
    facts = {"state": found.state, "answer": found.answer}
    return NothingToDecide(
        "nothing about this transmission is to be decided",
        reasons=(Reason(rule="CAR-4", says=why, facts=facts),),
    )


async def _tell_what_followed(uow: UnitOfWork, sets: Sequence[Transmission]) -> None:
    """Have told what the carrier had ended or reinstated by itself: it goes by the sets that it gets again (CAR-5)."""
    moves = [each for each in sets if each.kind != "change"]
    policy = await uow.records(Policy).get(policy=sets[0].policy)
    if not moves or policy is None:
        return
    known = as_after(policy, says(moves[-1]))
    if known != policy:
        book = await Book.load(uow, [policy.household])
        book.change(known)
        book.decide()
        await write(uow, book)


async def _sent_since(uow: UnitOfWork, first: Transmission) -> list[Transmission]:
    """Return what a carrier was sent of the policy after a set, or is being sent, in that order."""
    if first.control_number is None:
        return []
    return await uow.records(Transmission).select(
        policy=first.policy,
        state=["built", "sent"],
        control_number__gt=first.control_number,
        order_by=("control_number",),
    )


async def _send_again(
    uow: UnitOfWork, sets: Sequence[Transmission], *, composer: Composer, parameters: Parameters
) -> list[Transmission]:
    carrier, policy = sets[0].carrier, sets[0].policy
    profile = await uow.records(CarrierProfile).get(carrier=carrier)
    numbers = await uow.records(ControlNumbers).get(carrier=carrier)
    known = await uow.records(Policy).get(policy=policy)
    if profile is None or numbers is None or known is None:
        raise NotFound("there is no profile of this carrier")
    exchange = parameters.as_of(uow.today)
    contents = await uow.records(TransmissionContent).select(
        transmission=sorted(each.transmission for each in sets)
    )
    content = {each.transmission: each for each in contents}
    made: list[Transmission] = []
    written: list[TransmissionContent] = []
    for step, each in enumerate(sets, start=1):
        number = numbers.last + step
        envelope = Envelope(profile=profile, exchange=exchange, control_number=number, made_at=uow.now)
        transmission = f"{policy}-{known.decided + step:03d}"
        try:
            again = composer.compose_again(content[each.transmission], envelope=envelope)
        except Uncomposable as error:
            raise CannotBeSentAgain(str(error)) from error
        written.append(
            TransmissionContent(
                transmission=transmission, content=again, category_names=profile.category_names
            )
        )
        made.append(
            replace(
                each,
                transmission=transmission,
                number=known.decided + step,
                decided_at=uow.now,
                state="built",
                control_number=number,
                file=profile.file_for(control_number=number, kind=each.kind, made_at=uow.now),
                built_at=uow.now,
                sent_on=None,
                sent_at=None,
                interchange_verdict=None,
                group_verdict=None,
                answer="awaited",
                again_of=each.transmission,
            )
        )
    await uow.records(Policy).put([replace(known, decided=known.decided + len(made))])
    await uow.records(ControlNumbers).put([replace(numbers, last=numbers.last + len(made))])
    await uow.records(Transmission).add(made)
    await uow.records(TransmissionContent).add(written)
    return made
