"""Full-book audits as 834s: what stands, said to be compared (BGN08 4, INS03 030)."""

from __future__ import annotations

from dataclasses import replace

from bulkhead.kernel.personal import Masked
from bulkhead.observability.logging import describe, get_logger
from carrier_gateway.adapters.x12.enveloping import enveloped
from carrier_gateway.adapters.x12.outbound import enrollment_of, first_problem, guide_of
from carrier_gateway.application.ports import Envelope, Uncomposable
from carrier_gateway.domain.books import BookRow
from carrier_gateway.domain.orders import EnrollmentOrder
from carrier_gateway.x12.elements import parse_date
from carrier_gateway.x12.enrollment834.build import build
from carrier_gateway.x12.enrollment834.categories import (
    ADDITIONAL_REASON,
    TAX_CREDIT,
    TOTAL_PREMIUM,
    amount_cents,
)
from carrier_gateway.x12.enrollment834.model import EnrollmentSet, Member
from carrier_gateway.x12.enrollment834.structure import FUNCTIONAL_GROUP, VERSION
from carrier_gateway.x12.envelope import Interchange, TransactionSet, compose
from carrier_gateway.x12.segments import CannotWrite, Segment, write

VERIFY = "4"
AUDIT = "030"
NOTIFICATION_ONLY = "XN"
"""BGN08, INS03 and INS04 of an audit: nothing is to be changed by it."""

_OPENING, _CLOSING = 2, 2
"""ISA and GS stand before the sets of a file, GE and IEA after them."""

_log = get_logger("composer")


class AuditComposer834:
    """Writes a policy's set as one of many in one group."""

    def compose_set(self, order: EnrollmentOrder, *, number: int) -> Masked:
        """Return the set of one policy, the one of that number in the file, read again. Raises `Uncomposable`.

        A fault of ours in one set holds no other back.
        """
        try:
            return _composed(order, number)
        except Uncomposable:
            raise
        except Exception as error:  # noqa: BLE001 - see above
            _log.error("set_not_composed", policy=order.policy.policy, **describe(error))
            raise Uncomposable(f"a fault of ours: {type(error).__name__}") from None

    def compose_ends(self, envelope: Envelope, *, sets: int) -> tuple[str, str]:
        """Return what stands before so many sets, and after them."""
        *opening, group, interchange = compose(interchange=_interchange(envelope))
        counted = Segment.of("GE", str(sets), group.get(2))
        return write(segments=opening).decode("ascii"), write(segments=[counted, interchange]).decode("ascii")


def audit_of(order: EnrollmentOrder, *, number: int) -> EnrollmentSet:
    """Return what an audit says of a policy: whom it covers, since when, until when, and what it costs."""
    told = enrollment_of(order)
    return replace(
        told,
        control_number=f"{number:09d}",
        reference=f"{order.control_number:09d}-{number}",
        action=VERIFY,
        members=tuple(_audited(member, order) for member in told.members),
    )


def _audited(member: Member, order: EnrollmentOrder) -> Member:
    return replace(
        member,
        maintenance_type=AUDIT,
        reason=NOTIFICATION_ONLY,
        # Who uses tobacco is told where coverage begins, and nowhere else (ENR-17).
        person=replace(member.person, health=None),
        coverages=tuple(
            replace(each, maintenance_type=AUDIT, end=order.policy.through) for each in member.coverages
        ),
        categories=tuple(each for each in member.categories if each.name != ADDITIONAL_REASON),
    )


def _composed(order: EnrollmentOrder, number: int) -> Masked:
    envelope = Envelope(
        profile=order.profile,
        exchange=order.exchange,
        control_number=order.control_number,
        made_at=order.made_at,
    )
    try:
        written = build(enrollment=audit_of(order, number=number))
        segments = compose(interchange=_interchange(envelope, written))
        problem = first_problem(write(segments=segments), guide_of(order.profile))
        data = write(segments=segments[_OPENING:-_CLOSING])
    except CannotWrite as error:
        raise Uncomposable(str(error)) from error
    if problem:
        raise Uncomposable(problem)
    return Masked(data.decode("ascii"))


def _interchange(envelope: Envelope, *sets: TransactionSet) -> Interchange:
    """Return these sets, all of the policies of a carrier's plans, in one group."""
    profile, exchange = envelope.profile, envelope.exchange
    return enveloped(
        sets,
        envelope,
        functional=FUNCTIONAL_GROUP,
        version=VERSION,
        sender=exchange.application_id,
        receiver=profile.qhp_id,
        asks=profile.acknowledge,
    )


def audited_rows(enrollment: EnrollmentSet) -> tuple[BookRow, ...] | None:
    """Return the members of a carrier's audit as lines of its book, each under its segment's number; None of a set that
    asks for anything else.
    """
    if enrollment.action != VERIFY:
        return None
    return tuple(_row(member) for member in enrollment.members)


def _row(member: Member) -> BookRow:
    coverage = member.coverages[0] if member.coverages else None
    born = None if member.person.born is None else parse_date(member.person.born.reveal())
    return BookRow(
        file="",
        line=member.position,
        policy=(coverage.policy if coverage else "") or member.policy,
        subscriber=member.subscriber_id,
        member=member.member_id,
        is_subscriber=member.is_subscriber,
        plan=(coverage.plan if coverage else "") or None,
        begin=coverage.begin if coverage else None,
        end=coverage.end if coverage else None,
        premium_cents=_standing(member, TOTAL_PREMIUM),
        aptc_cents=_standing(member, TAX_CREDIT),
        # That a last paid day is said tells that coverage took effect; an audit has no other word for it.
        is_effectuated=True if coverage and coverage.paid_through else None,
        last_name=member.person.last_name,
        first_name=member.person.first_name,
        born=born,
        is_faulty=False,
    )


def _standing(member: Member, name: str) -> int | None:
    """Return an amount that is not of one month alone, in cents."""
    values = [
        each.value for each in member.categories if each.name == name and each.effective_through is None
    ]
    return amount_cents(values[0]) if values else None
