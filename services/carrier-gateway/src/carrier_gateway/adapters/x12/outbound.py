"""834s for carriers: what the exchange means, in the words of 005010X220A1."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Final

from bulkhead.kernel.calendar import CoverageMonth, add_months, in_exchange_time
from bulkhead.kernel.money import format_cents
from bulkhead.kernel.personal import Masked
from bulkhead.observability.logging import describe, get_logger
from carrier_gateway.adapters.x12.enveloping import enveloped
from carrier_gateway.adapters.x12.names import (
    address_of,
    birth_date,
    email_text,
    name_parts,
    phone_digits,
    ssn_digits,
    written_name,
)
from carrier_gateway.application.ports import Envelope, Uncomposable
from carrier_gateway.domain.carriers import CarrierProfile
from carrier_gateway.domain.orders import EnrollmentOrder
from carrier_gateway.domain.people import Listed, Relationship
from carrier_gateway.domain.records import (
    EndReason,
    Policy,
    PremiumMonths,
    TransmissionContent,
    TransmissionKind,
    VersionTerms,
)
from carrier_gateway.domain.versions import version_on
from carrier_gateway.x12.enrollment834 import categories
from carrier_gateway.x12.enrollment834.build import build
from carrier_gateway.x12.enrollment834.model import (
    Category,
    Communication,
    Coverage,
    EnrollmentSet,
    Member,
    Party,
    Person,
    Reference,
)
from carrier_gateway.x12.enrollment834.parse import parse
from carrier_gateway.x12.enrollment834.spelling import respelled
from carrier_gateway.x12.enrollment834.structure import FUNCTIONAL_GROUP, VERSION
from carrier_gateway.x12.enrollment834.validate import Guide, validate
from carrier_gateway.x12.envelope import Interchange, TransactionSet, compose
from carrier_gateway.x12.faults import Problem
from carrier_gateway.x12.reading import read_file
from carrier_gateway.x12.segments import CannotWrite, write
from carrier_gateway.x12.text import carries, to_x12

_log = get_logger("composer")

BEGINS: Final[Mapping[TransmissionKind, tuple[str, str, str]]] = {
    "initial": ("021", "EC", ""),
    "renewal": ("021", "41", "PASSIVE"),
    "reinstatement": ("025", "41", "REINSTATEMENT"),
}
"""What begins or goes on → maintenance type, maintenance reason, additional reason."""

NEW_TO_ISSUER: Final = ("021", "EC", "PASSIVE REENROLL - NEW TO ISSUER")
"""How a renewal begins at a carrier that the household comes to from another."""

STAYS: Final = ("001", "", "FINANCIAL CHANGE")
COMES: Final = ("021", "EC", "")
GOES: Final = ("024", "07", "")
NEVER_CAME: Final = ("024", "07", "CANCEL")
"""Who stays on a policy that changes, who comes, who goes, and who was told of and never was on it: maintenance type,
reason, additional reason."""

ENDS: Final[Mapping[tuple[TransmissionKind, EndReason | None], tuple[str, str]]] = {
    ("termination", "non-payment"): ("59", "TERM"),
    ("termination", "requested"): ("14", "TERM"),
    ("termination", "death"): ("03", "TERM"),
    ("termination", "age"): ("07", "TERM-NLE"),
    ("termination", "medicaid"): ("07", "TERM-NLE"),
    ("termination", "ineligible"): ("07", "TERM-NLE"),
    ("termination", "error"): ("", "TERM-OTH"),
    ("termination", "carrier"): ("", "TERM-OTH"),
    ("cancel", "non-payment"): ("59", "CANCEL"),
    ("cancel", "requested"): ("14", "CANCEL"),
    ("cancel", "death"): ("03", "CANCEL"),
    ("cancel", "age"): ("07", "CANCEL-NLE"),
    ("cancel", "medicaid"): ("07", "CANCEL-NLE"),
    ("cancel", "ineligible"): ("07", "CANCEL-NLE"),
    ("cancel", "error"): ("", "CANCEL-OTH"),
    ("cancel", "carrier"): ("", "CANCEL-OTH"),
    ("cancel", "prior-year-ended"): ("", "CANCEL-CARRYFORWARD"),
    ("termination", None): ("14", "TERMCIC"),
    ("cancel", None): ("14", "CANCELCIC"),
}
"""What ends (024), and why → maintenance reason, additional reason. Without a reason only the subscriber's part ends:
another takes it up ("change in circumstance", tables 29 and 30)."""

SUCCEEDS: Final = ("021", "EC", "CIC")
"""Who takes up a subscriber's part."""

