"""The bench's command line, before a drop-box that is a folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from carrier_sim.__main__ import cli
from carrier_sim.adapters.lists import names_in, steps_in
from carrier_sim.application import certify
from carrier_sim.domain.behaviours import BEHAVIOURS
from carrier_sim.domain.checklist import UnfitList
from carrier_sim.domain.files import answers_in, cut, element

GOLDEN = Path(__file__).parents[4] / "services" / "carrier-gateway" / "tests" / "golden"
FAMILY = (GOLDEN / "initial-family-with-assistance.834").read_text()


class Box:
    """A drop-box with one set in it, and the bench before it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("outbound", "inbound/processed", "inbound/refused"):
            (folder / name).mkdir(parents=True)
        self.lay("set.834", FAMILY)

    def lay(self, name: str, text: str) -> None:
        (self.folder / "outbound" / name).write_text(text)

    def ask(self, *arguments: str) -> Result:
        where = ("--at", str(self.folder), "--notebook", str(self.folder / "notebook"))
        return CliRunner().invoke(cli, [*where, *arguments])

    def brought(self) -> list[str]:
        return sorted(path.name for path in (self.folder / "inbound").iterdir() if path.is_file())


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path)


def test_it_fetches_once_and_says_what_is_wrong(box: Box) -> None:
    box.lay("wrong.834", FAMILY.replace("SE*103", "SE*104"))
    box.lay("list.csv", "list,DELINQ\n")
    result = box.ask("fetch")
    assert (result.exit_code, result.output.splitlines()) == (
        1,
        [
            "list.csv: other, in order",
            "set.834: 834, in order",
            "wrong.834: 834, SE01 is not how much there is",
        ],
    )
    again = box.ask("fetch", "--remove")
    assert (again.exit_code, again.output) == (0, "")
    assert list((box.folder / "outbound").iterdir()) == []
    assert (box.folder / "notebook" / "fetched" / "set.834").stat().st_mode & 0o077 == 0


def test_another_reader_may_be_asked_too(box: Box) -> None:
    box.lay("wrong.834", FAMILY.replace("N1*IN", "N1*ZZ"))
    result = box.ask("fetch", "--referee")
    assert result.exit_code == 1
    assert "wrong.834: 834, another reader of X12 refuses it" in result.output.splitlines()
    assert "set.834: 834, in order" in result.output.splitlines()


def test_it_answers_what_it_fetched_under_numbers_that_count_on(box: Box) -> None:
    box.ask("fetch")
    assert box.ask("answer").output.split() == [
        "ta1-000000001.ta1",
        "999-000000002.999",
        "confirmation-000000003.834",
    ]
    assert box.ask("answer").output == ""
    assert box.ask("send", "half-a-file").output == "half-a-file-000000004.834\n"
    assert json.loads((box.folder / "notebook" / "notes.json").read_text())["last"] == 4
    assert len(box.brought()) == 4


def test_a_set_that_is_not_in_order_is_rejected_and_not_confirmed(box: Box) -> None:
    box.lay("set.834", FAMILY.replace("SE*103", "SE*104"))
    box.ask("fetch")
    assert box.ask("answer").output == "999-000000001.999\n"
    (answer,) = answers_in((box.folder / "inbound" / "999-000000001.999").read_text())
    assert (answer.answers, str(answer)) == (1, "R")


def test_a_set_that_does_not_say_from_when_is_told_of(box: Box) -> None:
    box.lay("set.834", FAMILY.replace("DTP*348*D8*20160101", "DTP*348*D8*soon"))
    box.ask("fetch")
    result = box.ask("send", "confirmation")
    assert (result.exit_code, result.output) == (
        1,
        "carrier-sim: it does not say from which day on (DTP 348)\n",
    )


def test_an_answer_that_cannot_be_read_is_found(box: Box) -> None:
    box.lay("999", (GOLDEN / "group-rejected.999").read_text().replace("AK1*BE*31", "AK1*BE*x"))
    box.lay("ta1", (GOLDEN / "interchange-accepted.ta1").read_text().replace("IEA*0", "IEA*1"))
    assert box.ask("fetch").output.splitlines() == [
        "999: 999, what it answers cannot be read",
        "set.834: 834, in order",
        "ta1: TA1, IEA01 is not how much there is",
    ]


def test_a_number_is_noted_before_anything_goes_out_under_it(box: Box) -> None:
    box.ask("fetch")
    for path in (box.folder / "inbound").iterdir():
        path.rmdir()
    (box.folder / "inbound").rmdir()
    result = box.ask("send", "confirmation")
    assert (result.exit_code, result.output) == (
        1,
        "carrier-sim: confirmation-000000001.834 cannot be brought: No such file or directory\n",
    )
    assert json.loads((box.folder / "notebook" / "notes.json").read_text())["last"] == 1


