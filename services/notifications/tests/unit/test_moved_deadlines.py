"""What is told of last days to pay that moved, and that are where they were again (NOT-1, OPS-4)."""

from __future__ import annotations

from datetime import date, timedelta

import httpx2
import pytest

from bulkhead.kernel.calendar import local
from bulkhead.service import Received
from bulkhead_testing.bounces import report_of
from notifications.application import facts
from notifications.application.find_overdue import overdue_of
from notifications.application.take_in_again import TAKING_IN
from notifications.domain.events import NoticeSent
from services.notifications.tests.builders import (
    EMAIL,
    JUNE,
    PARAMETERS,
    autopay_begun,
    contact,
    deadline_moved,
    deadline_moved_back,
    invoice,
    maintenance_concerns,
    selected,
)
from services.notifications.tests.office import Office
from services.notifications.tests.unit.test_bounces import report
from services.notifications.tests.unit.test_stopping import resume, stop

THE_26TH = date(2016, 6, 26)
THE_30TH = date(2016, 6, 30)


async def office_on(day: date = THE_30TH, *heard: object) -> Office:
    office = Office(now=local(day, 14))
    await office.hear(contact(), selected(), *heard)
    return office


def types(office: Office) -> list[str]:
    return [notice for _, notice in office.mailed()]


async def test_OPS_4_who_has_to_pay_is_told_the_day_the_new_one_and_why() -> None:
    office = await office_on()
    await office.hear(deadline_moved())
    await office.send()
    told = office.only(type="deadline-moved")
    assert told.subject == "You have more time to pay: through July 1, 2016"
    assert "paying online was not possible" in str(told.says)
    assert "Your last day to pay was June 30, 2016. It is now July 1, 2016." in str(told.says)
    assert "$" not in str(told.says)
    assert told.doors == ("payments-online", "enrollment-online", "phone", "mail")


async def test_OPS_4_what_staff_decided_is_told_as_that() -> None:
    office = await office_on()
    await office.hear(deadline_moved(ground="declared", cutoffs=(THE_26TH, THE_30TH), until=date(2016, 7, 5)))
    await office.send()
    says = str(office.only(type="deadline-moved").says)
    assert "We have decided to give everybody more time to pay." in says
    assert "paying online" not in says
    assert "- June 26, 2016\n- June 30, 2016" in says
    assert "the last day is now July 5, 2016" in says


async def test_NOT_2_while_paying_online_is_shut_nobody_is_sent_there() -> None:
    office = await office_on()
    await office.close("payments-online")
    await office.hear(deadline_moved())
    await office.send()
    told = office.only(type="deadline-moved")
    assert told.doors == ("enrollment-online", "phone", "mail")
    assert "pay.exchange.example" not in str(told.says)


async def test_PAY_8_whoever_is_drawn_from_is_told_that_autopay_pays() -> None:
    for drawn in (True, False):
        office = await office_on(THE_30TH, *([autopay_begun()] if drawn else []))
        await office.hear(deadline_moved())
        await office.send()
        says = str(office.only(type="deadline-moved").says)
        assert ("What it takes you do not have to pay yourself." in says) == drawn


@pytest.mark.parametrize("together", [True, False])
async def test_NOT_1_heard_twice_it_is_told_once(together: bool) -> None:
    office = await office_on()
    if together:
        await office.hear(deadline_moved(), deadline_moved())
    else:
        await office.hear(deadline_moved())
        await office.hear(deadline_moved())
    await office.send()
    await office.hear(deadline_moved())
    await office.send()
    assert types(office) == ["deadline-moved"]


async def test_NOT_1_heard_again_with_its_end_it_is_not_sent() -> None:
    office = await office_on()
    await office.hear(deadline_moved())
    await office.hear(deadline_moved(), deadline_moved_back())
    await office.send()
    assert types(office) == ["deadline-moved-back"]