TOBACCO_TOLD_FROM_AGE: Final = 18
"""From which age on, in years, it is told whether somebody uses tobacco (companion guide, loop 2100A)."""

USES_TOBACCO: Final = "T"
USES_NO_TOBACCO: Final = "N"

RELATIONSHIPS: Final[Mapping[Relationship, str]] = {
    "self": "18",
    "spouse": "01",
    "child": "19",
    "sibling": "14",
    "other": "G8",
}
INSURANCE_LINES: Final[Mapping[str, str]] = {"medical": "HLT", "dental": "DEN"}


def guide_of(profile: CarrierProfile) -> Guide:
    """Return what a carrier's profile lets an 834 be, for the validator."""
    return Guide(
        coverage_on_end=profile.coverage_on_end,
        other_categories=frozenset(profile.other_categories),
        category_names=profile.category_names,
    )


class Composer834:
    """Writes one set in one group in one interchange, all under the order's control number."""

    def compose(self, order: EnrollmentOrder) -> Masked:
        """Return the whole file of one set: the same for the same order. Raises `Uncomposable`.

        What was written is read again before it is given out: nothing leaves that we would refuse ourselves.
        A fault of ours in one set holds no other back: it is told of, and the set waits where all can see it.
        """
        try:
            return _composed(order)
        except Uncomposable:
            raise
        except Exception as error:  # noqa: BLE001 - see above
            _log.error("set_not_composed", policy=order.policy.policy, **describe(error))
            raise Uncomposable(f"a fault of ours: {type(error).__name__}") from None

    def compose_again(self, sent: TransmissionContent, *, envelope: Envelope) -> Masked:
        """Return the file of a set that was sent before under a new number: its body as it was, but for names of
        reporting categories that its carrier spells otherwise by now. Raises `Uncomposable`, as for a carrier whose
        profile would not have it so any more.
        """
        group = read_file(data=sent.content.reveal().encode("ascii")).interchanges[0].groups[0]
        if group.header is None:
            raise Uncomposable("what was sent cannot be read")
        ours = respelled(
            transaction_set=group.sets[0].set,
            names={theirs: ours for ours, theirs in sent.category_names.items()},
        )
        again = replace(
            respelled(transaction_set=ours, names=envelope.profile.category_names),
            control_number=f"{envelope.control_number:09d}",
        )
        codes = (group.header.sender, group.header.receiver)
        data = write(segments=compose(interchange=_interchange(envelope, codes, again)))
        for problem in _problems(data, guide_of(envelope.profile)):
            raise Uncomposable(str(problem))
        return Masked(data.decode("ascii"))


def _composed(order: EnrollmentOrder) -> Masked:
    try:
        built = respelled(
            transaction_set=build(enrollment=enrollment_of(order)), names=order.profile.category_names
        )
        envelope = Envelope(
            profile=order.profile,
            exchange=order.exchange,
            control_number=order.control_number,
            made_at=order.made_at,
        )
        codes = (order.exchange.application_id, order.profile.application_id(order.policy.plan))
        data = write(segments=compose(interchange=_interchange(envelope, codes, built)))
    except CannotWrite as error:
        raise Uncomposable(str(error)) from error
    for problem in _problems(data, guide_of(order.profile)):
        raise Uncomposable(str(problem))
    return Masked(data.decode("ascii"))


def first_problem(data: bytes, guide: Guide) -> str:
    """Return what is wrong with a file of ours, by element or rule and without a value; empty where nothing is."""
    return next((str(problem) for problem in _problems(data, guide)), "")


