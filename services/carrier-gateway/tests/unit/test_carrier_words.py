"""What carriers end, call off, reinstate and maintain by themselves, as it comes in (CAR-5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, get_args

import pytest
from carriers_desk import MAINTAINED, NO_CHANGE, REINSTATED, effectuation_of, end_of
from gateway_builders import (
    CARRIER,
    FAMILY,
    JANUARY,
    Gateway,
    activated,
    canceled,
    changed,
    contact,
    decided,
    paid,
    reinstated,
    selected,
    since,
    terminated,
    terms,
)

from carrier_gateway.domain.events import CoverageEndedByCarrier, CoverageReinstatedByCarrier
from carrier_gateway.domain.inbound import ACCEPTS, Standing, standing
from carrier_gateway.domain.records import CarrierWord, InboundKind, InboundRecord, Policy

JUNE_30 = date(2016, 6, 30)
MAY_31 = date(2016, 5, 31)
DECEMBER_31 = date(2015, 12, 31)
YEARS_END = date(2016, 12, 31)
TERM = ("59", "TERM")
OTHER = ("", "TERM-OTH")
CANCEL = ("59", "CANCEL")
FREE_LOOK = ("14", "CANCEL-FLC")


@pytest.fixture
async def gateway() -> Gateway:
    gateway = await Gateway().open()
    await gateway.tell(contact(), selected(), paid(), activated())
    return gateway


async def effectuated(gateway: Gateway) -> Gateway:
    await says(gateway, effectuation_of(gateway.sets()[0], number=900))
    return gateway


async def says(gateway: Gateway, data: str) -> list[InboundRecord]:
    """Have the carrier say something; return the records of it."""
    before = {each.record for each in gateway.rows(InboundRecord)}
    await gateway.drop(f"said-{len(before)}.834", data)
    await gateway.work()
    return [each for each in gateway.rows(InboundRecord) if each.record not in before]


def reasons(records: list[InboundRecord]) -> list[str]:
    return [reason.says for each in records for reason in each.reasons]


async def ended_by_carrier(gateway: Gateway, through: date | None = JUNE_30, *, number: int = 901) -> str:
    """Have the carrier end coverage, and enrollment take it up; return the record's id."""
    sent = gateway.sets()[0]
    if through is None:
        (record,) = await says(gateway, end_of(sent, FREE_LOOK, JANUARY, number=number))
        fact: Any = canceled(reason="carrier")
    else:
        (record,) = await says(gateway, end_of(sent, OTHER, through, number=number))
        fact = terminated(through, reason="carrier")
    kind = "cancellation" if through is None else "termination"
    await gateway.tell(fact, decided(record.record, kind=kind, through=through))
    return record.record


async def test_CAR_5_a_termination_that_is_accepted_is_told_to_enrollment_and_held_until_it_decides(
    gateway: Gateway,
) -> None:
    await effectuated(gateway)
    (record,) = await says(gateway, end_of(gateway.sets()[0], OTHER, JUNE_30))
    assert (record.outcome, record.kind, record.ends, record.because, record.reasons, record.waits_since) == (
        "accepted",
        "termination",
        JUNE_30,
        "other",
        (),
        None,
    )
    assert gateway.said(CoverageEndedByCarrier) == [
        CoverageEndedByCarrier(
            household="june",
            policy="june-medical",
            carrier=CARRIER,
            record=record.record,
            kind="termination",
            through=JUNE_30,
            reason="other",
        )
    ]
    policy = gateway.policy()
    assert (policy.lifecycle, policy.told) == ("active", "covered")
    assert policy.carrier_word == CarrierWord(
        record=record.record, kind="termination", through=JUNE_30, said_at=gateway.now
    )
    await gateway.tell(changed())  # nothing is decided while enrollment has not spoken
    assert gateway.transmissions() == [("initial", "sent")]


