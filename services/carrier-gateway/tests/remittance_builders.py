"""820s for the codec's own tests: a model to start from, and files written piece by piece."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, time
from typing import Any

from bulkhead.kernel.personal import Masked
from carrier_gateway.x12.envelope import (
    Group,
    GroupHeader,
    Interchange,
    InterchangeHeader,
    TransactionSet,
    compose_around,
)
from carrier_gateway.x12.faults import Problem
from carrier_gateway.x12.remittance820.build import build_entity, build_payment
from carrier_gateway.x12.remittance820.model import Entity, Item, Party, Payment, Subscriber
from carrier_gateway.x12.remittance820.reading import RemittanceReader
from carrier_gateway.x12.remittance820.structure import FUNCTIONAL_GROUP, IDENTIFIER, VERSION
from carrier_gateway.x12.remittance820.validate import Guide
from carrier_gateway.x12.segments import write

MADE_ON, MADE_AT = date(2016, 1, 6), time(16, 0)


def item(payment_type: str = "PREM", cents: int = 500_00, month: int = 1, **other: Any) -> Item:
    """Return what is paid for a month of 2016."""
    last = {1: 31, 2: 29, 3: 31}[month]
    made = Item(
        payment_type=payment_type, cents=cents, first=date(2016, month, 1), last=date(2016, month, last)
    )
    return replace(made, **other)


def entity(number: int = 1, *items: Item, **other: Any) -> Entity:
    """Return what is paid under June's medical policy: 500.00 for January, unless others are given."""
    made = Entity(
        number=number,
        items=items or (item(),),
        subscriber=Subscriber(identifier="june-1", last_name=Masked("Example"), first_name=Masked("June")),
        plan="SILVER",
        policy="june-medical",
        issuer_policy="ISSUER-77",
        issuer_subscriber="GMH-1",
    )
    return replace(made, **other)


def balance(number: int, cents: int) -> Entity:
    """Return a balance that is carried."""
    return Entity(number=number, items=(Item(payment_type="BAL", cents=cents),))


def payment(cents: int = 500_00, **other: Any) -> Payment:
    """Return a payment of January 6, 2016."""
    made = Payment(
        control_number="000000001",
        cents=cents,
        method="ACH" if cents else "NON",
        paid_on=MADE_ON,
        trace="BCBSVT 2016-01-06 1",
        payee=Party(name="Green Mountain Health", qualifier="FI", identifier="030123456"),
        payer=Party(name="Vermont Health Connect", qualifier="58", identifier="VT0"),
        telephone="8555550100",
    )
    return replace(made, **other)


def pieces(paid: Payment, entities: Iterable[Entity], *, inside: int) -> Iterator[bytes]:
    """Yield an 820 a piece at a time: ``inside`` segments are of the entities."""
    interchange = Interchange(
        header=InterchangeHeader(
            sender="VHCEXCHANGE",
            receiver="GMH01",
            created_on=MADE_ON,
            created_at=MADE_AT,
            control_number=1,
        ),
        groups=(
            Group(
                header=GroupHeader(
                    functional=FUNCTIONAL_GROUP,
                    sender="VT0",
                    receiver="77566VT0040001",
                    created_on=MADE_ON,
                    created_at=MADE_AT,
                    control_number=1,
                    version=VERSION,
                ),
                sets=(
                    TransactionSet(
                        identifier=IDENTIFIER,
                        control_number=paid.control_number,
                        version=VERSION,
                        segments=tuple(build_payment(payment=paid)),
                    ),
                ),
            ),
        ),
    )
    opening, closing = compose_around(interchange=interchange, inside=inside)
    yield write(segments=opening)
    for each in entities:
        yield write(segments=build_entity(entity=each))
    yield write(segments=closing)


def written820(paid: Payment, *entities: Entity) -> bytes:
    """Return an 820 as a file."""
    inside = sum(len(list(build_entity(entity=each))) for each in entities)
    return b"".join(pieces(paid, entities, inside=inside))


def read820(
    chunks: Iterable[bytes], guide: Guide | None = None
) -> tuple[tuple[Payment, ...], list[Entity], list[Problem]]:
    """Return what a file says, and everything that is wrong with it."""
    entities: list[Entity] = []
    reader = RemittanceReader(guide=guide or Guide(), entity=entities.append)
    for chunk in chunks:
        reader.feed(chunk)
    read = reader.close()
    return read.payments, entities, list(read.problems)


def problems_of_820(data: bytes) -> list[Problem]:
    """Return every problem of a file on every floor."""
    return read820([data])[2]
