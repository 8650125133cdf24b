"""Every pack that ships can be read by all five services, and a new state or year is a folder of data."""

from __future__ import annotations

import re
import shutil
from datetime import date
from pathlib import Path

import pytest

from bulkhead.policy import PolicyError, PolicyPack, packs_in
from invoicing.domain.parameters import InvoicingParameters
from stories.language import Story, read_story
from stories.runner import Watch, play, report
from stories.stages.memory import POLICY, InMemory
from tools.policy import KINDS, contradictions

FRAME = """\
scenario: trial
title: A trial
cites: [ENR-2]
pack: {pack}
clock: {clock}
catalog:
  - {{plan: SILVER, carrier: BCBSVT, kind: medical, monthly: {{single: 500.00, couple: 1000.00, parent: 965.00, family: 1405.00}}}}
households:
  june: {{members: [{{name: June Example, born: 1980-03-02}}], aptc: 0.00, subsidy: 0.00, language: en, email: june@example.test}}
steps:
  - {{at: {selected}T10:00, do: select, household: june, plans: [SILVER], via: web}}
  - {{at: {paid}T10:00, do: pay, household: june, amount: 500.00, by: card}}
  - at: {paid}T23:00
    expect:
      - accepted: {{}}
      - effective: {{household: june, plan: SILVER, on: {effective}}}
      - coverage: {{household: june, plan: SILVER, is: active, from: {effective}}}
      - books: {{balanced: true}}
"""


def story(pack: str, *, clock: str, selected: str, paid: str, effective: str) -> Story:
    text = FRAME.format(pack=pack, clock=clock, selected=selected, paid=paid, effective=effective)
    return read_story(text, file="trial.yaml")


async def held(told: Story, *, directory: Path) -> None:
    """Play a story with a pack of a directory, and fail with what it told where it does not hold."""
    exchange = InMemory(PolicyPack.named(told.pack, directory=directory), told)
    await exchange.start()
    try:
        played = await play(told, exchange, watch=Watch.DAILY)
    finally:
        await exchange.close()
    assert played.held, "\n".join(report(played))


@pytest.mark.parametrize("pack", packs_in(POLICY))
def test_every_pack_that_ships_is_whole_for_every_service(pack: str) -> None:
    PolicyPack.named(pack, directory=POLICY).check_together(KINDS)


@pytest.mark.parametrize("service", ["payments", "invoicing"])
def test_CAL_2_a_holiday_that_one_service_alone_keeps_is_refused(tmp_path: Path, service: str) -> None:
    shutil.copytree(POLICY / "vermont-2016", tmp_path / "vermont-2016")
    file = tmp_path / "vermont-2016" / f"{service}.yaml"
    text = file.read_text()
    before, holidays = text.split("  state_holidays", 1)
    one = holidays.replace("value: []", "value: [2016-03-01]", 1).replace(
        "state_holidays: []", "state_holidays: [2016-03-01]"
    )
    file.write_text(f"{before}  state_holidays{one}")
    pack = PolicyPack.named("vermont-2016", directory=tmp_path)
    with pytest.raises(
        PolicyError, match=r"payments\.yaml:\d+: state_holidays is another on 2015-01-01 than in"
    ):
        pack.check_together(KINDS)
    file.write_text(before)
    with pytest.raises(PolicyError, match=rf"{service}\.yaml:1: parameter state_holidays is missing"):
        PolicyPack.named("vermont-2016", directory=tmp_path).check_together(KINDS)


@pytest.mark.parametrize(
    ("service", "there", "instead", "says"),
    [
        ("invoicing", "due_day: 26", "due_day: 25", "due_day than this file says elsewhere: 26"),
        (
            "payments",
            "weekday: wednesday\n",
            "weekday: tuesday\n",
            "remittance_weekday than this file says elsewhere",
        ),
        ("enrollment", "cutoff_day: 15", "cutoff_day: 14", "cutoff_day than this file says elsewhere: 15"),
        (
            "enrollment",
            "ends: [2016-01-31, ",
            "ends: [2016-01-30, ",
            "open_enrollment_ends than this file says",
        ),
    ],
)
def test_OPS_2_the_deadlines_of_maintenance_are_those_the_service_goes_by(
    tmp_path: Path, service: str, there: str, instead: str, says: str
) -> None:
    shutil.copytree(POLICY / "vermont-2016", tmp_path / "vermont-2016")
    file = tmp_path / "vermont-2016" / f"{service}.yaml"
    assert file.read_text().count(there) == 1
    file.write_text(file.read_text().replace(there, instead))
    with pytest.raises(PolicyError, match=re.escape(says)):
        PolicyPack.named("vermont-2016", directory=tmp_path).check(service, KINDS[service])