async def test_CAR_5_what_a_carrier_ended_itself_is_not_told_back_to_it(gateway: Gateway) -> None:
    await ended_by_carrier(gateway)
    policy = gateway.policy()
    assert (policy.lifecycle, policy.told, policy.told_through) == ("terminated", "ended", JUNE_30)
    assert policy.carrier_word is None
    assert gateway.transmissions() == [("initial", "sent")]
    await gateway.tell(terminated(MAY_31))  # one of ours that ends earlier is told
    assert gateway.transmissions() == [("initial", "sent"), ("termination", "sent")]


async def test_CAR_5_an_end_of_ours_that_is_earlier_is_told_once_the_carriers_own_is_decided(
    gateway: Gateway,
) -> None:
    (record,) = await says(gateway, end_of(gateway.sets()[0], OTHER, JUNE_30))
    await gateway.tell(terminated(MAY_31, reason="requested"))
    assert gateway.transmissions() == [("initial", "sent")]
    await gateway.tell(decided(record.record, "already-so", through=JUNE_30))
    assert gateway.policy().told_through == MAY_31
    assert gateway.transmissions() == [("initial", "sent"), ("termination", "sent")]


async def test_CAR_5_a_cancellation_of_the_carriers_is_not_told_back_to_it(gateway: Gateway) -> None:
    await ended_by_carrier(gateway, None)
    (said,) = gateway.said(CoverageEndedByCarrier)
    assert (said.kind, said.through, said.reason) == ("cancellation", None, "free-look")
    assert (gateway.policy().lifecycle, gateway.policy().told) == ("canceled", "canceled")
    assert gateway.transmissions() == [("initial", "sent")]


async def test_CAR_5_what_enrollment_sets_apart_waits_with_its_reason_and_the_policy_stands(
    gateway: Gateway,
) -> None:
    await effectuated(gateway)
    (record,) = await says(gateway, end_of(gateway.sets()[0], TERM, JUNE_30))
    await gateway.later(hours=1).tell(decided(record.record, "set-apart", through=JUNE_30))
    apart = next(each for each in gateway.rows(InboundRecord) if each.record == record.record)
    assert (apart.outcome, apart.waits_since) == ("set-apart", gateway.now)
    assert reasons([apart]) == ["Its carrier ended coverage by itself (non-payment): the exchange bills."]
    policy = gateway.policy()
    assert (policy.lifecycle, policy.told, policy.carrier_word) == ("active", "covered", None)
    assert gateway.transmissions() == [("initial", "sent")]
    await gateway.tell(changed())
    assert gateway.transmissions() == [("initial", "sent"), ("change", "sent")]


ENDS: list[tuple[str, tuple[str, str], date, dict[str, Any], str]] = [
    (
        "E046-cancel-of-another-day",
        FREE_LOOK,
        date(2016, 1, 2),
        {},
        "segment 12 DTP03: E046: a cancellation ends with the first covered day, 2016-01-01, or the day before it.",
    ),
    (
        "one-day-term",
        OTHER,
        JANUARY,
        {},
        "segment 12 DTP03: E148: coverage of one day is not terminated: it must be a cancellation.",
    ),
    (
        "end-before-begin",
        OTHER,
        DECEMBER_31,
        {},
        "segment 12 DTP03: coverage begins on 2016-01-01: it cannot end before that.",
    ),
    (
        "after-the-year",
        OTHER,
        date(2017, 1, 31),
        {},
        "segment 12 DTP03: the plan year ends with 2016-12-31: coverage cannot end after it.",
    ),
    (
        "non-payment-with-the-year-said-too-early",
        TERM,
        YEARS_END,
        {},
        "segment 12 DTP03: an end for non-payment with the plan year's last day may not be said before 2017-01-01.",
    ),
    (
        "no-end",
        OTHER,
        JUNE_30,
        {"replacing": [("DTP*357*D8*20160630", "DTP*356*D8*20160101")]},
        "segment 8 DTP03: the last covered day (357) must be there.",
    ),
    (
        "another-eligibility",
        OTHER,
        JUNE_30,
        {"after": [("REF*17*june-1", "DTP*356*D8*20160201")]},
        "segment 12 DTP03: E046: the eligibility's begin (356) is not what the carrier was told.",
    ),
    (
        "another-subscriber",
        OTHER,
        JUNE_30,
        {"replacing": [("REF*0F*june-1", "REF*0F*june-7")]},
        "segment 9 REF02: the subscriber (0F) is not what the carrier was told.",
    ),
    (
        "another-name",
        OTHER,
        JUNE_30,
        {"replacing": [("NM1*IL*1*Example*June****34*900123456", "NM1*IL*1*Sample*June****34*900123456")]},
        "segment 13 NM103: it is not what the carrier was told.",
    ),
    (
        "coverage-on-an-end",
        OTHER,
        JUNE_30,
        {"after": [("NM1*IL*1*Example*June****34*900123456", "HD*024**HLT")]},
        "segment 14 HD: has no place where all coverage ends (INS03).",
    ),
    (
        "another-day-of-maintenance",
        OTHER,
        JUNE_30,
        {"after": [("REF*17*june-1", "DTP*303*D8*20160701")]},
        "segment 12 DTP03: it is not what the carrier was told.",
    ),
    (
        "unknown-reason",
        ("07", "TERM"),
        JUNE_30,
        {},
        "segment 8 INS03: with INS04 and the additional reason (ADDL MAINT REASON, REF02) it makes a combination"
        " that means nothing here.",
    ),
    (
        "nobodys-policy",
        OTHER,
        JUNE_30,
        {"replacing": [("REF*1L*june-medical", "REF*1L*nobodys")]},
        "This carrier has no such policy (1L, REF02).",
    ),
]