async def test_OPS_4_two_households_of_an_extension_have_a_letter_each() -> None:
    office = await office_on()
    await office.hear(contact("may", email="may@example.test"))
    await office.hear(deadline_moved(), deadline_moved("may"))
    await office.send()
    assert sorted(office.mailed()) == [(JUNE, "deadline-moved"), ("may", "deadline-moved")]


async def test_OPS_4_a_further_extension_is_a_letter_of_its_own() -> None:
    office = await office_on()
    await office.hear(deadline_moved())
    await office.send()
    await office.hear(deadline_moved(extension="e2", until=date(2016, 7, 2)))
    await office.send()
    subjects = [each["Subject"] for each in office.mailbox.messages]
    assert subjects == [
        "You have more time to pay: through July 1, 2016",
        "You have more time to pay: through July 2, 2016",
    ]


async def test_OPS_4_a_letter_that_has_not_left_gives_way_to_one_of_a_further_extension() -> None:
    office = await office_on()
    await office.hear(deadline_moved())
    await office.hear(deadline_moved(extension="e2", until=date(2016, 7, 2)))
    await office.send()
    assert [each["Subject"] for each in office.mailbox.messages] == [
        "You have more time to pay: through July 2, 2016"
    ]
    assert [each.state for each in office.notices(type="deadline-moved")] == ["withdrawn", "sent"]


async def test_OPS_4_a_letter_of_other_days_goes_out_too() -> None:
    office = await office_on(date(2016, 6, 20))
    await office.hear(deadline_moved(cutoffs=(THE_26TH,), until=date(2016, 6, 28), ground="declared"))
    await office.hear(deadline_moved(extension="e2", until=date(2016, 7, 2), ground="declared"))
    await office.send()
    assert types(office) == ["deadline-moved", "deadline-moved"]


async def test_OPS_4_what_was_told_and_taken_back_is_told_again() -> None:
    office = await office_on(date(2016, 6, 20))
    await office.hear(deadline_moved(ground="declared"))
    await office.send()
    await office.hear(deadline_moved_back())
    await office.send()
    assert types(office) == ["deadline-moved", "deadline-moved-back"]
    back = office.only(type="deadline-moved-back")
    assert back.subject == "Your last day to pay is June 30, 2016 again"
    assert "Your last day to pay is June 30, 2016, as it was before." in str(back.says)


@pytest.mark.parametrize("together", [True, False])
async def test_OPS_4_taken_back_before_its_letter_left_that_is_not_sent(together: bool) -> None:
    office = await office_on(date(2016, 6, 20))
    if together:
        await office.hear(deadline_moved(ground="declared"), deadline_moved_back())
    else:
        await office.hear(deadline_moved(ground="declared"))
        await office.hear(deadline_moved_back())
    await office.send()
    assert types(office) == ["deadline-moved-back"]
    assert office.only(type="deadline-moved").state == "withdrawn"


async def test_OPS_4_what_of_an_extension_goes_on_by_another_is_told_beside_what_is_taken_back() -> None:
    office = await office_on(date(2016, 6, 20))
    await office.hear(deadline_moved(cutoffs=(THE_26TH, THE_30TH), until=date(2016, 7, 5), ground="declared"))
    await office.hear(deadline_moved(ground="declared"), deadline_moved_back(cutoffs=(THE_26TH,)))
    await office.send()
    assert [each["Subject"] for each in office.mailbox.messages] == [
        "You have more time to pay: through July 1, 2016",
        "Your last day to pay is June 26, 2016 again",
    ]


async def test_OPS_4_a_letter_that_waits_for_a_contact_leaves_as_what_it_tells_is_over_and_says_so() -> None:
    office = Office(now=local(THE_30TH, 14))
    await office.hear(deadline_moved())
    await office.send()
    assert office.only(type="deadline-moved").waits_for == "contact"
    office.now = local(date(2016, 7, 2), 9)
    await office.hear(contact())
    await office.send()
    told = office.only(type="deadline-moved")
    assert told.subject == "You had more time to pay: through July 1, 2016"
    assert "It was moved to July 1, 2016." in str(told.says)
    assert "How to pay" not in str(told.says)


