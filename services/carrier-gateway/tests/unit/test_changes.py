"""A policy changes: its carrier is told by day what is so, once, and of nothing it was not told of (CAR-2, ENR-13)."""

from __future__ import annotations

from datetime import date

import pytest
from carriers_desk import Record, effectuation_of, records_of
from gateway_builders import (
    FAMILY,
    Gateway,
    activated,
    canceled,
    changed,
    contact,
    member,
    paid,
    profile,
    reinstated,
    segments,
    selected,
    since,
    terminated,
    terms,
)

from bulkhead.kernel.personal import Masked
from carrier_gateway.application import facts
from carrier_gateway.domain.events import CoverageEffectuated
from carrier_gateway.domain.records import InboundRecord, VersionTerms

BABY = member(2, relation="child", name="Baby Example", born=Masked("2016-06-10"), ssn=None)
SPOUSE = member(2, relation="spouse", name="Robin Example", born=Masked("1981-06-10"), ssn=None)
BOTH = ("june-1", "june-2")
JANUARY, MARCH_4, JUNE_10, JUNE_30 = date(2016, 1, 1), date(2016, 3, 4), date(2016, 6, 10), date(2016, 6, 30)
APRIL, JULY, SEPTEMBER = date(2016, 4, 1), date(2016, 7, 1), date(2016, 9, 1)
WITH_BABY = since(JUNE_10, members=BOTH, gross_cents=100000)


@pytest.fixture
async def gateway() -> Gateway:
    """The gateway once June's coverage from January, without assistance, was told."""
    opened = await Gateway().open()
    await opened.tell(contact(), selected(), paid(), activated())
    return opened


def told(gateway: Gateway) -> list[tuple[str, dict[str, tuple[str, date | None, date | None]], str]]:
    """Return each set sent: its kind, what it says of whom from when or until when, and the APTC and its day."""
    kinds = [kind for kind, state in gateway.transmissions() if state == "sent"]
    found: list[tuple[str, dict[str, tuple[str, date | None, date | None]], str]] = []
    for kind, sent in zip(kinds, gateway.sets(), strict=True):
        records = records_of(sent)
        people = {each.member: (each.maintenance, each.begin, each.end) for each in records}
        found.append((kind, people, _aptc(records)))
    return found


def _aptc(records: list[Record]) -> str:
    amounts = records[0].amounts
    return "{} from {}".format(*amounts["APTC AMT"]) if "APTC AMT" in amounts else ""


async def test_CAR_2_a_change_of_assistance_is_told_as_a_financial_change_from_its_day_on(
    gateway: Gateway,
) -> None:
    await gateway.tell(changed())
    lines = segments(gateway.sets()[1])
    assert "INS*Y*18*001**A***AC" in lines
    assert "REF*17*FINANCIAL CHANGE" in lines
    assert told(gateway) == [
        ("initial", {"june-1": ("021", JANUARY, None)}, "0.00 from 2016-01-01"),
        ("change", {"june-1": ("001", JANUARY, None)}, "200.00 from 2016-03-01"),
    ]


async def test_I8_what_the_carrier_was_told_already_is_told_no_second_time(gateway: Gateway) -> None:
    await gateway.tell(changed())
    await gateway.tell(changed())
    await gateway.tell(changed(since(APRIL)))  # the same as counts since March
    assert [kind for kind, _ in gateway.transmissions()] == ["initial", "change"]


async def test_CAR_2_a_newborn_comes_onto_the_policy_from_the_day_of_birth_and_goes_off_it_again(
    gateway: Gateway,
) -> None:
    await gateway.tell(contact(member(), BABY, version=2), changed(WITH_BABY, version=2))
    assert "INS*N*19*021*EC*A" in segments(gateway.sets()[1])
    await gateway.tell(changed(since(SEPTEMBER), version=2))
    assert "INS*N*19*024*07*A" in segments(gateway.sets()[2])
    assert [people for _, people, _ in told(gateway)[1:]] == [
        {"june-1": ("001", JANUARY, None), "june-2": ("021", JUNE_10, None)},
        {"june-1": ("001", JANUARY, None), "june-2": ("024", None, date(2016, 8, 31))},
    ]


async def test_CAR_2_who_stays_is_named_with_the_first_day_that_is_theirs(gateway: Gateway) -> None:
    await gateway.tell(contact(member(), BABY, version=2), changed(WITH_BABY, version=2))
    more = since(SEPTEMBER, members=BOTH, gross_cents=100000, aptc_cents=30000)
    await gateway.tell(changed(more, version=2))
    assert told(gateway)[2] == (
        "change",
        {"june-1": ("001", JANUARY, None), "june-2": ("001", JUNE_10, None)},
        "300.00 from 2016-09-01",
    )


