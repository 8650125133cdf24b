"""From the model to segments: what stands in an 820 between ST and SE, a piece at a time."""

from __future__ import annotations

from collections.abc import Iterator

from bulkhead.kernel.money import format_cents
from bulkhead.kernel.personal import Masked
from carrier_gateway.x12.remittance820.model import ACH, Entity, Item, Party, Payment
from carrier_gateway.x12.segments import Segment


def build_payment(*, payment: Payment) -> Iterator[Segment]:
    """Yield the segments before the first ENT. They say what the model says, right or wrong: `validate` is asked."""
    clearing = "CCP" if payment.method == ACH else ""
    yield Segment.of(
        "BPR",
        *("I", format_cents(payment.cents), "C", payment.method, clearing),
        *("",) * 10,
        f"{payment.paid_on:%Y%m%d}",
    )
    yield Segment.of("TRN", "3", payment.trace)
    yield from _referenced("38", payment.plan)
    yield from _referenced("TV", payment.issuer_plan)
    yield _party("PE", payment.payee)
    yield _party("RM", payment.payer)
    if payment.telephone:
        yield Segment.of("PER", "IC", "", "TE", payment.telephone)


def build_entity(*, entity: Entity) -> Iterator[Segment]:
    """Yield the segments of one loop 2000. Reading them gives the same model again."""
    yield Segment.of("ENT", str(entity.number))
    subscriber = entity.subscriber
    if subscriber is not None:
        yield Segment.of(
            "NM1",
            *("IL", "1", _shown(subscriber.last_name), _shown(subscriber.first_name)),
            *("", "", "", "C1", subscriber.identifier),
        )
        yield from _referenced("38", entity.plan)
        yield from _referenced("POL", entity.policy)
        yield from _referenced("AZ", entity.issuer_policy)
        yield from _referenced("0F", entity.issuer_subscriber)
    for item in entity.items:
        yield from _item(item)


def _item(item: Item) -> Iterator[Segment]:
    yield Segment.of("RMR", "ZZ", item.payment_type, "", format_cents(item.cents))
    if item.report is not None:
        yield from _referenced(*item.report)
    if item.first is not None and item.last is not None:
        yield Segment.of("DTM", "582", "", "", "", "RD8", f"{item.first:%Y%m%d}-{item.last:%Y%m%d}")


def _party(entity: str, party: Party) -> Segment:
    return Segment.of("N1", entity, party.name, party.qualifier, party.identifier)


def _referenced(qualifier: str, value: str) -> Iterator[Segment]:
    if value:
        yield Segment.of("REF", qualifier, value)


def _shown(text: Masked | None) -> str:
    return "" if text is None else text.reveal()