@pytest.mark.parametrize(
    ("kind", "ends", "change", "expected"), [each[1:] for each in ENDS], ids=[each[0] for each in ENDS]
)
async def test_CAR_5_an_end_that_is_not_as_it_must_be_is_refused_and_waits(
    gateway: Gateway, kind: tuple[str, str], ends: date, change: dict[str, Any], expected: str
) -> None:
    before = gateway.policy()
    (record,) = await says(gateway, end_of(gateway.sets()[0], kind, ends, **change))
    assert expected in reasons([record])
    assert (record.outcome, record.waits_since) == ("refused", gateway.now)
    assert gateway.policy() == before
    assert gateway.said(CoverageEndedByCarrier) == []


@pytest.mark.parametrize("ends", [JANUARY, DECEMBER_31])
async def test_CAR_5_a_cancellation_ends_with_the_first_day_or_the_one_before(
    gateway: Gateway, ends: date
) -> None:
    (record,) = await says(gateway, end_of(gateway.sets()[0], CANCEL, ends))
    assert (record.outcome, record.because) == ("accepted", "non-payment")


@pytest.mark.parametrize("also", ["DTP*303*D8*20160630", "DTP*303*D8*20160101", "DTP*356*D8*20160101"])
async def test_CAR_5_an_end_may_say_its_day_or_the_beginning_again(gateway: Gateway, also: str) -> None:
    (record,) = await says(
        gateway, end_of(gateway.sets()[0], OTHER, JUNE_30, after=[("REF*17*june-1", also)])
    )
    assert (record.outcome, reasons([record])) == ("accepted", [])


@pytest.mark.parametrize(("aptc_cents", "sayable"), [(0, date(2017, 1, 1)), (10000, date(2017, 3, 1))])
async def test_INV_8_an_end_for_non_payment_with_the_year_may_be_said_once_grace_is_over(
    aptc_cents: int, sayable: date
) -> None:
    gateway = await Gateway().open()
    await gateway.tell(contact(), selected(terms(aptc_cents=aptc_cents)), paid(), activated())
    ended = end_of(gateway.sets()[0], TERM, YEARS_END)
    (early,) = await says(gateway.at(date.fromordinal(sayable.toordinal() - 1)), ended)
    (late,) = await says(gateway.at(sayable), end_of(gateway.sets()[0], TERM, YEARS_END, number=2))
    assert (early.outcome, late.outcome) == ("refused", "accepted")


