"""A subscriber dies and another takes the policy up: the carrier hears an end and a beginning (CAR-2, ADR 0026)."""

from __future__ import annotations

from datetime import date

import pytest
from gateway_builders import (
    FAMILY,
    Gateway,
    activated,
    bereaved,
    canceled,
    changed,
    contact,
    paid,
    segments,
    selected,
    since,
    since_death,
    terminated,
    terms,
)

from bulkhead.kernel.personal import Masked


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


async def test_ENR_13_what_changes_on_days_before_a_death_is_told_of_who_was_the_subscriber_then() -> None:
    gateway = await Gateway().open()
    everybody = ("june-1", "june-2", "june-3")
    await gateway.tell(
        contact(*FAMILY), selected(terms(members=everybody, aptc_cents=12345)), paid(), activated()
    )
    await gateway.tell(contact(*FAMILY, version=2), bereaved("june-2", "june-3", died=10))
    february, march, may = (date(2016, month, 1) for month in (2, 3, 5))
    since_april = since_death("june-2", "june-3", died=10)
    await gateway.tell(
        changed(since(february, members=everybody, aptc_cents=2000), since_april, version=2),
        changed(since(march, members=everybody, aptc_cents=700), since_april, version=2),
        changed(since(may, members=("june-2", "june-3"), aptc_cents=900), version=2),
    )
    told = [tax_credit(each) for each in gateway.sets()]
    assert told == [
        ("june-1", "20160101", "123.45"),
        ("june-1", None, None),
        ("june-2", "20160411", "0.00"),
        ("june-1", "20160201", "20.00"),
        ("june-1", "20160301", "7.00"),
        ("june-2", "20160501", "9.00"),
    ]
    # of an earlier day, what was told of later ones is told again
    await gateway.tell(
        changed(
            since(february, members=everybody, aptc_cents=100),
            since(march, members=everybody, aptc_cents=700),
            since_april,
            since(may, members=("june-2", "june-3"), aptc_cents=900),
            version=2,
        )
    )
    told = [tax_credit(each) for each in gateway.sets()[6:]]
    assert told == [("june-1", "20160201", "1.00"), ("june-1", "20160301", "7.00")]


def tax_credit(data: str) -> tuple[str, str | None, str | None]:
    """Return of whom a set tells, since when the tax credit counts, and how much it is."""
    told = segments(data)
    subscriber = next(each for each in told if each.startswith("REF*0F*")).removeprefix("REF*0F*")
    if "N1*75*APTC AMT" not in told:
        return subscriber, None, None
    at = told.index("N1*75*APTC AMT")
    return subscriber, told[at + 2].split("*")[3], told[at + 1].split("*")[2]
