"""The monthly full-book audit: every policy that stands, once, in one 834 that asks to be compared (CAR-6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from book_builders import JUNE, KIT, ROBIN, book
from carriers_desk import group_answer_of, interchange_answer_of
from gateway_builders import (
    CARRIER,
    FAMILY,
    Gateway,
    activated,
    bereaved,
    changed,
    contact,
    member,
    paid,
    segments,
    selected,
    since,
    terminated,
    terms,
    value_of,
)

from bulkhead.kernel.personal import Masked
from carrier_gateway.application.write_audits import begin_audits
from carrier_gateway.domain.audits import Audit
from carrier_gateway.domain.books import BookFault, BookRow, CarrierBook
from carrier_gateway.domain.discrepancies import Discrepancy
from carrier_gateway.domain.records import (
    ControlNumbers,
    InboundFile,
    InboundRecord,
    Policy,
    ReceivedAcknowledgement,
)

FIFTEENTH = date(2016, 3, 15)
EVERYBODY = ("june-1", "june-2", "june-3")


async def opened(**options: Any) -> Gateway:
    gateway = await Gateway(audits=True, **options).open()
    await gateway.tell(contact(*FAMILY), selected(terms(members=EVERYBODY)), paid(), activated())
    return gateway


async def audited(gateway: Gateway, on: date = FIFTEENTH) -> str:
    """Return the audit of a day as its carrier gets it."""
    gateway.at(on, 2)
    async with gateway.uows.begin(now=gateway.now) as uow:
        await begin_audits(uow, on=on)
    await gateway.work()
    (name,) = [each for each in gateway.outbound() if each.startswith(f"AUDIT_{on:%Y%m%d}")]
    return gateway.outbound()[name]


async def test_CAR_6_everybody_who_is_covered_is_in_it_to_be_compared(gateway: Gateway) -> None:
    found = await audited(gateway)
    lines = segments(found)
    assert [each for each in lines if each.startswith(("ST", "BGN", "INS", "HD", "DTP*348", "GE"))] == [
        "ST*834*000000001*005010X220A1",
        "BGN*00*000000002-1*20160315*020000*ET***4",
        "INS*Y*18*030*XN*A***AC",
        "HD*030**HLT",
        "DTP*348*D8*20160101",
        "INS*N*01*030*XN*A",
        "HD*030**HLT",
        "DTP*348*D8*20160101",
        "INS*N*19*030*XN*A",
        "HD*030**HLT",
        "DTP*348*D8*20160101",
        "GE*1*2",
    ]
    assert value_of(found, "PRE AMT TOT") == ["500.00"]
    assert value_of(found, "ADDL MAINT REASON") == []
    assert gateway.rows(ControlNumbers) == [ControlNumbers(carrier=CARRIER, last=2)]


@pytest.fixture
async def gateway() -> Gateway:
    return await opened()


async def test_CAR_6_it_says_what_counts_on_its_day_and_the_end_that_is_known(gateway: Gateway) -> None:
    await gateway.tell(changed(since(date(2016, 3, 1), members=EVERYBODY[:2])))
    await gateway.tell(terminated(date(2016, 4, 30), reason="requested"))
    found = await audited(gateway)
    lines = segments(found)
    assert [each for each in lines if each.startswith(("INS", "DTP*349"))] == [
        "INS*Y*18*030*XN*A***AC",
        "DTP*349*D8*20160430",
        "INS*N*01*030*XN*A",
        "DTP*349*D8*20160430",
    ]
    assert value_of(found, "APTC AMT") == ["200.00"]


async def test_CAR_6_what_has_ended_or_was_never_told_is_not_in_it(gateway: Gateway) -> None:
    dental = terms("june-dental", kind="dental", plan="SMILE")
    await gateway.tell(selected(terms(members=EVERYBODY), dental))
    await gateway.tell(terminated(date(2016, 2, 29)))
    found = await audited(gateway)
    assert [line.split("*")[0] for line in segments(found)] == ["ISA", "GS", "GE", "IEA"]
    assert segments(found)[2] == "GE*0*3"


async def test_CAR_6_a_carrier_that_wants_none_gets_none() -> None:
    gateway = await Gateway().open()
    async with gateway.uows.begin(now=gateway.now) as uow:
        await begin_audits(uow, on=FIFTEENTH)
    assert gateway.rows(Audit) == []


async def test_CAR_6_who_cannot_be_written_is_left_out_and_counted(gateway: Gateway) -> None:
    nameless = member(household="may", name="\u2028", latin_name=Masked("\u2028"))
    one = terms("may-medical", members=("may-1",))
    await gateway.tell(
        contact(nameless, household="may"),
        selected(one, household="may"),
        paid("may-medical", household="may"),
    )
    async with gateway.uows.begin(now=gateway.now, households=["may"]) as uow:
        await uow.records(Policy).put(
            [replace(gateway.policy("may-medical"), told="covered", lifecycle="active")]
        )
    await audited(gateway)
    (audit,) = gateway.rows(Audit)
    assert (audit.state, audit.sets, audit.left_out, audit.written_on) == ("written", 1, 1, FIFTEENTH)


async def test_CAR_6_the_same_day_is_audited_once(gateway: Gateway) -> None:
    await audited(gateway)
    await audited(gateway)
    assert [each.control_number for each in gateway.rows(Audit)] == [2]


async def test_CAR_6_its_acknowledgements_are_noted_and_a_rejection_waits(gateway: Gateway) -> None:
    found = await audited(gateway)
    await gateway.drop("ta1.ta1", interchange_answer_of(found, number=1))
    await gateway.drop("good.999", group_answer_of(found, number=2, says=("AK9*A*1*1*1",)))
    await gateway.drop("bad.999", group_answer_of(found, number=3, says=("AK9*R*1*1*0*4",)))
    await gateway.work()
    assert sorted((each.kind, each.outcome) for each in gateway.rows(ReceivedAcknowledgement)) == [
        ("999", "noted"),
        ("999", "set-apart"),
        ("TA1", "noted"),
    ]


async def test_CAR_6_a_999_that_accepts_an_audit_and_counts_other_sets_waits(gateway: Gateway) -> None:
    found = await audited(gateway)
    await gateway.drop("none.999", group_answer_of(found, number=1, says=("AK9*A*0*0*0",)))
    await gateway.drop("more.999", group_answer_of(found, number=2, says=("AK9*A*2*2*2",)))
    await gateway.work()
    received = gateway.rows(ReceivedAcknowledgement)
    assert [(each.outcome, [reason.says for reason in each.reasons]) for each in received] == [
        ("set-apart", ["It counts other sets (AK902, AK903) than were sent in this group."]),
    ] * 2


def sent_back(found: str, *, number: int = 1, replacing: Sequence[tuple[str, str]] = ()) -> str:
    """Return an audit as its carrier's own: the same sets, the other way, under a number of its own."""
    lines = segments(found)
    isa, gs = lines[0].split("*"), lines[1].split("*")
    isa[6], isa[8], isa[13] = isa[8], isa[6], f"{number:09d}"
    gs[2], gs[3], gs[6] = gs[3], gs[2], str(number)
    ends = [f"GE*{lines[-2].split('*')[1]}*{number}", f"IEA*1*{number:09d}"]
    text = "".join(f"{line}~\n" for line in ("*".join(isa), "*".join(gs), *lines[2:-2], *ends))
    for one, other in replacing:
        assert one in text
        text = text.replace(one, other)
    return text


