"""The committed contracts are what the code says, and change only so that everyone can still read."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from bulkhead.contracts import asyncapi, generate, wire
from bulkhead.contracts.compatibility import breaking_changes
from bulkhead.contracts.enrollment import v1 as enrollment
from bulkhead.contracts.invoicing import v1 as invoicing
from bulkhead.contracts.registry import BY_MODEL, BY_NAME, EVENT_TYPES, TOPICS
from bulkhead.contracts.schemas import personal_fields, schema_files, schema_of
from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.errors import Malformed
from bulkhead.kernel.personal import Masked

COMMITTED = Path(__file__).parents[2] / "contracts"


def test_the_committed_contracts_are_as_generated() -> None:
    assert generate.outdated(COMMITTED) == []


def test_the_committed_contracts_are_kept_to() -> None:
    assert breaking_changes(before=generate.committed_schemas(COMMITTED), after=schema_files()) == []


def test_every_type_has_one_name_one_owner_and_a_household_unless_it_is_about_none() -> None:
    assert len(BY_NAME) == len(BY_MODEL) == len(EVENT_TYPES)
    about_no_household = {
        "BooksClosed",
        "RemittanceIssued",
        "DelinquencyListClosed",
        "ChannelDown",
        "ChannelUp",
        "MaintenanceEnded",
        "MaintenanceScheduled",
        "MaintenanceStarted",
        "MaintenanceWithdrawn",
    }
    for kind in EVENT_TYPES:
        assert kind.topic in TOPICS
        assert ("household" in kind.model.__struct_fields__) == (kind.name not in about_no_household)


def test_personal_data_travels_on_topics_marked_for_it_only() -> None:
    personal = {kind.topic.name for kind in EVENT_TYPES if personal_fields(schema_of(kind.model))}
    assert personal == {topic.name for topic in TOPICS if topic.personal_data}


def test_what_the_codec_writes_meets_the_schema() -> None:
    invoice = invoicing.InvoiceIssued(
        household="june",
        invoice="i-1",
        number=3,
        selection=None,
        kind="monthly",
        dated=date(2016, 1, 5),
        due=date(2016, 1, 26),
        on_time_until=date(2016, 1, 31),
        charges=(invoicing.ChargeLine(policy="p-1", month=CoverageMonth(2016, 2), net_cents=50000),),
        adjustments_cents=0,
        unpaid_before_cents=0,
        held_cents=0,
        credit_cents=0,
        total_cents=50000,
        received_cents=0,
        payments=0,
        mail=True,
    )
    data = wire.encode(invoice)
    jsonschema.validate(json.loads(data), schema_of(invoicing.InvoiceIssued))
    assert wire.decode(data, invoicing.InvoiceIssued) == invoice
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(
            json.loads(data.replace(b"2016-02", b"2016-13")), schema_of(invoicing.InvoiceIssued)
        )


def test_personal_data_is_on_the_wire_and_marked() -> None:
    member = enrollment.ContactMember(
        member="june-1",
        relation="self",
        name=Masked("June"),
        latin_name=Masked("June"),
        born=Masked("1980-03-02"),
    )
    assert json.loads(wire.encode(member))["name"] == "June"
    assert schema_of(enrollment.ContactMember)["properties"]["name"] == {
        "type": "string",
        "x-personal-data": True,
    }


def test_an_unknown_field_is_passed_over_and_a_wrong_value_is_not_repeated() -> None:
    line = wire.decode(b'{"policy":"p","month":"2016-02","net_cents":1,"more":true}', invoicing.ChargeLine)
    assert line.month == CoverageMonth(2016, 2)
    for wrong in (
        b'{"policy":"p","month":"Secret","net_cents":1}',
        b'{"policy":"Secret","month":7}',
        b"Secret",
    ):
        with pytest.raises(Malformed) as raised:
            wire.decode(wrong, invoicing.ChargeLine)
        assert "Secret" not in str(raised.value)


class Named(wire.Wire, frozen=True):
    name: Masked


@pytest.mark.parametrize("wrong", ["5", "true", "null", "[]", '["a"]', '{"a":1}'])
def test_personal_text_is_a_text(wrong: str) -> None:
    with pytest.raises(Malformed, match=r"Expected str"):
        wire.decode(f'{{"name":{wrong}}}'.encode(), Named)


def test_the_asyncapi_document_names_every_topic_owner_and_reader() -> None:
    document = asyncapi.document()
    assert document["channels"].keys() == {topic.name for topic in TOPICS}
    contacts = document["channels"]["enrollment.contacts.v1"]
    assert contacts["x-readers"] == ["carrier-gateway", "notifications"]
    assert contacts["x-personal-data"] is True
    for reference in _references(document):
        assert _resolves(document, reference), reference


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        here = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return here + [each for part in value.values() for each in _references(part)]
    return [each for part in value for each in _references(part)] if isinstance(value, list) else []


def _resolves(document: dict[str, Any], reference: str) -> bool:
    place: Any = document
    for step in reference.removeprefix("#/").split("/"):
        if not isinstance(place, dict) or step not in place:
            return False
        place = place[step]
    return True


def _remove(schema: dict[str, Any]) -> None:
    del schema["properties"]["due"]


def _rename(schema: dict[str, Any]) -> None:
    schema["properties"]["due_on"] = schema["properties"].pop("due")


def _retype(schema: dict[str, Any]) -> None:
    schema["properties"]["total_cents"] = {"type": "number"}


def _require(schema: dict[str, Any]) -> None:
    schema["properties"]["new"] = {"type": "string"}
    schema["required"].append("new")


def _relax(schema: dict[str, Any]) -> None:
    schema["required"].remove("due")


def _narrow(schema: dict[str, Any]) -> None:
    schema["properties"]["kind"]["enum"].remove("initial")


def _remove_inside(schema: dict[str, Any]) -> None:
    del schema["$defs"]["ChargeLine"]["properties"]["policy"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_remove, "InvoiceIssued.due: removed"),
        (_rename, "InvoiceIssued.due: removed"),
        (_retype, "InvoiceIssued.total_cents: changed its type"),
        (_require, "InvoiceIssued.new: is newly required"),
        (_relax, "InvoiceIssued.due: is no longer always there"),
        (_narrow, "InvoiceIssued.kind: changed its type"),
        (_remove_inside, "InvoiceIssued ChargeLine.policy: removed"),
    ],
)
def test_a_change_that_breaks_a_reader_is_named(change: Callable[[dict[str, Any]], None], says: str) -> None:
    before = {"InvoiceIssued": schema_of(invoicing.InvoiceIssued)}
    after = copy.deepcopy(before)
    change(after["InvoiceIssued"])
    assert says in breaking_changes(before=before, after=after)


def test_an_optional_field_and_other_words_break_nobody() -> None:
    before = {"InvoiceIssued": schema_of(invoicing.InvoiceIssued)}
    after = copy.deepcopy(before)
    after["InvoiceIssued"]["properties"]["new"] = {"type": "string", "default": ""}
    after["InvoiceIssued"]["description"] = "Said better."
    after["Another"] = {"type": "object"}
    assert breaking_changes(before=before, after=after) == []


def test_the_generator_writes_checks_and_refuses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert generate.main([str(tmp_path)]) == 0
    assert generate.main(["--check", str(tmp_path)]) == 0
    path = tmp_path / "payments.BooksClosed.v1.json"
    old = msgspec.json.decode(path.read_bytes())
    old["properties"]["gone"] = {"type": "string"}
    path.write_bytes(msgspec.json.encode(old))
    assert generate.main([str(tmp_path)]) == 1
    assert "payments.BooksClosed.v1.json.gone: removed" in capsys.readouterr().out
    assert generate.main(["--check", "--unreleased", str(tmp_path)]) == 1
    assert generate.main(["--unreleased", str(tmp_path)]) == 0
    (tmp_path / "stray.json").write_text("{}")
    assert generate.main(["--unreleased", str(tmp_path)]) == 0
    assert not (tmp_path / "stray.json").exists()
    assert generate.main(["--chekc"]) == 1
