"""TA1s and 999s: what carriers say of what they were sent is noted; what they sent is answered (CAR-4, CAR-5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import time
from typing import Final

from bulkhead.kernel.calendar import in_exchange_time
from bulkhead.kernel.decisions import Reason
from bulkhead.persistence.ports import UnitOfWork
from carrier_gateway.application.ports import Acknowledger, Envelope
from carrier_gateway.domain.acknowledgements import (
    COUNTS_OTHERS,
    NO_ERROR,
    REJECTS,
    UNANSWERABLE_GROUP,
    Acknowledged,
    AcknowledgedError,
    AcknowledgementKind,
    GroupAnswer,
    InterchangeAnswer,
    Noted,
    Verdict,
    answer_of,
    counts_others,
    of_group,
    set_apart,
    weigh,
)
from carrier_gateway.domain.audits import Audit
from carrier_gateway.domain.carriers import CarrierProfile
from carrier_gateway.domain.parameters import GatewayParameters
from carrier_gateway.domain.records import (
    ControlNumbers,
    InboundFile,
    ReceivedAcknowledgement,
    Transmission,
    WrittenAcknowledgement,
)
from carrier_gateway.domain.remittances import Remittance
from carrier_gateway.domain.said import AcknowledgementSaid, FileSaid, InterchangeSaid

OUR_GROUP: Final = "BE"
"""GS01 of the groups of 834s that carriers are sent."""

OUR_PAYMENTS: Final = "RA"
"""GS01 of the groups of 820s."""


def answered_numbers(said: FileSaid) -> list[int]:
    """Return the control numbers that a file's acknowledgements answer, each once."""
    found = {
        each.answer.control_number
        for interchange in said.interchanges
        for each in interchange.acknowledgements
        if each.answer is not None
    }
    return sorted(found)


async def answered_transmissions(
    uow: UnitOfWork, *, carrier: str, numbers: Sequence[int]
) -> dict[int, Transmission]:
    """Return what a carrier was sent under these numbers, or is being sent: it may answer before that is noted."""
    if not numbers:
        return {}
    found = await uow.records(Transmission).select(
        carrier=carrier, control_number=list(numbers), state=["built", "sent"]
    )
    return {each.control_number: each for each in found if each.control_number is not None}


async def note_acknowledgements(
    uow: UnitOfWork, *, file: InboundFile, said: FileSaid, refused: Mapping[int, tuple[Reason, ...]]
) -> list[ReceivedAcknowledgement]:
    """Note what a file's acknowledgements say of what its carrier was sent, each once, and return them all.

    What answers nothing, or contradicts what was said before, is set apart with its reason and changes nothing.
    ``refused`` has why an interchange is refused whole, by its position. The caller holds the locks of the households
    and of the carrier.
    """
    numbers = answered_numbers(said)
    transmissions = await answered_transmissions(uow, carrier=file.carrier, numbers=numbers)
    ids = sorted(each.transmission for each in transmissions.values())
    earlier = await uow.records(ReceivedAcknowledgement).select(transmission=ids, outcome="noted")
    paid = await uow.records(Remittance).select(carrier=file.carrier, control_number=numbers)
    audited = await uow.records(Audit).select(carrier=file.carrier, control_number=numbers)
    noting = _Noting(
        uow=uow,
        file=file,
        transmissions=transmissions,
        audits={each.control_number: each for each in audited if each.control_number is not None},
        remittances={each.control_number: each for each in paid if each.control_number is not None},
        earlier=earlier,
    )
    for interchange in said.interchanges:
        for each in interchange.acknowledgements:
            noting.take(each, refused=refused.get(interchange.position, ()))
    await uow.records(ReceivedAcknowledgement).add(noting.received)
    await uow.records(Transmission).put(list(noting.changed.values()))
    return noting.received