async def test_CAR_6_a_carriers_audit_that_says_the_same_as_ours_has_no_difference(gateway: Gateway) -> None:
    found = await audited(gateway)
    await gateway.drop("theirs.834", sent_back(found))
    await gateway.work()
    assert gateway.rows(Discrepancy) == []
    (book,) = gateway.rows(CarrierBook)
    assert (book.layout, book.state, book.as_of, book.rows, book.agreeing) == (
        "834",
        "answered",
        FIFTEENTH,
        3,
        3,
    )
    assert [each.state for each in gateway.rows(InboundFile)] == ["processed"]
    assert gateway.policy().effectuated_on is None


async def test_CAR_6_what_a_carriers_audit_says_otherwise_is_a_difference(gateway: Gateway) -> None:
    found = await audited(gateway)
    their = sent_back(
        found,
        replacing=[
            ("PRE AMT TOT~\nREF*9X*500.00", "PRE AMT TOT~\nREF*9X*510.00"),
            ("PRE AMT 1~\nREF*9X*500.00", "PRE AMT 1~\nREF*9X*510.00"),
            ("TOT RES AMT~\nREF*9V*500.00", "TOT RES AMT~\nREF*9V*510.00"),
            ("DTP*348*D8*20160101", "DTP*348*D8*20160201"),
        ],
    )
    await gateway.drop("theirs.834", their)
    await gateway.work()
    assert sorted((each.member, each.kind, each.ours, each.theirs) for each in gateway.rows(Discrepancy)) == [
        ("june-1", "begin", "2016-01-01", "2016-02-01"),
        ("june-1", "premium", "500.00", "510.00"),
        ("june-2", "begin", "2016-01-01", "2016-02-01"),
        ("june-3", "begin", "2016-01-01", "2016-02-01"),
    ]