@pytest.mark.parametrize("service", KINDS)
def test_OPS_2_all_five_files_have_the_same_deadlines(tmp_path: Path, service: str) -> None:
    shutil.copytree(POLICY / "vermont-2016", tmp_path / "vermont-2016")
    file = tmp_path / "vermont-2016" / f"{service}.yaml"
    file.write_text(file.read_text().replace("clear_hours: 12", "clear_hours: 6"))
    with pytest.raises(PolicyError, match="maintenance is another on"):
        PolicyPack.named("vermont-2016", directory=tmp_path).check_together(KINDS)


@pytest.mark.parametrize("name", packs_in(POLICY))
def test_OPS_4_notices_name_the_way_to_pay_online_from_the_day_on_which_it_is_open(name: str) -> None:
    pack = PolicyPack.named(name, directory=POLICY)
    takes, tells = pack.file("payments"), pack.file("notifications")
    entries = (*takes.parameters["online_payment"], *tells.parameters["payments_online"])
    for day in {each.since for each in entries}:
        opened, told = takes.entry_on("online_payment", day), tells.entry_on("payments_online", day)
        if opened and told:
            assert (opened.value == "true") == (told.value not in (None, "null")), day


@pytest.mark.parametrize("service", KINDS)
@pytest.mark.parametrize("pack", packs_in(POLICY))
def test_every_value_that_ships_names_the_rule_it_is_for(pack: str, service: str) -> None:
    known = re.findall(r"^- \*\*(\S+)\*\*", (POLICY.parent / "docs" / "rules.md").read_text(), re.MULTILINE)
    rule = re.compile(rf"(?<![\w-])(?:{'|'.join(known)}|I\d+)(?!\w)")
    for name, entries in PolicyPack.named(pack, directory=POLICY).file(service).parameters.items():
        for entry in entries:
            assert rule.search(entry.cites), f"{pack}/{service}.yaml:{entry.line}: {name} names no rule"


def numbers_in(service: str) -> list[int]:
    """Return the offset of every whole number that is a value in a service's file of vermont-2016."""
    text = (POLICY / "vermont-2016" / f"{service}.yaml").read_text()
    return [match.start(1) for match in re.finditer(r"(?:value|\w+_\w+): (\d+)(?=[,}\n])", text)]


@pytest.mark.parametrize(("service", "at"), [(each, at) for each in KINDS for at in numbers_in(each)])
@pytest.mark.parametrize("number", ["6000000", "-1"])
def test_no_number_in_a_pack_is_without_bounds(tmp_path: Path, service: str, at: int, number: str) -> None:
    shutil.copytree(POLICY / "vermont-2016", tmp_path / "vermont-2016")
    file = tmp_path / "vermont-2016" / f"{service}.yaml"
    text = file.read_text()
    file.write_text(text[:at] + number + text[at:].lstrip("0123456789"))
    with pytest.raises(PolicyError, match=rf"{service}\.yaml:"):
        PolicyPack.named("vermont-2016", directory=tmp_path).check(service, KINDS[service])


@pytest.mark.parametrize(
    ("service", "parameter", "says"),
    [
        ("invoicing", "due_day: 40", "is 40: it must be 1 to 28 (INV-2)"),
        (
            "invoicing",
            "due_day: 3",
            "is 3, and invoices are made on 5 (run_day): it must be later (INV-2, INV-3)",
        ),
        ("invoicing", "grace_months_assisted: 0", "is 0: it must be 1 to 12 (INV-8)"),
        ("invoicing", "payment_threshold: 1.05", "is 1.05: it must be 0.5 to 1, where 1 is all (INV-15)"),
        ("enrollment", "cutoff_day: 31", "is 31: it must be 1 to 28 (ENR-3)"),
        ("enrollment", "adult_age_ratio: 4", "is 4: it must be 1 to 3 (ENR-17)"),
    ],
)
def test_a_value_that_cannot_be_meant_stops_the_pack_at_its_line_and_says_by_which_rule(
    tmp_path: Path, service: str, parameter: str, says: str
) -> None:
    shutil.copytree(POLICY / "vermont-2016", tmp_path / "vermont-2016")
    file = tmp_path / "vermont-2016" / f"{service}.yaml"
    name, _, value = parameter.partition(": ")
    before = re.search(rf"^  {name}:\n.*value: ([^,]+),", file.read_text(), re.MULTILINE)
    assert before is not None
    text = file.read_text()
    file.write_text(text[: before.start(1)] + value + text[before.end(1) :])
    line = text[: before.start(1)].count("\n") + 1
    told = rf"{service}\.yaml:{line}: {name} from \S+ {re.escape(says)}"
    with pytest.raises(PolicyError, match=told):
        PolicyPack.named("vermont-2016", directory=tmp_path).check(service, KINDS[service])