class _Noting:
    """Notes a file's acknowledgements one after the other, each on what was noted before it."""

    def __init__(
        self,
        *,
        uow: UnitOfWork,
        file: InboundFile,
        transmissions: Mapping[int, Transmission],
        remittances: Mapping[int, Remittance],
        audits: Mapping[int, Audit],
        earlier: Sequence[ReceivedAcknowledgement],
    ) -> None:
        self._uow = uow
        self._file = file
        self._transmissions = dict(transmissions)
        self._remittances = remittances
        self._audits = audits
        self._said: dict[str, list[Acknowledged]] = {}
        for each in earlier:
            if each.transmission is not None and each.verdict is not None:
                said = Acknowledged(kind=each.kind, verdict=each.verdict, errors=each.errors)
                self._said.setdefault(each.transmission, []).append(said)
        self.received: list[ReceivedAcknowledgement] = []
        self.changed: dict[str, Transmission] = {}

    def take(self, read: AcknowledgementSaid, *, refused: tuple[Reason, ...]) -> None:
        """Note one acknowledgement, or set it apart."""
        answer = read.answer
        reasons = (*refused, *(finding.reason for finding in read.findings))
        transmission = None if answer is None else self._transmissions.get(answer.control_number)
        if reasons or answer is None:
            self._keep(read, transmission=transmission, outcome="set-apart", reasons=reasons)
            return
        if (remittance := self._remittances.get(answer.control_number)) is not None:
            self._take_of_820(read, answer, remittance)
            return
        if (audit := self._audits.get(answer.control_number)) is not None:
            self._take_of_audit(read, answer, audit)
            return
        if transmission is None or transmission.control_number is None:
            says = "This carrier was sent nothing under this number."
            reason = set_apart(says, control_number=str(answer.control_number), kind=read.kind)
            self._keep(read, transmission=None, outcome="set-apart", reasons=(reason,))
            return
        said = self._meaning(answer, set_number=f"{transmission.control_number:09d}")
        verdict = said if isinstance(said, str) else self._weigh(said, transmission)
        if verdict == "noted" and isinstance(said, Acknowledged):
            self._note(said, transmission)
            self._keep(read, transmission=transmission, outcome="noted", said=said)
        elif verdict == "repeated":
            self._keep(read, transmission=transmission, outcome="repeated")
        else:
            reason = set_apart(verdict, transmission=transmission.transmission, kind=read.kind)
            self._keep(read, transmission=transmission, outcome="set-apart", reasons=(reason,))

    def _take_of_820(
        self, read: AcknowledgementSaid, answer: InterchangeAnswer | GroupAnswer, remittance: Remittance
    ) -> None:
        """Keep what a carrier says of an 820. What it does not take waits for a person: money went all the same."""
        number = f"{answer.control_number:09d}"
        said = self._meaning(answer, set_number=number, functional=OUR_PAYMENTS)
        if isinstance(said, Acknowledged) and said.verdict not in REJECTS:
            self._keep(read, transmission=None, outcome="noted", said=said)
            return
        says = said if isinstance(said, str) else "It rejects an 820: nothing is sent again by itself."
        reason = set_apart(says, remittance=remittance.remittance, control_number=number, kind=read.kind)
        self._keep(read, transmission=None, outcome="set-apart", reasons=(reason,))

    def _take_of_audit(
        self, read: AcknowledgementSaid, answer: InterchangeAnswer | GroupAnswer, audit: Audit
    ) -> None:
        """Keep what a carrier says of an audit. What it does not take waits for a person: the next one is a month away.

        What it says of the group counts: it is of one, and of many sets.
        """
        if isinstance(answer, GroupAnswer) and answer.functional != OUR_GROUP:
            says = "It answers a group of another kind (AK101) than was sent under this number."
        elif isinstance(answer, GroupAnswer) and counts_others(answer, sets=audit.sets):
            says = COUNTS_OTHERS
        elif answer.verdict in REJECTS:
            says = "It rejects an audit, or sets of it: nothing is sent again by itself."
        else:
            self._keep(read, transmission=None, outcome="noted")
            return
        number = f"{answer.control_number:09d}"
        reason = set_apart(says, audit=audit.on.isoformat(), control_number=number, kind=read.kind)
        self._keep(read, transmission=None, outcome="set-apart", reasons=(reason,))

    def _meaning(
        self, answer: InterchangeAnswer | GroupAnswer, *, set_number: str, functional: str = OUR_GROUP
    ) -> Acknowledged | str:
        if isinstance(answer, InterchangeAnswer):
            return Acknowledged(kind="TA1", verdict=answer.verdict, errors=answer.errors)
        return of_group(answer, functional=functional, set_number=set_number)

    def _weigh(self, said: Acknowledged, transmission: Transmission) -> str:
        known = Noted(
            interchange=transmission.interchange_verdict,
            group=transmission.group_verdict,
            said=self._said.get(transmission.transmission, ()),
        )
        return weigh(said, known)

    def _note(self, said: Acknowledged, transmission: Transmission) -> None:
        interchange, group = transmission.interchange_verdict, transmission.group_verdict
        if said.kind == "TA1":
            interchange = said.verdict
        else:
            group = said.verdict
        answer = transmission.answer
        if answer != "settled":
            answer = answer_of(interchange=interchange, group=group)
        noted = replace(transmission, interchange_verdict=interchange, group_verdict=group, answer=answer)
        self._said.setdefault(transmission.transmission, []).append(said)
        self.changed[transmission.transmission] = noted
        self._transmissions[transmission.control_number or 0] = noted

    def _keep(
        self,
        read: AcknowledgementSaid,
        *,
        transmission: Transmission | None,
        outcome: str,
        said: Acknowledged | None = None,
        reasons: tuple[Reason, ...] = (),
    ) -> None:
        answer = read.answer
        self.received.append(
            ReceivedAcknowledgement(
                file=self._file.file,
                number=len(self.received) + 1,
                position=read.position,
                carrier=self._file.carrier,
                kind=read.kind,
                control_number=None if answer is None else answer.control_number,
                verdict=said.verdict if said else None if answer is None else answer.verdict,
                errors=said.errors if said else () if answer is None else _errors(answer),
                transmission=None if transmission is None else transmission.transmission,
                household=None if transmission is None else transmission.household,
                outcome=outcome,  # pyright: ignore[reportArgumentType]
                reasons=reasons,
                came_at=self._uow.now,
            )
        )


