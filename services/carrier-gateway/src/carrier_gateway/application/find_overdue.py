"""What should have reached a carrier, or been read from one, by now and has not (I9)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from bulkhead.kernel.calendar import local, local_date
from bulkhead.overdue import MOST_LISTED, FindOverdue, Overdue
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.retries.retries import Retry
from carrier_gateway.application.ports import Parameters
from carrier_gateway.application.waiting import INBOUND_FILES, file_in_box
from carrier_gateway.application.write_lists import ListKey
from carrier_gateway.application.write_remittances import waits_for
from carrier_gateway.domain.carriers import CarrierProfile
from carrier_gateway.domain.records import DelinquencyList, InboundFile, ListHead, Policy, Transmission
from carrier_gateway.domain.remittances import Remittance

KINDS = ("policy-not-told", "transmission", "inbound-file", "delinquency-list", "remittance")

_NO_PROFILE = "its carrier has no profile"


def overdue_of(parameters: Parameters) -> FindOverdue:
    """Return the use case that finds what is overdue by the pack's parameters (I9, CAR-4)."""

    async def find(uow: UnitOfWork) -> Sequence[Overdue]:
        days = parameters.as_of(uow.today)
        profiled = set(await uow.records(CarrierProfile).distinct("carrier"))
        return (
            *await _policies(uow, days=days.transmission_overdue_days),
            *await _transmissions(uow, days=days.transmission_overdue_days, profiled=profiled),
            *await _files(uow, days=days.inbound_file_overdue_days, profiled=profiled),
            *await _lists(uow, days=days.list_overdue_days, profiled=profiled),
            *await _remittances(uow, days=days.remittance_overdue_days),
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


async def _policies(uow: UnitOfWork, *, days: int) -> Iterable[Overdue]:
    """Policies whose binder is paid and of which nothing was even decided: their people are not known."""
    silent = await uow.records(Policy).select(
        told="nothing",
        decided=0,
        lifecycle=["selected", "active", "terminated"],
        released_on__lt=_before(uow, days=days),
        order_by=("released_on", "policy"),
        limit=MOST_LISTED,
    )
    says = "its contact is not known as of the version it needs"
    return [
        _overdue(
            "policy-not-told",
            each.policy,
            household=each.household,
            since=each.released_on,
            days=days,
            says=says,
        )
        for each in silent
        if each.released_on is not None
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
            return "it is not in the drop-box, which cannot be reached"
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
            return "it is not in the drop-box, which cannot be reached"
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
            return "it is not in the drop-box, which cannot be reached"
        lacks = await waits_for(uow, each)
        return f"it waits for: {lacks}" if lacks else "it waits to be composed"

    return [
        _overdue("remittance", each.trace, since=each.heard_at, days=days, says=await says(each))
        for each in late
    ]