async def test_ENR_5_what_changes_before_the_binder_is_paid_is_told_after_the_beginning_with_its_own_day() -> (
    None
):
    gateway = await Gateway().open()
    await gateway.tell(contact(), selected(), changed(since(APRIL)))
    assert gateway.transmissions() == []
    await gateway.tell(paid(), activated())
    assert [(kind, aptc) for kind, _, aptc in told(gateway)] == [
        ("initial", "0.00 from 2016-01-01"),
        ("change", "200.00 from 2016-04-01"),
    ]


async def test_ENR_5_a_change_of_the_first_day_before_the_binder_is_paid_is_told_by_the_beginning() -> None:
    gateway = await Gateway().open()
    await gateway.tell(contact(), selected(), changed(since(JANUARY)), paid(), activated())
    assert told(gateway) == [("initial", {"june-1": ("021", JANUARY, None)}, "200.00 from 2016-01-01")]


async def test_ENR_5_a_baby_born_before_the_beginning_is_told_is_covered_from_the_day_of_birth() -> None:
    gateway = await Gateway().open()
    await gateway.tell(contact(), selected())
    await gateway.tell(contact(member(), BABY, version=2), changed(WITH_BABY, version=2))
    await gateway.tell(paid(), activated())
    assert [(kind, people) for kind, people, _ in told(gateway)] == [
        ("initial", {"june-1": ("021", JANUARY, None)}),
        ("change", {"june-1": ("001", JANUARY, None), "june-2": ("021", JUNE_10, None)}),
    ]


async def test_ENR_5_who_died_before_the_beginning_is_told_is_told_with_their_last_day() -> None:
    gateway = await Gateway().open()
    await gateway.tell(contact(member(), SPOUSE), selected(terms(members=BOTH)), changed(since(MARCH_4)))
    await gateway.tell(paid(), activated())
    assert [(kind, people) for kind, people, _ in told(gateway)] == [
        ("initial", {"june-1": ("021", JANUARY, None), "june-2": ("021", JANUARY, None)}),
        ("change", {"june-1": ("001", JANUARY, None), "june-2": ("024", None, date(2016, 3, 3))}),
    ]


async def test_CAR_2_two_changes_pending_are_told_one_after_the_other_each_with_its_own_day(
    gateway: Gateway,
) -> None:
    february = date(2016, 2, 1)
    await gateway.tell(
        changed(since(february)), contact(member(), BABY, version=2), changed(WITH_BABY, version=2)
    )
    assert told(gateway)[1:] == [
        ("change", {"june-1": ("001", JANUARY, None)}, "200.00 from 2016-02-01"),
        (
            "change",
            {"june-1": ("001", JANUARY, None), "june-2": ("021", JUNE_10, None)},
            "200.00 from 2016-06-10",
        ),
    ]


async def test_ENR_13_a_change_told_ahead_is_told_anew_where_an_earlier_one_moves_what_it_adds_to(
    gateway: Gateway,
) -> None:
    await gateway.tell(changed(since(SEPTEMBER, aptc_cents=30000)))
    both = {"members": BOTH, "gross_cents": 100000}
    await gateway.tell(
        contact(member(), BABY, version=2),
        changed(
            since(JUNE_10, aptc_cents=10000, **both), since(SEPTEMBER, aptc_cents=30000, **both), version=2
        ),
    )
    assert [(kind, aptc) for kind, _, aptc in told(gateway)] == [
        ("initial", "0.00 from 2016-01-01"),
        ("change", "300.00 from 2016-09-01"),
        ("change", "100.00 from 2016-06-10"),
        ("change", "300.00 from 2016-09-01"),
    ]


async def test_ENR_13_who_was_told_ahead_and_never_comes_is_taken_off_though_something_changed_before(
    gateway: Gateway,
) -> None:
    ahead = since(SEPTEMBER, members=BOTH, gross_cents=100000, aptc_cents=0)
    await gateway.tell(contact(member(), SPOUSE, version=2), changed(ahead, version=2))
    await gateway.tell(changed(since(APRIL), version=2))
    assert told(gateway)[2:] == [
        ("change", {"june-1": ("001", JANUARY, None)}, "200.00 from 2016-04-01"),
        (
            "change",
            {"june-1": ("001", JANUARY, None), "june-2": ("024", None, SEPTEMBER)},
            "200.00 from 2016-09-01",
        ),
    ]


