"""What carriers were told of a household, and what they said: 834s sent, lists it is on, records of their files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Final

from bulkhead.kernel.calendar import local_date
from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.explanations import Ground, facts_of
from bulkhead.kernel.timelines import About, Happened, earliest
from bulkhead.persistence.ports import UnitOfWork
from carrier_gateway.domain.records import (
    DelinquencyList,
    DelinquencyRow,
    InboundFile,
    InboundKind,
    InboundRecord,
    ListHead,
    Transmission,
)

_SAID: Final[Mapping[InboundKind, str]] = {
    "effectuation": "effectuated",
    "cancellation": "carrier-canceled",
    "termination": "carrier-ended",
    "maintenance": "carrier-confirmed",
    "reinstatement": "carrier-reinstated",
}
"""What the records of a carrier's files are called that were accepted."""


async def timeline_of(uow: UnitOfWork, household: str, *, refused: bool) -> list[Happened]:
    """Return all that carriers were told of a household and said: a query for each kind of thing, by the household's
    key. ``refused``: records of carriers' files that were not accepted are in it too.
    """
    transmissions = await uow.records(Transmission).select(
        household=household, order_by=("decided_at", "number")
    )
    rows = await uow.records(DelinquencyRow).select(household=household, order_by=("on",))
    heads = await uow.records(DelinquencyList).select_as(
        ListHead,
        carrier=sorted({each.carrier for each in rows}),
        on=sorted({each.on for each in rows}),
        list_part=sorted({each.list_part for each in rows}),
    )
    lists = {(each.carrier, each.on, each.list_part): each for each in heads}
    records = await uow.records(InboundRecord).select(household=household, order_by=("file", "number"))
    files = await uow.records(InboundFile).select(file=sorted({each.file for each in records}))
    came = {each.file: each for each in files}
    return [
        *(each for transmission in transmissions for each in _of_transmission(transmission)),
        *(
            _listed(each, part)
            for each in rows
            if (part := lists.get((each.carrier, each.on, each.list_part))) is not None
            and part.written_on is not None
        ),
        *(_of_record(each, came[each.file]) for each in records if refused or each.outcome == "accepted"),
    ]


def _of_transmission(transmission: Transmission) -> Iterator[Happened]:
    facts = facts_of(
        policy=transmission.policy,
        carrier=transmission.carrier,
        kind=transmission.kind,
        effective=transmission.effective,
        end_reason=transmission.end_reason,
        file=transmission.file,
    )
    about: tuple[About, str] = ("transmission", transmission.transmission)
    if transmission.state in ("waiting", "built"):
        says = "an 834 is to be sent, and waits"
        at = transmission.decided_at
        yield _told("waits", at, local_date(at), about, facts, _reasons("CAR-1", says, facts))
    if transmission.sent_on is not None:
        says = "the carrier is told by an 834"
        at = earliest(transmission.sent_on, transmission.decided_at, transmission.built_at)
        yield _told("sent", at, transmission.sent_on, about, facts, _reasons("CAR-1", says, facts))


def _listed(row: DelinquencyRow, part: ListHead) -> Happened:
    on = part.written_on or row.on
    facts = facts_of(
        carrier=row.carrier,
        on=row.on,
        month=row.month,
        of=row.of,
        pay_by=row.pay_by,
        claims=row.claims,
        action=row.action,
        effective=row.effective,
        file=part.file,
    )
    about: tuple[About, str] = ("list", f"{row.carrier} {row.on}")
    reasons = _reasons("CAR-3", "the carrier is told on its delinquency list", facts)
    return _told(
        "list-sent", earliest(on, part.closed_at), on, about, facts, reasons, cents=row.past_due_cents
    )


def _of_record(record: InboundRecord, file: InboundFile) -> Happened:
    facts = facts_of(
        policy=record.policy,
        carrier=file.carrier,
        kind=record.kind,
        effective=record.effective,
        paid_through=record.paid_through,
        ends=record.ends,
        because=record.because,
        record=record.number,
    )
    what = f"record-{record.outcome}"
    if record.outcome == "accepted" and record.kind is not None:
        what = _SAID[record.kind]
    reasons = record.reasons or _reasons("CAR-5", "a record of the carrier's file was accepted", facts)
    return _told(what, file.stored_at, local_date(file.stored_at), ("file", record.file), facts, reasons)


def _reasons(rule: str, says: str, facts: dict[str, str]) -> tuple[Reason, ...]:
    return (Reason(rule=rule, says=says, citation=_SOURCES[rule], facts=facts),)


_SOURCES: Final = {"CAR-1": "005010X220A1", "CAR-3": "VHC §3", "CAR-5": "CMS 834 companion guide v7.2"}


def _told(
    what: str,
    at: datetime,
    on: date,
    about: tuple[About, str],
    facts: dict[str, str],
    reasons: Sequence[Reason],
    *,
    cents: int | None = None,
) -> Happened:
    return Happened(
        at=at,
        on=on,
        what=what,
        about=about[0],
        subject=about[1],
        cents=cents,
        facts=facts,
        grounds=tuple(Ground(reason=each) for each in reasons),
    )
