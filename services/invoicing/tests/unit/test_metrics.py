"""What invoicing tells of payments' books."""

from __future__ import annotations

from datetime import date

from bulkhead.kernel.calendar import local
from bulkhead_testing.memory import MemoryDatabase
from invoicing.adapters.metrics import MEASURES
from invoicing.adapters.postgres.tables import TABLES
from invoicing.domain.records import Watermark


async def behind(database: MemoryDatabase) -> list[float]:
    (measure,) = MEASURES
    async with database.begin(now=local(date(2016, 1, 10), 9)) as uow:
        return [each.value for each in await measure.read(uow)]


async def test_INV_17_the_books_are_as_far_behind_as_the_partition_that_is_behind_most() -> None:
    database = MemoryDatabase(tables=TABLES)
    assert await behind(database) == []
    marks = [
        Watermark(partition=0, closed_through=date(2016, 1, 9)),
        Watermark(partition=1, closed_through=date(2016, 1, 6)),
    ]
    async with database.begin(now=local(date(2016, 1, 10))) as uow:
        await uow.records(Watermark).put(marks)
    assert await behind(database) == [3]
