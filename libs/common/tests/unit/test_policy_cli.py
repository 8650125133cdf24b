"""The commands that read policy packs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bulkhead.runtime.policy_cli import policy_commands


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    run_day: int
    due_day: int


PACK = """\
pack: {name}
service: invoicing
parameters:
  run_day: [{{from: 2015-01-01, value: 5, cites: VHC section 3 (INV-2)}}]
  due_day:
    - {{from: 2015-01-01, value: {first}, cites: VHC section 3 (INV-21)}}
    - {{from: 2016-07-01, value: 25, cites: bulletin 7}}
"""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    for name, first in (("vermont-2016", "26"), ("vermont-2017", "27")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "invoicing.yaml").write_text(PACK.format(name=name, first=first))
    return tmp_path


def told(directory: Path, *arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(
        policy_commands({"invoicing": Days}), arguments, env={"BULKHEAD_POLICY_DIR": str(directory)}
    )
    return result.exit_code, result.output


def test_a_check_reads_all_packs_or_the_one_named_and_ends_with_1_where_one_is_wrong(directory: Path) -> None:
    assert told(directory, "check") == (0, "vermont-2016, vermont-2017: nothing wrong with invoicing\n")
    (directory / "vermont-2017" / "invoicing.yaml").write_text("pack: vermont-2017\n")
    code, text = told(directory, "check")
    assert (code, "vermont-2017/invoicing.yaml:1: the file says no parameters" in text) == (1, True)
    assert told(directory, "check", "vermont-2016")[0] == 0
    assert told(directory, "check", "maine-2018")[0] == 1


def test_a_parameter_that_two_services_have_stands_alike_for_both(directory: Path) -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Due:
        due_day: int

    (directory / "vermont-2017" / "payments.yaml").write_text(
        "pack: vermont-2017\nservice: payments\nparameters:\n"
        "  due_day: [{from: 2014-01-01, value: 20, cites: a}, {from: 2015-01-01, value: 27, cites: a}]\n"
    )
    result = CliRunner().invoke(
        policy_commands({"invoicing": Days, "payments": Due}),
        ["check", "vermont-2017"],
        env={"BULKHEAD_POLICY_DIR": str(directory)},
    )
    assert result.output == (
        "vermont-2017/payments.yaml:4: due_day is another on 2016-07-01 than in vermont-2017/invoicing.yaml:7: "
        "what two services go by must be the same\n"
    )
    assert result.exit_code == 1


def test_a_difference_is_one_of_values_on_a_date_or_on_any(directory: Path) -> None:
    assert told(directory, "diff", "vermont-2016", "vermont-2017", "--on", "2016-01-05") == (
        0,
        "invoicing due_day\n  vermont-2016: 26\n  vermont-2017: 27\n1 parameters differ on 2016-01-05\n",
    )
    on_any = told(directory, "diff", "vermont-2016", "vermont-2017")[1]
    assert "  vermont-2017: 27 from 2015-01-01\n  vermont-2017: 25 from 2016-07-01\n" in on_any
    later = told(directory, "diff", "vermont-2016", "vermont-2017", "--on", "2016-07-01")
    assert later == (0, "0 parameters differ on 2016-07-01\n")


def test_a_parameter_is_explained_with_its_citation_and_what_comes_next(directory: Path) -> None:
    assert told(directory, "explain", "due_day", "--on", "2016-01-05") == (
        0,
        "vermont-2016 on 2016-01-05:\n"
        "due_day: 26\n"
        "  since 2015-01-01 (vermont-2016/invoicing.yaml:6)\n"
        "  cites VHC section 3 (INV-21)\n"
        "  next 2016-07-01: 25, cites bulletin 7\n",
    )
    assert "due_day: no value on 2014-12-31" in told(directory, "explain", "due_day", "--on", "2014-12-31")[1]
    assert (
        "due_day: 27"
        in told(directory, "explain", "due_day", "--on", "2016-01-05", "--pack", "vermont-2017")[1]
    )


def test_INV_2_a_rule_is_explained_by_the_parameters_that_cite_it_and_no_other(directory: Path) -> None:
    text = told(directory, "explain", "INV-2", "--on", "2016-01-05")[1]
    assert text.startswith("vermont-2016 on 2016-01-05:\nrun_day: 5\n")
    assert "due_day" not in text


@pytest.mark.parametrize(
    ("what", "code", "says"),
    [
        (
            "INV-3",
            0,
            "vermont-2016 has no value of INV-3: the rule is the same on every date (docs/rules.md says it)",
        ),
        ("INV-99", 1, "there is no rule INV-99; there is INV-21, INV-9, INV-3"),
        ("INV-9", 0, "vermont-2016 has no value of INV-9: the rule is not built yet (docs/rules.md)"),
        ("OPS-1", 1, "there is no rule OPS-1; there is INV-2, INV-3, INV-9, INV-21"),
        ("due_days", 1, "vermont-2016 has no parameter due_days; there is due_day, run_day"),
        ("grace", 1, "vermont-2016 has no parameter grace; there is run_day, due_day"),
    ],
)
def test_a_rule_without_a_value_is_told_from_one_that_is_not_built_or_not_there(
    directory: Path, what: str, code: int, says: str
) -> None:
    rules = {"INV-2": True, "INV-3": True, "INV-9": False, "INV-21": True}
    result = CliRunner().invoke(
        policy_commands({"invoicing": Days}, rules=lambda: rules),
        ["explain", what, "--on", "2016-01-05"],
        env={"BULKHEAD_POLICY_DIR": str(directory)},
    )
    assert (result.exit_code, result.output) == (code, f"{says}\n")


def test_a_service_that_has_no_page_of_rules_knows_those_its_pack_cites(directory: Path) -> None:
    assert told(directory, "explain", "INV-3", "--on", "2016-01-05") == (
        1,
        "vermont-2016 has no value of INV-3; there is INV-2, INV-21\n",
    )


def test_an_explanation_without_a_date_asks_for_one(directory: Path) -> None:
    says = "of which date? values are dated: explain due_day --on 2016-01-05\n"
    assert told(directory, "explain", "due_day") == (1, says)
