"""What should have reached a carrier, or been read from one, by now and has not (I9)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from bulkhead.kernel.calendar import add_business_days, local, local_date
from bulkhead.overdue import MOST_LISTED, FindOverdue, Overdue
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.retries.retries import Retry
from carrier_gateway.application.ports import Parameters
from carrier_gateway.application.waiting import INBOUND_FILES, file_in_box
from carrier_gateway.application.write_audits import AuditKey
from carrier_gateway.application.write_lists import ListKey
from carrier_gateway.application.write_remittances import waits_for
from carrier_gateway.domain.audits import Audit
from carrier_gateway.domain.carriers import CarrierProfile
from carrier_gateway.domain.discrepancies import Discrepancy
from carrier_gateway.domain.parameters import GatewayParameters
from carrier_gateway.domain.records import (
    DelinquencyList,
    InboundFile,
    InboundRecord,
    ListHead,
    Policy,
    ToForget,
    Transmission,
    WrittenAcknowledgement,
)
from carrier_gateway.domain.remittances import Remittance

KINDS = (
    "policy-not-told",
    "contact-not-forgotten",
    "transmission",
    "transmission-rejected",
    "interchange-not-acknowledged",
    "group-not-acknowledged",
    "acknowledgement",
    "inbound-file",
    "inbound-record",
    "delinquency-list",
    "remittance",
    "audit",
    "discrepancy",
    "billing",
)

_NO_PROFILE = "its carrier has no profile"
_BOX_AWAY = "it is not in the drop-box, which cannot be reached"


def overdue_of(parameters: Parameters) -> FindOverdue:
    """Return the use case that finds what is overdue by the pack's parameters (I9, CAR-4)."""

    async def find(uow: UnitOfWork) -> Sequence[Overdue]:
        days = parameters.as_of(uow.today)
        profiled = set(await uow.records(CarrierProfile).distinct("carrier"))
        return (
            *await _policies(uow, days=days.transmission_overdue_days),
            *await _to_forget(uow, days=days.transmission_overdue_days),
            *await _transmissions(uow, days=days.transmission_overdue_days, profiled=profiled),
            *await _rejected(uow),
            *await _not_acknowledged(uow, days),
            *await _acknowledgements(uow, days=days.transmission_overdue_days),
            *await _files(uow, days=days.inbound_file_overdue_days, profiled=profiled),
            *await _records(uow, days=days.inbound_record_overdue_days),
            *await _undecided(uow, days=days.inbound_record_overdue_days),
            *await _lists(uow, days=days.list_overdue_days, profiled=profiled),
            *await _remittances(uow, days=days.remittance_overdue_days),
            *await _audits(uow, days=days.audit_overdue_days),
            *await _discrepancies(uow, days=days.discrepancy_overdue_days),
            *await _billing(uow),
        )

    return find


def _before(uow: UnitOfWork, *, days: int) -> date:
    """Return the day before which whatever waits so long began to wait."""
    return uow.today - timedelta(days=days)


def _overdue(
    kind: str, key: str, *, since: datetime | date, days: int, says: str, household: str | None = None
) -> Overdue:
    began = local_date(since) if isinstance(since, datetime) else since
    deadline = began + timedelta(days=days)
    return Overdue(kind=kind, id=key, household=household, deadline=deadline, says=says)


async def _billing(uow: UnitOfWork) -> list[Overdue]:
    """Carriers of which a policy is billed for otherwise than their profile says: overdue at once, for its customers
    may be asked by nobody, or by both (CAR-1).
    """
    found: list[Overdue] = []
    for profile in await uow.records(CarrierProfile).select(order_by=("carrier",)):
        since = date(uow.today.year if profile.billing_from is None else profile.billing_from, 1, 1)
        otherwise = await uow.records(Policy).select(
            carrier=profile.carrier,
            billing__ne=profile.billing,
            coverage_ends__ge=since,
            lifecycle__ne="canceled",
            limit=1,
        )
        found += [
            _overdue(
                "billing",
                profile.carrier,
                since=uow.today,
                days=0,
                says=f"its profile says that the {profile.billing} bills, and enrollment that the {each.billing} does",
            )
            for each in otherwise
        ]
    return found[:MOST_LISTED]


async def _policies(uow: UnitOfWork, *, days: int) -> Iterable[Overdue]:
    """Policies of which something is to be told and nothing was even decided: their people are not known, or not any
    more.
    """
    silent = await uow.records(Policy).select(
        people_missing_since__lt=_before(uow, days=days),
        order_by=("people_missing_since", "policy"),
        limit=MOST_LISTED,
    )
    says = "its contact is not known as of the version it needs"
    return [
        _overdue(
            "policy-not-told",
            each.policy,
            household=each.household,
            since=each.people_missing_since,
            days=days,
            says=says,
        )
        for each in silent
        if each.people_missing_since is not None
    ]