async def test_ENR_13_a_change_that_is_taken_back_is_told_to_be_as_before(gateway: Gateway) -> None:
    await gateway.tell(changed(since(SEPTEMBER)))
    await gateway.tell(changed(since(APRIL, aptc_cents=0)))
    assert told(gateway)[2][2] == "0.00 from 2016-09-01"


async def test_ENR_13_who_never_was_covered_after_all_is_taken_off_with_the_first_day_that_was_told() -> None:
    gateway = await Gateway().open()
    await gateway.tell(contact(member(), SPOUSE), selected(terms(members=BOTH)), paid(), activated())
    await gateway.tell(changed(since(JANUARY)))  # died before
    assert told(gateway)[1][1] == {"june-1": ("001", JANUARY, None), "june-2": ("024", None, JANUARY)}
    assert "REF*17*CANCEL" in segments(gateway.sets()[1])


async def test_CAR_2_a_change_is_told_before_an_end_and_not_of_days_after_it(gateway: Gateway) -> None:
    await gateway.hear(changed())
    await gateway.tell(terminated(JUNE_30))
    assert [kind for kind, _ in gateway.transmissions()] == ["initial", "change", "termination"]
    await gateway.tell(changed(since(SEPTEMBER, aptc_cents=10000)))
    assert len(gateway.transmissions()) == 3
    await gateway.tell(reinstated())
    assert [(kind, aptc) for kind, _, aptc in told(gateway)][3:] == [
        ("reinstatement", "200.00 from 2016-03-01"),
        ("change", "100.00 from 2016-09-01"),
    ]


async def test_CAR_2_a_change_of_days_before_a_told_end_is_told_after_it_and_before_what_undoes_it() -> None:
    gateway = await Gateway().open()
    await gateway.tell(contact(member(), SPOUSE), selected(terms(members=BOTH)), paid(), activated())
    await gateway.tell(terminated(JUNE_30))
    await gateway.hear(changed(since(MARCH_4)))
    await gateway.tell(reinstated())
    assert [(kind, people) for kind, people, _ in told(gateway)][2:] == [
        ("change", {"june-1": ("001", JANUARY, None), "june-2": ("024", None, date(2016, 3, 3))}),
        ("reinstatement", {"june-1": ("025", JANUARY, None)}),
    ]


async def test_INV_12_a_reinstatement_names_everybody_with_their_own_first_day(gateway: Gateway) -> None:
    await gateway.tell(contact(member(), BABY, version=2), changed(WITH_BABY, version=2))
    await gateway.tell(terminated(JUNE_30, version=2))
    await gateway.tell(reinstated(version=2))
    assert told(gateway)[3:] == [
        (
            "reinstatement",
            {"june-1": ("025", JANUARY, None), "june-2": ("025", JUNE_10, None)},
            "200.00 from 2016-06-10",
        )
    ]


async def test_INV_12_who_left_after_a_told_end_is_told_once_that_is_undone() -> None:
    gateway = await Gateway().open()
    await gateway.tell(contact(member(), SPOUSE), selected(terms(members=BOTH)), paid(), activated())
    await gateway.tell(terminated(JUNE_30))
    await gateway.tell(changed(since(SEPTEMBER)))
    await gateway.tell(reinstated())
    assert [(kind, people) for kind, people, _ in told(gateway)][2:] == [
        ("reinstatement", {"june-1": ("025", JANUARY, None), "june-2": ("025", JANUARY, None)}),
        ("change", {"june-1": ("001", JANUARY, None), "june-2": ("024", None, date(2016, 8, 31))}),
    ]


async def test_INV_13_what_counts_after_an_asked_end_is_heard_with_the_reinstatement(
    gateway: Gateway,
) -> None:
    await gateway.tell(terminated(JUNE_30, reason="requested"))
    await gateway.tell(reinstated(reason="error", versions=(since(JUNE_30, aptc_cents=0), since(SEPTEMBER))))
    assert [(kind, aptc) for kind, _, aptc in told(gateway)][2:] == [
        ("reinstatement", "0.00 from 2016-01-01"),
        ("change", "200.00 from 2016-09-01"),
    ]


async def test_INV_12_what_was_called_off_and_stands_again_is_told_from_its_first_day(
    gateway: Gateway,
) -> None:
    await gateway.tell(changed(since(APRIL)))
    await gateway.tell(canceled())
    await gateway.tell(reinstated())
    assert [(kind, aptc) for kind, _, aptc in told(gateway)][2:] == [
        ("cancel", ""),
        ("reinstatement", "0.00 from 2016-01-01"),
        ("change", "200.00 from 2016-04-01"),
    ]


