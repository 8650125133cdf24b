"""Files that carriers drop: stored whole, then read, each record judged, none ever lost (CAR-5)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Impossible, NotFound
from bulkhead.kernel.ids import derived_id
from bulkhead.kernel.personal import Masked
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.persistence.working_set import write
from carrier_gateway.application.acknowledgements import (
    answer_file,
    answered_numbers,
    answered_transmissions,
    note_acknowledgements,
)
from carrier_gateway.application.book import Book
from carrier_gateway.application.follow_records import END_WAITS
from carrier_gateway.application.ports import Acknowledger, Parameters
from carrier_gateway.application.take_books import stage_audit
from carrier_gateway.application.waiting import file_in_box, longest_waiting
from carrier_gateway.domain.acknowledgements import HEADER_NOTES, NO_ERROR, REJECTS, USED_BEFORE
from carrier_gateway.domain.books import is_book, is_known_by
from carrier_gateway.domain.carriers import CarrierProfile
from carrier_gateway.domain.echo import envelope_differences
from carrier_gateway.domain.events import (
    CoverageEffectuated,
    CoverageEndedByCarrier,
    CoverageReinstatedByCarrier,
)
from carrier_gateway.domain.inbound import Known, judge
from carrier_gateway.domain.parameters import GatewayParameters
from carrier_gateway.domain.records import (
    CarrierWord,
    InboundContent,
    InboundFile,
    InboundInterchange,
    InboundRecord,
    Policy,
    Transmission,
    TransmissionContent,
)
from carrier_gateway.domain.said import FileSaid, MemberSaid, SetSaid
from carrier_gateway.domain.telling import BEGINS, TELLS_COVERAGE, told_since
from carrier_gateway.domain.versions import people_ever

MOST_BYTES: Final = 6 * 1024 * 1024
"""How long a carrier's file may be, some nine thousand sets: it is read whole, in forty times as much memory."""


def inbound_folder(carrier: str) -> str:
    """Return where a carrier drops its files, below the drop-boxes' root."""
    return f"{carrier}/inbound"


