"""A page of a list by a key of two fields: all rows once, in order, and no more read than are shown."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from bulkhead.kernel.errors import InvalidValue
from bulkhead.web.pagination import PageRequest, long_number, read_page


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
        found = await read_page(read, paging, key=("name", "number"), second=long_number)
        seen += found[:limit]
        if len(found) <= limit:
            break
        after = seen[-1][0], str(seen[-1][1])
    assert seen == rows.rows
    assert max(rows.read) <= limit + 1


@pytest.mark.parametrize(
    "after",
    [
        ("amy",),
        ("amy", "1", "2"),
        ("amy", "first"),
        ("amy", str(2**63)),
        ("amy", "9" * 5000),
        ("amy", "-1"),
        ("amy", "١"),
    ],
)
async def test_a_cursor_of_another_list_is_refused(after: tuple[str, ...]) -> None:
    read: Any = Rows(("amy", 1))
    with pytest.raises(InvalidValue, match="is not one that this list gave"):
        await read_page(read, PageRequest(limit=5, after=after), key=("name", "number"), second=long_number)


async def test_a_key_that_begins_with_a_day_goes_on_after_that_day() -> None:
    read: list[dict[str, Any]] = []

    class Days:
        async def select(self, **conditions: Any) -> list[Any]:
            read.append(conditions)
            return []

    rows: Any = Days()
    paging = PageRequest(limit=5, after=("2016-01-06", "MVP"))
    await read_page(rows, paging, key=("day", "carrier"), first=date.fromisoformat)
    same = {"order_by": ("day", "carrier"), "limit": 6}
    day = date(2016, 1, 6)
    assert read == [{"day": day, "carrier__gt": "MVP", **same}, {"day__gt": day, **same}]
    with pytest.raises(InvalidValue, match="is not one that this list gave"):
        await read_page(
            rows,
            PageRequest(limit=5, after=("june", "MVP")),
            key=("day", "carrier"),
            first=date.fromisoformat,
        )


@pytest.mark.parametrize(
    ("after", "number", "long_number"),
    [
        ((), 0, 0),
        (("999999999",), 999_999_999, 999_999_999),
        (("2147483647",), 2_147_483_647, 2_147_483_647),
        (("2147483648",), None, 2_147_483_648),
        (("9223372036854775807",), None, 9_223_372_036_854_775_807),
        (("9223372036854775808",), None, None),
        (("1" * 5_000,), None, None),
        (("\u0663",), None, None),
        (("-1",), None, None),
    ],
)
def test_a_number_is_gone_on_after_as_far_as_its_column_reaches(
    after: tuple[str, ...], number: int | None, long_number: int | None
) -> None:
    paging = PageRequest(limit=5, after=after)
    for expected, found in (
        (number, lambda: paging.after_number),
        (long_number, lambda: paging.after_long_number),
    ):
        if expected is None:
            with pytest.raises(InvalidValue, match="is not one that this list gave"):
                found()
        else:
            assert found() == expected


def test_a_day_is_gone_on_after_and_anything_else_is_no_cursor_of_such_a_list() -> None:
    assert PageRequest(limit=5, after=()).after_date is None
    assert PageRequest(limit=5, after=("2016-01-06",)).after_date == date(2016, 1, 6)
    with pytest.raises(InvalidValue, match="is not one that this list gave"):
        _ = PageRequest(limit=5, after=("june",)).after_date