async def test_CAR_2_a_policy_that_is_called_off_is_told_of_no_change(gateway: Gateway) -> None:
    await gateway.hear(changed())
    await gateway.tell(canceled())
    assert [kind for kind, state in gateway.transmissions() if state == "sent"] == ["initial", "cancel"]


async def test_CAR_1_month_by_month_a_newborn_has_no_amounts_before_the_month_of_birth(
    gateway: Gateway,
) -> None:
    await gateway.profile(profile(monthly_amounts=True))
    await gateway.tell(contact(member(), BABY, version=2), changed(WITH_BABY, version=2))
    june, baby = records_of(gateway.sets()[1])
    assert (june.periods[0], june.periods[-1]) == ("20160101-20160131", "20161201-20161231")
    assert (baby.periods[0], baby.periods[-1]) == ("20160610-20160630", "20161201-20161231")


async def confirm(gateway: Gateway, number: int) -> list[str]:
    """Have the carrier confirm a set by its number; return what became of its records."""
    before = len(gateway.rows(InboundRecord))
    await gateway.drop(f"{number}.834", effectuation_of(gateway.sets()[number], number=number + 1))
    await gateway.tell()
    return [each.outcome for each in gateway.rows(InboundRecord)[before:]]


async def test_CAR_5_a_confirmation_of_the_beginning_is_accepted_after_a_newborn_was_told(
    gateway: Gateway,
) -> None:
    await gateway.tell(contact(member(), BABY, version=2), changed(WITH_BABY, version=2))
    assert await confirm(gateway, 0) == ["accepted"]
    assert gateway.policy().confirmed == ("june-1",)
    assert await confirm(gateway, 1) == ["accepted", "accepted"]
    assert gateway.policy().confirmed == BOTH
    assert len(gateway.said(CoverageEffectuated)) == 2


async def test_CAR_5_a_confirmation_names_nobody_who_has_gone() -> None:
    gateway = await Gateway().open()
    await gateway.tell(contact(member(), SPOUSE), selected(terms(members=BOTH)), paid(), activated())
    await gateway.tell(changed(since(MARCH_4)))
    assert "june-2" not in effectuation_of(gateway.sets()[1])
    assert await confirm(gateway, 1) == ["accepted"]
    assert await confirm(gateway, 0) == ["accepted", "accepted"]  # the beginning's, late


async def test_CAR_5_a_newborn_is_confirmed_from_the_day_of_birth_and_only_by_who_was_told(
    gateway: Gateway,
) -> None:
    other = await Gateway().open()
    await other.tell(contact(member(), BABY, version=2), selected(version=2), paid(), activated(version=2))
    await other.tell(changed(WITH_BABY, version=2))
    await gateway.drop("untold.834", effectuation_of(other.sets()[1]))
    await gateway.tell(contact(member(), BABY, version=2))
    assert {reason.says for each in gateway.rows(InboundRecord) for reason in each.reasons} >= {
        "An effectuation must name everybody on the set it answers."
    }
    early = [("DTP*348*D8*20160610", "DTP*348*D8*20160101")]
    await other.drop("early.834", effectuation_of(other.sets()[1], replacing=early))
    await other.tell()
    (refused, _) = other.rows(InboundRecord)
    assert [reason.says for reason in refused.reasons] == [
        "segment 31 DTP03: E046: the begin date (348) is not what the carrier was told."
    ]
    assert gateway.said(CoverageEffectuated) == other.said(CoverageEffectuated) == []


async def test_CAR_5_everybody_confirmed_once_is_confirmed_and_no_set_is_taken_twice(
    gateway: Gateway,
) -> None:
    assert await confirm(gateway, 0) == ["accepted"]
    await gateway.tell(changed())
    assert await confirm(gateway, 1) == ["refused"]
    assert len(gateway.said(CoverageEffectuated)) == 1


def since_death(*members: str, died: int) -> VersionTerms:
    """Return what counts after a death on a day of April."""
    return since(date(2016, 4, died + 1), members=members, aptc_cents=0)


def bereaved(*members: str, died: int) -> facts.PolicyChanged:
    """Return what is left on the policy after a death on a day of April."""
    return changed(since_death(*members, died=died), version=2)


