"""Which facts make a notice, which do not, and what a notice waits for."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from bulkhead.kernel.errors import Impossible
from bulkhead.kernel.personal import Masked
from notifications.domain.contacts import Contact
from notifications.domain.coverage import BilledByCarrier
from notifications.domain.notices import NO_NEWS
from services.notifications.tests.builders import (
    JUNE,
    NAME,
    activated,
    canceled,
    contact,
    decided,
    in_all_orders,
    invoice,
    not_renewed,
    paid,
    reinstated,
    renewed,
    selected,
    terminated,
    wanted,
)
from services.notifications.tests.office import Office


async def test_NOT_1_every_fact_that_concerns_people_makes_one_notice_of_its_type() -> None:
    office = Office()
    await office.hear(contact(), selected(), activated(), invoice(), paid(), terminated(), reinstated())
    assert [(each.type, each.about) for each in office.notices()] == [
        ("coverage-begun", "june-silver.1"),
        ("coverage-ended", "june-silver.2"),
        ("coverage-reinstated", "june-silver.3"),
        ("invoice", "june-invoice"),
        ("receipt", "june-payment"),
    ]
    assert {each.state for each in office.notices()} == {"queued"}


async def test_ENR_10_documents_are_asked_for_once_a_request_also_where_two_have_the_same_last_day() -> None:
    office = Office()
    requests = [wanted(decision="first"), wanted(decision="more"), wanted(reminder=True, decision="again")]
    await office.hear(contact(), *requests, *requests)
    assert sorted((each.type, each.about) for each in office.notices()) == [
        ("verification-wanted", "again"),
        ("verification-wanted", "first"),
        ("verification-wanted", "more"),
    ]


async def test_ENR_10_that_all_is_as_attested_is_no_news_and_each_change_of_assistance_is() -> None:
    office = Office()
    await office.hear(contact(), decided(verification="verified", changes_on=None))
    assert (office.only().state, office.only().problem) == ("withdrawn", NO_NEWS)
    await office.hear(
        decided(changes_on=None, decision="stays"),
        decided(decision="less"),
        decided(verification="verified", changes_on=date(2016, 6, 1), decision="back"),
    )
    assert {each.about for each in office.notices(state="queued")} == {"stays", "less", "back"}


async def test_ENR_10_who_may_select_again_is_told_so_where_nothing_else_changes() -> None:
    office = Office()
    verified = decided(verification="verified", changes_on=None, decision="again")
    await office.hear(contact(), replace(verified, may_enroll="again", covered=False))
    assert [each.about for each in office.notices()] == ["again"]


async def test_NOT_1_a_canceled_selection_is_told_as_canceled_not_as_ended() -> None:
    office = Office()
    await office.hear(contact(), selected(), canceled())
    assert [each.type for each in office.notices()] == ["coverage-canceled"]


async def test_CAR_1_who_is_covered_is_told_that_the_carrier_is_paid_and_how_it_is_reached() -> None:
    office, billed = Office(), BilledByCarrier(name="Delta Dental", phone="800-555-0142")
    await office.hear(contact(), selected(billed_by_carrier=billed, binder_required=False), activated())
    (told,) = office.notices()
    assert told.facts.coverage is not None
    assert told.facts.coverage.billed_by_carrier == billed


@pytest.mark.parametrize("change", [activated(), canceled()])
async def test_ENR_12_who_came_from_a_carrier_is_told_what_becomes_of_what_they_had_there(
    change: Any,
) -> None:
    office = Office()
    await office.hear(contact(), selected(transferred_from="MVP"), change)
    (told,) = office.notices()
    assert told.facts.coverage is not None
    assert told.facts.coverage.transferred_from == "MVP"
    assert told.facts.coverage.direct_until == date(2015, 12, 31)


async def test_NOT_1_what_is_only_selected_again_is_told_once_it_begins_and_as_often_as_it_does() -> None:
    office = Office()
    await office.hear(contact(), selected(), canceled(), reinstated(begins_later=True))
    assert {each.type for each in office.notices()} == {"coverage-canceled"}
    await office.hear(activated())
    assert {each.type for each in office.notices()} == {"coverage-canceled", "coverage-begun"}
    await office.hear(terminated(), reinstated())
    assert len(office.notices(type="coverage-reinstated")) == 1


async def test_ENR_12_who_lapsed_and_stands_again_is_told_to_end_what_they_have_there() -> None:
    office = Office()
    await office.hear(contact(), selected(transferred_from="MVP"), canceled(), reinstated())
    await office.send()
    says = str(office.only(type="coverage-reinstated").says)
    assert "please ask MVP to end it with December 31, 2015" in says


async def test_ENR_12_who_was_covered_and_stands_again_was_told_when_it_began() -> None:
    office = Office()
    await office.hear(contact(), selected(transferred_from="MVP"), activated(), terminated(), reinstated())
    (again,) = office.notices(type="coverage-reinstated")
    assert again.facts.coverage is not None
    assert again.facts.coverage.transferred_from is None


async def test_ENR_12_an_end_says_nothing_of_where_somebody_came_from() -> None:
    office = Office()
    await office.hear(contact(), selected(transferred_from="MVP"), activated(), terminated())
    (ended,) = office.notices(type="coverage-ended")
    assert ended.facts.coverage is not None
    assert ended.facts.coverage.transferred_from is None


async def test_NOT_1_facts_heard_again_make_nothing_more() -> None:
    office = Office()
    heard = (contact(), selected(), activated(), invoice(), paid(), terminated())
    await office.hear(*heard)
    before = office.notices()
    await office.hear(contact(), selected(), invoice(), paid(), terminated())
    assert office.notices() == before


async def test_NOT_1_coverage_that_ends_again_after_it_stood_again_is_told_again() -> None:
    office = Office()
    await office.hear(contact(), selected(), activated(), terminated(), reinstated(), terminated())
    assert [each.about for each in office.notices(type="coverage-ended")] == [
        "june-silver.2",
        "june-silver.4",
    ]


async def test_NOT_1_an_end_moved_to_another_day_is_told_again() -> None:
    office = Office()
    await office.hear(contact(), selected(), activated(), terminated())
    await office.hear(terminated(through=date(2016, 5, 31)))
    through = [
        each.facts.coverage.through for each in office.notices(type="coverage-ended") if each.facts.coverage
    ]
    assert through == [date(2016, 6, 30), date(2016, 5, 31)]


async def test_INV_12_coverage_that_stands_again_with_an_end_asked_for_before_tells_of_it_once() -> None:
    """Enrollment says that it stands again, through September, and that it ends with September."""
    office = Office()
    asked = date(2016, 9, 30)
    await office.hear(contact(), selected(), activated(), terminated(through=asked, reason="requested"))
    await office.hear(terminated())
    await office.hear(reinstated(coverage_ends=asked), terminated(through=asked, reason="requested"))
    assert office.in_order() == [f"june-silver.{turn}" for turn in (1, 2, 3, 4)]
    told = [each.facts.coverage for each in office.notices(type="coverage-reinstated")]
    assert [each.through for each in told if each] == [asked]
    await office.send()
    assert "The last covered day is September 30, 2016" in str(office.only(type="coverage-reinstated").says)


async def test_NOT_1_an_end_that_moves_says_which_day_it_takes_the_place_of() -> None:
    office = Office()
    await office.hear(contact(), selected(), activated(), terminated(through=date(2016, 9, 30)))
    await office.send()
    await office.hear(terminated())
    await office.send()
    _, moved = (each for each in office.notices(type="coverage-ended"))
    assert "takes the place of September 30, 2016" in str(moved.says)


async def test_NOT_1_a_reinstatement_of_what_stands_and_an_end_on_the_same_day_are_not_told() -> None:
    office = Office()
    await office.hear(contact(), selected(), activated(), reinstated())
    await office.hear(terminated(), terminated(reason="requested"))
    assert office.in_order() == ["june-silver.1", "june-silver.2"]


async def test_INV_1_an_invoice_that_is_not_to_be_mailed_makes_no_notice() -> None:
    office = Office()
    await office.hear(contact(), selected(), invoice(kind="initial", mail=False))
    assert office.notices() == []


async def test_NOT_1_a_notice_waits_visibly_for_a_contact_nobody_told_yet() -> None:
    office = Office()
    await office.hear(selected(), activated())
    waiting = office.only()
    assert (waiting.state, waiting.waits_for, waiting.by) == ("waiting", "contact", None)
    assert await office.send() == 0
    await office.hear(contact())
    queued = office.only()
    assert (queued.state, queued.waits_for, queued.by) == ("queued", None, "email")


async def test_NOT_1_a_notice_waits_for_the_version_of_the_contact_it_needs() -> None:
    office = Office()
    await office.hear(contact(version=1), selected(version=2), activated(version=2))
    assert office.only().waits_for == "contact"
    await office.hear(contact(version=2, email=None))
    assert (office.only().state, office.only().by) == ("queued", "paper")


async def test_NOT_1_an_invoice_waits_for_the_policies_it_names_and_their_contact() -> None:
    office = Office()
    await office.hear(contact(version=1), invoice())
    assert office.only().waits_for == "policy"
    await office.hear(selected(version=2))
    assert office.only().waits_for == "contact"
    await office.hear(contact(version=2))
    assert office.only().state == "queued"


async def test_PAY_3_a_receipt_waits_for_a_payer_who_is_not_known_yet() -> None:
    office = Office()
    await office.hear(paid("stranger"))
    assert office.only().waits_for == "contact"
    await office.hear(contact("stranger"))
    assert office.only().state == "queued"


async def test_NOT_1_the_order_in_which_topics_arrive_changes_nothing() -> None:
    topics = ([contact(version=1)], [selected(), activated()], [invoice()], [paid()])
    outcomes = []
    for order in in_all_orders(topics):
        office = Office()
        for fact in order:
            await office.hear(fact)
        outcomes.append([(each.notice, each.state, each.by, each.facts) for each in office.notices()])
    assert len(outcomes) == 60
    assert all(outcome == outcomes[0] for outcome in outcomes)
    assert {state for _, state, _, _ in outcomes[0]} == {"queued"}


async def test_a_contact_older_than_the_one_known_changes_nothing() -> None:
    office = Office()
    await office.hear(contact(version=2, language="fr"))
    await office.hear(contact(version=1, language="en"))
    await office.hear(selected(), activated())
    await office.send()
    assert office.only().language == "fr"


async def test_a_change_of_a_policy_nobody_selected_is_impossible_and_changes_nothing() -> None:
    office = Office()
    with pytest.raises(Impossible):
        await office.hear(contact(), terminated())
    assert office.notices() == []


async def test_a_reinstatement_of_what_was_only_selected_is_impossible() -> None:
    office = Office()
    await office.hear(contact(), selected())
    with pytest.raises(Impossible):
        await office.hear(reinstated(JUNE))
    assert office.notices() == []


@pytest.mark.parametrize(
    ("told", "addressee", "estate"),
    [
        ({}, NAME, False),
        ({"responsible": "Eva Example"}, "Eva Example", False),
        ({"estate": True}, NAME, True),
        ({"estate": True, "responsible": "Eva Example"}, "Eva Example", False),
    ],
)
async def test_ENR_13_letters_bear_the_subscriber_s_name_or_who_acts_for_them_never_only_that_of_the_dead(
    told: dict[str, Any], addressee: str, estate: bool
) -> None:
    office = Office()
    await office.hear(contact(**told))
    (known,) = office.database.rows(Contact)
    assert (known.addressee, known.estate) == (Masked(addressee), estate)


async def test_ENR_14_what_goes_on_and_what_must_be_chosen_are_told_in_one_notice() -> None:
    office = Office()
    await office.hear(contact(), renewed(ending=not_renewed().policies))
    await office.send()
    told = office.only(type="renewal")
    assert told.subject == "Your coverage in 2016: what goes on, and what you must choose"
    goes_on, ends = str(told.says).split("This coverage does not go on in 2016.")
    assert "You need not do anything for it." in goes_on
    assert "In its place you have SILVER with BCBSVT." in goes_on
    assert "To be covered in its place, choose another plan in open enrollment." in ends


async def test_ENR_14_a_plan_that_is_sold_again_under_another_name_is_not_said_to_be_gone() -> None:
    office = Office()
    fact = renewed()
    again = replace(fact.policies[0], because="same-plan", carrier_before="BCBSVT")
    await office.hear(contact(), replace(fact, policies=(again,)))
    await office.send()
    says = str(office.only(type="renewal").says)
    assert "Your plan BRONZE with BCBSVT stays. In 2016 it is named SILVER." in says
    assert "not offered" not in says


async def test_ENR_14_who_must_choose_is_told_whether_the_plan_or_its_carrier_goes() -> None:
    office = Office()
    fact = not_renewed()
    leaving = replace(fact.policies[0], because="carrier-leaving")
    await office.hear(contact(), replace(fact, policies=(leaving,)))
    await office.send()
    says = str(office.only(type="renewal").says)
    assert "MVP sells nothing through Vermont Health Connect any more." in says
    assert "You need not do anything" not in says
