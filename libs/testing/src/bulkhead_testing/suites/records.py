"""What `bulkhead.persistence.ports.Records` promises."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bulkhead.kernel.calendar import CoverageMonth, in_exchange_time
from bulkhead.kernel.personal import Masked
from bulkhead.persistence.event_tables import InboxRecord
from bulkhead.persistence.faults import StorageFault
from bulkhead.persistence.ports import AlreadyExists
from bulkhead.persistence.shapes import DoesNotFit
from bulkhead_testing.suites.example import NOW, Account, Line

JANUARY = CoverageMonth(2016, 1)

FULL = Account(
    household="june",
    number=7,
    reference="full",
    cents=2**40,
    open=False,
    opened_on=date(2015, 12, 31),
    seen_at=datetime(2016, 1, 5, 15, 0, 0, 123456, tzinfo=UTC),
    month=JANUARY,
    owner=Masked("June Example"),
    lines=(Line(month=JANUARY, cents=50_000), Line(month=JANUARY.plus(1), cents=-3)),
)


def account(household: str, number: int, **rest: Any) -> Account:
    """Return an account with a reference of its own."""
    return Account(
        **({"household": household, "number": number, "reference": f"{household}-{number}"} | rest)
    )


@dataclass(frozen=True, slots=True)
class PartOfAccount:
    number: int
    month: CoverageMonth | None


@dataclass(frozen=True, slots=True)
class NoPartOfAccount:
    number: int
    colour: str


class RecordsSuite:
    """Give it a fixture ``database`` with the teller's tables, empty."""

    async def test_a_record_comes_back_as_it_was_put(self, database: Any) -> None:
        async with database.begin(now=NOW) as uow:
            await uow.records(Account).add([FULL])
        async with database.begin(now=NOW) as uow:
            found = await uow.records(Account).get(household="june", number=7)
        assert found == FULL
        assert found.seen_at.utcoffset() == in_exchange_time(found.seen_at).utcoffset()
        assert found.owner.reveal() == "June Example"

    async def test_instants_are_compared_as_such_in_the_hour_that_comes_twice(self, database: Any) -> None:
        first, second = datetime(2026, 11, 1, 5, 30, tzinfo=UTC), datetime(2026, 11, 1, 6, 5, tzinfo=UTC)
        async with database.begin(now=NOW) as uow:
            await uow.records(Account).add(
                [account("june", 1, seen_at=second), account("june", 2, seen_at=first)]
            )
        async with database.begin(now=NOW) as uow:
            accounts = uow.records(Account)
            assert [each.number for each in await accounts.select(order_by=["seen_at"])] == [2, 1]
            assert [each.number for each in await accounts.select(seen_at__gt=first)] == [1]
            assert [each.number for each in await accounts.select(seen_at=second)] == [1]
            found = await accounts.select(order_by=["seen_at"])
        assert found[1].seen_at - found[0].seen_at == timedelta(minutes=35)

    async def test_many_records_come_back_as_they_were_put(self, database: Any) -> None:
        rows = [
            row
            for number in range(1, 101)
            for row in (
                replace(FULL, number=number, reference=f"full-{number}", month=JANUARY.plus(number)),
                account("a", number),
            )
        ]
        async with database.begin(now=NOW) as uow:
            await uow.records(Account).add(rows)
        async with database.begin(now=NOW) as uow:
            assert await uow.records(Account).select(order_by=["number", "-household"]) == rows

    async def test_absent_values_come_back_absent(self, database: Any) -> None:
        async with database.begin(now=NOW) as uow:
            await uow.records(Account).add([account("june", 1)])
            assert await uow.records(Account).get(reference="june-1") == account("june", 1)

    async def test_get_returns_none_for_no_record_and_refuses_several(self, database: Any) -> None:
        async with database.begin(now=NOW) as uow:
            records = uow.records(Account)
            await records.add([account("june", 1), account("june", 2)])
            assert await records.get(household="nobody") is None
            with pytest.raises(ValueError, match="more than one"):
                await records.get(household="june")

    @pytest.mark.parametrize(
        ("conditions", "expected"),
        [
            ({}, [1, 2, 3, 4]),
            ({"number": 2}, [2]),
            ({"number": [1, 4, 9]}, [1, 4]),
            ({"number": []}, []),
            ({"household": ["a", "b"], "number__ge": 2}, [2, 3, 4]),
            ({"number__lt": 2}, [1]),
            ({"number__le": 2}, [1, 2]),
            ({"number__gt": 2}, [3, 4]),
            ({"number__ne": 2}, [1, 3, 4]),
            ({"month": None}, [1, 4]),
            ({"month__ne": None}, [2, 3]),
            ({"month__ne": JANUARY}, [1, 3, 4]),
            ({"month__gt": JANUARY}, [3]),
            ({"month": [JANUARY, JANUARY.plus(5)]}, [2]),
            ({"open": False}, [3]),
            ({"owner": Masked("B")}, [2]),
            ({"owner__ge": Masked("B")}, [2]),
            ({"owner__le": Masked("A")}, []),
            ({"opened_on__le": date(2016, 1, 1)}, [4]),
            ({"seen_at__lt": NOW}, []),
        ],
    )
    async def test_conditions_select(
        self, database: Any, conditions: dict[str, Any], expected: list[int]
    ) -> None:
        async with database.begin(now=NOW) as uow:
            await uow.records(Account).add(
                [
                    account("a", 1),
                    account("a", 2, month=JANUARY, owner=Masked("B")),
                    account("b", 3, month=JANUARY.plus(1), open=False),
                    account("b", 4, opened_on=date(2016, 1, 1), seen_at=NOW),
                ]
            )
            found = await uow.records(Account).select(order_by=["number"], **conditions)
            assert [each.number for each in found] == expected
            assert await uow.records(Account).count(**conditions) == len(expected)
            assert await uow.records(Account).total("number", **conditions) == sum(expected)

    async def test_conditions_that_mean_nothing_are_refused(self, database: Any) -> None:
        async with database.begin(now=NOW) as uow:
            records = uow.records(Account)
            for conditions in ({"colour": "red"}, {"number__lt": None}, {"number": [1, None]}):
                with pytest.raises(ValueError):
                    await records.select(**conditions)
            with pytest.raises(ValueError):
                await records.remove()
            with pytest.raises(ValueError):
                await records.select(order_by=["colour"])

    @pytest.mark.parametrize(
        "asked",
        [
            {"household": "ju\0ne", "number": 1},
            {"household": "ju\0ne"},
            {"household": ["amy", "ju\0ne"]},
            {"reference": "\0"},
        ],
    )
    async def test_a_text_with_a_nul_cannot_be_asked_for(self, database: Any, asked: dict[str, Any]) -> None:
        with pytest.raises(StorageFault):
            async with database.begin(now=NOW) as uow:
                await uow.records(Account).get(**asked)

    async def test_the_order_is_by_key_unless_told(self, database: Any) -> None:
        rows = [account("b", 1), account("a", 2), account("Z", 3), account("é", 4), account("a", 1)]
        async with database.begin(now=NOW) as uow:
            await uow.records(Account).add(rows)
            found = await uow.records(Account).select()
        assert [(each.household, each.number) for each in found] == [
            ("Z", 3),
            ("a", 1),
            ("a", 2),
            ("b", 1),
            ("é", 4),
        ]

    async def test_an_order_asked_for_is_completed_by_the_key_and_puts_absent_values_last(
        self, database: Any
    ) -> None:
        rows = [
            account("a", 1),
            account("a", 2, month=JANUARY),
            account("a", 3, month=JANUARY.plus(1)),
            account("a", 4),
        ]
        async with database.begin(now=NOW) as uow:
            records = uow.records(Account)
            await records.add(rows)
            rising = await records.select(order_by=["month"])
            falling = await records.select(order_by=["-month", "-number"])
            first = await records.select(order_by=["-number"], limit=2)
        assert [each.number for each in rising] == [2, 3, 1, 4]
        assert [each.number for each in falling] == [4, 1, 3, 2]
        assert [each.number for each in first] == [4, 3]

    async def test_a_part_of_records_is_read_by_key(self, database: Any) -> None:
        async with database.begin(now=NOW) as uow:
            records = uow.records(Account)
            await records.add([account("b", 1), account("a", 2, month=JANUARY), account("a", 1)])
            assert await records.select_as(PartOfAccount, household="a") == [
                PartOfAccount(number=1, month=None),
                PartOfAccount(number=2, month=JANUARY),
            ]
            assert await records.select_as(PartOfAccount, household="nobody") == []
            assert await records.select_as(PartOfAccount, order_by=["-number"], limit=2, number__lt=9) == [
                PartOfAccount(number=2, month=JANUARY),
                PartOfAccount(number=1, month=None),
            ]
            assert await records.select_as(PartOfAccount, order_by=["-household", "number"], limit=9) == [
                PartOfAccount(number=1, month=None),
                PartOfAccount(number=1, month=None),
                PartOfAccount(number=2, month=JANUARY),
            ]
            with pytest.raises(DoesNotFit):
                await records.select_as(NoPartOfAccount)

    async def test_distinct_values_ascend(self, database: Any) -> None:
        async with database.begin(now=NOW) as uow:
            records = uow.records(Account)
            await records.add([account("b", 1), account("a", 2), account("b", 3), account("C", 4)])
            assert await records.distinct("household") == ["C", "a", "b"]
            assert await records.distinct("household", limit=2) == ["C", "a"]
            assert await records.distinct("household", number__gt=2) == ["C", "b"]
            assert await records.distinct("month") == [None]

    async def test_totals_are_by_group_and_leave_out_groups_that_nothing_meets(self, database: Any) -> None:
        rows = [
            account("a", 1, cents=5),
            account("a", 2, cents=-7),
            account("b", 3, cents=11),
            account("c", 4),
        ]
        async with database.begin(now=NOW) as uow:
            records = uow.records(Account)
            await records.add(rows)
            assert await records.totals("cents", by="household") == {"a": -2, "b": 11, "c": 0}
            assert await records.totals("cents", by="household", number__gt=1, household__lt="c") == {
                "a": -7,
                "b": 11,
            }
            with pytest.raises(ValueError):
                await records.totals("cents", by="colour")

    async def test_counts_are_by_group_and_leave_out_groups_that_nothing_meets(self, database: Any) -> None:
        rows = [account("a", 1), account("a", 2), account("b", 3, month=JANUARY), account("c", 4)]
        async with database.begin(now=NOW) as uow:
            records = uow.records(Account)
            assert await records.counts(by="household") == {}
            await records.add(rows)
            assert await records.counts(by="household") == {"a": 2, "b": 1, "c": 1}
            assert await records.counts(by="household", number__gt=1, household=["a", "b", "z"]) == {
                "a": 1,
                "b": 1,
            }
            assert await records.counts(by="month") == {None: 3, JANUARY: 1}
            with pytest.raises(ValueError):
                await records.counts(by="colour")

    async def test_total_of_nothing_is_zero(self, database: Any) -> None:
        async with database.begin(now=NOW) as uow:
            assert await uow.records(Account).total("cents", household="nobody") == 0
            assert await uow.records(Account).count() == 0

    @pytest.mark.parametrize("clash", [account("a", 1, reference="other"), account("z", 9, reference="a-1")])
    async def test_add_refuses_a_taken_key_and_inserts_none(self, database: Any, clash: Account) -> None:
        async with database.begin(now=NOW) as uow:
            await uow.records(Account).add([account("a", 1)])
        with pytest.raises(AlreadyExists):
            async with database.begin(now=NOW) as uow:
                await uow.records(Account).add([account("a", 2), clash])
        async with database.begin(now=NOW) as uow:
            assert await uow.records(Account).select() == [account("a", 1)]

    async def test_add_refuses_the_same_key_twice(self, database: Any) -> None:
        with pytest.raises(AlreadyExists):
            async with database.begin(now=NOW) as uow:
                await uow.records(Account).add([account("a", 1), account("a", 1, reference="other")])

    async def test_after_a_taken_key_only_rolling_back_is_left(self, database: Any) -> None:
        async with database.begin(now=NOW) as uow:
            await uow.records(Account).add([account("a", 1)])
        with pytest.raises(RuntimeError):  # noqa: PT012 - the failure is the block's end
            async with database.begin(now=NOW) as uow:
                await uow.records(Account).add([account("b", 1)])
                with pytest.raises(AlreadyExists):  # noqa: PT012 - at the next question at the latest
                    await uow.records(Account).add([account("a", 1)])
                    await uow.records(Account).count()
        async with database.begin(now=NOW) as uow:
            assert await uow.records(Account).count() == 1

    async def test_add_new_inserts_what_is_free_and_says_which(self, database: Any) -> None:
        async with database.begin(now=NOW) as uow:
            await uow.records(Account).add([account("a", 1)])
        given = [
            account("a", 1, cents=5),
            account("b", 1),
            account("b", 1, reference="twice", cents=9),
            account("c", 1, reference="a-1"),
            account("d", 1),
        ]
        async with database.begin(now=NOW) as uow:
            assert await uow.records(Account).add_new(given) == [given[1], given[4]]
        async with database.begin(now=NOW) as uow:
            assert await uow.records(Account).select() == [account("a", 1), account("b", 1), account("d", 1)]

    async def test_where_no_key_is_held_nothing_says_what_is_new(self, database: Any) -> None:
        async with database.begin(now=NOW) as uow:
            records, heard = uow.records(InboxRecord), [InboxRecord(event_id="e1", partition=0)]
            await records.add(heard)
            with pytest.raises(TypeError, match="InboxRecord has no key"):
                await records.add_new(heard)
            with pytest.raises(TypeError, match="InboxRecord has no key"):
                await records.put(heard)
            assert await records.select(event_id=["e0", "e1"]) == heard

    async def test_add_new_says_which_of_two_with_the_same_key_went_in(self, database: Any) -> None:
        async with database.begin(now=NOW) as uow:
            await uow.records(Account).add([account("a", 1)])
            given = [account("z", 1), account("b", 1, reference="a-1"), account("b", 1, reference="free")]
            assert await uow.records(Account).add_new(given) == [given[0], given[2]]

    async def test_put_inserts_and_replaces_whole_records_and_the_last_counts(self, database: Any) -> None:
        async with database.begin(now=NOW) as uow:
            await uow.records(Account).add([FULL])
        plain = account("june", 7)
        async with database.begin(now=NOW) as uow:
            await uow.records(Account).put([account("b", 1), plain, account("b", 1, cents=3)])
            assert await uow.records(Account).select() == [account("b", 1, cents=3), plain]
        async with database.begin(now=NOW) as uow:
            assert await uow.records(Account).select() == [account("b", 1, cents=3), plain]

    async def test_put_refuses_another_records_unique_key(self, database: Any) -> None:
        async with database.begin(now=NOW) as uow:
            await uow.records(Account).add([account("a", 1)])
        with pytest.raises(AlreadyExists):
            async with database.begin(now=NOW) as uow:
                await uow.records(Account).put([account("b", 1, reference="a-1")])

    async def test_put_lets_go_of_a_unique_key_only_when_its_records_turn_comes(self, database: Any) -> None:
        first, second = account("a", 1, reference="x"), account("a", 2, reference="y")
        freed, taking = replace(first, reference="z"), replace(second, reference="x")
        async with database.begin(now=NOW) as uow:
            await uow.records(Account).add([first, second])
        for refused in ([taking, freed], [replace(first, reference="y"), taking]):
            with pytest.raises(AlreadyExists):
                async with database.begin(now=NOW) as uow:
                    await uow.records(Account).put(refused)
        async with database.begin(now=NOW) as uow:
            await uow.records(Account).put([freed, taking])
            assert await uow.records(Account).select() == [freed, taking]

    async def test_update_sets_fields_of_what_meets_the_conditions_and_says_how_many(
        self, database: Any
    ) -> None:
        rows = [account("a", 1, month=JANUARY), account("a", 2, cents=5), account("b", 1)]
        values = {"month": JANUARY.plus(1), "owner": Masked("B"), "lines": FULL.lines, "opened_on": None}
        async with database.begin(now=NOW) as uow:
            records = uow.records(Account)
            await records.add(rows)
            assert await records.update(values, household=["a", "z"], number__le=1) == 1
            assert await records.update({"cents": 7}, household="nobody") == 0
            assert await records.update({"seen_at": NOW, "month": None}, number=2, cents__gt=4) == 1
        async with database.begin(now=NOW) as uow:
            assert await uow.records(Account).select() == [
                replace(rows[0], **values),
                replace(rows[1], seen_at=NOW),
                rows[2],
            ]

    async def test_update_refuses_a_field_of_the_key_nothing_and_everybody(self, database: Any) -> None:
        async with database.begin(now=NOW) as uow:
            records = uow.records(Account)
            await records.add([account("a", 1)])
            for values in ({"number": 2}, {"colour": "red"}, {}):
                with pytest.raises(ValueError):
                    await records.update(values, household="a")
            with pytest.raises(ValueError):
                await records.update({"cents": 1})
            assert await records.select() == [account("a", 1)]

    @pytest.mark.parametrize("values", [{"reference": "b-1"}, {"number": -3}, {"cents": None}])
    async def test_update_refuses_what_the_table_forbids(self, database: Any, values: dict[str, Any]) -> None:
        async with database.begin(now=NOW) as uow:
            await uow.records(Account).add([account("a", 1), account("b", 1)])
        with pytest.raises(Exception):  # noqa: B017 - a taken key, a check, a missing value
            async with database.begin(now=NOW) as uow:
                await uow.records(Account).update(values, household="a")
        async with database.begin(now=NOW) as uow:
            assert await uow.records(Account).select() == [account("a", 1), account("b", 1)]

    async def test_remove_says_how_many(self, database: Any) -> None:
        async with database.begin(now=NOW) as uow:
            await uow.records(Account).add([account("a", 1), account("a", 2), account("b", 1)])
            assert await uow.records(Account).remove(household="a", number__ge=2) == 1
            assert await uow.records(Account).remove(household="nobody") == 0
        async with database.begin(now=NOW) as uow:
            assert await uow.records(Account).select() == [account("a", 1), account("b", 1)]

    async def test_nothing_may_be_added_and_put(self, database: Any) -> None:
        async with database.begin(now=NOW) as uow:
            await uow.records(Account).add([])
            await uow.records(Account).put([])
            assert await uow.records(Account).add_new([]) == []

    @pytest.mark.parametrize("others", [0, 100])
    async def test_a_missing_value_and_a_wrong_type_are_refused(self, database: Any, others: int) -> None:
        good = account("a", 1)
        more = [account("b", number) for number in range(1, others + 1)]
        for bad in (replace(good, reference=None), replace(good, cents="5"), replace(good, seen_at="today")):
            with pytest.raises(Exception) as refused:
                async with database.begin(now=NOW) as uow:
                    await uow.records(Account).add([*more, bad])
            assert "today" not in str(refused.value)
        async with database.begin(now=NOW) as uow:
            assert await uow.records(Account).count() == 0

    @pytest.mark.parametrize(
        "bad",
        [
            account("a", 1, reference="a\0b"),
            account("a", 1, owner=Masked("June\0Example")),
            account("a", 1, lines=(Line(month=JANUARY, cents=1, says="\\\0"),)),
            account("a", -3),
            account("a", 1, opened_on=date(1999, 12, 31)),
        ],
    )
    async def test_what_cannot_be_kept_and_what_a_check_forbids_is_refused(
        self, database: Any, bad: Account
    ) -> None:
        with pytest.raises(StorageFault):
            async with database.begin(now=NOW) as uow:
                await uow.records(Account).add([account("b", 1), bad])
        async with database.begin(now=NOW) as uow:
            assert await uow.records(Account).count() == 0

    async def test_a_backslash_before_what_looks_like_an_escape_can_be_kept(self, database: Any) -> None:
        kept = account("a", 1, reference="\\u0000", lines=(Line(month=JANUARY, cents=1, says="\\u0000"),))
        async with database.begin(now=NOW) as uow:
            await uow.records(Account).add([kept])
            assert await uow.records(Account).get(household="a") == kept

    async def test_a_key_that_is_for_some_records_only_is_taken_by_those(self, database: Any) -> None:
        async with database.begin(now=NOW) as uow:
            records = uow.records(Account)
            await records.add([account("a", 1, month=JANUARY), account("a", 2, month=JANUARY, open=False)])
            assert await records.add_new([account("a", 3, month=JANUARY)]) == []
            await records.put([account("a", 1, month=JANUARY, open=False)])
            assert len(await records.add_new([account("a", 3, month=JANUARY)])) == 1
        with pytest.raises(AlreadyExists):
            async with database.begin(now=NOW) as uow:
                await uow.records(Account).put([account("a", 1, month=JANUARY)])
        async with database.begin(now=NOW) as uow:
            assert await uow.records(Account).count(open=True) == 1

    async def test_a_record_of_another_kind_is_refused(self, database: Any) -> None:
        async with database.begin(now=NOW) as uow:
            with pytest.raises(TypeError):
                await uow.records(Account).add([Line(month=JANUARY, cents=1)])
            with pytest.raises(TypeError):
                uow.records(Line)

    async def test_thousands_go_in_one_call(self, database: Any) -> None:
        rows = [account(f"h{number:05d}", number) for number in range(5000)]
        async with database.begin(now=NOW) as uow:
            await uow.records(Account).put(rows)
            found = await uow.records(Account).select(household=[each.household for each in rows])
        assert found == rows
