"""What a carrier's file says, in the words it is judged in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.personal import Masked
from carrier_gateway.domain.acknowledgements import AcknowledgementKind, GroupAnswer, InterchangeAnswer
from carrier_gateway.domain.books import BookRow
from carrier_gateway.domain.records import CarrierReason, InboundKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something wrong with what was read: the fault's name, its place, and what it says."""

    fault: str
    position: int
    segment: str
    element: int
    says: str

    @property
    def reason(self) -> Reason:
        """The finding as the reason of a refusal."""
        place = f"segment {self.position} {self.segment}".rstrip()
        facts = {"fault": self.fault, "position": str(self.position), "segment": self.segment}
        if self.element:
            place += f"{self.element:02d}"
            facts["element"] = str(self.element)
        return Reason(rule="CAR-5", says=f"{place}: {self.says}.", citation="005010X220A1", facts=facts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One element: which it is by its meaning (``place``, such as ``2300 DTP*348``), where it stands in the
    file, and what it says."""

    place: str
    position: int
    segment: str
    element: int
    value: Masked

    @property
    def key(self) -> str:
        """Its place and number: ``2300 DTP*348 03``."""
        return f"{self.place} {self.element:02d}"

    def is_one_of(self, *values: str) -> bool:
        """Whether it says one of these."""
        return any(self.value == Masked(each) for each in values)

    def finding(self, *, fault: str, says: str) -> Finding:
        """Return that something is wrong with this element."""
        return Finding(
            fault=fault, position=self.position, segment=self.segment, element=self.element, says=says
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberSaid:
    """One member's record as read, and every element of it.

    ``policy`` is 1L, of her coverage or of herself; ``begin`` 348, ``paid_through`` 543, ``end`` 357 or, of her
    coverage, 349; ``because`` why the carrier ended it.
    """

    position: int
    is_subscriber: bool
    member: str
    kind: InboundKind | None
    policy: str
    begin: date | None
    paid_through: date | None
    end: date | None
    because: CarrierReason | None
    issuer_subscriber: str
    issuer_member: str
    issuer_policy: str
    parts: tuple[Part, ...]
    findings: tuple[Finding, ...]

    def part(self, key: str) -> Part | None:
        """Return an element by its key, if it is there."""
        return next((each for each in self.parts if each.key == key), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSaid:
    """One set as read: an enrollment group. ``parts`` are its group's header and all before its members.

    Of one that asks to be compared (BGN08 4) ``audited`` are its members as lines of a book: None of any other.
    """

    position: int
    parts: tuple[Part, ...]
    members: tuple[MemberSaid, ...]
    findings: tuple[Finding, ...]
    audited: tuple[BookRow, ...] | None = None

    @property
    def subscriber(self) -> MemberSaid | None:
        """The subscriber's record: of a sound set the only one."""
        return next((member for member in self.members if member.is_subscriber), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class AcknowledgementSaid:
    """A TA1 or a 999 as read: what it answers and says, None where that cannot be read."""

    kind: AcknowledgementKind
    position: int
    answer: InterchangeAnswer | GroupAnswer | None
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSaid:
    """A group as read. ``answer`` is what a 999 has to say of its form: None of a group of acknowledgements, which
    nobody answers, and of one whose header nobody can.
    """

    position: int
    acknowledges: bool
    answer: GroupAnswer | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InterchangeSaid:
    """An interchange as read: its number (ISA13), whether all its header says can be understood, and every element
    of that.

    ``asks`` is whether it asks for a TA1; number, ``created_on`` and ``created_at`` are what one says again, None where
    they cannot be read. ``note`` is what a TA1 has to say of its form, ``000`` where nothing is wrong.
    """

    position: int
    understood: bool
    control_number: int | None
    created_on: date | None
    created_at: time | None
    asks: bool
    note: str
    parts: tuple[Part, ...]
    groups: tuple[GroupSaid, ...]
    acknowledgements: tuple[AcknowledgementSaid, ...]
    sets: tuple[SetSaid, ...]

    @property
    def only_acknowledges(self) -> bool:
        """Whether there is nothing in it but acknowledgements: those are never acknowledged themselves."""
        if not self.groups:
            return bool(self.acknowledgements)
        return all(each.acknowledges for each in self.groups)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSaid:
    """A file as read. ``findings`` are faults that take the whole file with them."""

    interchanges: tuple[InterchangeSaid, ...]
    findings: tuple[Finding, ...]

    @property
    def sets(self) -> tuple[SetSaid, ...]:
        """Every set of every interchange, in order."""
        return tuple(each for interchange in self.interchanges for each in interchange.sets)