async def test_CAR_5_another_end_of_the_carriers_must_be_an_earlier_one(gateway: Gateway) -> None:
    await ended_by_carrier(gateway)
    sent = gateway.sets()[0]
    (same,) = await says(gateway, end_of(sent, OTHER, JUNE_30, number=2))
    (later,) = await says(gateway, end_of(sent, OTHER, date(2016, 7, 31), number=3))
    (earlier,) = await says(gateway, end_of(sent, OTHER, MAY_31, number=4))
    assert [each.outcome for each in (same, later, earlier)] == ["refused", "refused", "accepted"]
    assert reasons([same]) == ["The policy ends with 2016-06-30 already: another end must be an earlier one."]


async def test_CAR_5_an_undecided_end_counts_for_what_the_carrier_says_next(gateway: Gateway) -> None:
    sent = gateway.sets()[0]
    await says(gateway, end_of(sent, OTHER, JUNE_30))
    (same,) = await says(gateway, end_of(sent, OTHER, JUNE_30, number=2))
    (again,) = await says(gateway, effectuation_of(sent, number=3, kind=REINSTATED))
    assert (same.outcome, again.outcome) == ("refused", "accepted")


async def test_CAR_5_a_reinstatement_of_what_the_carrier_had_ended_is_told_and_not_told_back(
    gateway: Gateway,
) -> None:
    await ended_by_carrier(gateway)
    (record,) = await says(gateway, effectuation_of(gateway.sets()[0], number=2, kind=REINSTATED))
    assert (record.outcome, record.kind) == ("accepted", "reinstatement")
    assert gateway.said(CoverageReinstatedByCarrier) == [
        CoverageReinstatedByCarrier(
            household="june",
            policy="june-medical",
            carrier=CARRIER,
            record=record.record,
            effective=JANUARY,
        )
    ]
    await gateway.tell(reinstated(reason="error"), decided(record.record, kind="reinstatement"))
    assert (gateway.policy().lifecycle, gateway.policy().told) == ("active", "covered")
    assert gateway.transmissions() == [("initial", "sent")]
    await gateway.tell(terminated(MAY_31))
    assert gateway.transmissions() == [("initial", "sent"), ("termination", "sent")]


def waiting(gateway: Gateway) -> list[str]:
    return [each.record for each in gateway.rows(InboundRecord) if each.waits_since is not None]


@pytest.mark.parametrize(("because", "through"), [(TERM, JUNE_30), (FREE_LOOK, None)])
async def test_CAR_5_a_carrier_takes_back_an_end_that_was_set_apart_and_nobody_need_see_to_it(
    gateway: Gateway, because: tuple[str, str], through: date | None
) -> None:
    await effectuated(gateway)
    sent = gateway.sets()[0]
    kind = "cancellation" if through is None else "termination"
    (end,) = await says(gateway, end_of(sent, because, through or JANUARY, number=901))
    await gateway.tell(decided(end.record, "set-apart", kind=kind, through=through))
    assert waiting(gateway) == [end.record]
    (back,) = await says(gateway, effectuation_of(sent, number=902, kind=REINSTATED))
    assert (back.outcome, len(gateway.said(CoverageReinstatedByCarrier))) == ("accepted", 1)
    await gateway.tell(decided(back.record, "already-so", kind="reinstatement"))
    assert waiting(gateway) == []
    assert (gateway.policy().lifecycle, gateway.policy().told) == ("active", "covered")
    assert gateway.transmissions() == [("initial", "sent")]
    # There is nothing left to take back.
    (again,) = await says(gateway, effectuation_of(sent, number=903, kind=REINSTATED))
    assert reasons([again]) == ["A reinstatement is not accepted for a policy that stands as effectuated."]


