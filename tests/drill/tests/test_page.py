"""What the page shows: figures beside the reported ones, pictures by the hour, and what would have been."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from xml.etree import ElementTree

import pytest

from bulkhead.kernel.calendar import EXCHANGE_ZONE
from drill import svg
from drill.headline import Age, Headline, Without
from drill.looking import Event
from drill.page import Run, html, markdown, pictures
from drill.stage import Look, Outage
from recorder.verdicts import Verdict

SUNDAY = datetime(2014, 12, 28, tzinfo=EXCHANGE_ZONE)
RUN = Run(
    scale=0.5,
    made_at=datetime(2026, 11, 29, 3, tzinfo=EXCHANGE_ZONE),
    machine="2 cores of 2.6 GHz",
    seconds=600.4,
    processor_seconds=1_100.0,
)


def event(type_: str, service: str, hour: int, **data: object) -> Event:
    """Return something that a service said at an hour of that Sunday."""
    return Event(service, type_, "ada", SUNDAY + timedelta(hours=hour), 1_000.0, data)


@pytest.fixture
def headline() -> Headline:
    """A headline of one household, in which the page was away for twelve hours."""
    made = Headline(
        name="massachusetts",
        title="Massachusetts <2014>",
        source="N2",
        chosen=["So it is | chosen."],
        people=1,
        households=1,
        began=SUNDAY,
        ended=SUNDAY + timedelta(days=1),
    )
    made.outages.append(
        Outage("payments-online", SUNDAY + timedelta(hours=1), SUNDAY + timedelta(hours=13), 8.6, SUNDAY)
    )
    made.looks.append(Look(10.0, SUNDAY + timedelta(hours=2), "payments", 7, 0.5))
    made.journal.hear(event("PlansSelected", "enrollment", 2))
    made.journal.hear(event("NoticeSent", "notifications", 14, notice_type="deadline-moved", by="email"))
    made.journal.hear(event("PolicyCanceled", "enrollment", 15, reason="non-payment", rolled_to="2015-02-01"))
    made.journal.hear(event("PolicyCanceled", "enrollment", 16, reason="requested", rolled_to=None))
    made.ages.append(Age("a → b", 0.1, 0.2, 0.3))
    made.without.append(Without("deadline relief", "OPS-4", "have lost January 1", 260))
    made.check("people who paid", reported="720", expected=720, found=720)
    made.table.count("payment", "payments", Verdict.ONCE, example="")
    return made


def test_the_journal_keeps_who_was_canceled_for_non_payment_and_to_when_it_rolled(headline: Headline) -> None:
    assert headline.journal.canceled == {"ada": "2015-02-01"}
    assert headline.journal.notices == {("deadline-moved", "email"): 1}
    assert headline.journal.who("PlansSelected") == {"ada"}


def test_a_figure_that_is_other_than_it_must_be_does_not_hold(headline: Headline) -> None:
    assert headline.held
    headline.check("people who lost January 1", expected=0, found=1)
    assert not headline.held
    assert "WRONG" in html([headline], RUN)


def test_a_double_does_not_hold(headline: Headline) -> None:
    headline.table.count("payment", "payments", Verdict.DOUBLED, example="")
    assert (headline.missing, headline.doubled, headline.held) == (0, 1, False)


@pytest.mark.parametrize("picture", [svg.said_by_hour, svg.left_by_hour, svg.notices])
def test_a_picture_is_well_formed(headline: Headline, picture: Callable[[Headline], str]) -> None:
    root = ElementTree.fromstring(picture(headline))
    assert root.get("role") == "img"


def test_what_was_away_is_shaded_for_as_long_as_it_was(headline: Headline) -> None:
    root = ElementTree.fromstring(svg.said_by_hour(headline))
    shades = [each for each in root.iter() if each.get("fill") == "#f3c9c9"]
    day = 960 - 130 - 10
    assert [float(each.get("width", "0")) for each in shades] == [pytest.approx(day * 12 / 25, abs=0.1)]


def test_the_page_says_what_was_reported_chosen_found_and_would_have_been(headline: Headline) -> None:
    page = html([headline], RUN)
    for said in (
        "Massachusetts &lt;2014&gt;",
        "So it is | chosen.",
        "deadline-moved",
        "have lost January 1",
        "260",
    ):
        assert said in page
    assert "SCALE=0.5" in page
    assert "1,100 processor seconds" in page


def test_the_same_in_markdown_names_the_files_of_its_pictures(headline: Headline) -> None:
    text = markdown([headline], RUN)
    for name in pictures(headline):
        assert f"(drill/{name})" in text
    assert "| people who paid | 720 | 720 | 720 |  |" in text
    assert "8.6 s" in text
