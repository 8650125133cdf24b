"""The crosswalk: what of a plan's next year can be meant, and how a file says it (ENR-14)."""

from __future__ import annotations

import pytest

from enrollment.adapters.crosswalk_file import BrokenCrosswalkFile, read_crosswalk
from enrollment.application.import_crosswalk import crosswalk_of
from enrollment.domain.crosswalk import CrosswalkEntry, CrosswalkRefused, check_crosswalk
from services.enrollment.tests.builders import GOLD, TEETH, plan
from services.enrollment.tests.renewing import BRONZE, SILVER, Season, entry

CATALOG = {each.plan: each for each in (SILVER, GOLD, TEETH, BRONZE, plan("NEXT", year=2017))}


@pytest.mark.parametrize(
    ("wrong", "field", "problem"),
    [
        (entry("TIN", "SILVER"), "plan", "is not in the catalog"),
        (entry("NEXT", "NEXT"), "plan", "was not sold for 2016: nobody has it to be renewed"),
        (
            entry("SILVER", None),
            "next_plan",
            "is missing: only a plan that is discontinued, or whose carrier is leaving, may have none",
        ),
        (entry("SILVER", "TIN"), "next_plan", "is not in the catalog"),
        (entry("SILVER", "BRONZE", "discontinued"), "next_plan", "is not sold for 2017"),
        (
            entry("SILVER", "TEETH", "discontinued"),
            "next_plan",
            "is dental, and the plan it follows is medical",
        ),
        (entry("SILVER", "NEXT", "carrier-leaving"), "next_plan", "is of the carrier that is leaving"),
        (entry("SILVER", "SILVER", "discontinued"), "next_plan", "is the plan that is discontinued"),
        (
            entry("SILVER", "GOLD"),
            "next_plan",
            "is another carrier's, and the plan is said to be the same: say discontinued or carrier-leaving",
        ),
    ],
)
def test_ENR_14_an_entry_that_cannot_be_meant_is_refused(
    wrong: CrosswalkEntry, field: str, problem: str
) -> None:
    with pytest.raises(CrosswalkRefused) as refused:
        check_crosswalk([entry("GOLD", "GOLD"), wrong], year=2017, catalog=CATALOG)
    (fault,) = refused.value.faults
    assert (fault.entry, fault.field, fault.problem) == (1, field, problem)
    assert refused.value.field == f"/entries/1/{field}"


def test_ENR_14_every_fault_is_named_by_the_line_of_its_file() -> None:
    read = read_crosswalk(
        b"plan,next_plan,because\nSILVER,SILVER,same-plan\n\nSILVER,,discontinued\n, ,\nTIN,,discontinued\n\n",
        year=2017,
    )
    with pytest.raises(CrosswalkRefused) as refused:
        check_crosswalk(read.entries, year=2017, catalog=CATALOG)
    assert str(read.by_line(refused.value.faults)) == (
        "line 4: plan is mapped twice\nline 6: plan is not in the catalog"
    )


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "line 1: must be plan,next_plan,because"),
        (b"plan,because\n", "line 1: must be plan,next_plan,because"),
        (b"plan,next_plan,because\n", "line 2: there is no entry"),
        (
            b"plan,next_plan,because\nSILVER\nGOLD,GOLD,whim\n",
            "line 2: must have a plan, a next plan or nothing, and why\n"
            "line 3: because must be one of same-plan, discontinued, carrier-leaving",
        ),
        (
            "plan,next_plan,because\nSILVER,SILVER,same-plan\nLUMIÈRE,,discontinued\n".encode("latin-1"),
            "line 3: has a character that is not UTF-8: save the file as UTF-8 (a spreadsheet has CSV UTF-8), or "
            "convert it, such as with iconv -f LATIN1 -t UTF-8",
        ),
        (
            b"plan,next_plan,because\n" + b"x" * 131_073,
            "line 2: is not CSV: field larger than field limit (131072)",
        ),
    ],
)
def test_ENR_14_a_file_that_cannot_be_read_says_where(data: bytes, says: str) -> None:
    with pytest.raises(BrokenCrosswalkFile) as broken:
        read_crosswalk(data, year=2017)
    assert str(broken.value) == says


async def test_ENR_14_a_crosswalk_takes_the_place_of_the_one_before_and_a_refused_one_does_not() -> None:
    desk = await Season().begin()
    await desk.crosswalk(entry("SILVER", "SILVER"))
    with pytest.raises(CrosswalkRefused):
        await desk.crosswalk(entry("TIN", "SILVER"))
    async with desk.uows.begin(now=desk.now) as uow:
        assert await crosswalk_of(uow, 2017) == [entry("SILVER", "SILVER")]