async def test_CAR_5_an_end_that_is_set_apart_after_one_was_taken_back_waits(gateway: Gateway) -> None:
    await effectuated(gateway)
    sent = gateway.sets()[0]
    (end,) = await says(gateway, end_of(sent, TERM, JUNE_30, number=901))
    (back,) = await says(gateway, effectuation_of(sent, number=902, kind=REINSTATED))
    (anew,) = await says(gateway, end_of(sent, TERM, MAY_31, number=903))
    await gateway.hear(
        decided(end.record, "set-apart", through=JUNE_30),
        decided(back.record, "already-so", kind="reinstatement"),
        decided(anew.record, "set-apart", through=MAY_31),
    )
    assert waiting(gateway) == [anew.record]


async def test_CAR_5_what_the_exchange_ended_meanwhile_is_not_reinstated_by_taking_back_another_end(
    gateway: Gateway,
) -> None:
    await effectuated(gateway)
    sent = gateway.sets()[0]
    (end,) = await says(gateway, end_of(sent, TERM, JUNE_30, number=901))
    await gateway.tell(decided(end.record, "set-apart", through=JUNE_30))
    await gateway.tell(terminated(MAY_31, reason="requested"))
    (back,) = await says(gateway, effectuation_of(sent, number=902, kind=REINSTATED))
    assert reasons([back]) == ["A carrier reinstates only what it had ended by itself."]


async def test_CAR_5_a_reinstatement_takes_back_a_cancellation_of_the_carriers(gateway: Gateway) -> None:
    await ended_by_carrier(gateway, None)
    (record,) = await says(gateway, effectuation_of(gateway.sets()[0], number=2, kind=REINSTATED))
    assert record.outcome == "accepted"


@pytest.mark.parametrize("fact", [terminated(JUNE_30), canceled(reason="requested")])
async def test_INV_12_what_the_exchange_ended_is_not_the_carriers_to_reinstate(
    gateway: Gateway, fact: Any
) -> None:
    await gateway.tell(fact)
    (record,) = await says(gateway, effectuation_of(gateway.sets()[0], number=2, kind=REINSTATED))
    assert reasons([record]) == ["A carrier reinstates only what it had ended by itself."]
    assert gateway.said(CoverageReinstatedByCarrier) == []


async def test_CAR_5_a_reinstatement_is_of_the_whole_group() -> None:
    gateway = await Gateway().open()
    people = ("june-1", "june-2", "june-3")
    await gateway.tell(contact(*FAMILY), selected(terms(members=people)), paid(), activated())
    sent = gateway.sets()[0]
    await ended_by_carrier(gateway)
    whole = effectuation_of(sent, number=2, kind=REINSTATED)
    lines = whole.splitlines()
    third = [place for place, line in enumerate(lines) if line.startswith("INS")][2]
    end = next(place for place, line in enumerate(lines) if line.startswith("SE*"))
    few = [*lines[:third], *lines[end:]]
    count = len(few) - 4
    few = [
        line.replace("QTY*TO*3", "QTY*TO*2")
        .replace("QTY*DT*2", "QTY*DT*1")
        .replace(f"SE*{end - 1}", f"SE*{count}")
        for line in few
    ]
    refused = await says(gateway, "\n".join(few))
    assert "A reinstatement must name everybody on the set it answers." in reasons(refused)
    taken = await says(gateway, effectuation_of(sent, number=3, kind=REINSTATED))
    assert [each.outcome for each in taken] == ["accepted"] * 3


async def test_CAR_5_maintenance_keeps_the_carriers_own_ids_and_sends_them_back(gateway: Gateway) -> None:
    await effectuated(gateway)
    maintained = effectuation_of(
        gateway.sets()[0],
        number=2,
        kind=MAINTAINED,
        leaving_out=["DTP*543"],
        replacing=[("REF*X9*ISSUER-77", "REF*X9*ISSUER-78")],
        after=[("REF*17*june-1", "REF*ZZ*S-1"), ("REF*17*june-1", "REF*23*M-1")],
    )
    (record,) = await says(gateway, maintained)
    assert (record.outcome, record.kind, reasons([record])) == ("accepted", "maintenance", [])
    policy = gateway.policy()
    assert (policy.issuer_policy, policy.issuer_subscriber, policy.issuer_members) == (
        "ISSUER-78",
        "S-1",
        {"june-1": "M-1"},
    )
    assert gateway.transmissions() == [("initial", "sent")]
    await gateway.tell(terminated(MAY_31))
    assert "REF*23*M-1" in gateway.sets()[1]


