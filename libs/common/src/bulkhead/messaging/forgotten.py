"""What had its effect so long ago that the inbox has forgotten it: known by where it stands in its partition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from bulkhead.messaging.arrivals import Arrival
from bulkhead.messaging.broker import Place
from bulkhead.persistence.event_tables import Pruned, ReadOffset
from bulkhead.persistence.ports import UnitOfWork

_CLOCKS_DIFFER_BY = timedelta(days=1)
"""More than the clocks of brokers, writers and databases ever differ by."""


@dataclass(slots=True)
class Forgotten:
    """Tells the events that must not be taken again although the inbox no longer knows them (ADR 0016).

    They were read, for their offset is below what was noted as read; and their entry in the inbox may be pruned, for
    they were written before what is kept there. Of anything newer the inbox knows; so does it of a topic that was
    made anew, whose offsets begin again, for all of it is newer.
    """

    _read: dict[Place, int] = field(default_factory=dict[Place, int])

    async def look(self, uow: UnitOfWork) -> None:
        """Learn how far partitions were noted as read; asked when this reader is given some. What is noted later is
        no further than it has come by then (`have_read`).
        """
        noted = await uow.records(ReadOffset).select()
        self._read = {(each.topic, each.partition): each.offset for each in noted}

    def have_read(self, through: Mapping[Place, int]) -> None:
        """Remember that everything before these offsets has been taken in."""
        for place, offset in through.items():
            self._read[place] = max(offset, self._read.get(place, 0))

    async def without_them(self, uow: UnitOfWork, arrivals: Sequence[Arrival]) -> list[Arrival]:
        """Return, of those that the inbox does not know, the ones that are to be taken.

        Asked after the inbox in the same transaction: a month is dropped with the inbox locked for the dropper alone,
        so none is from then until this transaction ends, and what was dropped before can be seen.
        """
        if not any(map(self._was_read, arrivals)):
            return list(arrivals)
        pruned = await uow.records(Pruned).get(name="inbox")
        if pruned is None:
            return list(arrivals)
        kept_since = pruned.before + _CLOCKS_DIFFER_BY
        return [
            each for each in arrivals if not (self._was_read(each) and each.incoming.written_at < kept_since)
        ]

    def _was_read(self, arrival: Arrival) -> bool:
        return arrival.incoming.offset < self._read.get(arrival.incoming.place, 0)
