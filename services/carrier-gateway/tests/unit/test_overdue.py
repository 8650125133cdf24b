"""Nothing is in limbo without a person knowing: what is overdue, and why (I9)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from gateway_builders import (
    CARRIER,
    Gateway,
    OneUnreadable,
    canceled,
    closed,
    contact,
    listed,
    member,
    paid,
    profile,
    selected,
    terms,
)

from bulkhead.kernel.personal import Masked
from bulkhead.overdue import Overdue
from carrier_gateway.application import facts
from carrier_gateway.application.find_overdue import KINDS
from carrier_gateway.domain.carriers import Billing
from carrier_gateway.domain.records import Transmission


async def overdue(gateway: Gateway) -> list[tuple[str, str, date, str]]:
    found = await _found(gateway)
    return [(each.kind, each.id, each.deadline, each.says) for each in found]


async def _found(gateway: Gateway) -> list[Overdue]:
    assert gateway.service.overdue is not None
    async with gateway.uows.begin(now=gateway.now) as uow:
        return list(await gateway.service.overdue(uow))


async def test_I9_nothing_is_overdue_where_all_went_out() -> None:
    gateway = await Gateway().open()
    await gateway.tell(contact(), selected(), paid())
    assert await overdue(gateway.at(date(2016, 6, 1))) == []


async def test_I9_CAR_4_a_set_that_waits_for_a_profile_is_overdue_after_two_days() -> None:
    gateway = Gateway()
    await gateway.tell(contact(), selected(), paid())
    assert await overdue(gateway.at(date(2015, 12, 12), 23)) == []
    assert await overdue(gateway.at(date(2015, 12, 13), 0)) == [
        ("transmission", "june-medical-001", date(2015, 12, 12), "its carrier has no profile")
    ]
    assert [each.household for each in await _found(gateway)] == ["june"]


@pytest.mark.parametrize(
    ("says", "billing_from", "differs"),
    [("exchange", None, True), ("carrier", None, False), ("carrier", 2017, False), ("exchange", 2017, False)],
)
async def test_CAR_1_a_profile_that_says_otherwise_who_bills_than_enrollment_is_overdue_at_once(
    says: Billing, billing_from: int | None, differs: bool
) -> None:
    gateway = Gateway()
    await gateway.profile(profile(billing=says, billing_from=billing_from))
    billed = replace(terms(), billed_by_carrier=facts.BilledByCarrier())
    await gateway.tell(contact(), selected(billed, binder=False))
    words = "its profile says that the exchange bills, and enrollment that the carrier does"
    expected = [("billing", CARRIER, date(2015, 12, 10), words)] if differs else []
    assert await overdue(gateway.at(date(2015, 12, 10))) == expected


async def test_CAR_1_nobody_is_billed_for_what_was_called_off() -> None:
    gateway = Gateway()
    await gateway.profile(profile(billing="exchange"))
    billed = replace(terms(), billed_by_carrier=facts.BilledByCarrier())
    await gateway.tell(contact(), selected(billed, binder=False), canceled())
    assert await overdue(gateway.at(date(2015, 12, 10))) == []


async def test_CAR_1_what_a_carrier_bills_for_is_told_at_once_with_what_its_members_owe() -> None:
    gateway = await Gateway().open()
    billed = replace(terms(), billed_by_carrier=facts.BilledByCarrier())
    await gateway.tell(contact(), selected(billed, binder=False))
    (sent,) = gateway.rows(Transmission)
    assert (sent.kind, sent.state) == ("initial", "sent")


async def test_I9_a_set_that_cannot_be_written_says_which_element() -> None:
    gateway = await Gateway().open()
    nameless = member(name="王小明", latin_name=Masked("王小明"))
    await gateway.tell(contact(nameless), selected(), paid())
    ((kind, _, _, says),) = await overdue(gateway.at(date(2015, 12, 20)))
    assert kind == "transmission"
    assert says == "NM103 nothing of a member's name, nor of its Latin form, can be written"


async def test_I9_CAR_4_a_set_for_a_box_that_is_away_is_overdue() -> None:
    gateway = await Gateway().open()
    gateway.boxes.away.add(CARRIER)
    await gateway.tell(contact(), selected(), paid())
    ((_, _, _, says),) = await overdue(gateway.at(date(2015, 12, 20)))
    assert says == "it is not in the drop-box, which cannot be reached"


async def test_I9_I10_a_paid_policy_whose_people_are_not_known_is_overdue_though_no_set_was_decided() -> None:
    gateway = await Gateway().open()
    await gateway.tell(selected(), paid())
    assert gateway.transmissions() == []
    assert await overdue(gateway.at(date(2015, 12, 13))) == [
        (
            "policy-not-told",
            "june-medical",
            date(2015, 12, 12),
            "its contact is not known as of the version it needs",
        )
    ]
    await gateway.tell(contact())
    assert await overdue(gateway) == []


async def test_ENR_5_a_policy_whose_binder_is_not_paid_is_never_overdue_here() -> None:
    gateway = await Gateway().open()
    await gateway.tell(contact(), selected())
    assert await overdue(gateway.at(date(2016, 6, 1))) == []


async def test_I9_a_file_that_was_stored_and_not_read_is_overdue_after_a_day() -> None:
    gateway = Gateway()
    await gateway.tell(contact(), selected())
    await gateway.drop("answer.834", b"x")
    await gateway.work()
    assert await overdue(gateway.at(date(2015, 12, 11), 23)) == []
    ((kind, _, deadline, says),) = await overdue(gateway.at(date(2015, 12, 12)))
    assert (kind, deadline, says) == ("inbound-file", date(2015, 12, 11), "its carrier has no profile")


async def test_I9_a_file_that_cannot_even_be_stored_is_overdue_by_its_name() -> None:
    files = OneUnreadable(f"{CARRIER}/inbound/bad.834")
    gateway = await Gateway(files=files).open()
    await files.put(f"{CARRIER}/inbound/bad.834", b"x")
    await gateway.work()
    assert await overdue(gateway.at(date(2015, 12, 12))) == [
        ("inbound-file", f"{CARRIER}/bad.834", date(2015, 12, 11), "files cannot be reached: PermissionError")
    ]


@pytest.mark.parametrize("rows", [1, 2])
async def test_I9_CAR_3_a_list_that_was_not_written_is_overdue_after_a_day(rows: int) -> None:
    gateway = await Gateway().open()
    await gateway.at(date(2016, 6, 1), 1).tell(contact(), selected(), paid(), listed("june"), closed(rows))
    found = await overdue(gateway.at(date(2016, 6, 3)))
    assert found == (
        []
        if rows == 1
        else [
            (
                "delinquency-list",
                f"{CARRIER}/2016-06-01/1",
                date(2016, 6, 2),
                "rows, or the people on them, are not here",
            )
        ]
    )


async def test_I9_the_nightly_look_changes_nothing_and_holds_up_no_story() -> None:
    gateway = Gateway()
    await gateway.tell(contact(), selected(), paid())
    (duty,) = [each for each in gateway.service.duties if each.name == "look-for-overdue"]
    gateway.at(date(2016, 1, 1), 3, 30)
    before = (gateway.transmissions(), gateway.policy(), gateway.database.events)
    async with gateway.uows.begin(now=gateway.now) as uow:
        await duty.run(uow, date(2016, 1, 1), [])
        assert duty.next_work is not None
        assert await duty.next_work(uow, date(2016, 1, 1)) is None
    assert (gateway.transmissions(), gateway.policy(), gateway.database.events) == before
    assert {each.kind for each in await _found(gateway)} <= set(KINDS)
