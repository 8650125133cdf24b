"""What is refused of a bank's file is somebody's to see to, and may come again once its reason is gone (PAY-3, I9)."""

from __future__ import annotations

from datetime import date

import pytest

from bulkhead.kernel.errors import NotFound
from bulkhead.overdue import Overdue
from payments.application.decide_files import decide_file
from payments.application.find_overdue import overdue_by
from payments.application.load_return_files import SAID_AGAIN, begin_return_file, store_return_file
from payments.application.return_file_poller import read_or_refuse
from payments.domain.events import PaymentReceived, PaymentReturned
from payments.domain.files_in import Became, NothingWaits
from payments.domain.lockbox import LockboxFile
from payments.domain.return_files import ReturnFile
from services.payments.tests.builders import PARAMETERS, Row, World, at, lockbox_file
from services.payments.tests.nacha import return_file
from services.payments.tests.unit.test_return_loading import a_world, dropped, of


async def overdue(world: World, text: str) -> list[Overdue]:
    world.set(text)
    async with world.uows.begin(now=world.now) as uow:
        return [*await overdue_by(PARAMETERS)(uow)]


async def say(
    world: World, records: type[LockboxFile] | type[ReturnFile], file: str, became: Became = "replaced"
) -> LockboxFile | ReturnFile:
    async with world.uows.begin(now=world.now) as uow:
        return await decide_file(uow, records, file, became=became, operator="ops")


async def dropped_check(world: World, content: bytes, *, name: str = "today.csv") -> LockboxFile:
    world.lockbox.content[name] = content
    await world.pollers["lockbox"].turn(world.now)
    return next(each for each in world.rows(LockboxFile) if each.name == name)


async def test_I9_a_refused_return_file_is_overdue_from_the_day_after_next_until_a_person_says_what_became_of_it() -> (
    None
):
    world = await a_world()
    june, avery = await world.pay_online(), await world.pay_online("avery")
    world.set("2016-01-06T10:00")
    await dropped(world, return_file(of(june)), name="1.ach")
    again = await dropped(world, return_file(of(avery)), name="2.ach")
    cut = await dropped(world, return_file(of(avery), modifier="B")[:-500], name="3.ach")
    assert [(each.state, each.waits) for each in (again, cut)] == [("refused", True), ("refused", True)]
    assert await overdue(world, "2016-01-07T23:59") == []
    waiting = [
        Overdue(
            kind="return-file-refused",
            id=each.file,
            household=None,
            deadline=date(2016, 1, 7),
            says="nobody has said what became of a return file that was refused",
        )
        for each in sorted((again, cut), key=lambda each: each.file)
    ]
    assert await overdue(world, "2016-01-08T00:00") == waiting
    assert [each for each in await overdue(world, "2016-03-06T10:00") if "return" in each.kind] == waiting
    decided = await say(world, ReturnFile, cut.file)
    assert (decided.state, decided.waits, decided.became) == ("refused", False, "replaced")
    assert (decided.decided_at, decided.decided_by) == (world.now, "ops")
    left = [each.id for each in await overdue(world, "2016-03-06T10:00") if "return" in each.kind]
    assert left == [again.file]
    with pytest.raises(NothingWaits, match="nothing of the file waits for a person"):
        await say(world, ReturnFile, cut.file, "by-hand")
    assert [each.became for each in world.rows(ReturnFile) if each.file == cut.file] == ["replaced"]


async def test_I9_a_refused_lockbox_file_and_refused_rows_are_overdue_until_a_person_says_what_became_of_them() -> (
    None
):
    world = World(start=at("2015-12-03T15:00"))
    await world.heard_of("june")
    rows = await dropped_check(world, lockbox_file(Row(), Row(amount="0.00")), name="1.csv")
    again = await dropped_check(world, lockbox_file(Row(reference="1002")), name="2.csv")
    assert [(each.state, each.waits) for each in (rows, again)] == [("loaded", True), ("refused", True)]
    assert await overdue(world, "2015-12-04T23:59") == []
    assert await overdue(world, "2015-12-05T00:00") == [
        Overdue(
            kind="lockbox-file-refused",
            id=each.file,
            household=None,
            deadline=date(2015, 12, 4),
            says="nobody has said what became of a lockbox file that was refused, or of refused rows of it",
        )
        for each in sorted((rows, again), key=lambda each: each.file)
    ]
    assert (await say(world, LockboxFile, rows.file, "by-hand")).became == "by-hand"
    assert [each.id for each in await overdue(world, "2015-12-05T00:00")] == [again.file]