def _problems(data: bytes, guide: Guide) -> Iterator[Problem]:
    file = read_file(data=data)
    yield from file.problems
    for interchange in file.interchanges:
        yield from interchange.problems
        for group in interchange.groups:
            yield from group.problems
            for each in group.sets:
                yield from each.problems
                parsed = parse(
                    transaction_set=respelled(transaction_set=each.set, names=guide.names_by_theirs)
                )
                found = validate(enrollment=parsed.enrollment, guide=guide)
                yield from parsed.problems
                yield from found.problems
                for problems in (*parsed.member_problems, *found.member_problems):
                    yield from problems


def _interchange(envelope: Envelope, codes: tuple[str, str], transaction_set: TransactionSet) -> Interchange:
    """Return a set in its group and interchange; ``codes`` are the group's sender and receiver."""
    return enveloped(
        (transaction_set,),
        envelope,
        functional=FUNCTIONAL_GROUP,
        version=VERSION,
        sender=codes[0],
        receiver=codes[1],
        asks=envelope.profile.acknowledge,
    )


def enrollment_of(order: EnrollmentOrder) -> EnrollmentSet:
    """Return what the set says. On a cancellation or termination that is the subscriber alone (CAR-2)."""
    made_at = in_exchange_time(order.made_at)
    people = order.people
    subscriber = people[0].who.person
    profile = order.profile
    return EnrollmentSet(
        control_number=f"{order.control_number:09d}",
        purpose="00",
        reference=f"{order.control_number:09d}",
        created_on=made_at.date(),
        created_at=made_at.time().replace(microsecond=0),
        time_zone=order.exchange.time_code if profile.time_code else "",
        action="2",
        master_policy=profile.master_policy,
        file_effective=made_at.date() if _is_an_end(order.step.kind) else None,
        total=len(people),
        dependents=len(people) - 1 or None,
        # The subscriber sponsors herself, and is known by the exchange's id rather than her SSN.
        sponsor=Party(
            name=Masked(to_x12(text=written_name(subscriber).reveal(), most=60)),
            qualifier="94",
            identifier=Masked(subscriber.member),
        ),
        insurer=Party(
            name=Masked(profile.name),
            qualifier="FI" if profile.tax_id else "94",
            identifier=Masked(profile.tax_id or profile.carrier),
        ),
        members=tuple(_member(order, each) for each in people),
    )


def _is_an_end(kind: TransmissionKind) -> bool:
    return kind in ("cancel", "termination")


def _codes(order: EnrollmentOrder, listed: Listed) -> tuple[str, str, str]:
    step = order.step
    match listed.part:
        case "begins" if step.kind == "renewal" and order.policy.renewed_from == "other-carrier":
            maintenance, reason, additional = NEW_TO_ISSUER
        case "begins" if _succeeds(order):
            maintenance, reason, additional = SUCCEEDS
        case "begins":
            maintenance, reason, additional = BEGINS[step.kind]
        case "stays":
            maintenance, reason, additional = STAYS
        case "comes":
            maintenance, reason, additional = COMES
        case "ends" if _is_an_end(step.kind):
            maintenance = "024"
            reason, additional = ENDS[step.kind, _ground(order)]
        case "ends":
            maintenance, reason, additional = GOES
        case "never":
            maintenance, reason, additional = NEVER_CAME
    return maintenance, reason, order.profile.additional_reasons.get(additional, additional)


def _succeeds(order: EnrollmentOrder) -> bool:
    return order.step.kind == "initial" and order.policy.told != "nothing"


def _ground(order: EnrollmentOrder) -> EndReason | None:
    """Return why coverage ends, as carriers are told: a renewal that is not paid for was never begun by anybody, it was
    carried forward from coverage that ended.
    """
    step = order.step
    carried = step.kind == "cancel" and order.policy.renewed_from is not None
    return "prior-year-ended" if carried and step.end_reason == "non-payment" else step.end_reason