async def _to_forget(uow: UnitOfWork, *, days: int) -> list[Overdue]:
    """Households that enrollment has forgotten, and that are named here for a carrier that is still to be told."""
    waiting = await uow.records(ToForget).select(
        heard_at__lt=local(_before(uow, days=days)), order_by=("heard_at", "household"), limit=MOST_LISTED
    )
    says = (
        "its people are to be forgotten, and its carrier is still to be told of it: of its end, or what waits"
    )
    return [
        _overdue(
            "contact-not-forgotten",
            each.household,
            household=each.household,
            since=each.heard_at,
            days=days,
            says=says,
        )
        for each in waiting
    ]


async def _transmissions(uow: UnitOfWork, *, days: int, profiled: set[str]) -> Iterable[Overdue]:
    waiting = await uow.records(Transmission).select(
        state=["waiting", "built"],
        decided_at__lt=local(_before(uow, days=days)),
        order_by=("decided_at", "transmission"),
        limit=MOST_LISTED,
    )

    def says(each: Transmission) -> str:
        if each.state == "built":
            return _BOX_AWAY
        return each.problem or ("it waits to be built" if each.carrier in profiled else _NO_PROFILE)

    return [
        _overdue(
            "transmission",
            each.transmission,
            household=each.household,
            since=each.decided_at,
            days=days,
            says=says(each),
        )
        for each in waiting
    ]


async def _rejected(uow: UnitOfWork) -> Iterable[Overdue]:
    """What carriers rejected and nobody has decided about: overdue at once, for its carrier does not know of it."""
    rejected = await uow.records(Transmission).select(
        answer="rejected", order_by=("decided_at", "transmission"), limit=MOST_LISTED
    )

    def says(each: Transmission) -> str:
        return f"its carrier {_REJECTED[each.interchange_verdict == 'rejected']}: see its acknowledgements"

    return [
        _overdue(
            "transmission-rejected",
            each.transmission,
            household=each.household,
            since=each.sent_on or each.decided_at,
            days=0,
            says=says(each),
        )
        for each in rejected
    ]


_REJECTED = {True: "rejected its interchange (TA1)", False: "rejected it (999)"}


async def _not_acknowledged(uow: UnitOfWork, days: GatewayParameters) -> list[Overdue]:
    """What carriers that send TA1s and 999s have not answered in the time their profiles give them (CAR-4)."""
    holidays = frozenset(days.maintenance.state_holidays)
    found: list[Overdue] = []
    for profile in await uow.records(CarrierProfile).select(order_by=("carrier",)):
        hours, business_days = profile.interchange_within_hours, profile.group_within_business_days
        if hours is not None:
            until = uow.now - timedelta(hours=hours)
            found += [
                _unanswered(each, "interchange-not-acknowledged", since + timedelta(hours=hours), "TA1")
                for each, since in await _silent(uow, profile.carrier, until=until, interchange_verdict=None)
            ]
        if business_days is not None:
            silent = await _silent(uow, profile.carrier, until=uow.now - timedelta(days=business_days))
            for each, since in silent:
                due = add_business_days(local_date(since), business_days, extra_holidays=holidays)
                if due < uow.today:
                    found.append(_unanswered(each, "group-not-acknowledged", due, "999"))
    return found[:MOST_LISTED]


async def _silent(
    uow: UnitOfWork, carrier: str, *, until: datetime, **nothing: None
) -> list[tuple[Transmission, datetime]]:
    """Return what a carrier was sent until then and said nothing of its group about, with when it was sent. It said
    ``nothing`` of these either.
    """
    sent = await uow.records(Transmission).select(
        carrier=carrier,
        state="sent",
        answer="awaited",
        group_verdict=None,
        sent_at__lt=until,
        **nothing,
        order_by=("sent_at", "transmission"),
        limit=MOST_LISTED,
    )
    return [(each, each.sent_at) for each in sent if each.sent_at is not None]


def _unanswered(each: Transmission, kind: str, due: datetime | date, what: str) -> Overdue:
    says = f"its carrier sent no {what} for {each.control_number:09d}"
    return _overdue(kind, each.transmission, household=each.household, since=due, days=0, says=says)


async def _acknowledgements(uow: UnitOfWork, *, days: int) -> Iterable[Overdue]:
    made = await uow.records(WrittenAcknowledgement).select(
        state="built",
        made_at__lt=local(_before(uow, days=days)),
        order_by=("carrier", "control_number"),
        limit=MOST_LISTED,
    )
    return [
        _overdue(
            "acknowledgement",
            f"{each.carrier}/{each.control_number:09d}",
            since=each.made_at,
            days=days,
            says=f"this {each.kind} is not in the drop-box, which cannot be reached",
        )
        for each in made
    ]


