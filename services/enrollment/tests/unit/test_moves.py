"""A household moves: what is rated by area costs what it does there, from that day on (ENR-13, ENR-17)."""

from __future__ import annotations

from datetime import date

import pytest

from enrollment.domain.events import ContactRecorded, PolicyChanged
from enrollment.domain.households import Contact, Household
from enrollment.domain.months import PolicyVersion
from enrollment.domain.moves import CannotMove
from services.enrollment.tests.builders import Desk, person
from services.enrollment.tests.rated import BOSTON, WORCESTER, by_age, rated

APRIL, MAY = date(2015, 4, 10), date(2015, 5, 1)
VERMONT = "1 Elm Street, Burlington VT 05401"


async def in_worcester() -> Desk:
    """Return a desk with somebody of 34 in Worcester at 269.20, who costs 403.80 in Boston."""
    desk = await rated()
    await desk.register_at(WORCESTER, "h", person(born="1980-03-02"))
    await desk.covered("AGED")
    return desk.at(APRIL)


async def test_ENR_13_a_move_to_another_area_is_rated_there_from_its_day_on() -> None:
    desk = await in_worcester()
    changed = await desk.move(BOSTON, MAY)
    assert [each.gross_cents for each in changed.policies] == [40380]
    months = {str(each.month): each.net_cents for each in await desk.months(desk.policy("AGED"))}
    assert (months["2015-04"], months["2015-05"], months["2015-12"]) == (26920, 40380, 40380)
    (said,) = desk.said(PolicyChanged)
    assert (said.changed, said.since) == ("address", MAY)
    assert [(each.rating_area, each.rates[0].cents) for each in said.versions] == [(5, 40380)]
    assert changed.reasons[0].facts == {"address_since": "2015-05-01", "rating_area": "5"}
    assert "Beacon" not in str([each.says for each in changed.reasons])


async def test_ENR_13_a_month_of_a_move_is_charged_by_the_day() -> None:
    desk = await in_worcester()
    await desk.move(BOSTON, date(2015, 5, 11))
    months = {str(each.month): each.net_cents for each in await desk.months(desk.policy("AGED"))}
    # 10 days of 31 at 269.20 and 21 at 403.80: 360.3806...
    assert months["2015-05"] == 36038


async def test_ENR_13_letters_go_to_the_new_address_as_a_new_version() -> None:
    desk = await in_worcester()
    await desk.move(BOSTON, MAY)
    (contact,) = desk.database.rows(Contact)
    (household,) = desk.database.rows(Household)
    assert contact.address is not None
    assert contact.address.reveal() == BOSTON
    assert contact.contact_version == household.contact_version == 2
    assert [each.contact_version for each in desk.said(ContactRecorded)] == [1, 2]


async def test_ENR_13_the_last_move_stated_counts_for_all_days_it_speaks_of() -> None:
    desk = await in_worcester()
    await desk.move(BOSTON, MAY)
    # staff finds that they were in Worcester all the time, and in Boston from June on
    await desk.move(WORCESTER, MAY, by="operator")
    assert desk.policy("AGED").gross_cents == 26920
    await desk.move(BOSTON, date(2015, 6, 1))
    months = {str(each.month): each.net_cents for each in await desk.months(desk.policy("AGED"))}
    assert (months["2015-05"], months["2015-06"]) == (26920, 40380)


async def test_ENR_13_an_earlier_day_for_the_same_area_is_rated_there_too() -> None:
    desk = await in_worcester()
    await desk.move(BOSTON, MAY)
    await desk.move(BOSTON, date(2015, 4, 1), by="operator")
    months = {str(each.month): each.net_cents for each in await desk.months(desk.policy("AGED"))}
    assert (months["2015-03"], months["2015-04"], months["2015-05"]) == (26920, 40380, 40380)


async def test_ENR_17_a_move_to_no_known_area_changes_the_address_and_no_premium() -> None:
    desk = await in_worcester()
    changed = await desk.move(VERMONT, MAY)
    assert changed.policies == ()
    assert changed.reasons[0].facts == {"address_since": "2015-05-01"}
    assert desk.policy("AGED").gross_cents == 26920
    (household,) = desk.database.rows(Household)
    assert (household.area_changes, household.contact_version) == ((), 2)


async def test_ENR_17_where_the_plan_has_no_rate_it_keeps_the_one_of_before_until_the_renewal() -> None:
    desk = await rated(by_age())
    await desk.register_at(WORCESTER, "h", person(born="1980-03-02"))
    await desk.covered("AGED")
    await desk.at(APRIL).move(BOSTON, MAY)
    assert desk.policy("AGED").gross_cents == 26920
    # a child that comes then is rated there too
    baby = person("Baby", born="2015-05-10", relation="child")
    await desk.at(date(2015, 5, 20)).join(baby, "birth", date(2015, 5, 10))
    last = max(desk.database.rows(PolicyVersion), key=lambda each: each.number)
    assert (last.rating_area, last.gross_cents) == (2, 26920 + 15020)


async def test_ENR_13_a_household_tells_of_no_move_in_the_past() -> None:
    desk = await in_worcester()
    with pytest.raises(CannotMove) as refused:
        await desk.move(BOSTON, date(2015, 4, 9))
    assert refused.value.reasons[0].facts == {"would_do": "2015-04-10"}
    assert desk.said(PolicyChanged) == []
    await desk.move(BOSTON, date(2015, 4, 9), by="operator")
    assert desk.policy("AGED").gross_cents == 40380
