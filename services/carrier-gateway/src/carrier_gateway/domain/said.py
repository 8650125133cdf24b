"""What a carrier's file says, in the words it is judged in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.personal import Masked
from carrier_gateway.domain.records import InboundKind


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

    ``policy`` is 1L, of her coverage or of herself; ``begin`` 348, ``paid_through`` 543.
    """

    position: int
    is_subscriber: bool
    member: str
    kind: InboundKind | None
    policy: str
    begin: date | None
    paid_through: date | None
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
    """One set as read: an enrollment group. ``parts`` are its group's header and all before its members."""

    position: int
    parts: tuple[Part, ...]
    members: tuple[MemberSaid, ...]
    findings: tuple[Finding, ...]

    @property
    def subscriber(self) -> MemberSaid | None:
        """The subscriber's record: of a sound set the only one."""
        return next((member for member in self.members if member.is_subscriber), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class InterchangeSaid:
    """An interchange's header as read: its number (ISA13), and every element of it."""

    control_number: int
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSaid:
    """A file as read. ``findings`` are faults that take the whole file with them."""

    interchanges: tuple[InterchangeSaid, ...]
    sets: tuple[SetSaid, ...]
    findings: tuple[Finding, ...]
