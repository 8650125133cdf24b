"""The pure rules: languages, addresses, doors, coverage changes, steps, plain text."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from typing import get_args

import pytest

from bulkhead.kernel.calendar import local
from bulkhead.kernel.errors import Impossible
from bulkhead.kernel.personal import Masked
from notifications.adapters.writing.parts import UnknownMarkup, read_parts
from notifications.domain.channels import open_doors
from notifications.domain.contacts import Contact, mail_address, reading_language, way_of_sending
from notifications.domain.coverage import (
    TRANSITIONS,
    CoverageChange,
    CoverageState,
    Policy,
    changed,
)
from notifications.domain.letters import Bullets, Heading, Paragraph, Table, as_text
from notifications.domain.notices import (
    STEPS,
    NoticeFacts,
    NoticeState,
    NoticeStep,
    OutOfStep,
    claimed,
    may_be_claimed,
    new_notice,
    stepped,
)
from services.notifications.tests.builders import ADDRESS, EMAIL, JUNE, NAME, PARAMETERS

NOW = local(date(2016, 6, 5), 2)
POLICY = Policy(
    policy="p",
    household=JUNE,
    selection="s",
    plan="SILVER",
    carrier="BCBSVT",
    binder_cents=50000,
    effective=date(2016, 1, 1),
    coverage_ends=date(2016, 12, 31),
    state="selected",
    through=None,
    turn=3,
    contact_version=2,
)
NOTICE = new_notice(
    notice_type="receipt",
    about="x",
    household=JUNE,
    occurred_at=NOW,
    facts=NoticeFacts(),
    contact_version=0,
    created_at=NOW,
)


def contact(email: str | None) -> Contact:
    return Contact(
        household=JUNE,
        contact_version=1,
        language="en",
        addressee=Masked(NAME),
        estate=False,
        email=None if email is None else Masked(email),
        address=Masked(ADDRESS),
    )


@pytest.mark.parametrize(
    ("language", "read"),
    [
        ("en", "en"),
        ("fr", "fr"),
        ("fr-CA", "fr"),
        ("FR_ca", "fr"),
        ("es-US", "es"),
        ("so", "en"),
        ("", "en"),
        ("french", "en"),
    ],
)
def test_NOT_1_a_reader_is_written_to_in_their_language_or_in_english(language: str, read: str) -> None:
    assert reading_language(language, ("en", "es", "fr")) == read


@pytest.mark.parametrize("email", [EMAIL, "o'brien+x@mail.example.test", "a@b"])
def test_NOT_1_who_has_an_e_mail_address_is_written_to_there(email: str) -> None:
    assert mail_address(contact(email)) == Masked(email)
    assert way_of_sending(contact(email)) == "email"


@pytest.mark.parametrize(
    "email",
    [
        None,
        "",
        "x",
        "a b@c.test",
        "a@b@c",
        "a@-",
        "a@b\n",
        "<a@b>",
        "a,b@c",
        "ü@b",
        "a" * 65 + "@b",
        "=?utf-8?q?a=0aBcc=3A?=@b",
    ],
)
def test_NOT_1_who_has_none_is_written_to_on_paper(email: str | None) -> None:
    assert mail_address(contact(email)) is None
    assert way_of_sending(contact(email)) == "paper"


@pytest.mark.parametrize("state", ["down", "maintenance"])
def test_NOT_2_a_closed_door_is_not_among_those_a_notice_shows(state: str) -> None:
    parameters = PARAMETERS.as_of(date(2016, 6, 5))
    doors = open_doors(parameters=parameters, states={"payments-online": state})  # type: ignore[dict-item]
    assert doors.names == ("enrollment-online", "phone", "mail")
    assert doors.online is None


def test_NOT_2_a_door_nobody_spoke_of_is_open_and_mail_always_is() -> None:
    parameters = PARAMETERS.as_of(date(2016, 6, 5))
    assert open_doors(parameters=parameters, states={}).names == (
        "payments-online",
        "enrollment-online",
        "phone",
        "mail",
    )
    closed = open_doors(
        parameters=parameters,
        states={"payments-online": "down", "enrollment-online": "down", "phone": "down"},
    )
    assert (closed.names, closed.selecting) == (("mail",), None)


def test_every_state_of_coverage_knows_every_change() -> None:
    assert set(TRANSITIONS) == set(product(get_args(CoverageState), get_args(CoverageChange)))


@pytest.mark.parametrize(("state", "change"), sorted(TRANSITIONS))
def test_each_change_of_coverage_does_what_the_table_says(
    state: CoverageState, change: CoverageChange
) -> None:
    policy = replace(POLICY, state=state, through=date(2016, 6, 30) if state == "terminated" else None)
    through = date(2016, 5, 31) if change == "terminated" else None
    match TRANSITIONS[state, change]:
        case "impossible":
            with pytest.raises(Impossible):
                changed(policy, change, effective=policy.effective, through=through, contact_version=1)
        case "already so":
            assert (
                changed(policy, change, effective=policy.effective, through=through, contact_version=1)
                is None
            )
        case after:
            expected = replace(policy, state=after, through=through, turn=4, contact_version=7)
            assert changed(
                policy, change, effective=policy.effective, through=through, contact_version=7
            ) == (expected)


def test_ending_on_the_day_it_has_ended_is_already_so() -> None:
    policy = replace(POLICY, state="terminated", through=date(2016, 6, 30))
    same = changed(
        policy, "terminated", effective=policy.effective, through=date(2016, 6, 30), contact_version=9
    )
    assert same is None


@pytest.mark.parametrize("state", ["canceled", "terminated"])
def test_what_stands_again_with_an_end_asked_for_before_is_terminated_through_it(
    state: CoverageState,
) -> None:
    through = date(2016, 6, 30) if state == "terminated" else None
    policy = replace(POLICY, state=state, through=through)
    asked = date(2016, 9, 30)
    again = changed(policy, "reinstated", effective=policy.effective, through=asked, contact_version=2)
    assert again == replace(policy, state="terminated", through=asked, turn=4)
    assert again is not None
    for change in ("reinstated", "terminated"):
        assert changed(again, change, effective=policy.effective, through=asked, contact_version=2) is None
    whole = changed(
        again, "reinstated", effective=policy.effective, through=policy.coverage_ends, contact_version=2
    )
    assert whole == replace(policy, state="active", through=None, turn=5)


@pytest.mark.parametrize(("state", "step"), list(product(get_args(NoticeState), get_args(NoticeStep))))
def test_a_notice_takes_the_steps_of_the_table_and_no_other(state: NoticeState, step: NoticeStep) -> None:
    notice = replace(NOTICE, state=state)
    if (state, step) in STEPS:
        assert stepped(notice, step) == STEPS[state, step]
    else:
        with pytest.raises(OutOfStep):
            stepped(notice, step)


def test_NOT_1_the_same_subject_is_always_the_same_notice() -> None:
    again = new_notice(
        notice_type="receipt",
        about="x",
        household="other",
        occurred_at=NOW,
        facts=NoticeFacts(),
        contact_version=5,
        created_at=NOW + timedelta(days=1),
    )
    assert again.notice == NOTICE.notice
    assert (
        new_notice(
            notice_type="invoice",
            about="x",
            household=JUNE,
            occurred_at=NOW,
            facts=NoticeFacts(),
            contact_version=0,
            created_at=NOW,
        ).notice
        != NOTICE.notice
    )


def test_a_notice_being_sent_is_its_senders_until_its_time_is_over() -> None:
    queued = replace(NOTICE, state="queued", by="email")
    sending = claimed(queued, sender="one", until=NOW + timedelta(minutes=15))
    soon, late = NOW + timedelta(minutes=14), NOW + timedelta(minutes=15)
    assert may_be_claimed(queued, by="email", sender="two", now=NOW)
    assert not may_be_claimed(queued, by="paper", sender="two", now=NOW)
    assert may_be_claimed(sending, by="email", sender="one", now=soon)
    assert not may_be_claimed(sending, by="email", sender="two", now=soon)
    assert may_be_claimed(sending, by="email", sender="two", now=late)
    assert not may_be_claimed(replace(sending, state="sent"), by="email", sender="one", now=late)
    assert may_be_claimed(replace(queued, state="stuck"), by="email", sender="two", now=NOW)


def test_plain_text_keeps_lines_and_lines_figures_up() -> None:
    text = as_text(
        [
            Heading(level=1, text="Title"),
            Heading(level=2, text="Part"),
            Paragraph(lines=("one", "two")),
            Bullets(items=("a", "b")),
            Table(caption="Sums", columns=("For", "Amount"), rows=(("July", "$5.00"), ("Longer", "$500.00"))),
        ]
    )
    assert text.split("\n") == [
        "Title",
        "=====",
        "",
        "Part",
        "----",
        "",
        "one",
        "two",
        "",
        "- a",
        "- b",
        "",
        "Sums",
        "---------------",
        "For      Amount",
        "---------------",
        "July      $5.00",
        "Longer  $500.00",
        "",
    ]


def test_a_page_is_read_back_as_its_parts() -> None:
    page = """<html><head><title>no part</title></head><body><p>nor this</p>
      <main>
      <h1>One &amp; two</h1><p class="greeting">Dear &lt;X&gt;,</p>
      <p>first<br>second   line</p><ul><li>see <a href="u">u</a></li></ul>
      <table><caption>C</caption><thead><tr><th scope="col">A</th><th>B</th></tr></thead>
      <tbody><tr><td>1</td><td>500,00\u00a0$US</td></tr></tbody></table>
      </main><p>nor that</p></body></html>"""
    assert read_parts(page) == (
        Heading(level=1, text="One & two"),
        Paragraph(lines=("Dear <X>,",), greeting=True),
        Paragraph(lines=("first", "second line")),
        Bullets(items=("see u",)),
        Table(caption="C", columns=("A", "B"), rows=(("1", "500,00\u00a0$US"),)),
    )


def test_markup_without_a_form_on_paper_is_a_fault_of_the_template() -> None:
    with pytest.raises(UnknownMarkup):
        read_parts("<main><p>see <img src='x'></p></main>")