@pytest.mark.parametrize(
    ("pack", "clock", "selected", "paid", "effective"),
    [
        ("massachusetts-2015", "2014-12-20", "2014-12-23", "2014-12-28", "2015-01-01"),
        ("massachusetts-2015", "2014-12-20", "2014-12-24", "2014-12-28", "2015-02-01"),
        ("vermont-2014", "2014-03-10", "2014-03-15", "2014-03-31", "2014-04-01"),
        ("vermont-2014", "2014-03-10", "2014-03-31", "2014-03-31", "2014-05-01"),
        ("vermont-2017", "2016-12-10", "2016-12-15", "2016-12-20", "2017-01-01"),
        ("vermont-2027", "2026-12-28", "2026-12-31", "2026-12-31", "2027-01-01"),
    ],
)
async def test_ENR_2_ENR_5_a_selection_and_its_payment_begin_on_the_day_the_pack_says(
    pack: str, clock: str, selected: str, paid: str, effective: str
) -> None:
    told = story(pack, clock=clock, selected=selected, paid=paid, effective=effective)
    await held(told, directory=POLICY)


@pytest.mark.parametrize("day", ["2014-11-17", "2014-12-08", "2014-12-24"])
def test_INV_1_massachusetts_2015_is_to_be_paid_by_december_28_whenever_it_was_invoiced(day: str) -> None:
    pack, invoiced = PolicyPack.named("massachusetts-2015", directory=POLICY), date.fromisoformat(day)
    days = pack.load("invoicing", InvoicingParameters, invoiced).binder_due_days
    assert (date(2014, 12, 28) - invoiced).days == days


async def test_a_new_state_is_a_folder_of_data(tmp_path: Path) -> None:
    maine = tmp_path / "maine-2018"
    shutil.copytree(POLICY / "vermont-2017", maine)
    for file in maine.glob("*.yaml"):
        text = file.read_text().replace("pack: vermont-2017", "pack: maine-2018")
        for year in (2017, 2016):
            text = text.replace(f"plan_year: {year}", f"plan_year: {year + 1}")
        rows = {"2017-01-31": "2017-12-15", "2016-12-15": "2017-12-15", "2016-11-01": "2017-11-01"}
        if file.stem == "enrollment":
            dropped = [each for each in text.splitlines(keepends=True) if "2017-02-01" not in each]
            text = "".join(each for each in dropped if "2017-03-01" not in each)
            text = text.replace("effective: 2017-01-01", "effective: 2018-01-01")
            for before, after in rows.items():
                text = text.replace(before, after)
        text = re.sub(r"selection_cutoffs: .*", "selection_cutoffs: []", text)
        text = re.sub(r"open_enrollment_ends: .*", "open_enrollment_ends: [2017-12-15]", text)
        file.write_text(text)
    told = story(
        "maine-2018", clock="2017-12-10", selected="2017-12-15", paid="2017-12-20", effective="2018-01-01"
    )
    await held(told, directory=tmp_path)


@pytest.mark.parametrize("name", packs_in(POLICY))
def test_OPS_4_letters_name_the_door_that_is_open_on_every_date(name: str) -> None:
    assert list(contradictions(PolicyPack.named(name, directory=POLICY))) == []


def test_OPS_4_a_pack_whose_letters_name_a_door_that_is_closed_is_refused(tmp_path: Path) -> None:
    shutil.copytree(POLICY / "vermont-2014", tmp_path / "vermont-2014")
    file = tmp_path / "vermont-2014" / "payments.yaml"
    file.write_text(
        file.read_text().replace("{from: 2014-03-01, value: true", "{from: 2014-04-01, value: true")
    )
    (found,) = contradictions(PolicyPack.named("vermont-2014", directory=tmp_path))
    assert "payments_online names an address on 2014-03-01" in found
    assert "vermont-2014/payments.yaml:5 is false" in found
