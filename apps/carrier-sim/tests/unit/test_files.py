"""What the bench reads in a file, and what it finds wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from carrier_sim.domain.files import (
    Unreadable,
    answers_in,
    cut,
    faults_of,
    kind_of,
    read_enrollment,
)

GOLDEN = Path(__file__).parents[4] / "services" / "carrier-gateway" / "tests" / "golden"
"""Files as an exchange sends them: they are data here, and nothing of the exchange's code is used."""
FAMILY = (GOLDEN / "initial-family-with-assistance.834").read_text()
SENT = sorted(path for path in GOLDEN.glob("*.834"))


@pytest.mark.parametrize("path", SENT, ids=lambda path: path.stem)
def test_what_an_exchange_sends_is_in_order(path: Path) -> None:
    assert faults_of(path.read_text()) == []
    assert kind_of(path.read_text()) == "834"


@pytest.mark.parametrize(
    ("right", "wrong", "fault"),
    [
        ("IEA*1*000000001", "IEA*1*000000002", "IEA02 is not the number of what it closes"),
        ("IEA*1", "IEA*2", "IEA01 is not how much there is"),
        ("GE*1*1", "GE*1*2", "GE02 is not the number of what it closes"),
        ("GE*1*1", "GE*3*1", "GE01 is not how much there is"),
        ("SE*103*000000001", "SE*103*000000009", "SE02 is not the number of what it closes"),
        ("SE*103", "SE*104", "SE01 is not how much there is"),
        ("IEA*1*000000001~\n", "", "IEA is missing"),
        ("INS*N*19", "INS*Y*18", "INS01 Y is not that of one member"),
        ("QTY*TO*3", "QTY*TO*4", "QTY TO is not how many members there are"),
        ("REF*0F*june-1~\nREF*17*june-2", "REF*0F*june-9~\nREF*17*june-2", "REF 0F is not one subscriber's"),
        ("LX*8~", "LX*9~", "LX does not count on"),
        ("LE*2700~\nINS*N*01", "DTP*300*D8*20160101~\nINS*N*01", "LS is not closed by LE"),
        ("TOT~\nREF*9X*1405", "TOT~\nREF*9X*1404", "PRE AMT TOT is not the sum of every PRE AMT 1"),
        ("REF*9V*800.00", "REF*9V*800.01", "TOT RES AMT is not PRE AMT TOT less what others pay"),
    ],
)
def test_each_thing_that_is_wrong_is_found(right: str, wrong: str, fault: str) -> None:
    assert FAMILY.count(right) == 1
    assert fault in faults_of(FAMILY.replace(right, wrong))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "it does not begin with a whole ISA of 106 characters"),
        ("ISA*00*", "it does not begin with a whole ISA of 106 characters"),
        (FAMILY[:400], "ST is not closed by SE"),
        (FAMILY.replace("INS*", "INX*"), "it is no interchange with a group and a set with members in it"),
    ],
)
def test_what_cannot_be_read_is_told_and_not_raised(content: str, says: str) -> None:
    assert faults_of(content) == [says]


def test_amounts_are_added_up_under_the_names_of_the_carrier_s_own_guide() -> None:
    spelled = FAMILY.replace("OTH PAY AMT 1", "STATE SUBSIDY AMT")
    assert faults_of(spelled, names={"OTH PAY AMT 1": "STATE SUBSIDY AMT"}) == []
    assert faults_of(spelled) == ["TOT RES AMT is not PRE AMT TOT less what others pay"]


def test_other_signs_between_elements_and_segments_are_those_of_the_file() -> None:
    other = FAMILY.replace("*", "|").replace("~\n", "'")
    assert cut(other) == cut(FAMILY)


def test_files_are_told_apart_by_what_is_in_them() -> None:
    kinds = {path.suffix: kind_of(path.read_text()) for path in GOLDEN.iterdir() if path.is_file()}
    assert {each: kinds[each] for each in (".834", ".820", ".999", ".ta1", ".csv")} == {
        ".834": "834",
        ".820": "820",
        ".999": "999",
        ".ta1": "TA1",
        ".csv": "other",
    }


def test_answers_are_read_by_the_number_they_answer() -> None:
    (rejected,) = answers_in((GOLDEN / "group-rejected.999").read_text())
    (accepted,) = answers_in((GOLDEN / "interchange-accepted.ta1").read_text())
    assert (rejected.kind, rejected.answers, str(rejected)) == ("999", 31, "R")
    assert (accepted.kind, accepted.answers, str(accepted)) == ("TA1", 31, "A/000")


def test_a_set_says_whom_it_covers_and_whether_it_begins_anything() -> None:
    begins = read_enrollment("a", FAMILY)
    ends = read_enrollment("b", (GOLDEN / "termination-death.834").read_text())
    assert (begins.begins, len(begins.covered), begins.number, begins.asks) == (True, 3, 1, True)
    assert (ends.begins, len(ends.covered)) == (False, 0)
    with pytest.raises(Unreadable, match=r"INS01 Y"):
        _ = read_enrollment("c", FAMILY.replace("INS*Y", "INS*N")).subscriber
