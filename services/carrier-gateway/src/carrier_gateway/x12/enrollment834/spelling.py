"""The names of loop 2750 as a carrier spells them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from carrier_gateway.x12.envelope import TransactionSet
from carrier_gateway.x12.segments import Segment

_REPORTING = "75"


def respelled(*, transaction_set: TransactionSet, names: Mapping[str, str]) -> TransactionSet:
    """Return a set with these names of reporting categories (N1*75) in the place of those; all else as it stands."""
    if not names:
        return transaction_set
    segments = tuple(_respelled(each, names) for each in transaction_set.segments)
    return replace(transaction_set, segments=segments)


def _respelled(segment: Segment, names: Mapping[str, str]) -> Segment:
    name = names.get(segment.get(2)) if segment.tag == "N1" and segment.get(1) == _REPORTING else None
    if name is None:
        return segment
    return replace(segment, elements=(segment.elements[0], name, *segment.elements[2:]))
