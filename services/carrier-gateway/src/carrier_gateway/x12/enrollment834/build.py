"""From the model to segments: the body of an 834, between ST and SE."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from bulkhead.kernel.personal import Masked
from carrier_gateway.x12.enrollment834.model import (
    Category,
    Coverage,
    EnrollmentSet,
    Member,
    Party,
    Person,
)
from carrier_gateway.x12.enrollment834.structure import IDENTIFIER, VERSION
from carrier_gateway.x12.envelope import TransactionSet
from carrier_gateway.x12.segments import Segment


def build(*, enrollment: EnrollmentSet) -> TransactionSet:
    """Return the set's segments in the order the structure wants them.

    It writes what the model says, right or wrong: `validate` is asked beforehand. Reading the result
    gives the same model again.
    """
    return TransactionSet(
        identifier=IDENTIFIER,
        control_number=enrollment.control_number,
        version=VERSION,
        segments=tuple(_body(enrollment)),
        position=enrollment.position,
    )


def _body(enrollment: EnrollmentSet) -> Iterator[Segment]:
    yield Segment.of(
        "BGN",
        *(enrollment.purpose, enrollment.reference),
        *(f"{enrollment.created_on:%Y%m%d}", f"{enrollment.created_at:%H%M%S}"),
        *(enrollment.time_zone, "", "", enrollment.action),
    )
    if enrollment.master_policy:
        yield Segment.of("REF", "38", enrollment.master_policy)
    yield from _dated("303", enrollment.file_effective)
    for qualifier, count in (("TO", enrollment.total), ("DT", enrollment.dependents)):
        if count is not None:
            yield Segment.of("QTY", qualifier, str(count))
    yield _party("P5", enrollment.sponsor)
    yield _party("IN", enrollment.insurer)
    for member in enrollment.members:
        yield from _member(member)


def _party(entity: str, party: Party) -> Segment:
    return Segment.of("N1", entity, _shown(party.name), party.qualifier, party.identifier.reveal())


def _shown(text: Masked | None) -> str:
    return "" if text is None else text.reveal()


def _dated(qualifier: str, on: date | None) -> Iterator[Segment]:
    if on is not None:
        yield Segment.of("DTP", qualifier, "D8", f"{on:%Y%m%d}")


def _referenced(qualifier: str, value: str) -> Iterator[Segment]:
    if value:
        yield Segment.of("REF", qualifier, value)


def _member(member: Member) -> Iterator[Segment]:
    yield Segment.of(
        "INS",
        "Y" if member.is_subscriber else "N",
        *(member.relationship, member.maintenance_type, member.reason, member.benefit_status),
        *("", "", member.employment_status),
    )
    yield from _referenced("0F", member.subscriber_id)
    yield from _referenced("1L", member.policy)
    yield from _referenced("17", member.member_id)
    yield from _referenced("23", member.issuer_member_id)
    yield from _referenced("ZZ", member.issuer_subscriber_id)
    for reference in member.other_references:
        yield from _referenced(reference.qualifier, reference.value)
    yield from _dated("303", member.maintenance_effective)
    yield from _dated("356", member.eligibility_begin)
    yield from _dated("357", member.eligibility_end)
    for each in member.other_dates:
        yield from _dated(each.qualifier, each.on)
    yield from _person(member.person, entity="IL")
    if member.responsible is not None:
        yield from _person(member.responsible, entity="S1")
    for coverage in member.coverages:
        yield from _coverage(coverage)
    if member.categories:
        yield Segment.of("LS", "2700")
        for number, category in enumerate(member.categories, start=1):
            yield from _category(number, category)
        yield Segment.of("LE", "2700")


def _person(person: Person, *, entity: str) -> Iterator[Segment]:
    yield Segment.of(
        "NM1",
        *(entity, "1", person.last_name.reveal()),
        *(_shown(person.first_name), _shown(person.middle_name), "", _shown(person.suffix)),
        *(person.number_qualifier, _shown(person.number)),
    )
    if person.communications:
        pairs = [text for each in person.communications for text in (each.kind, each.number.reveal())]
        yield Segment.of("PER", "IP" if entity == "IL" else "RP", "", *pairs)
    address = person.address
    if address is not None:
        county = ("CY", address.county) if address.county else ()
        yield Segment.of("N3", address.street.reveal(), _shown(address.second_line))
        yield Segment.of(
            "N4",
            address.city.reveal(),
            address.state,
            _shown(address.postal_code),
            *(("", *county) if county else ()),
        )
    if person.born is not None:
        yield Segment.of("DMG", "D8", person.born.reveal(), person.gender)
    if person.health is not None:
        yield Segment.of("HLH", person.health.reveal())


def _coverage(coverage: Coverage) -> Iterator[Segment]:
    yield Segment.of("HD", coverage.maintenance_type, "", coverage.insurance_line)
    yield from _dated("348", coverage.begin)
    yield from _dated("349", coverage.end)
    yield from _dated("543", coverage.paid_through)
    yield from _referenced("CE", coverage.plan)
    yield from _referenced("1L", coverage.policy)
    yield from _referenced("X9", coverage.issuer_policy)
    for reference in coverage.other_references:
        yield from _referenced(reference.qualifier, reference.value)


def _category(number: int, category: Category) -> Iterator[Segment]:
    yield Segment.of("LX", str(number))
    yield Segment.of("N1", "75", category.name)
    yield from _referenced(category.qualifier, category.value)
    if category.effective is not None and category.effective_through is not None:
        span = f"{category.effective:%Y%m%d}-{category.effective_through:%Y%m%d}"
        yield Segment.of("DTP", "007", "RD8", span)
    else:
        yield from _dated("007", category.effective)
