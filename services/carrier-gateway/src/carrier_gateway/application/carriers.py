"""Carriers: their profiles, and how things stand with each."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from bulkhead.kernel.errors import NotFound
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.retries.retries import Retry, try_now
from carrier_gateway.application.deliveries import forget_begun
from carrier_gateway.application.waiting import (
    DROP_BOXES,
    HOST_FILES,
    HOST_SIDES,
    INBOUND_FILES,
    Side,
    boxes_away,
    drop_box,
)
from carrier_gateway.application.write_remittances import compose_anew
from carrier_gateway.domain.carriers import CarrierProfile, check_profile
from carrier_gateway.domain.records import (
    DelinquencyList,
    InboundFile,
    InboundRecord,
    MetCarrier,
    Transmission,
)
from carrier_gateway.domain.remittances import Remittance


async def record_profile(uow: UnitOfWork, profile: CarrierProfile) -> CarrierProfile:
    """Keep a carrier's profile, in place of the one before (CAR-1); raises `InvalidValue`.

    What could not be written for the carrier is tried again with it, and its host is visited. The caller holds the
    carrier's lock.
    """
    check_profile(profile)
    await forget_begun(uow, profile)
    await meet_carriers(uow, [profile.carrier])
    await uow.records(CarrierProfile).put([profile])
    stuck = await uow.records(Transmission).select(carrier=profile.carrier, state="waiting", problem__ne="")
    await uow.records(Transmission).put([replace(each, problem="") for each in stuck])
    await compose_anew(uow, profile.carrier)
    for part in (*HOST_SIDES, HOST_FILES):
        await try_now(uow, kind=DROP_BOXES.kind, item=drop_box(profile.carrier, part))
    return profile


async def profile_of(uow: UnitOfWork, carrier: str) -> CarrierProfile:
    """Return a carrier's profile; raises `NotFound`."""
    found = await uow.records(CarrierProfile).get(carrier=carrier)
    if found is None:
        raise NotFound("there is no profile of this carrier")
    return found


async def login_keys_of(uow: UnitOfWork, carrier: str) -> tuple[str, ...]:
    """Return the keys that a carrier's programs log in with; none where it has no profile."""
    found = await uow.records(CarrierProfile).get(carrier=carrier)
    return () if found is None else found.login_keys


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierStanding:
    """How things stand with a carrier: what waits, and whether its drop-box can be reached."""

    carrier: str
    has_profile: bool
    waiting_transmissions: int
    unwritable_transmissions: int
    built_transmissions: int
    rejected_transmissions: int
    waiting_records: int
    waiting_lists: int
    waiting_remittances: int
    stored_files: int
    failing_files: int
    unreachable: tuple[tuple[Side, Retry], ...]


async def known_carriers(uow: UnitOfWork) -> list[str]:
    """Return every carrier met so far: in a profile, a selection, a list, or a remittance."""
    return [each.carrier for each in await uow.records(MetCarrier).select()]


async def meet_carriers(uow: UnitOfWork, carriers: Collection[str]) -> None:
    """Remember carriers as met, those that are not yet."""
    if not carriers:
        return
    known = await uow.records(MetCarrier).distinct("carrier", carrier=sorted(carriers))
    new = sorted(set(carriers) - set(known))
    if new:
        await uow.records(MetCarrier).add_new([MetCarrier(carrier=each, met_on=uow.today) for each in new])


async def carriers_standing(uow: UnitOfWork) -> list[CarrierStanding]:
    """Return how things stand with every carrier."""
    profiles = set(await uow.records(CarrierProfile).distinct("carrier"))
    failing = [each.rpartition("/")[0] for each in await INBOUND_FILES.waiting(uow)]
    return [
        CarrierStanding(
            carrier=carrier,
            has_profile=carrier in profiles,
            waiting_transmissions=await uow.records(Transmission).count(carrier=carrier, state="waiting"),
            unwritable_transmissions=await uow.records(Transmission).count(
                carrier=carrier, state="waiting", problem__ne=""
            ),
            built_transmissions=await uow.records(Transmission).count(carrier=carrier, state="built"),
            rejected_transmissions=await uow.records(Transmission).count(carrier=carrier, answer="rejected"),
            waiting_records=await uow.records(InboundRecord).count(carrier=carrier, waits_since__ne=None),
            waiting_lists=await uow.records(DelinquencyList).count(
                carrier=carrier, state=["waiting", "built"]
            ),
            waiting_remittances=await uow.records(Remittance).count(
                carrier=carrier, state=["waiting", "numbered", "built"]
            ),
            stored_files=await uow.records(InboundFile).count(carrier=carrier, state="stored"),
            failing_files=failing.count(carrier),
            unreachable=tuple(await boxes_away(uow, carrier)),
        )
        for carrier in await known_carriers(uow)
    ]