async def test_PAY_3_of_a_file_that_was_taken_whole_there_is_nothing_to_say() -> None:
    world = await a_world()
    world.set("2016-01-06T10:00")
    file = await dropped(world, return_file(of(await world.pay_online())))
    with pytest.raises(NothingWaits) as refused:
        await say(world, ReturnFile, file.file)
    assert [(each.rule, each.facts) for each in refused.value.reasons] == [("PAY-3", {"state": "loaded"})]
    with pytest.raises(NotFound):
        await say(world, ReturnFile, "none")
    assert world.rows(ReturnFile) == [file]


async def test_PAY_3_a_return_file_dated_the_day_after_tomorrow_is_taken_when_it_is_dropped_again_that_day() -> (
    None
):
    world = await a_world()
    payment = await world.pay_online()
    world.set("2016-01-06T22:00")
    content = return_file(of(payment), created="160108")
    file = await dropped(world, content)
    assert (file.state, file.refusal) == (
        "refused",
        "line 1: creation date must be a date such as 160104, from 2000-01-01 to tomorrow",
    )
    world.set("2016-01-08T10:00")
    world.returns.content["AGAIN.ach"] = content
    await world.settle_down()
    [taken] = world.rows(ReturnFile)
    assert (taken.state, taken.refusal, taken.problems, taken.entries) == ("loaded", None, (), 1)
    assert (taken.waits, taken.became, taken.decided_at, taken.decided_by) == (False, None, None, None)
    assert taken.created_on == date(2016, 1, 8)
    assert [each.payment for each in world.said(PaymentReturned)] == [payment.payment]
    assert sorted(world.returns.content) == ["loaded/AGAIN.ach", "refused/RETURNS.ach"]


async def test_PAY_3_a_return_file_dated_tomorrow_is_taken_today() -> None:
    world = await a_world()
    payment = await world.pay_online()
    world.set("2016-01-06T22:00")
    assert (await dropped(world, return_file(of(payment), created="160107"))).state == "loaded"
    assert [each.returned_on for each in world.said(PaymentReturned)] == [date(2016, 1, 6)]


async def test_PAY_3_a_lockbox_file_dated_tomorrow_is_taken_when_it_is_dropped_again_that_day() -> None:
    world = World(start=at("2015-12-03T22:00"))
    await world.heard_of("june")
    content = lockbox_file(Row(), deposited="2015-12-04")
    file = await dropped_check(world, content)
    assert (file.state, file.refusal) == ("refused", "line 1: the deposit date is in the future")
    world.set("2015-12-04T09:00")
    file = await dropped_check(world, content)
    assert (file.state, file.refusal, file.waits, file.accepted_cents) == ("loaded", None, False, 500_00)
    assert [each.cents for each in world.said(PaymentReceived)] == [500_00]


async def test_PAY_3_a_file_that_is_dropped_again_and_refused_again_still_waits() -> None:
    world = await a_world()
    world.set("2016-01-06T10:00")
    content = return_file(of(await world.pay_online()))[:-500]
    file = await dropped(world, content)
    world.returns.content["AGAIN.ach"] = content
    await world.settle_down()
    assert world.rows(ReturnFile) == [file]
    assert file.waits
    assert sorted(world.returns.content) == ["refused/AGAIN.ach", "refused/RETURNS.ach"]


async def test_PAY_3_a_file_of_which_a_person_said_what_became_is_not_read_again() -> None:
    world = World(start=at("2015-12-03T22:00"))
    await world.heard_of("june")
    content = lockbox_file(Row(), deposited="2015-12-04")
    file = await dropped_check(world, content)
    decided = await say(world, LockboxFile, file.file, "by-hand")
    world.set("2015-12-04T09:00")
    assert await dropped_check(world, content) == decided
    assert world.said(PaymentReceived) == []


async def test_PAY_5_a_name_is_that_of_the_file_whose_entries_began_to_be_recorded() -> None:
    world = await a_world()
    payment = await world.pay_online()
    world.set("2016-01-06T10:00")
    contents = [return_file(of(payment)), return_file(of(payment), of(payment, cents=1))]
    begun: list[ReturnFile] = []
    for content in contents:
        async with world.uows.begin(now=world.now) as uow:
            stored = await store_return_file(uow, name="RETURNS.ach", content=content)
            begun.append(await begin_return_file(uow, stored.file, read_or_refuse(content, now=world.now)))
    assert [(each.state, each.origin, each.refusal) for each in begun] == [
        ("stored", "091000019", None),
        ("refused", "091000019", SAID_AGAIN),
    ]
