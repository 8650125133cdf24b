"""Money, ids, personal data and errors."""

from __future__ import annotations

import json
import logging
import pickle
import traceback
import uuid
from dataclasses import dataclass
from fractions import Fraction

import msgspec
import pytest

from bulkhead.contracts import wire
from bulkhead.kernel.errors import InvalidValue, Refused
from bulkhead.kernel.ids import checked_id, derived_id
from bulkhead.kernel.money import format_cents, parse_cents, round_half_up
from bulkhead.kernel.personal import Masked


@pytest.mark.parametrize(("text", "cents"), [("500.00", 50000), ("0.07", 7), ("-3.25", -325), ("-0.01", -1)])
def test_money_is_read_and_written_with_two_decimals(text: str, cents: int) -> None:
    assert parse_cents(text) == cents
    assert format_cents(cents) == text


@pytest.mark.parametrize(
    "text",
    ["500", "500.0", "1,000.00", "+1.00", "1.000", "", ".50", "1e2", "1.00\n", "١.٠٠", "9" * 5000 + ".00"],
)
def test_what_is_no_amount_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(InvalidValue) as raised:
        parse_cents(text)
    assert str(raised.value) == "amount is not an amount with two decimals, such as 500.00"


@pytest.mark.parametrize(
    ("amount", "cents"),
    [
        (Fraction(1, 2), 1),
        (Fraction(-1, 2), -1),
        (Fraction(3, 2), 2),
        (Fraction(5, 2), 3),
        (Fraction(49, 100), 0),
        (Fraction(-149, 100), -1),
        (Fraction(7), 7),
    ],
)
def test_halves_go_away_from_zero(amount: Fraction, cents: int) -> None:
    assert round_half_up(amount) == cents


def test_ids_are_short_and_plain() -> None:
    assert checked_id("june-1.a_B", field="household") == "june-1.a_B"
    for text in ("", "-june", "june example", "a" * 65, "june\n", "jüne", "duty:x"):
        with pytest.raises(InvalidValue) as raised:
            checked_id(text, field="household")
        assert raised.value.field == "household"


def test_derived_ids_are_the_same_on_every_replay_and_differ_by_part() -> None:
    assert derived_id("june", "2016-01") == derived_id("june", "2016-01")
    assert derived_id("june", "2016-01") != derived_id("june2016", "-01")
    assert derived_id("june", "2016-01") == uuid.uuid5(uuid.NAMESPACE_OID, "june\x1f2016-01").hex
    assert checked_id(derived_id("x"), field="id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    name: Masked


SECRET = "June Example"


def test_personal_data_never_shows_itself(caplog: pytest.LogCaptureFixture) -> None:
    name = Masked(SECRET)
    shown = [repr(name), str(name), f"{name}", f"{name:>20}", f"{name!s}", f"{name}", repr(Person(name=name))]
    assert {each.strip() for each in shown[:-1]} == {"***"}
    assert SECRET not in "".join(shown)
    logging.getLogger("x").error("a person: %s %r", name, Person(name=name))
    assert SECRET not in caplog.text
    for serialize in (json.dumps, msgspec.json.encode):
        with pytest.raises(TypeError) as raised:
            serialize({"name": name})
        assert SECRET not in str(raised.value)


def test_personal_data_is_not_in_a_traceback() -> None:
    def refuse(person: Person) -> None:
        raise ValueError(f"cannot use {person}")

    try:
        refuse(Person(name=Masked(SECRET)))
    except ValueError as error:
        text = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
        assert SECRET not in text.replace("Masked(SECRET)", "")


def test_personal_data_is_a_value_and_reveals_itself_when_asked() -> None:
    name = Masked(SECRET)
    assert name == Masked(SECRET)
    assert len({name, Masked(SECRET)}) == 1
    assert name != SECRET
    assert name.reveal() == SECRET
    assert pickle.loads(pickle.dumps(name)) == name
    assert json.loads(wire.encode(Person(name=name))) == {"name": SECRET}


def test_a_refusal_carries_its_field_and_no_value() -> None:
    refused = InvalidValue(field="born", problem="must be a date")
    assert (refused.kind, refused.status, refused.field) == ("invalid-value", 422, "born")
    assert str(refused) == "born must be a date"
    assert isinstance(refused, Refused)
