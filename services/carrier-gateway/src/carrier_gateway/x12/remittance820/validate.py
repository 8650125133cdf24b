"""What must be true of an 820 beyond its syntax: how it is paid, whom each amount is for, and that all is summed up."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from carrier_gateway.x12.faults import Fault, Floor, Problem
from carrier_gateway.x12.remittance820.model import (
    ADJUSTMENT,
    BALANCE,
    NON,
    PREMIUM,
    Entity,
    Item,
    Payment,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guide:
    """What a carrier's companion guide calls the types of payments: those of a policy's month, and the balance."""

    of_months: frozenset[str] = frozenset({PREMIUM, ADJUSTMENT})
    balance: str = BALANCE


class Account:
    """Judges an 820 as it is read, and keeps of it only sums."""

    def __init__(self, *, guide: Guide) -> None:
        self.total_cents = 0
        self.entities = 0
        self._guide = guide
        self._payment: Payment | None = None

    def open(self, payment: Payment) -> Iterable[Problem]:
        """Take what is paid; return what is wrong with it."""
        self._payment = payment
        return _payment_problems(payment)

    def add(self, entity: Entity) -> Iterator[Problem]:
        """Take whom a part of it is for; yield what is wrong with it."""
        self.entities += 1
        self.total_cents += sum(each.cents for each in entity.items)
        if entity.number != self.entities:
            says = "does not count on from the one before it"
            yield _problem("member", Fault.ENTITY_NUMBER_WRONG, entity.position, "ENT", says, 1)
        if self._payment is not None and self._payment.plan and entity.plan not in ("", self._payment.plan):
            says = "38 is of another plan than the whole set's"
            yield _problem("member", Fault.PLAN_DIFFERS, entity.position, "REF", says, 2)
        for item in entity.items:
            yield from self._item_problems(entity, item)

    def close(self) -> Iterator[Problem]:
        """Yield what is wrong with the whole, once all of it was taken."""
        if self._payment is not None and self._payment.cents != self.total_cents:
            at = self._payment.position
            says = "is not the sum of all RMR04"
            yield _problem("set", Fault.PAYMENT_TOTAL_WRONG, at, "BPR", says, 2)

    def _item_problems(self, entity: Entity, item: Item) -> Iterator[Problem]:
        if item.payment_type == self._guide.balance:
            if entity.subscriber is not None:
                says = "is a balance, which is nobody's"
                yield _problem("member", Fault.BALANCE_OF_A_SUBSCRIBER, item.position, "RMR", says, 2)
            return
        if item.payment_type not in self._guide.of_months:
            says = "is a type of payment nobody has agreed on"
            yield _problem("member", Fault.PAYMENT_TYPE_UNKNOWN, item.position, "RMR", says, 2)
            return
        if not entity.policy:
            says = "is paid for no policy (REF POL)"
            yield _problem("member", Fault.POLICY_MISSING, item.position, "RMR", says)
        if not _is_a_month(item):
            says = "does not say for which whole month (DTM 582)"
            yield _problem("member", Fault.COVERAGE_MONTH_WRONG, item.position, "RMR", says)


def _payment_problems(payment: Payment) -> list[Problem]:
    at = payment.position
    if payment.cents < 0:
        says = "is less than nothing: a balance is carried instead"
        return [_problem("set", Fault.PAYMENT_NEGATIVE, at, "BPR", says, 2)]
    if (payment.method == NON) != (payment.cents == 0):
        says = "must be NON where nothing is paid, and only there"
        return [_problem("set", Fault.PAYMENT_METHOD_WRONG, at, "BPR", says, 4)]
    return []


def _is_a_month(item: Item) -> bool:
    if item.first is None or item.last is None:
        return False
    days = monthrange(item.first.year, item.first.month)[1]
    return item.first.day == 1 and item.last == item.first.replace(day=days)


def _problem(floor: Floor, fault: Fault, position: int, segment: str, says: str, element: int = 0) -> Problem:
    return Problem(floor=floor, fault=fault, position=position, segment=segment, element=element, says=says)