async def _files(uow: UnitOfWork, *, days: int, profiled: set[str]) -> Iterable[Overdue]:
    before = local(_before(uow, days=days))
    stored = await uow.records(InboundFile).select(
        state="stored", stored_at__lt=before, order_by=("stored_at", "file"), limit=MOST_LISTED
    )
    stuck = await uow.records(Retry).select(
        kind=INBOUND_FILES.kind, since__lt=before, order_by=("since", "item"), limit=MOST_LISTED
    )
    problems = {each.item: each.reason for each in stuck}
    found = [
        _overdue(
            "inbound-file",
            each.file,
            since=each.stored_at,
            days=days,
            says=problems.pop(file_in_box(each.carrier, each.name), "it was not read")
            if each.carrier in profiled
            else _NO_PROFILE,
        )
        for each in stored
    ]
    found += [
        _overdue("inbound-file", each.item, since=each.since, days=days, says=each.reason)
        for each in stuck
        if each.item in problems
    ]
    return found[:MOST_LISTED]


async def _records(uow: UnitOfWork, *, days: int) -> Iterable[Overdue]:
    """What carriers said that was refused or set apart, and that nobody has decided about (CAR-5)."""
    waiting = await uow.records(InboundRecord).select(
        waits_since__lt=local(_before(uow, days=days)), order_by=("waits_since", "record"), limit=MOST_LISTED
    )
    return [
        _overdue(
            "inbound-record",
            each.record,
            household=each.household,
            since=each.waits_since,
            days=days,
            says=f"what its carrier said of it ({each.kind or 'of no kind'}) was {_NOT_TAKEN[each.outcome]}",
        )
        for each in waiting
        if each.waits_since is not None
    ]


async def _undecided(uow: UnitOfWork, *, days: int) -> Iterable[Overdue]:
    """What carriers said by themselves and enrollment has not answered: nothing is told of those policies meanwhile."""
    waiting = await uow.records(Policy).select(carrier_word__ne=None, order_by=("policy",), limit=MOST_LISTED)
    says = (
        "enrollment has not said what becomes of what its carrier said by itself; its policy is told nothing"
    )
    return [
        _overdue(
            "inbound-record",
            each.carrier_word.record,
            household=each.household,
            since=each.carrier_word.said_at,
            days=days,
            says=says,
        )
        for each in waiting
        if each.carrier_word is not None and local_date(each.carrier_word.said_at) < _before(uow, days=days)
    ]


_NOT_TAKEN = {"accepted": "accepted", "refused": "refused", "set-apart": "set apart"}


async def _lists(uow: UnitOfWork, *, days: int, profiled: set[str]) -> Iterable[Overdue]:
    waiting = await uow.records(DelinquencyList).select_as(
        ListHead,
        state=["waiting", "built"],
        closed_at__lt=local(_before(uow, days=days)),
        order_by=("on", "carrier", "list_part"),
        limit=MOST_LISTED,
    )

    def says(each: ListHead) -> str:
        if each.state == "built":
            return _BOX_AWAY
        return "rows, or the people on them, are not here" if each.carrier in profiled else _NO_PROFILE

    return [
        _overdue(
            "delinquency-list",
            ListKey(carrier=each.carrier, on=each.on, list_part=each.list_part).name,
            since=each.closed_at,
            days=days,
            says=says(each),
        )
        for each in waiting
    ]


async def _remittances(uow: UnitOfWork, *, days: int) -> Iterable[Overdue]:
    late = await uow.records(Remittance).select(
        state=["waiting", "numbered", "built"],
        heard_at__lt=local(_before(uow, days=days)),
        order_by=("heard_at", "carrier", "sequence"),
        limit=MOST_LISTED,
    )

    async def says(each: Remittance) -> str:
        if each.state != "waiting":
            return _BOX_AWAY
        lacks = await waits_for(uow, each)
        return f"it waits for: {lacks}" if lacks else "it waits to be composed"

    return [
        _overdue("remittance", each.trace, since=each.heard_at, days=days, says=await says(each))
        for each in late
    ]


async def _audits(uow: UnitOfWork, *, days: int) -> Iterable[Overdue]:
    late = await uow.records(Audit).select(
        state=["waiting", "numbered", "built"],
        begun_at__lt=local(_before(uow, days=days)),
        order_by=("begun_at", "carrier", "on"),
        limit=MOST_LISTED,
    )

    def says(each: Audit) -> str:
        if each.state == "built":
            return _BOX_AWAY
        return f"it is composed through {each.sets} of its sets"

    return [
        _overdue(
            "audit",
            AuditKey(carrier=each.carrier, on=each.on).name,
            since=each.begun_at,
            days=days,
            says=says(each),
        )
        for each in late
    ]


async def _discrepancies(uow: UnitOfWork, *, days: int) -> Iterable[Overdue]:
    """What a carrier's next book should not have shown any more, and nobody has left as it is."""
    old = await uow.records(Discrepancy).select(
        state="open",
        is_left=False,
        open_since__lt=_before(uow, days=days),
        order_by=("open_since", "discrepancy"),
        limit=MOST_LISTED,
    )
    return [
        _overdue(
            "discrepancy",
            each.discrepancy,
            household=each.household,
            since=each.open_since,
            days=days,
            says=f"its carrier's book differs: {each.kind}, the {each.wins} wins",
        )
        for each in old
    ]
