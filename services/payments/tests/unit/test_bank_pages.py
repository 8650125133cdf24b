"""A bank's message of camt.053 in several files: its days are kept once all pages are there (PAY-13)."""

from __future__ import annotations

from itertools import permutations

import pytest

from payments.application.decide_bank_items import Asked, decide_bank_decision, take_file_back
from payments.application.find_overdue import overdue_by
from payments.application.load_bank_files_again import load_bank_files_again
from payments.domain.bank_statements import TRUST_LOCK, BankEntry, BankFile, BankStatement
from services.payments.tests.bank import Line, camt, pages
from services.payments.tests.builders import PARAMETERS, World, at

THREE = pages(
    [Line(cents=500_00)], [Line(cents=-20_00), Line(cents=7_00)], [Line(cents=13_00)], opening=100_00
)


def a_world() -> World:
    return World(start=at("2016-01-05T10:00"))


async def drop(world: World, content: bytes, name: str) -> BankFile:
    world.statements.content[name] = content
    await world.settle_down()
    return next(each for each in world.rows(BankFile) if each.name == name)


def missing(world: World) -> set[tuple[str, ...]]:
    """Return what the pages that wait say is missing."""
    return {tuple(one.problem for one in each.problems) for each in world.rows(BankFile) if each.waits}


def closed(world: World) -> list[tuple[int, int, int]]:
    return [(each.opening_cents, each.closing_cents, each.entries) for each in world.rows(BankStatement)]


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_PAY_13_a_day_is_kept_once_all_pages_are_there_in_whatever_order(
    order: tuple[int, ...],
) -> None:
    world = a_world()
    for number in order[:2]:
        file = await drop(world, THREE[number], f"{number}.xml")
        assert (file.state, file.statements, file.waits) == ("loaded", 0, True)
        assert closed(world) == []
    last = await drop(world, THREE[order[2]], f"{order[2]}.xml")
    assert (last.statements, last.problems) == (1, ())
    assert missing(world) == set()
    assert not any(each.waits for each in world.rows(BankFile))
    assert closed(world) == [(100_00, 600_00, 4)]
    assert sorted(each.signed_cents for each in world.rows(BankEntry)) == [-20_00, 7_00, 13_00, 500_00]


async def test_PAY_13_a_page_that_is_missing_is_named_and_waits_for_a_person_in_the_end() -> None:
    world = a_world()
    await drop(world, THREE[0], "1.xml")
    assert missing(world) == {("the last page of its message is missing",)}
    await drop(world, THREE[2], "3.xml")
    assert missing(world) == {("page 2 of its message is missing",)}
    world.set("2016-01-15T10:00")
    async with world.uows.begin(now=world.now) as uow:
        late = [each for each in await overdue_by(PARAMETERS)(uow) if each.kind == "bank-file-refused"]
    assert len(late) == 2
    world.set("2016-01-15T11:00")
    await drop(world, THREE[1], "2.xml")
    assert missing(world) == set()


async def test_PAY_13_the_only_page_of_a_message_is_a_message() -> None:
    world = a_world()
    (only,) = pages([Line(cents=500_00)])
    file = await drop(world, only, "1.xml")
    assert (file.state, file.statements, file.page, file.waits) == ("loaded", 1, None, False)


async def test_PAY_13_pages_that_do_not_add_up_are_refused_with_the_one_that_came_last() -> None:
    world = a_world()
    wrong = pages([Line(cents=500_00)], [Line(cents=21_00)], [Line(cents=13_00)], opening=100_00)[1]
    await drop(world, THREE[0], "1.xml")
    await drop(world, wrong, "wrong.xml")
    last = await drop(world, THREE[2], "3.xml")
    assert (last.state, closed(world)) == ("refused", [])
    assert "and is 600.00" in (last.refusal or "")
    await take_back(world, next(each for each in world.rows(BankFile) if each.name == "wrong.xml"))
    first = next(each for each in world.rows(BankFile) if each.name == "1.xml")
    assert [each.problem for each in first.problems] == ["the last page of its message is missing"]
    await drop(world, THREE[1], "2.xml")
    await drop(world, THREE[2], "3.xml")
    assert closed(world) == [(100_00, 600_00, 4)]