def _member(order: EnrollmentOrder, listed: Listed) -> Member:
    maintenance, reason, additional = _codes(order, listed)
    policy, who = order.policy, listed.who
    is_subscriber, ends = who.relationship == "self", listed.end is not None
    return Member(
        is_subscriber=is_subscriber,
        relationship=RELATIONSHIPS[who.relationship],
        maintenance_type=maintenance,
        reason=reason,
        benefit_status="A",
        employment_status=("TE" if ends else "AC") if is_subscriber else "",
        subscriber_id=order.people[0].who.person.member,
        policy=policy.policy if ends or order.profile.policy_on_members else "",
        member_id=who.person.member,
        issuer_member_id=policy.issuer_members.get(who.person.member, ""),
        issuer_subscriber_id=policy.issuer_subscriber,
        other_references=tuple(_references(order, who.person.member)),
        eligibility_begin=None if ends else listed.begin,
        eligibility_end=listed.end,
        maintenance_effective=order.step.effective if order.step.kind == "change" else None,
        person=_person(order, listed),
        responsible=_responsible(order, listed),
        coverages=_coverages(order, listed, maintenance),
        categories=tuple(_categories(order, listed, additional=additional)),
    )


def _references(order: EnrollmentOrder, member: str) -> Iterator[Reference]:
    ours = {"household": order.policy.household, "member": member, "policy": order.policy.policy}
    for qualifier, which in sorted(order.profile.member_references.items()):
        yield Reference(qualifier=qualifier, value=ours[which])


def _person(order: EnrollmentOrder, listed: Listed) -> Person:
    who = listed.who.person
    parts = name_parts(written_name(who))
    born = birth_date(who.born)
    if parts is None:
        raise Uncomposable("NM103 nothing of a member's name, nor of its Latin form, can be written")
    if born is None:
        raise Uncomposable("DMG02 a member's birth date is no date")
    number = ssn_digits(who.ssn)
    # Who and how to reach: an end needs no more than the person (companion guide, tables 19 and 20).
    covered = listed.end is None
    reached = covered and listed.who.relationship == "self"
    return Person(
        last_name=parts.last,
        first_name=parts.first,
        middle_name=parts.middle,
        suffix=parts.suffix,
        number_qualifier="" if number is None else "34",
        number=number,
        communications=tuple(_communications(order)) if reached else (),
        address=address_of(order.contact.address) if covered else None,
        born=born,
        gender="U",
        health=_health(order, listed),
    )


def _health(order: EnrollmentOrder, listed: Listed) -> Masked | None:
    """Return whether somebody uses tobacco on their first covered day, as HLH01: of adults, at the beginning with a
    carrier (companion guide, loop 2100A). None where no rate differs by it, nor of a plan that is rated by tier: its
    carrier does not need it.
    """
    policy, step, who = order.policy, order.step, listed.who.person
    begins = step.kind == "initial" or (step.kind == "renewal" and policy.renewed_from == "other-carrier")
    born, uses = birth_date(who.born), who.uses_tobacco_on(listed.begin)
    if not begins or order.terms.rating_area is None or born is None or uses is None:
        return None
    if date.fromisoformat(born.reveal()) > add_months(listed.begin, -12 * TOBACCO_TOLD_FROM_AGE):
        return None
    return Masked(USES_TOBACCO if uses else USES_NO_TOBACCO)


def _responsible(order: EnrollmentOrder, listed: Listed) -> Person | None:
    """Return who acts for a subscriber who is not of age (loop 2100G); None for anybody else, and in an end."""
    name, until_age = order.contact.responsible_name, order.contact.responsible_until_age
    born = birth_date(listed.who.person.born)
    if listed.who.relationship != "self" or _is_an_end(order.step.kind):
        return None
    if name is None or until_age is None or born is None:
        return None
    today = in_exchange_time(order.made_at).date()
    if date.fromisoformat(born.reveal()) <= add_months(today, -12 * until_age):
        return None
    written = name if carries(text=name.reveal()) else order.contact.responsible_latin_name or name
    parts = name_parts(written)
    if parts is None:
        raise Uncomposable("NM103 nothing of the responsible person's name can be written")
    return Person(last_name=parts.last, first_name=parts.first, middle_name=parts.middle, suffix=parts.suffix)


def _communications(order: EnrollmentOrder) -> Iterator[Communication]:
    phone, email = phone_digits(order.contact.phone), email_text(order.contact.email)
    if phone is not None:
        yield Communication(kind="TE", number=phone)
    if email is not None:
        yield Communication(kind="EM", number=email)