async def test_CAR_2_a_subscriber_who_died_ends_and_the_next_begins_on_one_policy() -> None:
    gateway = await Gateway().open()
    everybody = selected(terms(members=("june-1", "june-2", "june-3")))
    await gateway.tell(contact(*FAMILY), everybody, paid(), activated())
    await gateway.tell(contact(*FAMILY, version=2), bereaved("june-2", "june-3", died=10))
    assert gateway.transmissions() == [("initial", "sent"), ("termination", "sent"), ("initial", "sent")]
    _, end, begin = (segments(each) for each in gateway.sets())
    assert [each for each in end if each.startswith(("INS", "REF*0F", "REF*1L", "DTP*357"))] == [
        "INS*Y*18*024*14*A***TE",
        "REF*0F*june-1",
        "REF*1L*june-medical",
        "DTP*357*D8*20160410",
    ]
    assert "REF*17*TERMCIC" in end
    assert [each for each in begin if each.startswith(("INS", "REF*0F", "REF*1L", "DTP*348"))] == [
        "INS*Y*18*021*EC*A***AC",
        "REF*0F*june-2",
        "DTP*348*D8*20160411",
        "REF*1L*june-medical",
        "INS*N*19*021*EC*A",
        "REF*0F*june-2",
        "DTP*348*D8*20160411",
        "REF*1L*june-medical",
    ]
    assert "REF*17*CIC" in begin
    assert not any(each.startswith("NM1*S1") for each in begin)


async def test_CAR_2_a_death_told_later_that_was_earlier_calls_off_who_was_the_subscriber_on_no_day() -> None:
    gateway = await Gateway().open()
    everybody = selected(terms(members=("june-1", "june-2", "june-3")))
    await gateway.tell(contact(*FAMILY), everybody, paid(), activated())
    await gateway.tell(contact(*FAMILY, version=2), bereaved("june-2", "june-3", died=15))
    who = Masked("Eva Example")
    acts = contact(
        *FAMILY, version=3, responsible_name=who, responsible_latin_name=who, responsible_until_age=18
    )
    both = since_death("june-1", "june-3", died=12)
    alone = changed(both, since_death("june-3", died=15), version=3)
    await gateway.tell(acts, alone)
    assert [kind for kind, _ in gateway.transmissions()] == [
        "initial",
        "termination",
        "initial",
        "cancel",
        "change",
        "initial",
    ]
    *_, off, gone, begin = (segments(each) for each in gateway.sets())
    assert {"REF*0F*june-1"} <= set(gone)
    assert "REF*17*CANCELCIC" in off
    assert "DTP*357*D8*20160416" in off
    assert "REF*0F*june-2" in off
    assert "REF*0F*june-3" in begin
    assert "DTP*348*D8*20160416" in begin
    # who acts for a subscriber under 18 comes after the subscriber and before the coverage
    at = begin.index("NM1*S1*1*Example*Eva")
    assert begin.index("HD*021**HLT") > at > begin.index("DMG*D8*20100714*U")


async def test_CAR_2_an_end_that_was_told_before_a_death_is_told_again_of_the_next_subscriber() -> None:
    gateway = await Gateway().open()
    everybody = selected(terms(members=("june-1", "june-2", "june-3")))
    await gateway.tell(contact(*FAMILY), everybody, paid(), activated())
    await gateway.tell(terminated(date(2016, 6, 30), reason="requested"))
    await gateway.tell(contact(*FAMILY, version=2), bereaved("june-2", "june-3", died=10))
    assert [kind for kind, _ in gateway.transmissions()] == [
        "initial",
        "termination",
        "termination",
        "initial",
        "termination",
    ]
    last = segments(gateway.sets()[-1])
    assert {"REF*0F*june-2", "DTP*357*D8*20160630", "REF*17*TERM"} <= set(last)


async def test_CAR_2_a_death_on_the_last_covered_day_ends_nothing_besides() -> None:
    gateway = await Gateway().open()
    everybody = selected(terms(members=("june-1", "june-2")))
    await gateway.tell(contact(*FAMILY), everybody, paid(), activated())
    await gateway.tell(terminated(date(2016, 4, 10), reason="requested"))
    await gateway.tell(contact(*FAMILY, version=2), bereaved("june-2", died=10))
    assert [kind for kind, _ in gateway.transmissions()] == ["initial", "termination"]


@pytest.mark.parametrize("first", ["death", "cancel"])
async def test_CAR_2_coverage_that_is_called_off_has_no_next_subscriber(first: str) -> None:
    gateway = await Gateway().open()
    everybody = selected(terms(members=("june-1", "june-2")))
    await gateway.tell(contact(*FAMILY), everybody, paid(), activated())
    died = (contact(*FAMILY, version=2), bereaved("june-2", died=10))
    told = (died, (canceled(reason="error", version=2),))
    for facts_ in told if first == "death" else reversed(told):
        await gateway.tell(*facts_)
    assert gateway.transmissions()[-1] == ("cancel", "sent")
    assert len(gateway.transmissions()) == (5 if first == "death" else 2)