def test_everything_it_can_send_is_listed_and_can_be_sent(box: Box) -> None:
    listed = [line.partition(":")[0] for line in box.ask("behaviours").output.splitlines()]
    assert listed == list(BEHAVIOURS)
    box.ask("fetch")
    result = box.ask("send", *listed)
    assert result.exit_code == 0, result.output
    assert len(box.brought()) == len(result.output.splitlines()) == 47


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (
            ("send", "nonsense"),
            2,
            "'nonsense' is nothing that can be sent; `carrier-sim behaviours` lists what can",
        ),
        (("send", "confirmation"), 1, "no set that begins coverage was fetched"),
        (("send", "confirmation", "--about", "x.834"), 1, "x.834 was not fetched"),
        (("--at", "sftp://GMH@nowhere", "fetch"), 2, "SFTP needs sftp://CARRIER@host and --key"),
        (("--at", "https://nowhere", "fetch"), 2, "HTTPS needs the carrier's token: set CARRIER_SIM_TOKEN"),
        (
            ("--at", "ftp://nowhere", "fetch"),
            2,
            "ftp://nowhere: must be a folder, sftp://CARRIER@host:port or https://host",
        ),
        (
            ("--at", "/nowhere", "certify"),
            2,
            "/nowhere: must be a drop-box, a folder with outbound and inbound in it",
        ),
        (("run", "nowhere.yaml"), 2, "nowhere.yaml: cannot be read: FileNotFoundError"),
    ],
)
def test_what_it_cannot_do_it_says(
    arguments: tuple[str, ...], code: int, says: str, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CARRIER_SIM_TOKEN", raising=False)
    result = box.ask(*arguments)
    assert (result.exit_code, result.output) == (code, f"carrier-sim: {says}\n")


SCRIPT = """\
- fetch
- send: [confirmation, acknowledgements]
  backwards: true
  late: 0.01
- wait: 0.01
- answer
- send: not-x12
  expect: {file: refused}
"""


def test_a_script_is_done_step_by_step_and_what_nobody_judges_in_time_fails(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(certify, "LOOKS_EVERY", 0.01)
    (box.folder / "day.yaml").write_text(SCRIPT)
    result = box.ask("run", str(box.folder / "day.yaml"), "--patience", "0.02")
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        "  1 passed  fetch: All that lies for the carrier is fetched and in order.",
        "  2 passed  confirmation, acknowledgements: The effectuation (021/28/CONFIRM) of everybody on the set."
        " A TA1, where one is asked for, and a 999: both accept the set.",
        "       came     not judged, TA1 none, 999 none",
        "       came     not judged, TA1 none, 999 none",
        "       came     not judged, TA1 none, 999 none",
        "  3 passed  wait: 0.01 seconds pass.",
        "  4 passed  answer: All that was fetched is acknowledged, and confirmed where it begins coverage.",
        "  5 FAILED  not-x12: A file that is no interchange.",
        "       expected refused, TA1 none, 999 none",
        "       came     not judged, TA1 none, 999 none",
        "5 steps, 4 passed, 1 failed",
    ]


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("", "must be a list of steps"),
        ("fetch: it", "must be a list of steps"),
        ("- [", "is no YAML: ParserError"),
        ("- dance", "step 1: must be fetch, answer, send or wait"),
        ("- fetch\n- wait: soon", "step 2: must be a number of seconds"),
        ("- send: nonsense", "step 1: 'nonsense' is nothing that can be sent; `behaviours` lists what can"),
        (
            "- send: twice\n  soon: 1",
            "step 1: has 'soon'; a step may have send, expect, about, late, backwards, why",
        ),
        ("- send: twice\n  expect: {file: lost}", "step 1: file must be processed or refused"),
        ("- send: twice\n  expect: refused", "step 1: expect may have file, ta1 and group"),
    ],
)
def test_a_script_that_cannot_be_followed_is_refused_by_step(script: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "script.yaml"
    path.write_text(script)
    with pytest.raises(UnfitList) as refused:
        steps_in(path)
    assert str(refused.value) == f"{path}: {says}"


def test_a_confirmation_is_in_the_carrier_s_own_spelling(box: Box) -> None:
    profile = box.folder / "GMH.yaml"
    profile.write_text("carrier: GMH\noptions:\n  category_names: {ADDL MAINT REASON: AMRC}\n")
    assert names_in(profile) == {"ADDL MAINT REASON": "AMRC"}
    box.ask("fetch")
    (name,) = box.ask("--profile", str(profile), "send", "confirmation").output.split()
    said = cut((box.folder / "inbound" / name).read_text())
    assert {element(each, 2) for each in said if each[:2] == ("N1", "75")} == {"AMRC"}
