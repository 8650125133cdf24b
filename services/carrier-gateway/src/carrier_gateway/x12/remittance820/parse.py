"""From segments to the model: as much as is there, and of the rest where it is and what is wrong."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Final

from bulkhead.kernel.personal import Masked
from carrier_gateway.x12.elements import parse_date, parse_period
from carrier_gateway.x12.faults import Problem
from carrier_gateway.x12.grammar import Loop, Node, read_loop
from carrier_gateway.x12.remittance820.model import Entity, Item, Party, Payment, Subscriber
from carrier_gateway.x12.remittance820.structure import ENTITY, PAYMENT, floor_of
from carrier_gateway.x12.segments import Segment

UNREADABLE_DATE: Final = date(1, 1, 1)
"""What stands in for a date that could not be read: such a set has a problem."""

_AMOUNT = re.compile(r"(?P<sign>-?)(?P<whole>\d{0,15})(\.(?P<part>\d{0,2}))?", re.ASCII)


def cents_of(text: str) -> int | None:
    """Return an amount in cents, with its sign; None for what is none, or has parts of a cent."""
    match = _AMOUNT.fullmatch(text)
    if match is None or not (match["whole"] or match["part"]):
        return None
    cents = int(match["whole"] or "0") * 100 + int((match["part"] or "").ljust(2, "0"))
    return -cents if match["sign"] else cents


def parse_payment(*, segments: Sequence[Segment]) -> tuple[Payment, list[Problem]]:
    """Return what the segments from ST up to the first ENT say, whatever is wrong with them; never raises."""
    root = _read(PAYMENT, segments)
    opening = root.one("set") or Segment("ST")
    paid, trace = root.one("payment") or Segment("BPR"), root.one("trace") or Segment("TRN")
    payer = root.child("1000B")
    contact = (payer.one("contact") if payer else None) or Segment("PER")
    payment = Payment(
        control_number=opening.get(2),
        cents=cents_of(paid.get(2)) or 0,
        method=paid.get(4),
        paid_on=parse_date(paid.get(16)) or UNREADABLE_DATE,
        trace=trace.get(2),
        payee=_party(root.child("1000A"), "payee"),
        payer=_party(payer, "payer"),
        telephone=contact.get(4),
        plan=_value(root, "plan"),
        issuer_plan=_value(root, "issuer plan"),
        position=opening.position,
    )
    return payment, root.all_problems()


def parse_entity(*, segments: Sequence[Segment]) -> tuple[Entity, list[Problem]]:
    """Return what the segments of one loop 2000 say, whatever is wrong with them; never raises."""
    root = _read(ENTITY, segments)
    opening = root.one("entity") or Segment("ENT")
    whose = root.child("2100")
    number = opening.get(1)
    entity = Entity(
        number=int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 0,
        items=tuple(_item(each) for each in root.children("2300")),
        subscriber=None if whose is None else _subscriber(whose),
        plan=_value(whose, "plan"),
        policy=_value(whose, "policy"),
        issuer_policy=_value(whose, "issuer policy"),
        issuer_subscriber=_value(whose, "issuer subscriber"),
        position=opening.position,
    )
    return entity, root.all_problems()


def _read(loop: Loop, segments: Sequence[Segment]) -> Node:
    node, _ = read_loop(loop=loop, segments=segments, at=0, floor=floor_of, outer=lambda _: False)
    return node


def _subscriber(node: Node) -> Subscriber:
    segment = node.one("subscriber") or Segment("NM1")
    return Subscriber(
        identifier=segment.get(9), last_name=_masked(segment.get(3)), first_name=_masked(segment.get(4))
    )


def _item(node: Node) -> Item:
    amount, report = node.one("amount") or Segment("RMR"), node.one("report")
    coverage = node.one("coverage") or Segment("DTM")
    first, last = parse_period(coverage.get(6), form="RD8") or (None, None)
    return Item(
        payment_type=amount.get(2),
        cents=cents_of(amount.get(4)) or 0,
        first=first,
        last=last,
        report=None if report is None else (report.get(1), report.get(2)),
        position=amount.position,
    )


def _party(node: Node | None, slot: str) -> Party:
    segment = (node.one(slot) if node else None) or Segment("N1")
    return Party(name=segment.get(2), qualifier=segment.get(3), identifier=segment.get(4))


def _value(node: Node | None, slot: str) -> str:
    segment = node.one(slot) if node else None
    return "" if segment is None else segment.get(2)


def _masked(text: str) -> Masked | None:
    return Masked(text) if text else None
