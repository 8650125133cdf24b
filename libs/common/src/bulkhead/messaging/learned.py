"""What was passed over while its type was not known here, read again once the reader knows it (ADR 0012)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from bulkhead.messaging.arrivals import Arrival, Decoder
from bulkhead.messaging.broker import Place
from bulkhead.observability.logging import get_logger
from bulkhead.persistence.event_tables import PassedOverType, lane_of
from bulkhead.persistence.ports import UnitOfWork

_log = get_logger("consumer")


@dataclass(slots=True)
class Learned:
    """The types that were passed over and that this reader knows: each partition is read again from the first of them.

    The inbox drops what else is read again. A type stays noted until all that was passed over of it was read, so a
    reader that ends before that begins there again.
    """

    decoder: Decoder
    _rows: dict[Place, list[PassedOverType]] = field(default_factory=dict[Place, list[PassedOverType]])

    async def look(self, uow: UnitOfWork) -> dict[Place, int]:
        """Return from which offset on each partition is to be read again; asked when this reader is given some."""
        self._rows.clear()
        again: dict[Place, int] = {}
        for row in await uow.records(PassedOverType).select():
            if self.decoder.passes_over(row.type, row.version):
                continue
            place = (row.topic, row.partition)
            self._rows.setdefault(place, []).append(row)
            # What is known here and not listened to would have no effect: its last alone ends it.
            begin = row.first_offset if self.decoder.takes(row.type, row.version) else row.through_offset
            again[place] = min(begin, again.get(place, begin))
        return again

    def lanes(self, through: Mapping[Place, int]) -> list[str]:
        """Return the lanes that `forget` needs, now that all before these offsets is taken in; mostly none."""
        return [lane_of(*place) for place in through if self._done(place, through)]

    async def forget(self, uow: UnitOfWork, through: Mapping[Place, int]) -> None:
        """Note no longer what was passed over and is taken in; the unit of work holds the `lanes`."""
        rows = uow.records(PassedOverType)
        for place in [each for each in through if self._done(each, through)]:
            for row in self._done(place, through):
                key = {
                    "topic": row.topic,
                    "partition": row.partition,
                    "type": row.type,
                    "version": row.version,
                }
                # Another reader, which does not know the type, may have passed over more meanwhile.
                if await rows.get(**key) == row:
                    await rows.remove(**key)
                    _log.warning(
                        "type known now", topic=row.topic, partition=row.partition, event_type=row.type,
                        version=row.version, events=row.events,
                    )  # fmt: skip
                self._rows[place].remove(row)

    def tell_too_old(self, arrivals: Collection[Arrival], taken: Collection[Arrival]) -> None:
        """Log what was passed over longer ago than the inbox goes back: it cannot be told from what was handled."""
        taken_ids = {id(each) for each in taken}
        for each in arrivals:
            incoming = each.incoming
            if id(each) not in taken_ids and any(
                row.type == each.type and row.first_offset <= incoming.offset <= row.through_offset
                for row in self._rows.get(incoming.place, ())
            ):
                _log.error(
                    "passed over too long ago", topic=incoming.topic, partition=incoming.partition,
                    offset=incoming.offset, event_type=each.type, event_id=each.event_id,
                )  # fmt: skip

    def _done(self, place: Place, through: Mapping[Place, int]) -> list[PassedOverType]:
        return [row for row in self._rows.get(place, ()) if row.through_offset < through[place]]
