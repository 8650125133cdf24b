"""What leaves for carriers and when: use cases on the gateway alone, in memory."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import permutations
from typing import Any

import pytest
from gateway_builders import (
    CARRIER,
    FAMILY,
    JANUARY,
    Gateway,
    activated,
    canceled,
    contact,
    member,
    months,
    paid,
    profile,
    reinstated,
    renewed,
    segments,
    selected,
    terminated,
    terms,
    value_of,
)

from bulkhead.kernel.errors import Impossible
from bulkhead.kernel.personal import Masked
from bulkhead.retries.retries import Retry
from carrier_gateway.application import send_transmissions
from carrier_gateway.application.build_transmissions import waiting_households
from carrier_gateway.domain.events import TransmissionSent
from carrier_gateway.domain.records import ControlNumbers, Transmission


@pytest.fixture
async def gateway() -> Gateway:
    return await Gateway().open()


async def enrolled(gateway: Gateway) -> Gateway:
    await gateway.tell(contact(), selected(), paid(), activated())
    return gateway


async def test_ENR_5_nothing_of_a_new_enrollment_leaves_before_the_binder(gateway: Gateway) -> None:
    await gateway.tell(contact(), selected())
    assert gateway.outbound() == {}
    assert gateway.transmissions() == []
    assert set((await gateway.pending()).values()) == {0}


async def test_ENR_5_the_initial_set_leaves_the_day_the_binder_is_satisfied(gateway: Gateway) -> None:
    await gateway.tell(contact(), selected())
    await gateway.tell(paid())
    assert list(gateway.outbound()) == ["I834_20151210_000000001.834"]
    assert gateway.said(TransmissionSent) == [
        TransmissionSent(
            household="june",
            policy="june-medical",
            carrier=CARRIER,
            transmission="june-medical-001",
            kind="initial",
            effective=JANUARY,
            sent_on=date(2015, 12, 10),
        )
    ]


@pytest.mark.parametrize(
    ("before", "begins", "additional"),
    [
        (CARRIER, "INS*Y*18*021*41*A***AC", ["PASSIVE"]),
        ("MVP", "INS*Y*18*021*EC*A***AC", ["PASSIVE REENROLL - NEW TO ISSUER"]),
    ],
)
async def test_ENR_14_a_renewal_is_told_at_once_as_what_goes_on_or_is_new_to_the_carrier(
    gateway: Gateway, before: str, begins: str, additional: list[str]
) -> None:
    await gateway.tell(contact(), renewed(carrier_before=before))
    assert gateway.transmissions() == [("renewal", "sent")]
    (sent,) = gateway.sets()
    assert begins in segments(sent)
    assert value_of(sent, "ADDL MAINT REASON") == additional
    assert "DTP*348*D8*20160101" in segments(sent)
    (said,) = gateway.said(TransmissionSent)
    assert (said.kind, said.effective) == ("renewal", JANUARY)


@pytest.mark.parametrize("reason", ["prior-year-ended", "non-payment"])
async def test_ENR_14_a_renewal_that_falls_with_the_prior_year_is_canceled_as_carried_forward(
    gateway: Gateway, reason: str
) -> None:
    await gateway.tell(contact(), renewed())
    await gateway.tell(canceled(reason=reason))
    _, called_off = gateway.sets()
    assert "INS*Y*18*024**A***TE" in segments(called_off)
    assert value_of(called_off, "ADDL MAINT REASON") == ["CANCEL-CARRYFORWARD"]
    assert "DTP*357*D8*20160101" in segments(called_off)


async def test_ENR_14_a_renewal_that_is_taken_back_before_it_left_is_never_told_of() -> None:
    gateway = await Gateway().open()
    await gateway.tell(renewed())
    await gateway.tell(canceled(reason="error"), contact())
    assert gateway.transmissions() == []


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_OPS_1_contacts_selections_and_binders_may_come_in_any_order(
    gateway: Gateway, order: tuple[int, ...]
) -> None:
    heard = (contact(), selected(), paid())
    for index in order[:-1]:
        await gateway.tell(heard[index])
        assert gateway.outbound() == {}
    await gateway.tell(heard[order[-1]])
    assert len(gateway.sets()) == 1


async def test_ENR_7_where_no_binder_is_needed_the_set_leaves_at_once(gateway: Gateway) -> None:
    await gateway.tell(contact(), selected(terms(aptc_cents=50000), binder=False))
    assert gateway.transmissions() == [("initial", "sent")]


async def test_an_activation_alone_releases_the_set_too(gateway: Gateway) -> None:
    await gateway.tell(contact(), selected(), activated())
    assert gateway.transmissions() == [("initial", "sent")]


async def test_a_set_waits_for_the_contact_as_of_the_version_it_needs(gateway: Gateway) -> None:
    await gateway.tell(contact(version=1), selected(version=2), paid())
    assert gateway.outbound() == {}
    await gateway.tell(contact(version=2, address=Masked("1 New Road, Barre, VT 05641")))
    assert "N3*1 New Road~" in gateway.sets()[0]


async def test_ENR_5_medical_and_dental_leave_as_a_set_each(gateway: Gateway) -> None:
    dental = terms("june-dental", plan="SMILE", kind="dental", gross_cents=3000)
    await gateway.tell(contact(), selected(terms(), dental), paid("june-medical", "june-dental"))
    dentals, medicals = gateway.sets()
    assert "HD*021**DEN" in segments(dentals)
    assert "HD*021**HLT" in segments(medicals)
    assert [each.control_number for each in gateway.rows(Transmission)] == [1, 2]


async def test_one_that_is_left_alone_hides_nobody_however_many_sets_it_has(gateway: Gateway) -> None:
    resting = [("june", 140), ("kim", 1), ("lee", 1)]
    async with gateway.uows.begin(now=gateway.now, households=[each for each, _ in resting]) as uow:
        await uow.records(Transmission).add(
            Transmission(
                transmission=f"{household}-{number:03}",
                number=number,
                policy=f"{household}-medical",
                household=household,
                carrier=CARRIER,
                kind="initial",
                effective=JANUARY,
                end_reason=None,
                decided_at=gateway.now + timedelta(seconds=at),
            )
            for at, (household, sets) in enumerate(resting)
            for number in range(sets)
        )
    async with gateway.uows.begin(now=gateway.now) as uow:
        assert await waiting_households(uow, carrier=CARRIER, limit=50, leave={"june"}) == ["kim", "lee"]
        assert await waiting_households(uow, carrier=CARRIER, limit=50) == ["june"]


async def test_CAR_2_a_termination_for_non_payment_follows_as_024_59_TERM(gateway: Gateway) -> None:
    await enrolled(gateway)
    await gateway.at(date(2016, 7, 1), 1).tell(terminated(date(2016, 6, 30)))
    _, ended = gateway.sets()
    lines = segments(ended)
    assert "INS*Y*18*024*59*A***TE" in lines
    assert "DTP*357*D8*20160630" in lines
    assert "REF*1L*june-medical" in lines
    assert "DTP*303*D8*20160701" in lines
    assert value_of(ended, "ADDL MAINT REASON") == ["TERM"]
    assert not any(line.startswith("HD") for line in lines)
    said = gateway.said(TransmissionSent)[-1]
    assert (said.kind, said.effective) == ("termination", date(2016, 6, 30))


@pytest.mark.parametrize(
    ("reason", "ins", "additional"),
    [
        ("non-payment", "INS*Y*18*024*59*A***TE", "TERM"),
        ("requested", "INS*Y*18*024*14*A***TE", "TERM"),
        ("death", "INS*Y*18*024*03*A***TE", "TERM"),
        ("age", "INS*Y*18*024*07*A***TE", "TERM-NLE"),
        ("medicaid", "INS*Y*18*024*07*A***TE", "TERM-NLE"),
        ("ineligible", "INS*Y*18*024*07*A***TE", "TERM-NLE"),
        ("error", "INS*Y*18*024**A***TE", "TERM-OTH"),
    ],
)
async def test_CAR_2_the_ground_of_an_end_is_told(
    gateway: Gateway, reason: str, ins: str, additional: str
) -> None:
    await enrolled(gateway)
    await gateway.tell(terminated(date(2016, 3, 31), reason=reason))
    assert ins in segments(gateway.sets()[1])
    assert value_of(gateway.sets()[1], "ADDL MAINT REASON") == [additional]


async def test_CAR_2_a_reinstatement_follows_with_loop_2300_and_the_first_day(gateway: Gateway) -> None:
    await enrolled(gateway)
    await gateway.tell(terminated(date(2016, 6, 30)))
    await gateway.at(date(2016, 7, 12)).tell(reinstated())
    lines = segments(gateway.sets()[2])
    assert "INS*Y*18*025*41*A***AC" in lines
    assert "HD*025**HLT" in lines
    assert "DTP*348*D8*20160101" in lines
    assert value_of(gateway.sets()[2], "ADDL MAINT REASON") == ["REINSTATEMENT"]
    assert gateway.said(TransmissionSent)[-1].effective == JANUARY


async def test_a_requested_cancellation_before_the_first_day_is_told_as_a_cancel(gateway: Gateway) -> None:
    await enrolled(gateway)
    await gateway.tell(canceled(reason="requested"))
    lines = segments(gateway.sets()[1])
    assert "INS*Y*18*024*14*A***TE" in lines
    assert "DTP*357*D8*20160101" in lines
    assert value_of(gateway.sets()[1], "ADDL MAINT REASON") == ["CANCEL"]


async def test_ENR_6_a_lapsed_binder_is_never_told_of(gateway: Gateway) -> None:
    await gateway.tell(contact(), selected(), canceled())
    assert gateway.outbound() == {}
    assert gateway.transmissions() == []


async def test_INV_12_a_binder_restored_after_its_lapse_is_told_as_initial(gateway: Gateway) -> None:
    await gateway.tell(contact(), selected(), canceled())
    await gateway.tell(paid(), reinstated())
    assert gateway.transmissions() == [("initial", "sent")]


async def test_coverage_that_ended_before_it_could_be_told_is_told_whole_and_in_order() -> None:
    gateway = Gateway()
    await gateway.tell(contact(), selected(), paid(), activated(), terminated(date(2016, 3, 31)))
    assert gateway.transmissions() == [("initial", "waiting"), ("termination", "waiting")]
    await gateway.open()
    await gateway.work()
    first, second = gateway.sets()
    assert "INS*Y*18*021*EC*A***AC" in segments(first)
    assert "INS*Y*18*024*59*A***TE" in segments(second)


async def test_what_was_canceled_before_it_was_told_is_never_told() -> None:
    gateway = Gateway()
    await gateway.tell(contact(), selected(), paid(), activated())
    await gateway.tell(canceled(reason="requested"))
    await gateway.open()
    await gateway.work()
    assert gateway.outbound() == {}
    assert gateway.transmissions() == [("initial", "withdrawn")]


async def test_CAR_1_without_a_profile_everything_waits_and_with_one_it_goes() -> None:
    gateway = Gateway()
    await gateway.tell(contact(), selected(), paid())
    assert gateway.transmissions() == [("initial", "waiting")]
    assert (await gateway.pending())["transmissions"] == 0
    await gateway.profile(profile())
    assert (await gateway.pending())["transmissions"] == 1
    await gateway.work()
    assert gateway.transmissions() == [("initial", "sent")]


async def test_control_numbers_are_never_used_twice_and_stand_in_isa_gs_and_st(gateway: Gateway) -> None:
    await enrolled(gateway)
    await gateway.tell(terminated(date(2016, 6, 30)))
    await gateway.tell(reinstated())
    for number, text in enumerate(gateway.sets(), start=1):
        lines = segments(text)
        assert lines[0].split("*")[13] == f"{number:09d}"
        assert lines[1].split("*")[6] == str(number)
        assert lines[2].split("*")[2] == f"{number:09d}"
    assert gateway.rows(ControlNumbers) == [ControlNumbers(carrier=CARRIER, last=3)]


async def test_each_carrier_has_numbers_of_its_own() -> None:
    gateway = await Gateway().open("MVP", CARRIER)
    other = terms("june-dental", kind="dental", carrier="MVP")
    await gateway.tell(contact(), selected(terms(), other), paid("june-medical", "june-dental"))
    assert {each.carrier: each.control_number for each in gateway.rows(Transmission)} == {
        CARRIER: 1,
        "MVP": 1,
    }


async def test_a_profile_that_could_not_be_written_with_is_mended_by_the_next(gateway: Gateway) -> None:
    plan = "SILVER-" * 8
    await gateway.tell(contact(), selected(terms(plan=plan)), paid())
    (stuck,) = gateway.rows(Transmission)
    assert "REF02: must have 1 to 50 characters" in stuck.problem
    await gateway.profile(profile(plan_ids={plan: "77566VT0040001-01"}))
    await gateway.work()
    text = gateway.sets()[0]
    assert "REF*CE*77566VT0040001-01" in segments(text)
    assert segments(text)[1].split("*")[3] == "77566VT0040001"


async def test_a_policy_of_somebody_the_contact_does_not_name_parks_the_household(gateway: Gateway) -> None:
    with pytest.raises(Impossible):
        await gateway.hear(contact(), selected(terms(members=("june-1", "june-9"))), paid())
    assert gateway.transmissions() == []


async def test_a_fact_about_a_policy_nobody_selected_is_impossible(gateway: Gateway) -> None:
    with pytest.raises(Impossible):
        await gateway.hear(terminated(date(2016, 6, 30)))


async def test_a_family_is_told_whole_with_the_premium_on_the_subscriber(gateway: Gateway) -> None:
    people = ("june-1", "june-2", "june-3")
    policy = terms(members=people, gross_cents=140500, aptc_cents=50000, subsidy_cents=10500)
    await gateway.tell(contact(*FAMILY), selected(policy), paid())
    text = gateway.sets()[0]
    lines = segments(text)
    assert [line for line in lines if line.startswith("INS")] == [
        "INS*Y*18*021*EC*A***AC",
        "INS*N*01*021*EC*A",
        "INS*N*19*021*EC*A",
    ]
    assert [line for line in lines if line.startswith("QTY")] == ["QTY*TO*3", "QTY*DT*2"]
    assert [line for line in lines if line.startswith("REF*17*june")] == [f"REF*17*{each}" for each in people]
    assert lines.count("REF*0F*june-1") == 3
    assert value_of(text, "PRE AMT 1") == ["1405.00", "0.00", "0.00"]
    assert value_of(text, "PRE AMT TOT") == ["1405.00"]
    assert value_of(text, "APTC AMT") == ["500.00"]
    assert value_of(text, "OTH PAY AMT 1") == ["105.00"]
    assert value_of(text, "TOT RES AMT") == ["800.00"]


async def test_a_termination_names_the_subscriber_alone(gateway: Gateway) -> None:
    await gateway.tell(contact(*FAMILY), selected(terms(members=("june-1", "june-2", "june-3"))), paid())
    await gateway.tell(activated(), terminated(date(2016, 6, 30)))
    lines = segments(gateway.sets()[1])
    assert [line for line in lines if line.startswith("INS")] == ["INS*Y*18*024*59*A***TE"]
    assert [line for line in lines if line.startswith("QTY")] == ["QTY*TO*1"]


async def test_a_childs_own_policy_has_the_child_as_subscriber_and_a_sister_beside_it(
    gateway: Gateway,
) -> None:
    people = (
        member(),
        member(2, relation="child", name="Kit Example"),
        member(3, relation="child", name="Ada Example"),
    )
    await gateway.tell(contact(*people), selected(terms(members=("june-2", "june-3"))), paid())
    lines = segments(gateway.sets()[0])
    assert lines.count("REF*0F*june-2") == 2
    assert "INS*N*14*021*EC*A" in lines


async def test_without_an_address_the_address_is_left_out_and_nothing_else(gateway: Gateway) -> None:
    await gateway.tell(contact(address=None, phone=None, email=None), selected(), paid())
    lines = segments(gateway.sets()[0])
    assert not [line for line in lines if line.startswith(("N3*", "N4*", "PER*"))]
    assert "NM1*IL*1*Example*June****34*900123456" in lines
    assert "DMG*D8*19800302*U" in lines


async def test_a_carriers_guide_may_want_loop_2300_on_an_end_and_words_of_its_own() -> None:
    gateway = await Gateway(
        coverage_on_end=True, additional_reasons={"TERM": "TERM - NONPAY"}, time_code=False
    ).open()
    await enrolled(gateway)
    await gateway.tell(terminated(date(2016, 6, 30)))
    lines = segments(gateway.sets()[1])
    assert "HD*024**HLT" in lines
    assert "DTP*349*D8*20160630" in lines
    assert value_of(gateway.sets()[1], "ADDL MAINT REASON") == ["TERM - NONPAY"]
    assert next(line for line in lines if line.startswith("BGN")).endswith("****2")


async def test_a_carriers_guide_may_want_the_amounts_month_by_month() -> None:
    gateway = await Gateway(monthly_amounts=True).open()
    await gateway.tell(contact(), selected(terms(effective=date(2016, 11, 1))), paid())
    lines = segments(gateway.sets()[0])
    assert value_of(gateway.sets()[0], "PRE AMT TOT") == ["500.00"] * 3
    assert lines.count("DTP*007*RD8*20161101-20161130") == 4
    assert lines.count("DTP*007*RD8*20161201-20161231") == 4


async def test_INV_18_the_amounts_of_a_month_covered_in_part_are_its_share_of_days() -> None:
    gateway = await Gateway(monthly_amounts=True).open()
    begins, ends = date(2016, 11, 20), date(2016, 12, 31)
    whole = {"gross_cents": 50000, "aptc_cents": 20000, "subsidy_cents": 0, "net_cents": 30000}
    share = {"gross_cents": 18333, "aptc_cents": 7333, "subsidy_cents": 0, "net_cents": 11000}
    policy = terms(
        effective=begins,
        aptc_cents=20000,
        months=(months(begins, begins, share), months(ends, ends, whole)),
    )
    await gateway.tell(contact(), selected(policy), paid())
    assert value_of(gateway.sets()[0], "PRE AMT TOT") == ["500.00", "183.33", "500.00"]
    assert value_of(gateway.sets()[0], "TOT RES AMT") == ["300.00", "110.00", "300.00"]
    assert "DTP*007*RD8*20161120-20161130" in segments(gateway.sets()[0])


async def test_a_household_whose_sets_cannot_be_noted_as_sent_keeps_no_other_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gateway = await Gateway().open(CARRIER, "MVP")
    for household, carrier in (("h1", CARRIER), ("h2", CARRIER), ("h3", "MVP")):
        policy = terms(f"{household}-policy", carrier=carrier, members=(f"{household}-1",))
        await gateway.hear(
            contact(member(household=household), household=household),
            selected(policy, household=household),
            paid(policy.policy, household=household),
        )
    sent = send_transmissions.TransmissionSent

    def sent_but_h1(**event: Any) -> TransmissionSent:
        if event["household"] == "h1":
            raise ZeroDivisionError
        return sent(**event)

    def states() -> dict[str, str]:
        return {each.household: each.state for each in gateway.rows(Transmission)}

    with monkeypatch.context() as planted:
        planted.setattr(send_transmissions, "TransmissionSent", sent_but_h1)
        await gateway.work()
        assert states() == {"h1": "built", "h2": "sent", "h3": "sent"}
        (waits,) = gateway.rows(Retry)
        assert (waits.household, waits.failures, waits.reason) == ("h1", 1, "ZeroDivisionError")
    gateway.now += timedelta(minutes=5)
    await gateway.work()
    assert states() == {"h1": "sent", "h2": "sent", "h3": "sent"}
    assert gateway.rows(Retry) == []
