"""What had its effect so long ago that the inbox has forgotten it: known by where it stands in its partition."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bulkhead.messaging.broker import Incoming, Place
from bulkhead.persistence.event_tables import Pruned, ReadOffset
from bulkhead.persistence.ports import UnitOfWorkFactory

_SECONDS_BETWEEN_LOOKS = 60.0
_CLOCKS_DIFFER_BY = timedelta(days=1)
"""More than the clocks of brokers, writers and databases ever differ by."""


@dataclass(slots=True)
class Forgotten:
    """Tells the messages that must not be taken again although the inbox no longer knows them (ADR 0016).

    They were read, for their offset is below what was noted as read; and their entry in the inbox may be pruned, for
    they were written before what is kept there. Of anything newer the inbox knows; so does it of a topic that was
    made anew, whose offsets begin again, for all of it is newer.
    """

    uows: UnitOfWorkFactory
    now: Callable[[], datetime]
    elapsed_seconds: Callable[[], float]
    _before: datetime | None = None
    _offsets: dict[Place, int] = field(default_factory=dict[Place, int])
    _look_again_at: float = 0.0

    async def without_them(self, messages: Sequence[Incoming]) -> list[Incoming]:
        """Return the messages that are to be taken."""
        await self._look()
        return [each for each in messages if not self._has(each)]

    def _has(self, message: Incoming) -> bool:
        return (
            self._before is not None
            and message.written_at < self._before
            and message.offset < self._offsets.get(message.place, 0)
        )

    async def _look(self) -> None:
        if self.elapsed_seconds() < self._look_again_at:
            return
        async with self.uows.begin(now=self.now()) as uow:
            pruned = await uow.records(Pruned).get(name="inbox")
            if pruned is not None:
                self._before = pruned.before + _CLOCKS_DIFFER_BY
                read = await uow.records(ReadOffset).select()
                self._offsets = {(each.topic, each.partition): each.offset for each in read}
        self._look_again_at = self.elapsed_seconds() + _SECONDS_BETWEEN_LOOKS
