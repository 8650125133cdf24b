"""What a use case reads of a household does not grow with the years behind it."""

from __future__ import annotations

from datetime import date

import pytest

from bulkhead.kernel.calendar import CoverageMonth
from invoicing.domain.account import KEYS
from services.invoicing.tests.builders import Book


async def with_years_behind_it(years: int) -> Book:
    """A household with two policies that renews every January and pays every month, until March 2022."""
    first = 2022 - years
    book = Book(starts=date(first - 1, 12, 1))
    for year in range(first, 2023):
        await book.select(
            "h",
            net={f"silver{year}": 50000, f"dental{year}": 3000},
            selection=f"s{year}",
            effective=date(year, 1, 1),
            binder_required=False,
        )
        for month in CoverageMonth(year, 1).until(CoverageMonth(year, 12)):
            day = month.plus(-1).first_day.replace(day=20)
            if day > date(2022, 3, 20):
                break
            await book.advance(day)
            await book.pay("h", 53000)
    return book


async def rows_at_hand(book: Book) -> dict[str, int]:
    account = await book.account("h")
    return {kind.__name__: len(account.rows(kind)) for kind in KEYS if account.rows(kind)}


@pytest.mark.parametrize("years", [1, 5])
async def test_INV_16_what_is_read_of_a_household_does_not_grow_with_its_years(years: int) -> None:
    book = await with_years_behind_it(years)
    assert len(book.charges("h")) == 2 * (12 * years + 4)
    assert await rows_at_hand(book) == {
        "Selection": 2,
        "Policy": 4,
        "Charge": 10,
        "Payment": 5,
        "Invoice": 2,
    }
    await book.advance(date(2022, 4, 1))
    assert len(book.listed("h")) == 0
