"""What waits to be told becomes sets: numbered, composed, and kept byte for byte."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from bulkhead.persistence.ports import UnitOfWork
from bulkhead.persistence.working_set import write
from carrier_gateway.application.book import Book
from carrier_gateway.application.forget_contacts import forget_told
from carrier_gateway.application.ports import Composer, Parameters, Uncomposable
from carrier_gateway.application.waiting import longest_waiting
from carrier_gateway.domain.carriers import CarrierProfile
from carrier_gateway.domain.orders import EnrollmentOrder
from carrier_gateway.domain.parameters import GatewayParameters
from carrier_gateway.domain.people import listed_people
from carrier_gateway.domain.records import (
    ControlNumbers,
    Policy,
    Transmission,
    TransmissionContent,
)
from carrier_gateway.domain.telling import as_told_of, says, speaks_of, told
from carrier_gateway.domain.versions import version_on

WAITS_FOR_EARLIER = "an earlier set of this policy cannot be composed"


async def buildable_carriers(uow: UnitOfWork) -> list[str]:
    """Return the carriers with a profile for which something waits that could be composed."""
    waiting = await uow.records(Transmission).distinct("carrier", state="waiting", problem="")
    return await uow.records(CarrierProfile).distinct("carrier", carrier=waiting) if waiting else []


async def waiting_households(
    uow: UnitOfWork, *, carrier: str, limit: int, leave: Collection[str] = ()
) -> list[str]:
    """Return the households of what has waited longest for a carrier, but those to be left alone."""

    async def read(number: int) -> list[Transmission]:
        return await uow.records(Transmission).select(
            carrier=carrier, state="waiting", problem="", order_by=("decided_at",), limit=number
        )

    found = await longest_waiting(read, limit=limit, wanted=lambda each: each.household not in leave)
    return sorted({each.household for each in found})


async def build_transmissions(
    uow: UnitOfWork,
    *,
    carrier: str,
    households: Collection[str],
    composer: Composer,
    parameters: Parameters,
) -> int:
    """Build the sets that wait for a carrier about these households; return how many were built.

    The caller holds the households' locks and the carrier's. A set that cannot be composed keeps its reason
    and stops what comes after it for the same policy; no number is used up for it. Without a profile nothing
    is built.
    """
    profile = await uow.records(CarrierProfile).get(carrier=carrier)
    if profile is None:
        return 0
    exchange = parameters.as_of(uow.today)
    book = await Book.load(uow, households)
    numbers = await uow.records(ControlNumbers).get(carrier=carrier)
    last = 0 if numbers is None else numbers.last
    batch = _Batch(book=book, profile=profile, exchange=exchange, composer=composer, last=last)
    for waiting in book.waiting.values():
        if all(each.carrier == carrier for each in waiting):
            batch.build_in_order(waiting)
    await batch.save(uow, carrier=carrier)
    await forget_told(uow, households)
    return len(batch.contents)


class _Batch:
    """Sets being built in one transaction, numbered on from the last number used."""

    def __init__(
        self,
        *,
        book: Book,
        profile: CarrierProfile,
        exchange: GatewayParameters,
        composer: Composer,
        last: int,
    ) -> None:
        self._book = book
        self._profile = profile
        self._exchange = exchange
        self._composer = composer
        self._last = last
        self.contents: list[TransmissionContent] = []

    def build_in_order(self, waiting: Sequence[Transmission]) -> None:
        """Build one policy's sets; after one that cannot be, the later ones wait for it."""
        stopped = False
        for transmission in waiting:
            if stopped:
                self._book.put(replace(transmission, problem=WAITS_FOR_EARLIER))
            elif transmission.problem or not self._build(transmission):
                stopped = True

    def _build(self, transmission: Transmission) -> bool:
        known = self._book.get(Policy, transmission.policy)
        people, contact = self._book.people_of(known), self._book.contact_of(known)
        if people is None or contact is None:
            self._book.put(replace(transmission, problem="its contact is not known"))
            return False
        number = self._last + 1
        step = says(transmission)
        policy = as_told_of(known, step)
        order = EnrollmentOrder(
            step=step,
            policy=policy,
            people=listed_people(policy, step, everybody=people),
            terms=version_on(policy.versions, speaks_of(policy, step)),
            contact=contact,
            profile=self._profile,
            exchange=self._exchange,
            control_number=number,
            made_at=self._book.now,
        )
        try:
            content = self._composer.compose(order)
        except Uncomposable as error:
            self._book.put(replace(transmission, problem=str(error)))
            return False
        self._last = number
        self.contents.append(
            TransmissionContent(
                transmission=transmission.transmission,
                content=content,
                category_names=self._profile.category_names,
            )
        )
        self._book.put(
            replace(
                transmission,
                state="built",
                control_number=number,
                built_at=self._book.now,
                file=self._profile.file_for(
                    control_number=number, kind=transmission.kind, made_at=self._book.now
                ),
            )
        )
        self._book.put(told(known, step))
        return True

    async def save(self, uow: UnitOfWork, *, carrier: str) -> None:
        """Write what was built, what carriers are told by it, and the last number used."""
        await write(uow, self._book)
        if self.contents:
            await uow.records(ControlNumbers).put([ControlNumbers(carrier=carrier, last=self._last)])
            await uow.records(TransmissionContent).add(self.contents)
