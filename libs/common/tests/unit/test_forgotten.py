"""What was read before the inbox forgot it is not taken again; the rest is the inbox's to judge (ADR 0016)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bulkhead.chassis_tables import CHASSIS_TABLES
from bulkhead.messaging.arrivals import Arrival
from bulkhead.messaging.broker import Incoming
from bulkhead.messaging.forgotten import Forgotten
from bulkhead.persistence.event_tables import Pruned, ReadOffset
from bulkhead_testing.memory import MemoryDatabase

NOW = datetime(2016, 6, 1, tzinfo=UTC)
KEPT_SINCE = datetime(2016, 5, 1, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("offset", "written_at", "taken"),
    [
        pytest.param(9, KEPT_SINCE - DAY, False, id="read, and long forgotten"),
        pytest.param(9, KEPT_SINCE + DAY - timedelta(seconds=1), False, id="forgotten if clocks differ"),
        pytest.param(9, KEPT_SINCE + DAY, True, id="the inbox would know of it"),
        pytest.param(10, KEPT_SINCE - DAY, True, id="never read, however old"),
    ],
)
async def test_who_is_to_be_taken(offset: int, written_at: datetime, taken: bool) -> None:
    database = MemoryDatabase(tables=CHASSIS_TABLES)
    async with database.begin(now=NOW) as uow:
        await uow.records(Pruned).put([Pruned(name="inbox", before=KEPT_SINCE, through_seq=0)])
        await uow.records(ReadOffset).put(
            [ReadOffset(topic="payments", partition=3, offset=10, noted_at=NOW)]
        )
    incoming = Incoming("payments", 3, offset, b"june", b"", written_at)
    arrival = Arrival(incoming, "june", "e1", "PaymentReceived", 1, None, None, None)
    forgotten = Forgotten()
    async with database.begin(now=NOW) as uow:
        await forgotten.look(uow)
        assert await forgotten.without_them(uow, [arrival]) == [arrival] * taken
