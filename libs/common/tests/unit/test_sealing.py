"""Columns that are sealed: what they take and give, what they are bound to, and what cannot be asked of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy.dialects import postgresql
from sqlmodel import Field, Index

from bulkhead.chassis_tables import service_registry
from bulkhead.kernel.key_rings import KeyMissing
from bulkhead.kernel.personal import Masked
from bulkhead.key_ring import KeyRing
from bulkhead.persistence.faults import StorageFault
from bulkhead.persistence.sealing import opened_value, sealed_columns, sealed_value
from bulkhead.persistence.shapes import DoesNotFit, shape_of
from bulkhead.persistence.statements import Statements
from bulkhead.persistence.tables import TableModel, sealed
from bulkhead_testing.memory import MemoryDatabase

KEYS = KeyRing({"one": bytes(32)}, owner="tests")
NOW = datetime(2016, 1, 1, tzinfo=UTC)


class SealedTestTable(TableModel, registry=service_registry()):
    """A table of these tests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is kept as JSON."""

    since: date | None
    uses: Masked


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What is sealed in each of its types."""

    box: str
    on: date
    number: int
    text: str | None
    who: Masked
    scan: bytes
    born: date
    answers: tuple[Answer, ...] = ()


class Letters(SealedTestTable, table=True):
    box: str = Field(primary_key=True)
    on: date = Field(primary_key=True)
    number: int = Field(primary_key=True)
    text: str | None = sealed()
    who: Masked = sealed()
    scan: bytes = sealed()
    born: date = sealed()
    answers: tuple[Answer, ...] = sealed()


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A part of a letter without its key."""

    text: str | None


JUNE = Letter(
    box="a",
    on=date(2016, 1, 1),
    number=1,
    text=None,
    who=Masked("June"),
    scan=b"\0\xff",
    born=date(1980, 3, 2),
    answers=(Answer(since=None, uses=Masked("yes")),),
)
ROBIN = Letter(
    box="a", on=date(2016, 1, 1), number=2, text="", who=Masked("李"), scan=b"", born=date(1981, 4, 5)
)


def statements(keys: KeyRing | None = KEYS) -> Statements[Letter]:
    return Statements(shape_of(Letter, Letters), keys=keys)  # pyright: ignore[reportArgumentType]


def test_a_sealed_column_is_of_bytes_and_may_be_none_as_its_field() -> None:
    columns = Letters.__table__.columns
    kinds = {each.name: each.type.compile(postgresql.dialect()) for each in columns if not each.primary_key}
    assert set(kinds.values()) == {"BYTEA"}
    assert [each.name for each in columns if each.nullable] == ["text"]


def test_what_is_sealed_is_given_back_as_it_was_and_says_nothing_meanwhile() -> None:
    found = statements()
    rows = list(zip(*found.arrays_of([JUNE, ROBIN]), strict=True))
    assert [row[:3] for row in rows] == [("a", date(2016, 1, 1), 1), ("a", date(2016, 1, 1), 2)]
    assert rows[0][3] is None
    stored = b"".join(value for row in rows for value in row[3:] if value is not None)
    assert [each for each in (b"June", b"1980", "李".encode()) if each in stored] == []
    assert found.records_of(rows) == [JUNE, ROBIN]


def test_yes_and_no_in_json_are_sealed_in_one_length() -> None:
    no = replace(JUNE, answers=(Answer(since=None, uses=Masked("no")),))
    nothing = replace(JUNE, answers=())
    sealed_answers = statements().arrays_of([JUNE, no, nothing])[-1]
    assert len({len(each) for each in sealed_answers}) == 1
    assert not any(b"yes" in each for each in sealed_answers)


def test_the_same_value_is_never_sealed_to_the_same_bytes() -> None:
    found = statements()
    assert found.arrays_of([JUNE])[4] != found.arrays_of([JUNE])[4]


@pytest.mark.parametrize("column", [4, 5], ids=["of another row", "of another column"])
def test_what_was_sealed_elsewhere_is_refused(column: int) -> None:
    found = statements()
    one, other = (list(row) for row in zip(*found.arrays_of([JUNE, ROBIN]), strict=True))
    one[4] = other[4] if column == 4 else one[5]
    with pytest.raises(StorageFault, match=r"letters\.who was sealed as another row's, or was changed"):
        found.records_of([one])


def test_a_key_s_parts_are_not_taken_for_one_another() -> None:
    stored = sealed_value(KEYS, b"text", "letters.who", ("a", "b"))
    for key in (("ab",), ("a b",), ('a", "b',), ("b", "a")):
        with pytest.raises(StorageFault):
            opened_value(KEYS, stored, "letters.who", key)
    assert opened_value(KEYS, stored, "letters.who", ("a", "b")) == b"text"


@pytest.mark.parametrize("stored", [b"", b"\x03", b"\x03one", b"\x03onetext", b"\xff"])
def test_what_is_no_sealed_value_is_refused_by_name(stored: bytes) -> None:
    with pytest.raises((StorageFault, KeyMissing)):
        opened_value(KEYS, stored, "letters.who", ("a",))


def test_another_ring_lacks_the_key_and_says_which() -> None:
    other = KeyRing({"two": bytes(32)}, owner="tests")
    rows = list(zip(*statements().arrays_of([ROBIN]), strict=True))
    with pytest.raises(KeyMissing, match="the key one is not among those that are set"):
        statements(other).records_of(rows)


def test_a_value_of_another_type_is_refused_and_not_repeated() -> None:
    wrong: Any = 7
    with pytest.raises(StorageFault, match=r"a value that letters\.who cannot hold \(AttributeError\)"):
        statements().arrays_of([Letter(**{**_values(JUNE), "who": wrong})])


def _values(letter: Letter) -> dict[str, Any]:
    return {name: getattr(letter, name) for name in Letter.__slots__}


def test_without_keys_and_without_the_row_s_key_nothing_is_sealed() -> None:
    with pytest.raises(TypeError, match=r"letters\.text is sealed, and there are no keys"):
        statements(None)
    with pytest.raises(TypeError, match=r"letters\.text is sealed, and is read with the key of its row only"):
        statements().parts_of(Text, [(b"",)])
    assert sealed_columns(Letters.__table__, ("box",), ("box", "on", "number"), keys=None) is None


async def test_nothing_is_looked_for_ordered_or_set_by_what_is_sealed() -> None:
    database = MemoryDatabase(tables={Letter: Letters})
    async with database.units_of_work.begin(now=NOW) as uow:
        letters = uow.records(Letter)
        await letters.add([JUNE, ROBIN])
        for ask in (
            letters.select(text="x"),
            letters.select(order_by=("born",)),
            letters.distinct("text"),
            letters.counts(by="text"),
            letters.update({"text": "x"}, box="a"),
            letters.remove(text="x"),
        ):
            with pytest.raises(ValueError, match="there is no field"):
                await ask
        assert await letters.select(box="a") == [JUNE, ROBIN]


def test_nothing_unique_is_sealed() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Stamp:
        key: str
        code: str

    class Stamps(SealedTestTable, table=True):
        key: str = Field(primary_key=True)
        code: str = sealed()

        __table_args__ = (Index("stamps_code", "code", unique=True),)

    with pytest.raises(DoesNotFit, match="code is sealed, and in an index"):
        shape_of(Stamp, Stamps)  # pyright: ignore[reportArgumentType]
