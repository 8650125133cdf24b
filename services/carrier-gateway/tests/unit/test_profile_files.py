"""Carriers' profiles in files: checked, compared, and what they change in what carriers say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from carriers_desk import effectuation_of
from gateway_builders import CARRIER, Gateway, contact, paid, profile, selected
from typer.testing import CliRunner, Result

from bulkhead.kernel.errors import InvalidValue
from carrier_gateway.domain.events import CoverageEffectuated
from carrier_gateway.domain.records import InboundFile, InboundRecord
from carrier_gateway.entrypoints.cli import cli

PROFILES = Path(__file__).parents[2] / "profiles"
NO_SUBSIDY = "options.billing: must be exchange or carrier: no state subsidy is paid to a carrier that bills for itself"
NO_PLAN_YEAR = "options.billing_from: must be a plan year of 2014 to 2199, or left out"
SOUND = """\
carrier: MVP
name: MVP Health Plan
receiver_id: "141640868"
options:
  time_code: false
"""


def said(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, ["profile", *map(str, arguments)])


def check(folder: Path, text: str) -> Result:
    (folder / "MVP.yaml").write_text(text)
    return said("check", folder / "MVP.yaml")


@pytest.mark.parametrize("path", sorted(PROFILES.iterdir()), ids=lambda path: path.stem)
def test_CAR_1_every_profile_kept_here_can_be_written_to(path: Path) -> None:
    result = said("check", path)
    assert (result.exit_code, result.output) == (0, f"{path}: {path.stem} can be written to\n")


@pytest.mark.parametrize(
    ("right", "wrong", "line", "says"),
    [
        ('"141640868"', "141640868", 3, "receiver_id: must be text: write it in quotes"),
        (
            "carrier: MVP",
            "carrier: M V",
            1,
            "carrier: must be 1 to 64 letters, digits, '.', '_' or '-', the first a letter or digit",
        ),
        ("MVP Health Plan", '"MVP*Health"', 2, "name: must be 1 to 60 plain characters, none of * ^ : ~"),
        ("time_code: false", "usage: X", 5, "options.usage: must be 'P' or 'T'"),
        (
            "time_code: false",
            "file_name: all",
            5,
            "options.file_name: must have {control} in it, so that no two files have one name",
        ),
        (
            "time_code: false",
            "member_references: {F6: member}",
            5,
            "options.member_references: has 'F6': the exchange has what belongs under 3H and ABB",
        ),
        (
            "time_code: false",
            "category_names: {APTC AMT: RATING AREA}",
            5,
            "options.category_names: must have a name of its own for each, which no other category has",
        ),
        ("time_code: false", "billing: subsidy-only", 5, NO_SUBSIDY),
        ("time_code: false", "billing_from: 17", 5, NO_PLAN_YEAR),
        (
            "options:",
            "because: {name: [1]}\noptions:",
            4,
            "because: must say a sentence for each field that it names",
        ),
        (
            "options:",
            "because: {options.usage: so}\noptions:",
            4,
            "because.options.usage: gives a reason for what the file does not say: name a field of it",
        ),
    ],
)
def test_CAR_1_a_bad_value_is_refused_by_file_line_field_and_what_would_do(
    right: str, wrong: str, line: int, says: str, tmp_path: Path
) -> None:
    result = check(tmp_path, SOUND.replace(right, wrong))
    assert (result.exit_code, result.output) == (1, f"{tmp_path}/MVP.yaml:{line}: {says} (CAR-1)\n")


def test_CAR_1_all_bad_values_of_a_file_are_told_at_once(tmp_path: Path) -> None:
    result = check(tmp_path, SOUND.replace("time_code: false", "usage: X\n  file_name: all\n  shape: round"))
    assert [line.split(": ")[1] for line in result.output.splitlines()] == [
        "options.usage",
        "options.file_name",
        "options.shape",
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("carrier: [", ":1: is no YAML: expected the node content"),
        ("- MVP", ":1: must be names and values"),
        ("", ":1: must be names and values"),
        ("carrier: MVP\ncarrier: MVP", ":2: is no YAML: found duplicate key"),
    ],
)
def test_a_file_that_is_no_profile_is_told_where(text: str, says: str, tmp_path: Path) -> None:
    result = check(tmp_path, text)
    assert result.exit_code == 1
    assert result.output.startswith(f"{tmp_path}/MVP.yaml{says}")


@pytest.mark.parametrize("asked", [("check",), ("put",), ("diff", PROFILES / "GMH.yaml")])
def test_a_file_that_is_not_there_is_told_with_the_folder_it_was_looked_for_from(
    asked: tuple[str | Path, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = said(*asked, "nowhere.yaml")
    assert (result.exit_code, result.output) == (
        1,
        f"nowhere.yaml: there is no such file, seen from {tmp_path}\n",
    )


def test_CAR_1_two_carriers_are_compared_field_by_field_in_words(tmp_path: Path) -> None:
    (tmp_path / "A.yaml").write_text(SOUND.replace("MVP", "A"))
    (tmp_path / "B.yaml").write_text(
        SOUND.replace("MVP", "B").replace("time_code: false", "plan_ids: {SILVER: S1}")
        + "because: {options.plan_ids: its catalog}\n"
    )
    result = said("diff", tmp_path / "A.yaml", tmp_path / "B.yaml")
    assert result.output.splitlines() == [
        "options.plan_ids: Our plans onto its 16-digit ones (REF CE).",
        "  A: none",
        "  B: SILVER is S1 (its catalog)",
        "options.time_code: BGN05 is sent.",
        "  A: no",
        "  B: yes",
    ]
    assert said("diff", tmp_path / "A.yaml", tmp_path / "A.yaml").output == "no difference\n"


SPELLED: dict[str, Any] = {
    "category_names": {"ADDL MAINT REASON": "AMRC"},
    "member_references": {"3H": "household"},
}


async def told(**options: Any) -> tuple[Gateway, str]:
    gateway = Gateway()
    await gateway.profile(profile(**options))
    await gateway.tell(contact(), selected(), paid())
    return gateway, gateway.sets_sent()[0]


async def answered(gateway: Gateway, text: str) -> InboundFile:
    await gateway.drop("confirmed.834", text)
    await gateway.work()
    (file,) = gateway.rows(InboundFile)
    return file


async def test_CAR_1_a_carrier_says_a_category_in_its_own_words_and_repeats_its_references() -> None:
    gateway, sent = await told(**SPELLED)
    own = effectuation_of(
        sent,
        replacing=[
            ("N1*75*ADDL MAINT REASON", "N1*75*AMRC"),
            ("REF*17*june-1", "REF*17*june-1~\nREF*3H*june"),
        ],
    )
    own = re.sub(r"SE\*(\d+)", lambda found: f"SE*{int(found[1]) + 1}", own)
    file = await answered(gateway, own)
    assert [reason.says for each in gateway.rows(InboundRecord) for reason in each.reasons] == []
    assert file.state == "processed"
    assert [each.carrier for each in gateway.said(CoverageEffectuated)] == [CARRIER]


async def test_CAR_5_another_carrier_s_word_for_a_category_is_refused_by_name() -> None:
    gateway, sent = await told()
    file = await answered(
        gateway, effectuation_of(sent, replacing=[("N1*75*ADDL MAINT REASON", "N1*75*AMRC")])
    )
    assert file.state == "refused"
    (record,) = gateway.rows(InboundRecord)
    assert "N102: is a category nobody has agreed on" in record.reasons[0].says


async def test_CAR_1_a_profile_may_say_that_its_carrier_bills_and_is_refused_a_way_of_billing_nobody_does() -> (
    None
):
    gateway = Gateway()
    await gateway.profile(profile(billing="carrier", billing_from=2017))
    with pytest.raises(InvalidValue) as refused:
        await gateway.profile(profile(billing="subsidy-only"))
    assert refused.value.field == "/options/billing"
