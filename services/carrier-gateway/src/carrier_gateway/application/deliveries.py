"""What is carried to carriers' own hosts: where they are, and how far each file is (CAR-1, CAR-4)."""

from __future__ import annotations

from bulkhead.persistence.ports import UnitOfWork
from carrier_gateway.application.waiting import (
    DROP_BOXES,
    HOST_FILES,
    HOST_SIDES,
    Side,
    carriers_of,
    drop_box,
)
from carrier_gateway.domain.carriers import CarrierHost, CarrierProfile
from carrier_gateway.domain.records import Delivery


async def hosts_due(uow: UnitOfWork) -> dict[str, tuple[CarrierHost, tuple[Side, ...]]]:
    """Return the carriers' own hosts, by carrier, each with its sides that do not rest. Of one that is gone from its
    profile nothing waits any more.
    """
    profiles = await uow.records(CarrierProfile).select()
    hosts = {each.carrier: each.host for each in profiles if each.host is not None}
    waiting, resting = await DROP_BOXES.waiting_and_resting(uow)
    gone = {
        drop_box(carrier, part)
        for part in (*HOST_SIDES, HOST_FILES)
        for carrier in carriers_of(waiting, part) - set(hosts)
    }
    await DROP_BOXES.forget(uow, gone)
    due: dict[str, tuple[CarrierHost, tuple[Side, ...]]] = {}
    for carrier, host in hosts.items():
        sides: tuple[Side, ...] = tuple(side for side in HOST_SIDES if drop_box(carrier, side) not in resting)
        if sides:
            due[carrier] = host, sides
    return due


async def files_rest(uow: UnitOfWork, carrier: str) -> bool:
    """Whether those files that a carrier's own host would not give are not to be tried again yet."""
    return drop_box(carrier, HOST_FILES) in await DROP_BOXES.resting(uow)


async def delivery_of(uow: UnitOfWork, *, carrier: str, file: str, sha256: str) -> Delivery | None:
    """Return how far a file of these bytes is, None where it was not brought to its carrier's host."""
    found = await uow.records(Delivery).get(carrier=carrier, file=file)
    return found if found is not None and found.sha256 == sha256 else None


async def note_delivery(uow: UnitOfWork, delivery: Delivery) -> None:
    """Note how far a file is."""
    await uow.records(Delivery).put([delivery])


async def forget_delivery(uow: UnitOfWork, delivery: Delivery) -> None:
    """Note that a file has to be brought again: it did not get its name."""
    await uow.records(Delivery).remove(carrier=delivery.carrier, file=delivery.file)


async def forget_begun(uow: UnitOfWork, profile: CarrierProfile) -> None:
    """Have what was begun at a host that a new profile names no more brought to the other one."""
    known = await uow.records(CarrierProfile).get(carrier=profile.carrier)
    if known is not None and _folder_of(known.host) != _folder_of(profile.host):
        await uow.records(Delivery).remove(carrier=profile.carrier, state="going")


def _folder_of(host: CarrierHost | None) -> tuple[str, int, str, str] | None:
    return None if host is None else (host.address, host.port, host.user, host.upload_folder)
