"""What a household is told that goes on as another one of the same person, and where (OPS-5, NOT-1)."""

from __future__ import annotations

from notifications.application import facts
from services.notifications.tests.builders import (
    EMAIL,
    JUNE,
    activated,
    contact,
    moved,
    paid,
    selected,
    terminated,
    wanted,
)
from services.notifications.tests.office import Office

MERGED = facts.HouseholdMerged(household=JUNE, into="june-1")
REVERSED = facts.MergeReversed(household=JUNE, into="june-1")
THERE = contact("june-1", email="there@example.test")


async def merged() -> Office:
    office = Office()
    await office.hear(contact(), selected(), activated())
    await office.hear(THERE)
    await office.send()
    return office


def recipients(office: Office) -> list[str]:
    return [str(each["To"]) for each in office.mailbox.messages]


async def test_OPS_5_letters_of_a_merged_household_go_where_its_person_is_reached_now() -> None:
    office = await merged()
    await office.hear(MERGED, terminated())
    await office.send()
    await office.hear(REVERSED, paid())
    await office.send()

    assert recipients(office) == [EMAIL, "there@example.test", EMAIL]


async def test_OPS_5_a_letter_that_has_not_left_when_the_merge_is_heard_goes_there_too() -> None:
    office = await merged()
    await office.hear(terminated())
    await office.hear(MERGED)
    await office.send()

    assert recipients(office)[1:] == ["there@example.test"]


async def test_OPS_5_letters_go_to_the_household_itself_where_the_other_is_not_reached_that_way() -> None:
    office = Office()
    await office.hear(contact(), selected(), activated(), MERGED)
    await office.send()  # nobody has told who the other is
    await office.hear(contact("june-1", email=None))
    await office.hear(terminated())
    await office.send()

    assert recipients(office) == [EMAIL, EMAIL]


async def test_OPS_5_documents_are_not_wanted_of_a_household_that_was_merged() -> None:
    office = await merged()
    await office.hear(wanted(decision="before"))

    await office.hear(MERGED, wanted(decision="after"))
    await office.send()

    assert [(each.about, each.state) for each in office.notices(type="verification-wanted")] == [
        ("before", "withdrawn")
    ]


async def test_OPS_5_money_that_follows_its_person_is_told_by_the_receipt_there_alone() -> None:
    office = await merged()
    await office.hear(paid(), MERGED, moved(cents=50000, because="registered-twice"))
    await office.hear(paid("june-1"))
    await office.send()

    assert office.notices(type="payment-moved") == []
    assert {each.household for each in office.notices(type="receipt")} == {JUNE, "june-1"}


ON = facts.HouseholdMerged(household="june-1", into="june-0")
OFF = facts.MergeReversed(household="june-1", into="june-0")


async def test_OPS_5_letters_go_to_the_end_of_a_chain_of_merges_in_whatever_order_these_are_heard() -> None:
    for merges in ([MERGED, ON], [ON, MERGED]):
        office = await merged()
        await office.hear(contact("june-0", email="end@example.test"))
        for each in merges:
            await office.hear(each)
        await office.hear(terminated())
        await office.send()
        await office.hear(OFF, paid())
        await office.send()
        await office.hear(REVERSED, paid(payment="later"))
        await office.send()

        assert recipients(office) == [EMAIL, "end@example.test", "there@example.test", EMAIL]


async def test_OPS_5_a_chain_that_is_heard_of_closing_sends_letters_to_somebody() -> None:
    office = await merged()
    await office.hear(MERGED)  # that it was taken back is not heard yet
    await office.hear(facts.HouseholdMerged(household="june-1", into=JUNE))
    await office.hear(terminated())
    await office.send()

    assert recipients(office)[1:] == ["there@example.test"]