async def store_file(
    uow: UnitOfWork, *, carrier: str, name: str, data: bytes, lies_in_box: bool = True
) -> InboundFile:
    """Keep a file whole before it is read; return it, or the one of the same bytes that came before.

    The same bytes again are counted as a copy once the first one has been moved out of the way, where it lies in the
    drop-box.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    file = InboundFile(
        file=derived_id(carrier, sha256),
        carrier=carrier,
        name=name,
        sha256=sha256,
        size_bytes=len(data),
        stored_at=uow.now,
        state="stored",
        copies=0,
        filed=not lies_in_box,
        reasons=(),
    )
    if await uow.records(InboundFile).add_new([file]):
        content = InboundContent(file=file.file, content=Masked(base64.b64encode(data).decode("ascii")))
        await uow.records(InboundContent).add([content])
        return file
    (known,) = await uow.records(InboundFile).select(file=file.file)
    if known.filed:
        known = replace(known, copies=known.copies + 1)
        await uow.records(InboundFile).put([known])
    return known


async def file_as_stored(uow: UnitOfWork, *, file: str) -> InboundFile:
    """Return a stored file; raises `NotFound`."""
    known = await uow.records(InboundFile).get(file=file)
    if known is None:
        raise NotFound("there is no such file")
    return known


async def stored_files(uow: UnitOfWork, *, limit: int, leave: Collection[str] = ()) -> list[InboundFile]:
    """Return files that were stored, not judged, and now could be: their carrier has a profile.

    Those in ``leave``, by the names under which they wait, are left alone for now.
    """
    waiting = await uow.records(InboundFile).distinct("carrier", state="stored")
    known = await uow.records(CarrierProfile).distinct("carrier", carrier=waiting) if waiting else []
    if not known:
        return []

    async def read(number: int) -> list[InboundFile]:
        return await uow.records(InboundFile).select(
            carrier=known, state="stored", order_by=("stored_at",), limit=number
        )

    def wanted(each: InboundFile) -> bool:
        return not is_book(each.name) and file_in_box(each.carrier, each.name) not in leave

    return await longest_waiting(read, limit=limit, wanted=wanted)


async def mark_filed(uow: UnitOfWork, *, file: str) -> None:
    """Note that a file was moved out of the drop-box."""
    known = await uow.records(InboundFile).get(file=file)
    if known is not None and not known.filed:
        await uow.records(InboundFile).put([replace(known, filed=True)])


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedFile:
    """A stored file that can be read: its bytes, and its carrier's profile."""

    file: InboundFile
    profile: CarrierProfile
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFile:
    """A stored file, read. ``households`` are those its records are about: locked before they are judged.

    ``told`` has, by policy, the last set that began its coverage or restored it, and the changes since, as its carrier
    was sent them, in order.
    """

    file: InboundFile
    profile: CarrierProfile
    said: FileSaid
    households: tuple[str, ...]
    told: Mapping[str, tuple[Masked, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A file as it is once it was judged, and what its carrier rejects in it of what it was sent."""

    file: InboundFile
    rejects: tuple[str, ...]


async def load_file(uow: UnitOfWork, *, file: str) -> LoadedFile | None:
    """Return a stored file; None where it was judged already, or its carrier has no profile yet."""
    stored = await uow.records(InboundFile).get(file=file, state="stored")
    content = await uow.records(InboundContent).get(file=file)
    if stored is None or content is None:
        return None
    profile = await uow.records(CarrierProfile).get(carrier=stored.carrier)
    if profile is None:
        return None
    return LoadedFile(file=stored, profile=profile, data=base64.b64decode(content.content.reveal()))


async def find_households(uow: UnitOfWork, *, loaded: LoadedFile, said: FileSaid) -> ReadFile:
    """Return what a file says together with the households it is about, as far as they are known, and what
    their carriers were told of their policies."""
    # An audit changes no policy: it is compared.
    judged = [each for each in said.sets if each.audited is None]
    named = sorted(
        {member.policy for each in judged for member in each.members if is_known_by(member.policy)}
    )
    policies = await uow.records(Policy).select(policy=named) if named else []
    answered = await answered_transmissions(uow, carrier=loaded.file.carrier, numbers=answered_numbers(said))
    households = {each.household for each in policies} | {each.household for each in answered.values()}
    return ReadFile(
        file=loaded.file,
        profile=loaded.profile,
        said=said,
        households=tuple(sorted(households)),
        told=await _told(uow, policies=[each.policy for each in policies]),
    )


async def _told(uow: UnitOfWork, *, policies: Sequence[str]) -> dict[str, tuple[Masked, ...]]:
    if not policies:
        return {}
    sent = await uow.records(Transmission).select(
        policy=policies,
        kind=list(TELLS_COVERAGE),
        state=["built", "sent"],
        order_by=("policy", "control_number"),
    )
    answerable: dict[str, list[str]] = {}
    for each in sent:
        if each.kind in BEGINS:
            answerable[each.policy] = []
        answerable[each.policy].append(each.transmission)
    wanted = sorted(each for transmissions in answerable.values() for each in transmissions)
    contents = await uow.records(TransmissionContent).select(transmission=wanted)
    content = {each.transmission: each.content for each in contents}
    return {
        policy: tuple(content[each] for each in transmissions) for policy, transmissions in answerable.items()
    }


async def judge_file(
    uow: UnitOfWork,
    *,
    read: ReadFile,
    told: Mapping[str, tuple[SetSaid, ...]],
    parameters: Parameters,
    acknowledger: Acknowledger,
) -> Judged:
    """Decide on every record of a file, once, and return the file as it is then.

    ``told`` is what `ReadFile.told` says, read. What is accepted is noted, and told on but for acknowledgements and
    maintenance; refused records keep their reasons and wait. A file of which nothing is accepted is refused. In the
    same transaction it is made what the carrier is told became of it (TA1, 999). The caller holds the locks of the
    file's households and of its carrier.
    """
    file = await file_as_stored(uow, file=read.file.file)
    if file.state != "stored":
        return Judged(file=file, rejects=())  # another replica was faster
    exchange = parameters.as_of(uow.today)
    against = await _against_interchanges(uow, read, exchange)
    book = await Book.load(uow, read.households)
    judge_one = _Judge(
        book=book, profile=read.profile, told=told, end_waits=await _ends_waiting(uow, read.households)
    )
    for interchange in read.said.interchanges:
        for each in interchange.sets:
            refused = against.reasons[interchange.position]
            judge_one.take(each, file=file.file, uow=uow, refused_whole=refused)
    sound = [each for each in read.said.interchanges if not against.reasons[each.position]]
    await stage_audit(uow, file=file, interchanges=sound)
    await uow.records(InboundRecord).add(judge_one.records)
    await write(uow, book)
    received = await note_acknowledgements(uow, file=file, said=read.said, refused=against.reasons)
    await answer_file(
        uow,
        file=file,
        said=read.said,
        notes=against.notes,
        profile=read.profile,
        exchange=exchange,
        acknowledger=acknowledger,
    )
    accepted = any(record.outcome == "accepted" for record in judge_one.records) or any(
        each.outcome != "set-apart" for each in received
    )
    judged = replace(file, state="processed" if accepted else "refused", reasons=against.all)
    await uow.records(InboundFile).put([judged])
    rejects = (each for each in received if each.outcome == "noted" and each.verdict in REJECTS)
    return Judged(file=judged, rejects=tuple(each.transmission for each in rejects if each.transmission))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Against:
    """Why interchanges are refused whole, by their positions, and what a TA1 notes of each; all reasons, each once."""

    reasons: Mapping[int, tuple[Reason, ...]]
    notes: Mapping[int, str]
    all: tuple[Reason, ...]


async def _against_interchanges(uow: UnitOfWork, read: ReadFile, exchange: GatewayParameters) -> _Against:
    """Return why interchanges are refused whole, and take the numbers of the others.

    What is not this carrier's, or no whole file, uses up no number of its.
    """
    of_file = tuple(finding.reason for finding in read.said.findings)
    reasons: dict[int, tuple[Reason, ...]] = {}
    notes: dict[int, str] = {}
    for each in read.said.interchanges:
        differences = (
            envelope_differences(each, profile=read.profile, exchange=exchange) if each.understood else []
        )
        reasons[each.position] = (*of_file, *(finding.reason for finding in differences))
        noted = HEADER_NOTES.get(differences[0].element, each.note) if differences else NO_ERROR
        notes[each.position] = noted if each.note == NO_ERROR else each.note
    sound = [
        each
        for each in read.said.interchanges
        if each.understood and each.note == NO_ERROR and not reasons[each.position]
    ]
    used = await _used_before(uow, read.file, sorted({each.control_number or 0 for each in sound}))
    for each in sound:
        if each.control_number in used:
            reasons[each.position] = (used[each.control_number],)
            notes[each.position] = USED_BEFORE if notes[each.position] == NO_ERROR else notes[each.position]
    own = (reason for each in reasons.values() for reason in each if reason not in of_file)
    return _Against(reasons=reasons, notes=notes, all=(*of_file, *own))


async def _used_before(uow: UnitOfWork, file: InboundFile, numbers: Sequence[int]) -> dict[int, Reason]:
    """Take a file's interchange numbers; return a reason for each that another file has used."""
    carrier = file.carrier
    wanted = [
        InboundInterchange(carrier=carrier, control_number=number, file=file.file) for number in numbers
    ]
    taken = await uow.records(InboundInterchange).add_new(wanted) if wanted else []
    free = {each.control_number for each in taken}
    return {
        number: Reason(
            rule="CAR-5",
            says=f"Interchange number {number} (ISA13) was used by an earlier file.",
            citation="CMS 834 companion guide v7.2, 3.2",
            facts={"control_number": str(number), "segment": "ISA", "element": "13"},
        )
        for number in numbers
        if number not in free
    }


async def _ends_waiting(uow: UnitOfWork, households: Sequence[str]) -> set[str]:
    """Return the policies of these households that their carriers ended by themselves, and of which that waits."""
    if not households:
        return set()
    found = await uow.records(InboundRecord).select(household=households, **END_WAITS)
    return {each.policy for each in found if each.policy is not None}


class _Judge:
    """Judges the sets of one file, one after the other, on the policies as they then are."""

    def __init__(
        self,
        *,
        book: Book,
        profile: CarrierProfile,
        told: Mapping[str, tuple[SetSaid, ...]],
        end_waits: Collection[str],
    ) -> None:
        self._book = book
        self._profile = profile
        self._told = told
        self._end_waits = end_waits
        self.records: list[InboundRecord] = []

    def take(self, said: SetSaid, *, file: str, uow: UnitOfWork, refused_whole: tuple[Reason, ...]) -> None:
        """Judge one set, unless its interchange is refused; where it is accepted, note it on the policy and say so."""
        policy = self._policy(said)
        told = () if policy is None else self._told.get(policy.policy, ())
        known = Known(
            profile=self._profile,
            policy=policy,
            told=told,
            today=uow.today,
            end_waits=policy is not None and policy.policy in self._end_waits,
        )
        reasons = refused_whole or judge(said, known)
        own = policy if policy is not None and policy.carrier == self._profile.carrier else None
        subscriber = said.subscriber
        first = record_id(file, len(self.records) + 1)
        if not reasons and policy is not None and subscriber is not None and said.audited is None:
            self._take_up(policy, said, subscriber, record=first, uow=uow)
        ours = () if own is None else people_ever(*own.versions, *own.told_versions)
        for member in said.members or (None,):
            self.records.append(
                InboundRecord(
                    record=record_id(file, len(self.records) + 1),
                    file=file,
                    number=len(self.records) + 1,
                    carrier=self._profile.carrier,
                    position=said.position if member is None else member.position,
                    household=None if own is None else own.household,
                    policy=None if own is None else own.policy,
                    # A member's id that is not one of ours may be anything about anybody: it is not kept.
                    member=member.member if member and member.member in ours else "",
                    kind=None if subscriber is None else subscriber.kind,
                    effective=None if member is None else member.begin,
                    paid_through=None if member is None else member.paid_through,
                    ends=None if member is None else member.end,
                    because=None if member is None else member.because,
                    outcome="refused" if reasons else "accepted",
                    reasons=reasons,
                    waits_since=uow.now if reasons and member == (said.members or (None,))[0] else None,
                )
            )

    def _policy(self, said: SetSaid) -> Policy | None:
        subscriber = said.subscriber
        return None if subscriber is None else self._book.find(Policy, subscriber.policy)

    def _take_up(
        self, policy: Policy, said: SetSaid, subscriber: MemberSaid, *, record: str, uow: UnitOfWork
    ) -> None:
        policy = _with_own_ids(policy, said, subscriber)
        match subscriber.kind:
            case "effectuation":
                self._effectuate(policy, said, uow)
            case "cancellation":
                # What another subscriber was covered for before is not what is called off (ENR-13).
                before = told_since(policy) - timedelta(days=1) if policy.succeeded else None
                word = CarrierWord(record=record, kind="cancellation", through=before, said_at=uow.now)
                self._end(policy, word, subscriber, uow)
            case "termination":
                word = CarrierWord(record=record, kind="termination", through=subscriber.end, said_at=uow.now)
                self._end(policy, word, subscriber, uow)
            case "reinstatement":
                word = CarrierWord(record=record, kind="reinstatement", through=None, said_at=uow.now)
                self._reinstate(policy, word, uow)
            case "maintenance" | None:
                self._book.put(policy)

    def _effectuate(self, policy: Policy, said: SetSaid, uow: UnitOfWork) -> None:
        effectuated = replace(
            policy,
            effectuated_on=policy.effectuated_on or uow.today,
            confirmed=tuple(dict.fromkeys((*policy.confirmed, *(each.member for each in said.members)))),
        )
        self._book.put(effectuated)
        event = CoverageEffectuated(
            household=policy.household,
            policy=policy.policy,
            carrier=policy.carrier,
            effective=told_since(policy),
            issuer_subscriber=effectuated.issuer_subscriber,
            issuer_policy=effectuated.issuer_policy,
        )
        says = "The carrier confirmed the coverage, as it was told of it."
        uow.emit(event, household=policy.household, reasons=(Reason(rule="CAR-5", says=says),))

    def _end(self, policy: Policy, word: CarrierWord, subscriber: MemberSaid, uow: UnitOfWork) -> None:
        if subscriber.because is None or word.kind == "reinstatement":
            raise Impossible("an end was accepted that has no reason")
        self._book.put(replace(policy, carrier_word=word))
        event = CoverageEndedByCarrier(
            household=policy.household,
            policy=policy.policy,
            carrier=policy.carrier,
            record=word.record,
            kind=word.kind,
            through=word.through,
            reason=subscriber.because,
        )
        says = "The carrier ended the coverage by itself; enrollment decides about it."
        uow.emit(event, household=policy.household, reasons=(Reason(rule="CAR-5", says=says),))

    def _reinstate(self, policy: Policy, word: CarrierWord, uow: UnitOfWork) -> None:
        self._book.put(replace(policy, carrier_word=word))
        event = CoverageReinstatedByCarrier(
            household=policy.household,
            policy=policy.policy,
            carrier=policy.carrier,
            record=word.record,
            effective=told_since(policy),
        )
        says = "The carrier reinstated what it had ended by itself; enrollment decides about it."
        uow.emit(event, household=policy.household, reasons=(Reason(rule="CAR-5", says=says),))


def record_id(file: str, number: int) -> str:
    """Return the id of a record of a file."""
    return f"{file}-{number:06d}"


def _with_own_ids(policy: Policy, said: SetSaid, subscriber: MemberSaid) -> Policy:
    """Return the policy with the ids that its carrier gives (ZZ, X9, 23), which are sent back on later sets."""
    return replace(
        policy,
        issuer_subscriber=subscriber.issuer_subscriber or policy.issuer_subscriber,
        issuer_policy=subscriber.issuer_policy or policy.issuer_policy,
        issuer_members=policy.issuer_members
        | {each.member: each.issuer_member for each in said.members if each.issuer_member},
    )
