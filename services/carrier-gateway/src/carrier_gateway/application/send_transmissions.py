"""Sets that are built reach the carrier's drop-box, and the others are told so."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from bulkhead.kernel.decisions import Reason
from bulkhead.persistence.ports import UnitOfWork
from carrier_gateway.domain.events import TransmissionSent
from carrier_gateway.domain.records import Transmission, TransmissionContent

_GROUNDS = {
    "initial": Reason(
        rule="ENR-5",
        says="The carrier is told of the enrollment now that its binder is paid, or none is needed.",
        citation="VHC §2",
    ),
    "renewal": Reason(
        rule="ENR-5",
        says="The carrier is told of the renewal at once: it waits for no payment.",
        citation="VHC §2",
    ),
    "change": Reason(rule="CAR-2", says="The carrier is told what is not as before since a day."),
    "cancel": Reason(rule="CAR-2", says="The carrier was told of coverage that will not begin."),
    "termination": Reason(rule="CAR-2", says="The carrier is told of the coverage's last day."),
    "reinstatement": Reason(
        rule="CAR-2", says="The carrier is told that the coverage goes on without a gap."
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A file to be put into a drop-box."""

    transmission: str
    household: str
    path: str
    data: bytes


def outbound_path(*, carrier: str, file: str) -> str:
    """Return where a file for a carrier goes, below the drop-boxes' root."""
    return f"{carrier}/outbound/{file}"


async def built_carriers(uow: UnitOfWork) -> list[str]:
    """Return the carriers for which sets are built and not sent."""
    return await uow.records(Transmission).distinct("carrier", state="built")


async def count_pending(
    uow: UnitOfWork, *, buildable: Mapping[str, Collection[str]], sendable: Mapping[str, Collection[str]]
) -> int:
    """Return how many sets wait to be built for some carriers, or to be sent to others: of each carrier, but those of
    the households that are left alone.
    """
    records, found = uow.records(Transmission), 0
    for carriers, still in ((buildable, {"state": "waiting", "problem": ""}), (sendable, {"state": "built"})):
        if carriers:
            found += await records.count(carrier=list(carriers), **still)
        for carrier, left_alone in carriers.items():
            if left_alone:
                found -= await records.count(carrier=carrier, household=sorted(left_alone), **still)
    return found


async def parcels_for(
    uow: UnitOfWork, *, carrier: str, limit: int, leave: Collection[str] = ()
) -> list[Parcel]:
    """Return a carrier's built sets as files, in the order of their numbers: those of households to be left alone are
    not among them.
    """
    built, after = list[Transmission](), -1
    while len(built) < limit:
        page = await uow.records(Transmission).select(
            carrier=carrier,
            state="built",
            control_number__gt=after,
            order_by=("control_number",),
            limit=limit,
        )
        built += [each for each in page if each.household not in leave]
        if len(page) < limit:
            break
        after = page[-1].control_number or 0
    built = built[:limit]
    if not built:
        return []
    ids = [each.transmission for each in built]
    contents = await uow.records(TransmissionContent).select(transmission=ids)
    by_id = {each.transmission: each.content for each in contents}
    return [
        Parcel(
            transmission=each.transmission,
            household=each.household,
            path=outbound_path(carrier=carrier, file=each.file or ""),
            data=by_id[each.transmission].reveal().encode("ascii"),
        )
        for each in built
    ]


async def mark_sent(uow: UnitOfWork, *, transmissions: Collection[str]) -> int:
    """Note that these sets are whole in the drop-box and say so, once of each set however often it goes; return how
    many had not been noted yet.

    The caller holds the households' locks.
    """
    built = await uow.records(Transmission).select(
        transmission=sorted(transmissions), state="built", order_by=("carrier", "control_number")
    )
    sent = [replace(each, state="sent", sent_on=uow.today, sent_at=uow.now) for each in built]
    await uow.records(Transmission).put(sent)
    for each in built:
        if each.again_of is not None:
            continue  # it was said when the set went first
        event = TransmissionSent(
            household=each.household,
            policy=each.policy,
            carrier=each.carrier,
            transmission=each.transmission,
            kind=each.kind,
            effective=each.effective,
            sent_on=uow.today,
        )
        uow.emit(event, household=each.household, reasons=(_GROUNDS[each.kind],))
    return len(built)