async def test_CAR_6_of_a_set_of_theirs_that_is_not_sound_nothing_is_compared(gateway: Gateway) -> None:
    found = await audited(gateway)
    their = sent_back(found, replacing=[("PRE AMT TOT~\nREF*9X*500.00", "PRE AMT TOT~\nREF*9X*510.00")])
    await gateway.drop("theirs.834", their)
    await gateway.work()
    assert gateway.rows(Discrepancy) == []
    assert [(each.agreeing, each.bad_rows) for each in gateway.rows(CarrierBook)] == [(0, 3)]


@pytest.mark.parametrize(
    ("planted", "rows"),
    [
        (("NM1*IL*1*Example", "NM1*IL*1*Exa\x00mple"), 3),
        (("REF*1L*june-medical", "REF*1L*june\x00medical"), 0),
        (("REF*1L*june-medical", f"REF*1L*{'j' * 6000}"), 0),
        (("REF*17*june-1", "REF*17*june\x001"), 2),
    ],
)
async def test_CAR_6_what_of_a_carriers_audit_no_database_takes_is_refused_by_element(
    gateway: Gateway, planted: tuple[str, str], rows: int
) -> None:
    found = await audited(gateway)
    await gateway.drop("theirs.834", sent_back(found, replacing=[planted]))
    await gateway.work()
    assert [each.state for each in gateway.rows(InboundFile)] == ["refused"]
    (reason, *_) = [reason for each in gateway.rows(InboundRecord) for reason in each.reasons]
    assert (reason.rule, reason.facts["segment"]) == ("CAR-5", planted[0].partition("*")[0])
    assert [(each.state, each.rows, each.bad_rows) for each in gateway.rows(CarrierBook)] == [
        ("answered", rows, 3)
    ]


async def test_CAR_6_an_audit_of_a_day_before_that_of_the_book_compared_before_it_closes_nothing(
    gateway: Gateway,
) -> None:
    found = await audited(gateway)
    gateway.at(date(2016, 3, 17))
    (inbound,) = [each for each in gateway.pollers if each.name == "inbound-files"]
    sixteenth = date(2016, 3, 16)
    await gateway.drop("RCNI.txt", book(replace(JUNE, premium="501.00"), ROBIN, KIT, on=sixteenth))
    await inbound.turn(gateway.now)
    gateway.later(minutes=1)
    await gateway.drop("theirs.834", sent_back(found))
    await inbound.turn(gateway.now)
    await gateway.work()
    assert [(each.kind, each.state) for each in gateway.rows(Discrepancy)] == [("premium", "open")]
    assert sorted((each.layout, each.state) for each in gateway.rows(CarrierBook)) == [
        ("834", "returned"),
        ("RCNI", "answered"),
    ]
    (audit,) = [each for each in gateway.rows(InboundFile) if each.name == "theirs.834"]
    assert (audit.state, [each.says for each in audit.reasons]) == (
        "processed",
        ["A book of a later day was compared before it."],
    )
    assert (gateway.rows(BookRow), gateway.rows(BookFault)) == ([], [])
    (told,) = [text for name, text in gateway.outbound().items() if name.startswith("RCNO_20160315")]
    assert told == "RCNO|BCBSVT|20160315\nREFUSED|A book of a later day was compared before it.|theirs.834\n"


async def test_CAR_6_a_carriers_audit_is_acknowledged_like_any_other_file(gateway: Gateway) -> None:
    found = await audited(gateway)
    await gateway.drop("theirs.834", sent_back(found))
    await gateway.work()
    (answer,) = [text for name, text in gateway.outbound().items() if name.endswith(".999")]
    assert [line for line in segments(answer) if line.startswith(("AK5", "IK5", "AK9"))] == [
        "IK5*A",
        "AK9*A*1*1*1",
    ]


async def test_ENR_13_on_the_last_day_of_a_subscriber_it_says_what_counts_that_day(gateway: Gateway) -> None:
    died = date(2016, 4, 15)
    gateway.at(died)
    await gateway.tell(contact(*FAMILY, version=2), bereaved("june-2", "june-3", died=15))
    found = segments(await audited(gateway, died))
    assert [each for each in found if each.startswith(("INS", "REF*0F", "DTP*348"))] == [
        "INS*Y*18*030*XN*A***AC",
        "REF*0F*june-1",
        "DTP*348*D8*20160101",
        "INS*N*01*030*XN*A",
        "REF*0F*june-1",
        "DTP*348*D8*20160101",
        "INS*N*19*030*XN*A",
        "REF*0F*june-1",
        "DTP*348*D8*20160101",
    ]
