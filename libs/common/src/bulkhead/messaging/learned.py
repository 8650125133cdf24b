"""What was passed over while its type was not known here, read again once the reader knows it (ADR 0012)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from bulkhead.messaging.arrivals import Arrival, Decoder, PassedOver, event_id_of
from bulkhead.messaging.broker import Incoming, Place
from bulkhead.observability.logging import get_logger
from bulkhead.persistence.event_tables import PassedOverType, lane_of
from bulkhead.persistence.ports import UnitOfWork

_log = get_logger("consumer")


@dataclass(slots=True)
class Learned:
    """The types that were passed over and that this reader knows: each partition is read again from the first of them.

    Nothing else of what is read again is taken in. A type stays noted until all that was passed over of it was read,
    so a reader that ends before that begins there again. ``again_until`` is to where each partition that is read again
    had been read before.
    """

    decoder: Decoder
    again_until: dict[Place, int] = field(default_factory=dict[Place, int], init=False)
    _first: dict[tuple[str, int, int], list[PassedOverType]] = field(
        default_factory=dict[tuple[str, int, int], list[PassedOverType]], init=False
    )
    """All that is noted, by where its first stands."""
    _rows: dict[Place, list[PassedOverType]] = field(
        default_factory=dict[Place, list[PassedOverType]], init=False
    )

    async def look(self, uow: UnitOfWork, come: Mapping[Place, int]) -> dict[Place, int]:
        """Return from which offset on each of these partitions is to be read, which had ``come`` so far; asked when
        this reader is given them.
        """
        self._rows.clear()
        self._first.clear()
        begin = dict(come)
        for row in await uow.records(PassedOverType).select():
            place = (row.topic, row.partition)
            if place in come:
                self._first.setdefault((*place, row.first_offset), []).append(row)
            if place not in come or self.decoder.passes_over(row.type, row.version):
                continue
            self._rows.setdefault(place, []).append(row)
            # What is known here and not listened to would have no effect: its last alone ends it.
            takes = self.decoder.takes(row.type, row.version)
            begin[place] = min(begin[place], row.first_offset if takes else row.through_offset)
        self.again_until = {place: offset for place, offset in come.items() if begin[place] < offset}
        return begin

    def is_new(self, read: Arrival | PassedOver) -> bool:
        """Whether this is to be taken in, or noted: all but what is read again and was not passed over of a type that
        is known by now. What was known to whoever read it before, and not listened to, stays as it is.
        """
        if read.incoming.offset >= self.again_until.get(read.incoming.place, 0):
            return True
        return self._was_passed_over(read)

    def read_again(self, messages: Iterable[Incoming]) -> set[Place]:
        """Return the partitions of those that are read again, mostly none: whoever takes them in holds their lanes."""
        return {each.place for each in messages if each.offset < self.again_until.get(each.place, 0)}

    async def heed_forgotten(self, uow: UnitOfWork, places: Collection[Place]) -> None:
        """Know no longer what somebody has said meanwhile that nobody will know; the unit of work holds the lanes of
        these partitions, so that nobody says it before what is taken in with it is there.
        """
        if not any(self._rows.get(place) for place in places):
            return
        topics, partitions = {topic for topic, _ in places}, {number for _, number in places}
        noted = {
            _first_of(row)
            for row in await uow.records(PassedOverType).select(
                topic=sorted(topics), partition=sorted(partitions)
            )
        }
        for place in places:
            self._rows[place] = [row for row in self._rows.get(place, ()) if _first_of(row) in noted]

    def of_a_topic_before(self, messages: Sequence[Incoming]) -> list[PassedOverType]:
        """Return what is noted of a topic that was deleted and made anew: its first is not where it stood."""
        if not self._first:
            return []
        return [
            row
            for each in messages
            for row in self._first.get((*each.place, each.offset), ())
            if event_id_of(each) != row.first_event
        ]

    async def begin_anew(self, uow: UnitOfWork, row: PassedOverType) -> None:
        """Note no longer what was passed over of a topic before; the unit of work holds its lane."""
        place = (row.topic, row.partition)
        await uow.records(PassedOverType).remove(**_key(row), first_event=row.first_event)
        self._first[*place, row.first_offset].remove(row)
        if row in self._rows.get(place, ()):
            self._rows[place].remove(row)

    def have_read(self, through: Mapping[Place, int]) -> None:
        """Remember that everything before these offsets has been taken in."""
        for place, offset in through.items():
            if offset >= self.again_until.get(place, offset + 1):
                del self.again_until[place]

    def until(self, place: Place, offset: int) -> int:
        """Return to where a partition, read through this offset by now, is read again; 0 where it is not any more."""
        until = self.again_until.get(place, 0)
        return until if offset < until else 0

    def lanes(self, through: Mapping[Place, int]) -> list[str]:
        """Return the lanes that `forget` needs, now that all before these offsets is taken in; mostly none."""
        return [lane_of(*place) for place in through if self._done(place, through)]

    async def forget(self, uow: UnitOfWork, through: Mapping[Place, int]) -> None:
        """Note no longer what was passed over and is taken in; the unit of work holds the `lanes`."""
        rows = uow.records(PassedOverType)
        for place in through:
            for row in self._done(place, through):
                # Another reader, which does not know the type, may have passed over more meanwhile.
                if await rows.remove(**asdict(row)):
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
            if id(each) not in taken_ids and self._was_passed_over(each):
                _log.error(
                    "passed over too long ago", topic=incoming.topic, partition=incoming.partition,
                    offset=incoming.offset, event_type=each.type, event_id=each.event_id,
                )  # fmt: skip

    def _was_passed_over(self, read: Arrival | PassedOver) -> bool:
        return any(
            (row.type, row.version) == (read.type, read.version)
            and row.first_offset <= read.incoming.offset <= row.through_offset
            for row in self._rows.get(read.incoming.place, ())
        )

    def _done(self, place: Place, through: Mapping[Place, int]) -> list[PassedOverType]:
        return [row for row in self._rows.get(place, ()) if row.through_offset < through[place]]


def _first_of(row: PassedOverType) -> tuple[Any, ...]:
    return *_key(row).values(), row.first_offset, row.first_event


def _key(row: PassedOverType) -> dict[str, Any]:
    return {"topic": row.topic, "partition": row.partition, "type": row.type, "version": row.version}
