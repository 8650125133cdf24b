"""What an 834 says, apart from how it is written: a set, its members, their coverage and categories.

Dates are inclusive, as everywhere in X12. Whatever is known of a person is masked. Positions are those of
the segment a thing begins with in the file it was read from, 0 where it was not read; they do not count in
equality.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, time

from bulkhead.kernel.personal import Masked


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A sponsor or insurer: a name (a person's, where the subscriber sponsors herself) and an identifier."""

    name: Masked | None
    qualifier: str
    identifier: Masked


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A qualified identifier that has no name of its own in the model."""

    qualifier: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QualifiedDate:
    """A qualified date that has no name of its own in the model."""

    qualifier: str
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Communication:
    """One way to reach a person: TE telephone, EM e-mail, and so on."""

    kind: str
    number: Masked


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a person lives. ``county`` is the county code (N406 with qualifier CY)."""

    street: Masked
    second_line: Masked | None = None
    city: Masked
    state: str = ""
    postal_code: Masked | None = None
    county: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who a member is. ``number`` is the SSN (34) or a mutually agreed one (ZZ), by ``number_qualifier``; ``health`` is
    HLH01: T for who uses tobacco, N for who does not.
    """

    last_name: Masked
    first_name: Masked | None = None
    middle_name: Masked | None = None
    suffix: Masked | None = None
    number_qualifier: str = ""
    number: Masked | None = None
    communications: tuple[Communication, ...] = ()
    address: Address | None = None
    born: Masked | None = None
    gender: str = ""
    health: Masked | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """A loop 2300: what is covered, from when, under which numbers.

    ``plan`` is CE, ``policy`` 1L (ours), ``issuer_policy`` X9 (the carrier's); ``begin`` 348, ``end`` 349,
    ``paid_through`` 543.
    """

    maintenance_type: str
    insurance_line: str
    begin: date | None = None
    end: date | None = None
    paid_through: date | None = None
    plan: str = ""
    policy: str = ""
    issuer_policy: str = ""
    other_references: tuple[Reference, ...] = ()
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """A loop 2750: a named value, for a day or a range of days."""

    name: str
    qualifier: str
    value: str
    effective: date | None = None
    effective_through: date | None = None
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A loop 2000. ``reason`` is INS04, empty where none is given; ``responsible`` who acts for the member (2100G)."""

    is_subscriber: bool
    relationship: str
    maintenance_type: str
    reason: str
    benefit_status: str
    employment_status: str
    subscriber_id: str
    person: Person
    policy: str = ""
    member_id: str = ""
    issuer_member_id: str = ""
    issuer_subscriber_id: str = ""
    other_references: tuple[Reference, ...] = ()
    eligibility_begin: date | None = None
    eligibility_end: date | None = None
    maintenance_effective: date | None = None
    other_dates: tuple[QualifiedDate, ...] = ()
    coverages: tuple[Coverage, ...] = ()
    categories: tuple[Category, ...] = ()
    responsible: Person | None = None
    position: int = field(default=0, compare=False)

    def category(self, name: str) -> str:
        """Return the value of the first category of that name; empty where there is none."""
        return next((each.value for each in self.categories if each.name == name), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrollmentSet:
    """One 834.

    ``reference`` is BGN02, ``time_zone`` BGN05, ``file_effective`` the header's DTP 303; the quantities are
    None where no QTY says them.
    """

    control_number: str
    purpose: str
    reference: str
    created_on: date
    created_at: time
    time_zone: str
    action: str
    master_policy: str
    file_effective: date | None
    total: int | None
    dependents: int | None
    sponsor: Party
    insurer: Party
    members: tuple[Member, ...]
    position: int = field(default=0, compare=False)

    @property
    def subscriber(self) -> Member | None:
        """The one subscriber; None where there is none, or more than one."""
        found = [member for member in self.members if member.is_subscriber]
        return found[0] if len(found) == 1 else None