@pytest.mark.parametrize(
    ("second", "says"),
    [
        (pages([Line(cents=1_00)], [])[0], "page 1 of its message is loaded"),
        (pages([], [], [])[2], "says that it is the last, as page 2 of its message does"),
        (pages([], [], [], [])[2], "is behind page 2 of its message, which says that it is the last"),
    ],
)
async def test_PAY_13_a_page_that_cannot_be_one_beside_the_others_is_refused(
    second: bytes, says: str
) -> None:
    world = a_world()
    first, last = pages([Line(cents=500_00)], [])
    await drop(world, first if says.startswith("page 1") else last, "1.xml")
    file = await drop(world, second, "2.xml")
    assert (file.state, file.refusal) == ("refused", f"line 1: GrpHdr/MsgPgntn {says}")


async def take_back(world: World, file: BankFile) -> None:
    async with world.uows.begin(now=world.now, households=[TRUST_LOCK]) as uow:
        asked = Asked(correction=f"d-{file.name}", because="bank-error", note=None, operator="ann")
        await take_file_back(uow, file.file, asked=asked, parameters=PARAMETERS)
    async with world.uows.begin(now=world.now, households=[TRUST_LOCK]) as uow:
        await decide_bank_decision(uow, f"d-{file.name}", "approve", operator="bob")


async def test_PAY_13_with_any_page_that_is_taken_back_its_days_are_and_the_right_page_closes_them_again() -> (
    None
):
    world = a_world()
    for number, page in enumerate(THREE):
        await drop(world, page, f"{number}.xml")
    await take_back(world, next(each for each in world.rows(BankFile) if each.name == "0.xml"))
    assert (closed(world), world.rows(BankEntry)) == ([], [])
    assert {each.name: each.state for each in world.rows(BankFile)} == {
        "0.xml": "refused",
        "1.xml": "loaded",
        "2.xml": "loaded",
    }
    assert ("page 1 of its message is missing",) in missing(world)
    right = pages(
        [Line(cents=499_00), Line(cents=1_00)],
        [Line(cents=-20_00), Line(cents=7_00)],
        [Line(cents=13_00)],
        opening=100_00,
    )
    await drop(world, right[0], "right.xml")
    assert closed(world) == [(100_00, 600_00, 5)]


async def test_PAY_13_pages_of_after_a_backup_are_loaded_again_from_where_they_lie() -> None:
    world = a_world()
    for number, page in enumerate(THREE):
        world.statements.content[f"loaded/{number}.xml"] = page
    for _ in range(2):
        await load_bank_files_again(
            world.uows, folder=world.statements, account=None, parameters=PARAMETERS, now=world.now
        )
    assert closed(world) == [(100_00, 600_00, 4)]


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("<PgNb>1<", "<PgNb>0<", "MsgPgntn/PgNb"),
        ("<LastPgInd>false<", "<LastPgInd>no<", "MsgPgntn/LastPgInd"),
        ("<MsgId>M-1</MsgId>", "", "GrpHdr/MsgId"),
    ],
)
async def test_PAY_13_a_page_that_does_not_say_which_it_is_is_refused(old: str, new: str, field: str) -> None:
    file = await drop(a_world(), THREE[0].replace(old.encode(), new.encode()), "1.xml")
    assert (file.state, [each.field for each in file.problems]) == ("refused", [field])


async def test_PAY_13_pages_of_two_messages_are_told_apart() -> None:
    world = a_world()
    other = pages([Line(cents=1_00)], [], day="2016-01-05", message="M-2")
    await drop(world, THREE[0], "1.xml")
    await drop(world, other[1], "other.xml")
    await drop(world, camt(Line(cents=1_00), day="2015-12-31"), "whole.xml")
    assert closed(world) == [(0, 1_00, 1)]
    await drop(world, other[0], "other-1.xml")
    assert closed(world) == [(0, 1_00, 1), (0, 1_00, 1)]