async def test_OPS_4_that_a_day_that_is_over_is_where_it_was_asks_nobody_to_pay_by_it() -> None:
    office = await office_on(date(2016, 7, 2))
    await office.hear(deadline_moved_back())
    await office.send()
    told = office.only(type="deadline-moved-back")
    assert told.subject == "Your last day to pay was June 30, 2016"
    assert "How to pay" not in str(told.says)


async def test_NOT_3_stopped_letters_wait_and_the_household_is_told_the_rest(
    office: Office, client: httpx2.AsyncClient
) -> None:
    await office.hear(contact(), selected())
    stopped = (await stop(client, type="deadline-moved")).json()["stop"]
    await office.hear(deadline_moved(), invoice())
    await office.send()
    assert types(office) == ["invoice"]
    await resume(client, stopped)
    await office.send()
    assert types(office) == ["invoice", "deadline-moved"]


async def test_I9_one_that_does_not_leave_is_overdue_and_one_that_is_withdrawn_is_not() -> None:
    office = Office(now=local(date(2016, 6, 20), 14))
    await office.hear(deadline_moved(ground="declared"))
    office.now = local(date(2016, 7, 10), 9)
    find = overdue_of(PARAMETERS)
    async with office.database.begin(now=office.now) as uow:
        (late,) = await find(uow)
    assert late.id == office.only(type="deadline-moved").notice
    await office.hear(deadline_moved_back())
    async with office.database.begin(now=office.now) as uow:
        assert await find(uow) == []


@pytest.mark.parametrize("taken_back", [True, False])
async def test_NOT_1_after_a_restore_nobody_is_told_again_what_moved(taken_back: bool) -> None:
    before = await office_on(date(2016, 6, 20))
    await before.hear(deadline_moved(ground="declared"))
    await before.send()
    heard: list[object] = [deadline_moved(ground="declared")]
    if taken_back:
        heard.append(deadline_moved_back())
        await before.hear(deadline_moved_back())
        await before.send()
    restored = await office_on(date(2016, 6, 20))
    await restored.hear(*heard)
    said = [
        Received(
            event_id=str(number), household=each.household, occurred_at=before.now, fact=each, partition=0
        )
        for number, each in enumerate(before.said(NoticeSent))
    ]
    await TAKING_IN.after(restored.uows, said, restored.now)
    assert await restored.send() == 0
    assert [each.state for each in restored.notices()] == ["sent"] * len(heard)


async def test_OPS_2_who_has_something_to_pay_just_then_is_told_once_when_nobody_can_pay_online() -> None:
    office = await office_on(date(2016, 6, 24))
    fact = maintenance_concerns(begins_at=local(date(2016, 6, 26), 1))
    await office.hear(fact, fact)
    await office.hear(fact)
    await office.send()
    told = office.only(type="maintenance")
    assert told.subject == "Paying online is closed for some hours on June 26, 2016"
    assert "Your last day to pay is June 26, 2016." in str(told.says)
    assert "$" not in str(told.says)


NIGHT = local(date(2016, 6, 26), 1)


async def test_OPS_2_who_was_told_of_maintenance_is_told_once_that_it_is_called_off() -> None:
    office = await office_on(date(2016, 6, 20))
    await office.hear(maintenance_concerns(begins_at=NIGHT))
    await office.send()
    called_off = maintenance_concerns(begins_at=NIGHT, withdrawn=True)
    await office.hear(called_off)
    await office.hear(called_off)
    await office.send()
    await office.hear(called_off, called_off)
    await office.send()
    subjects = [each["Subject"] for each in office.mailbox.messages]
    assert subjects == [
        "Paying online is closed for some hours on June 26, 2016",
        "The work on paying online on June 26, 2016 is called off",
    ]
    (_, told) = sorted(office.notices(type="maintenance"), key=lambda each: each.number)
    says = str(told.says)
    assert "That is called off: we do not work on paying online then." in says
    assert "Your last day to pay is June 26, 2016." in says
    assert "Before and after those hours" not in says