def _errors(answer: InterchangeAnswer | GroupAnswer) -> tuple[AcknowledgedError, ...]:
    if isinstance(answer, InterchangeAnswer):
        return answer.errors
    return (*answer.errors, *(error for each in answer.sets for error in each.errors))


async def answer_file(
    uow: UnitOfWork,
    *,
    file: InboundFile,
    said: FileSaid,
    notes: Mapping[int, str],
    profile: CarrierProfile,
    exchange: GatewayParameters,
    acknowledger: Acknowledger,
) -> None:
    """Make what a carrier is told became of each interchange of a file: a TA1 where it asks for one, and a 999 for each
    group, under numbers of their own. They go out like everything else (`write_acknowledgements`).

    ``notes`` has what is wrong with an interchange as a whole, by its position: then nothing in it is answered. An
    acknowledgement is never answered itself. The caller holds the carrier's lock.
    """
    numbers = await uow.records(ControlNumbers).get(carrier=profile.carrier)
    last = 0 if numbers is None else numbers.last
    answering = _Answering(
        uow=uow, file=file, profile=profile, exchange=exchange, acknowledger=acknowledger, last=last
    )
    for each in said.interchanges:
        if not each.only_acknowledges:
            answering.answer(each, note=notes[each.position])
    if answering.made:
        await uow.records(ControlNumbers).put([ControlNumbers(carrier=profile.carrier, last=answering.last)])
        await uow.records(WrittenAcknowledgement).add(answering.made)


class _Answering:
    """Makes the answers to one file, numbered on from the last number used."""

    def __init__(
        self,
        *,
        uow: UnitOfWork,
        file: InboundFile,
        profile: CarrierProfile,
        exchange: GatewayParameters,
        acknowledger: Acknowledger,
        last: int,
    ) -> None:
        self._uow = uow
        self._file = file
        self._profile = profile
        self._exchange = exchange
        self._acknowledger = acknowledger
        self.last = last
        self.made: list[WrittenAcknowledgement] = []

    def answer(self, said: InterchangeSaid, *, note: str) -> None:
        """Answer one interchange, and its groups unless it is refused."""
        groups = [each for each in said.groups if not each.acknowledges]
        refused = note != NO_ERROR
        if not refused and any(each.answer is None for each in groups):
            note = UNANSWERABLE_GROUP
        if said.asks and said.control_number is not None:
            self._answer_interchange(said, note=note, verdict=_verdict(note, refused=refused))
        for each in groups:
            if each.answer is not None and not refused:
                content = self._acknowledger.group(each.answer, envelope=self._envelope())
                errors = _errors(each.answer)
                self._keep("999", each.position, each.answer, content, errors)

    def _answer_interchange(self, said: InterchangeSaid, *, note: str, verdict: Verdict) -> None:
        now = in_exchange_time(self._uow.now)
        answer = InterchangeAnswer(
            control_number=said.control_number or 0,
            # Of a header of which they cannot be read it is the day it came on.
            created_on=said.created_on or now.date(),
            created_at=said.created_at or time(now.hour, now.minute),
            verdict=verdict,
            note=note,
            says=self._acknowledger.note(note),
        )
        content = self._acknowledger.interchange(answer, envelope=self._envelope())
        self._keep("TA1", said.position, answer, content, answer.errors)

    def _envelope(self) -> Envelope:
        self.last += 1
        return Envelope(
            profile=self._profile,
            exchange=self._exchange,
            control_number=self.last,
            made_at=self._uow.now,
        )

    def _keep(
        self,
        kind: AcknowledgementKind,
        position: int,
        answer: InterchangeAnswer | GroupAnswer,
        content: str,
        errors: tuple[AcknowledgedError, ...],
    ) -> None:
        now = self._uow.now
        self.made.append(
            WrittenAcknowledgement(
                carrier=self._profile.carrier,
                control_number=self.last,
                kind=kind,
                file=self._file.file,
                position=position,
                answers=answer.control_number,
                verdict=answer.verdict,
                errors=errors,
                name=self._profile.file_for(control_number=self.last, kind=kind, made_at=now),
                content=content,
                made_at=now,
            )
        )


def _verdict(note: str, *, refused: bool) -> Verdict:
    if refused:
        return "rejected"
    return "accepted" if note == NO_ERROR else "accepted-with-errors"
