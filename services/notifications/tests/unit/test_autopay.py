"""What letters say of autopay: what was agreed to, what is drawn, and that it is not any more (PAY-8, NOT-1)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Literal

import pytest

from bulkhead.kernel.calendar import local
from notifications.domain.money import Account
from services.notifications.tests.builders import (
    autopay_begun,
    autopay_ended,
    contact,
    declined,
    gone,
    in_all_orders,
    invoice,
    paid,
    selected,
)
from services.notifications.tests.office import Office

DRAWN = "we take it from your card on June 26, 2016"
BY_HAND = "How to pay"


async def office_with(*heard: object, day: date = date(2016, 6, 5)) -> Office:
    office = Office(now=local(day, 2))
    await office.hear(contact(), selected())
    for each in heard:
        await office.hear(each)
    return office


async def letter(office: Office, notice_type: str = "invoice") -> str:
    await office.send()
    return str(office.only(type=notice_type).says)


async def test_PAY_8_an_invoice_says_that_it_is_drawn_whichever_topic_is_heard_first() -> None:
    for order in in_all_orders(([invoice()], [autopay_begun(method="bank")])):
        text = await letter(await office_with(*order))
        assert "The amount to pay is $500.00." in text
        assert "we take it from your bank account on June 26, 2016" in text
        assert "You can end autopay until June 25, 2016" in text
        assert BY_HAND not in text


async def test_PAY_8_a_letter_that_is_sent_after_autopay_ended_promises_no_draw() -> None:
    for order in in_all_orders(([invoice()], [autopay_begun(), autopay_ended()])):
        text = await letter(await office_with(*order))
        assert "autopay" not in text
        assert BY_HAND in text


async def test_PAY_8_what_is_agreed_to_after_the_day_it_was_due_draws_no_invoice_of_before() -> None:
    text = await letter(await office_with(invoice(), autopay_begun(begins_on=date(2016, 6, 27))))
    assert "Autopay does not take this. Please pay it yourself." in text
    assert BY_HAND in text


@pytest.mark.parametrize(
    ("told", "drawn_on"),
    [
        (date(2016, 6, 25), "June 26, 2016"),
        # whoever is told how much it is can still end it
        (date(2016, 6, 26), "June 27, 2016"),
        (date(2016, 6, 29), "June 30, 2016"),
        (date(2016, 7, 3), "July 4, 2016"),
    ],
)
async def test_PAY_8_an_invoice_that_is_told_late_is_drawn_on_the_day_after(
    told: date, drawn_on: str
) -> None:
    for order in in_all_orders(([invoice()], [autopay_begun()])):
        text = await letter(await office_with(*order, day=told))
        assert f"we take it from your card on {drawn_on}." in text


@pytest.mark.parametrize(
    ("begins_on", "draws_on", "on_time_until", "drawn_on"),
    [
        # of that day all was drawn when they agreed
        (date(2016, 6, 26), date(2016, 6, 27), date(2016, 6, 30), "June 27, 2016"),
        (date(2016, 6, 26), date(2016, 6, 26), date(2016, 6, 30), "June 26, 2016"),
        # it was to be drawn from another card, and was not
        (date(2016, 6, 28), date(2016, 6, 29), date(2016, 6, 30), "June 29, 2016"),
        # the next day would be late
        (date(2016, 6, 26), None, date(2016, 6, 26), None),
    ],
)
async def test_PAY_8_what_payments_said_it_draws_when_they_agreed_is_what_an_invoice_of_before_says(
    begins_on: date, draws_on: date | None, on_time_until: date, drawn_on: str | None
) -> None:
    begun = autopay_begun(begins_on=begins_on, draws_on=draws_on)
    text = await letter(await office_with(invoice(on_time_until=on_time_until), begun))
    assert ("You do not have to pay it yourself" in text) is (drawn_on is not None)
    assert drawn_on is None or f"we take it from your card on {drawn_on}." in text


async def test_PAY_8_a_later_invoice_is_drawn_when_it_is_due_whatever_was_drawn_when_they_agreed() -> None:
    office = await office_with(
        invoice(), autopay_begun(begins_on=date(2016, 6, 26), draws_on=date(2016, 6, 27))
    )
    later = replace(
        invoice(number=2, invoice="later"), due=date(2016, 7, 26), on_time_until=date(2016, 7, 31)
    )
    await office.hear(later)
    await office.send()
    assert "from your card on July 26, 2016." in str(office.only(about="later").says)


async def test_PAY_8_what_was_drawn_and_went_back_is_not_promised_to_be_drawn_again() -> None:
    office = await office_with(autopay_begun(), invoice())
    office.now = local(date(2016, 6, 28), 2)
    await office.hear(paid(invoice="june-invoice"))
    await office.hear(replace(gone(), returned_on=date(2016, 6, 28)))
    text = await letter(office)
    assert "The amount to pay is $500.00." in text
    assert "Autopay does not take this. Please pay it yourself." in text


async def test_PAY_8_what_goes_back_before_its_day_is_drawn_on_it() -> None:
    office = await office_with(autopay_begun(), invoice(), paid(), gone())
    assert "we take it from your card on June 26, 2016." in await letter(office)


async def test_PAY_8_only_the_newest_monthly_invoice_is_promised_to_be_drawn() -> None:
    first = invoice(kind="initial", selection="s", invoice="first")
    older, newer = invoice(number=2, invoice="older"), invoice(number=3, invoice="newer")
    office = await office_with(autopay_begun(), first, older, newer)
    await office.send()
    drawn = {each.about for each in office.notices(type="invoice") if DRAWN in str(each.says)}
    assert drawn == {"newer"}


async def test_PAY_8_an_invoice_that_is_paid_says_nothing_of_autopay() -> None:
    text = await letter(await office_with(autopay_begun(), invoice(), paid()))
    assert "There is nothing to pay" in text
    assert "autopay" not in text


async def test_PAY_8_what_was_declined_is_promised_for_its_next_try_alone() -> None:
    again = await office_with(autopay_begun(), invoice(), declined(), day=date(2016, 6, 26))
    assert "from your card on June 27, 2016" in await letter(again)
    over = await office_with(autopay_begun(), invoice(), declined(again_on=None), day=date(2016, 6, 28))
    text = await letter(over)
    assert "we take it" not in text
    assert BY_HAND in text


async def test_PAY_8_a_later_invoice_is_drawn_whatever_was_declined_before() -> None:
    office = await office_with(autopay_begun(), invoice(), declined(again_on=None))
    await office.send()
    await office.hear(invoice(number=2, invoice="later"))
    await office.send()
    assert DRAWN in str(office.only(about="later").says)


async def test_PAY_8_the_letter_of_what_is_agreed_to_names_the_draw_of_an_invoice_of_before() -> None:
    office = await office_with(autopay_begun(draws_on=date(2016, 6, 26)))
    text = await letter(office, "autopay-begun")
    assert "On June 1, 2016 you agreed" in text
    assert "is taken on June 26, 2016" in text
    assert "takes the place" not in text


async def test_PAY_8_what_takes_the_place_of_another_is_told_in_one_letter() -> None:
    office = await office_with(
        autopay_begun(), autopay_ended(because="replaced"), autopay_begun(mandate="m-2", method="bank")
    )
    await office.send()
    begun = {each.about: str(each.says) for each in office.notices(type="autopay-begun")}
    assert "takes the place of the card" in begun["m-2"]
    assert "takes the place" not in begun["m-1"]
    assert office.notices(type="autopay-ended") == []


async def test_PAY_8_what_is_told_twice_is_written_once_and_takes_no_place_of_itself() -> None:
    office = await office_with(autopay_begun(), autopay_begun(), declined(), declined())
    await office.send()
    assert office.in_order() == ["m-1", "d-1:1"]
    assert "takes the place" not in str(office.only(about="m-1").says)


@pytest.mark.parametrize(
    ("because", "says"),
    [
        ("asked", "As you asked, autopay ended on June 5, 2016."),
        ("account-closed", "the account behind your card is closed"),
        ("account-changed", "the details of your bank account have changed"),
        ("household-merged", "the two are one account now"),
        ("lost", "because of a fault of ours"),
    ],
)
async def test_PAY_8_it_is_told_why_autopay_ended_and_what_to_do(
    because: Literal["asked", "account-closed", "account-changed", "household-merged", "lost"], says: str
) -> None:
    text = await letter(await office_with(autopay_begun(), autopay_ended(because=because)), "autopay-ended")
    assert says in text
    merged = "for the account that ended, please pay yourself"
    assert (merged if because == "household-merged" else "please pay each invoice yourself") in text
    assert BY_HAND in text


async def test_PAY_8_the_letter_of_a_decline_says_that_autopay_has_ended_and_no_other_does() -> None:
    office = await office_with(
        autopay_begun(),
        invoice(),
        autopay_ended(because="declined"),
        declined(decline="expired", again_on=None, ended=True),
        day=date(2016, 6, 26),
    )
    text = await letter(office, "autopay-declined")
    assert "It was declined: it has expired. Nothing was taken." in text
    assert "We do not try again. Please pay $500.00 another way." in text
    assert "by June 30, 2016 is on time" in text
    assert "Autopay has ended" in text
    assert office.notices(type="autopay-ended") == []


async def test_PAY_8_each_try_that_is_declined_is_told() -> None:
    office = await office_with(
        autopay_begun(), invoice(), declined(), declined(tries=2, again_on=None), day=date(2016, 6, 26)
    )
    assert office.in_order()[-2:] == ["d-1:1", "d-1:2"]


async def test_NOT_1_the_letter_of_a_decline_asks_for_nothing_that_came_since() -> None:
    office = await office_with(
        autopay_begun(), invoice(), declined(), paid(cents=20000), day=date(2016, 6, 26)
    )
    assert "pay $300.00 another way" in await letter(office, "autopay-declined")
    whole = await office_with(autopay_begun(), invoice(), declined(), paid(), day=date(2016, 6, 26))
    text = await letter(whole, "autopay-declined")
    assert "You do not have to pay this amount any more." in text
    assert BY_HAND not in text


async def test_PAY_8_the_letter_of_a_decline_that_is_sent_after_autopay_ended_promises_no_other_try() -> None:
    office = await office_with(autopay_begun(), invoice(), declined(), autopay_ended(), day=date(2016, 6, 26))
    text = await letter(office, "autopay-declined")
    assert "We do not try again" in text
    assert "Autopay has ended" in text


async def test_PAY_8_a_decline_is_told_as_it_came_before_its_invoice_is_heard_of() -> None:
    text = await letter(
        await office_with(autopay_begun(), declined(), day=date(2016, 6, 26)), "autopay-declined"
    )
    assert "We try again on June 27, 2016" in text
    assert "pay $500.00 another way" in text


async def test_PAY_8_whoever_is_kept_of_is_known_to_have_autopay_by_what_came_last() -> None:
    office = await office_with(autopay_begun(), autopay_ended(), autopay_begun(mandate="m-2"))
    await office.hear(autopay_ended(mandate="m-1"))
    (account,) = office.database.rows(Account)
    assert account.autopay is not None
    assert account.autopay.mandate == "m-2"