async def test_CAR_5_no_change_is_noted_and_changes_nothing(gateway: Gateway) -> None:
    await effectuated(gateway)
    before = gateway.policy()
    (record,) = await says(
        gateway, effectuation_of(gateway.sets()[0], number=2, kind=NO_CHANGE, leaving_out=["DTP*543"])
    )
    assert (record.outcome, reasons([record])) == ("accepted", [])
    assert gateway.policy() == before


async def test_CAR_5_maintenance_that_says_something_otherwise_is_refused(gateway: Gateway) -> None:
    await effectuated(gateway)
    (record,) = await says(
        gateway,
        effectuation_of(
            gateway.sets()[0],
            number=2,
            kind=MAINTAINED,
            leaving_out=["DTP*543"],
            replacing=[("REF*CE*SILVER", "REF*CE*GOLD")],
        ),
    )
    assert reasons([record]) == ["segment 15 REF02: the plan (CE) is not what the carrier was told."]


async def stands(kind: Standing) -> Gateway:
    """Return the gateway with a policy that stands so, as the exchange told of it and the carrier ended it."""
    gateway = await Gateway().open()
    await gateway.tell(contact(), selected(), paid(), activated())
    if kind in ("effectuated", "terminated-effectuated"):
        await effectuated(gateway)
    if kind in ("terminated-initial", "terminated-effectuated"):
        await ended_by_carrier(gateway)
    if kind == "canceled":
        await ended_by_carrier(gateway, None)
    assert standing(gateway.policy(), of={"june-1"}) == kind
    return gateway


def said_by_carrier(kind: InboundKind, sent: str, ends: date) -> str:
    match kind:
        case "effectuation":
            return effectuation_of(sent, number=7)
        case "cancellation":
            return end_of(sent, FREE_LOOK, JANUARY, number=7)
        case "termination":
            return end_of(sent, OTHER, ends, number=7)
        case "reinstatement":
            return effectuation_of(sent, number=7, kind=REINSTATED)
        case "maintenance":
            return effectuation_of(sent, number=7, kind=NO_CHANGE, leaving_out=["DTP*543"])


@pytest.mark.parametrize("kind", get_args(InboundKind))
@pytest.mark.parametrize("stand", get_args(Standing))
async def test_CAR_5_every_cell_of_the_matrix_decides_what_a_carrier_may_say(
    kind: InboundKind, stand: Standing
) -> None:
    answer = ACCEPTS[kind, stand]
    gateway = await stands(stand)
    (record,) = await says(gateway, said_by_carrier(kind, gateway.sets()[0], MAY_31))
    assert record.outcome == ("refused" if answer == "refused" else "accepted"), reasons([record])
    if answer == "refused":
        assert any(f"for a policy that stands as {stand}." in each for each in reasons([record]))
    if answer == "earlier-end-only":
        other = await stands(stand)
        (late,) = await says(other, said_by_carrier(kind, other.sets()[0], JUNE_30))
        assert late.outcome == "refused"


def test_an_undecided_word_of_the_carriers_is_how_a_policy_stands() -> None:
    policy = Policy(
        policy="june-medical",
        household="june",
        selection="june-selection",
        plan="SILVER",
        carrier=CARRIER,
        kind="medical",
        effective=JANUARY,
        coverage_ends=YEARS_END,
        versions=(since(JANUARY, aptc_cents=0),),
        months=(),
        contact_version=1,
        lifecycle="active",
    )

    def stands_with(kind: Any) -> Standing:
        word = CarrierWord(record="r", kind=kind, through=None, said_at=datetime(2016, 6, 1, tzinfo=UTC))
        return standing(replace(policy, carrier_word=word), of={"june-1"})

    assert [stands_with(each) for each in ("cancellation", "termination", "reinstatement")] == [
        "canceled",
        "terminated-initial",
        "initial",
    ]