@pytest.mark.parametrize("together", [True, False])
async def test_OPS_2_called_off_before_its_letter_left_nothing_is_sent(together: bool) -> None:
    office = await office_on(date(2016, 6, 20))
    both = maintenance_concerns(begins_at=NIGHT), maintenance_concerns(begins_at=NIGHT, withdrawn=True)
    if together:
        await office.hear(*both)
    else:
        await office.hear(both[0])
        await office.hear(both[1])
    await office.send()
    assert office.mailed() == []
    assert office.only(type="maintenance").state == "withdrawn"


async def test_OPS_2_who_was_not_told_of_maintenance_is_not_told_that_it_is_called_off() -> None:
    office = await office_on(date(2016, 6, 20))
    await office.hear(maintenance_concerns(begins_at=NIGHT, withdrawn=True))
    await office.send()
    assert office.notices() == []


async def test_OPS_2_a_letter_that_comes_back_after_it_was_called_off_does_not_leave_on_paper(
    client: httpx2.AsyncClient, office: Office
) -> None:
    await office.hear(
        contact(address="1 Example Street, Barre, VT 05641"), maintenance_concerns(begins_at=NIGHT)
    )
    await office.send()
    first = office.only(type="maintenance")
    await office.hear(maintenance_concerns(begins_at=NIGHT, withdrawn=True))
    await report(client, report_of(office.mailbox.received[0]))
    await office.send()
    assert {each.notice: each.state for each in office.notices()}[first.notice] == "withdrawn"


def registered_twice(*, through: str | None = None) -> list[object]:
    """Return that June goes on as `june-1`, which may go on as another one."""
    merges: list[object] = [facts.HouseholdMerged(household=JUNE, into="june-1")]
    if through is not None:
        merges.append(facts.HouseholdMerged(household="june-1", into=through))
    return merges


@pytest.mark.parametrize(("through", "survivor"), [(None, "june-1"), ("june-0", "june-0")])
async def test_OPS_2_who_was_told_as_a_household_that_was_merged_is_told_that_it_is_called_off(
    through: str | None, survivor: str
) -> None:
    office = await office_on(date(2016, 6, 20), maintenance_concerns(begins_at=NIGHT))
    await office.send()
    await office.hear(contact(survivor, email="there@example.test"), *registered_twice(through=through))
    await office.hear(maintenance_concerns(survivor, begins_at=NIGHT, withdrawn=True))
    await office.send()
    assert [(each["To"], each["Subject"]) for each in office.mailbox.messages] == [
        (EMAIL, "Paying online is closed for some hours on June 26, 2016"),
        ("there@example.test", "The work on paying online on June 26, 2016 is called off"),
    ]


async def test_OPS_2_who_stands_for_itself_again_is_not_told_what_the_other_was() -> None:
    office = await office_on(date(2016, 6, 20), maintenance_concerns(begins_at=NIGHT))
    await office.send()
    await office.hear(contact("june-1"), *registered_twice())
    await office.hear(facts.MergeReversed(household=JUNE, into="june-1"))
    await office.hear(maintenance_concerns("june-1", begins_at=NIGHT, withdrawn=True))
    await office.send()
    assert len(office.mailed()) == 1


async def test_OPS_2_a_letter_that_has_not_left_when_the_window_is_called_off_does_not_leave() -> None:
    """Whom it concerned has paid, or goes on as another household: nobody says of it that it is called off."""
    office = Office(now=local(date(2016, 6, 20), 14))
    window = facts.MaintenanceScheduled(
        maintenance="m-1", begins_at=NIGHT, ends_at=NIGHT + timedelta(hours=4)
    )
    await office.hear(window)
    await office.hear(maintenance_concerns(begins_at=NIGHT))
    await office.hear(facts.MaintenanceWithdrawn(maintenance="m-1"))
    await office.hear(contact())
    await office.send()
    assert (office.mailed(), office.only(type="maintenance").state) == ([], "withdrawn")