def _coverages(order: EnrollmentOrder, listed: Listed, maintenance: str) -> tuple[Coverage, ...]:
    policy = order.policy
    if listed.end is not None and not (_is_an_end(order.step.kind) and order.profile.coverage_on_end):
        return ()
    return (
        Coverage(
            maintenance_type=maintenance,
            insurance_line=INSURANCE_LINES[policy.kind],
            begin=listed.begin,
            end=listed.end,
            plan=order.profile.plan_id(policy.plan),
            policy=policy.policy,
            issuer_policy=policy.issuer_policy,
        ),
    )


def _categories(order: EnrollmentOrder, listed: Listed, *, additional: str) -> Iterator[Category]:
    is_subscriber = listed.who.relationship == "self"
    made_at = in_exchange_time(order.made_at)
    on = order.step.effective
    stamp = f"{made_at:%Y%m%d%H%M%S}{made_at.microsecond // 10_000:02d}"
    yield _category(categories.REQUEST_SUBMIT_TIMESTAMP, stamp, None)
    yield _category(categories.SOURCE_EXCHANGE_ID, order.exchange.source_exchange_id, on)
    if additional:
        yield _category(categories.ADDITIONAL_REASON, additional, on)
    if listed.end is not None:
        return
    if is_subscriber:
        yield _category(categories.RATING_AREA, _rating_area(order), on)
    since, own = max(on, order.terms.since), _own_cents(order.terms, listed, of=order.terms.gross_cents)
    for name, cents in _amounts(order.terms, own_cents=own, is_subscriber=is_subscriber):
        yield _category(name, format_cents(cents), since)
    if order.profile.monthly_amounts:
        yield from _monthly(order.policy, listed, is_subscriber=is_subscriber)


def _own_cents(terms: VersionTerms, listed: Listed, *, of: int) -> int:
    """Return what somebody is of a gross premium, in cents.

    Where that is one price for the whole tier, nobody's own, the subscriber carries it, dependents 0.
    """
    if terms.rates:
        return terms.share_of(listed.who.person.member, of)
    return of if listed.who.relationship == "self" else 0


def _rating_area(order: EnrollmentOrder) -> str:
    """Return where the premium counts: the household's own area where it is rated by it, else the exchange's."""
    of_exchange, area = order.exchange.rating_area, order.terms.rating_area
    return of_exchange if area is None else f"{of_exchange[:-3]}{area:03d}"


def _amounts(
    of: VersionTerms | PremiumMonths, *, own_cents: int, is_subscriber: bool
) -> Iterator[tuple[str, int]]:
    """Yield a member's monthly amounts: of a whole month, or of those that cost what these do."""
    yield categories.MEMBER_PREMIUM, own_cents
    if not is_subscriber:
        return
    yield categories.TOTAL_PREMIUM, of.gross_cents
    yield categories.TAX_CREDIT, of.aptc_cents
    if of.subsidy_cents:
        yield categories.STATE_SUBSIDY, of.subsidy_cents
    yield categories.TOTAL_RESPONSIBILITY, of.net_cents


def _monthly(policy: Policy, listed: Listed, *, is_subscriber: bool) -> Iterator[Category]:
    """Yield the amounts of each month since somebody's first day as it is charged, a part of a month its share of days
    (INV-18).
    """
    since = listed.begin
    for run in policy.months:
        begin = max(run.first, CoverageMonth.of(since))
        for month in begin.until(min(run.last, CoverageMonth.of(policy.coverage_ends))):
            first = max(since, month.first_day)
            last = min(policy.coverage_ends, month.last_day)
            own = _own_cents(version_on(policy.versions, first), listed, of=run.gross_cents)
            for name, cents in _amounts(run, own_cents=own, is_subscriber=is_subscriber):
                yield _category(name, format_cents(cents), first, last)


def _category(name: str, value: str, effective: date | None, through: date | None = None) -> Category:
    rule = categories.CATEGORIES[name]
    return Category(
        name=name,
        qualifier=rule.qualifier,
        value=value,
        effective=effective,
        effective_through=through,
    )
