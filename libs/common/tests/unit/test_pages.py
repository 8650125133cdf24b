"""A page of a list by a key of two fields: all rows once, in order, and no more read than are shown."""

from __future__ import annotations

from typing import Any

import pytest

from bulkhead.kernel.errors import InvalidValue
from bulkhead.web.pagination import PageRequest, read_page


class Rows:
    """Rows of two fields that say how many were read."""

    def __init__(self, *rows: tuple[str, int]) -> None:
        self.rows = sorted(rows)
        self.read: list[int] = []

    async def select(
        self, *, order_by: tuple[str, ...], limit: int, **conditions: Any
    ) -> list[tuple[str, int]]:
        assert order_by == ("name", "number")
        found = [
            (name, number)
            for name, number in self.rows
            if conditions.get("name", name) == name
            and name > conditions.get("name__gt", "")
            and number > conditions.get("number__gt", 0)
        ][:limit]
        self.read.append(len(found))
        return found


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8, 9])
async def test_all_rows_come_once_in_order_and_few_are_read(limit: int) -> None:
    rows = Rows(*[("amy", n) for n in range(1, 5)], ("bo", 10), *[("cy", n) for n in (9, 10, 11)])
    seen: list[tuple[str, int]] = []
    after: tuple[str, ...] = ()
    while True:
        paging = PageRequest(limit=limit, after=after)
        read: Any = rows
        found = await read_page(read, paging, key=("name", "number"), second=int)
        seen += found[:limit]
        if len(found) <= limit:
            break
        after = seen[-1][0], str(seen[-1][1])
    assert seen == rows.rows
    assert max(rows.read) <= limit + 1


@pytest.mark.parametrize("after", [("amy",), ("amy", "1", "2"), ("amy", "first")])
async def test_a_cursor_of_another_list_is_refused(after: tuple[str, ...]) -> None:
    read: Any = Rows(("amy", 1))
    with pytest.raises(InvalidValue, match="is not one that this list gave"):
        await read_page(read, PageRequest(limit=5, after=after), key=("name", "number"), second=int)
