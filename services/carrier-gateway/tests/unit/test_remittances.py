"""The 820 of each remittance in its carrier's drop-box, and its readable twin (PAY-6, PAY-7, CAR-2)."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from gateway_builders import (
    CARRIER,
    Gateway,
    activated,
    bereaved,
    contact,
    member,
    paid,
    profile,
    remittance,
    remitted,
    segments,
    selected,
    terms,
)
from remittance_builders import read820

from bulkhead.kernel.errors import Impossible, InvalidValue, Retryable
from bulkhead.kernel.personal import Masked
from bulkhead.persistence.event_tables import ParkedEvent
from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
from bulkhead_testing.files import MemoryFiles
from carrier_gateway.application import write_remittances
from carrier_gateway.domain.carriers import CarrierProfile
from carrier_gateway.domain.records import ControlNumbers
from carrier_gateway.domain.remittances import Remittance, RemittanceContent

GOLDEN = Path(__file__).parents[1] / "golden"
WEDNESDAY = date(2016, 1, 6)
FIRST = "I820_20160106_000000003.820"
PLAN_IDS = {"SILVER": "77566VT0040001-01", "SMILE": "77566VT0050001-01"}


@pytest.fixture
async def gateway() -> Gateway:
    """June has a medical and a dental plan, of which her carrier was told: numbers 1 and 2 are used up."""
    return await told(await Gateway(plan_ids=PLAN_IDS, tax_id="030123456").open())


async def told(gateway: Gateway) -> Gateway:
    dental = terms("june-dental", plan="SMILE", kind="dental", gross_cents=3000)
    await gateway.tell(contact(), selected(terms(), dental), paid("june-medical", "june-dental"))
    return gateway.at(WEDNESDAY, 16)


def waiting(gateway: Gateway) -> list[tuple[str, int | None]]:
    return [(each.state, each.control_number) for each in gateway.rows(Remittance)]


async def lacks(gateway: Gateway) -> str:
    (row,) = [each for each in gateway.rows(Remittance) if each.state == "waiting"]
    async with gateway.uows.begin(now=gateway.now) as uow:
        return await write_remittances.waits_for(uow, row)


def amounts(text: str) -> list[str]:
    return [line.removeprefix("RMR*ZZ*") for line in segments(text) if line.startswith("RMR")]


async def test_PAY_6_the_820_and_its_twin_say_what_is_paid_for_whom(gateway: Gateway) -> None:
    dental = remitted(3000, policy="june-dental")
    await gateway.tell(remittance(dental, remitted(), remitted(month=2)))
    found = gateway.outbound()
    assert found[FIRST] == (GOLDEN / "remittance.820").read_text(encoding="ascii")
    assert found["I820_20160106_000000003.csv"] == (GOLDEN / "remittance.csv").read_text(encoding="utf-8")
    (row,) = gateway.rows(Remittance)
    assert (row.state, row.written_on, row.lines, row.entities) == ("written", WEDNESDAY, 3, 2)
    assert row.plan_cents == {"77566VT0050001": 3000, "77566VT0040001": 100000}
    assert row.sha256 == hashlib.sha256(found[FIRST].encode()).hexdigest()
    assert row.size_bytes == len(found[FIRST])


async def test_PAY_7_what_is_taken_back_comes_before_what_takes_its_place(gateway: Gateway) -> None:
    await gateway.tell(remittance(remitted()))
    gateway.at(date(2016, 1, 13), 16)
    # Payments tells a policy's month in the order of what settled it.
    await gateway.tell(remittance(remitted(42000), remitted(-50000), remitted(month=2), number=2))
    second = gateway.remittances()[1]
    assert second == (GOLDEN / "remittance-reversed.820").read_text(encoding="ascii")
    assert amounts(second) == ["PREMADJ**-500.00", "PREMADJ**420.00", "PREM**500.00"]


async def test_PAY_7_a_month_that_was_taken_back_before_is_an_adjustment_when_it_is_paid_again(
    gateway: Gateway,
) -> None:
    for number, line in enumerate((remitted(), remitted(-50000), remitted(42000)), start=1):
        owed = 50000 if number == 3 else 0
        head = {
            "total_cents": 0,
            "brought_forward_cents": owed,
            "carried_cents": {2: 50000, 3: 8000}.get(number, 0),
        }
        await gateway.tell(remittance(line, number=number, **head if number > 1 else {}))
    assert [amounts(each) for each in gateway.remittances()] == [
        ["PREM**500.00"],
        ["PREMADJ**-500.00", "BAL**500.00"],
        ["PREMADJ**420.00", "BAL**-500.00", "BAL**80.00"],
    ]


async def test_PAY_7_a_carrier_that_owes_more_is_sent_nothing_and_a_balance(gateway: Gateway) -> None:
    await gateway.tell(remittance(remitted(-50000), total_cents=0, carried_cents=50000))
    assert gateway.outbound()[FIRST] == (GOLDEN / "remittance-carried.820").read_text(encoding="ascii")
    twin = list(csv.reader(gateway.outbound()["I820_20160106_000000003.csv"].splitlines()))
    assert ["lines_total", "-500.00"] in twin
    assert twin[-1] == ["2", "", "", "", "", "BAL", "500.00"]


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_PAY_6_it_is_written_once_all_its_parts_are_there_whatever_came_first(
    gateway: Gateway, order: tuple[int, ...]
) -> None:
    lines = (remitted(), remitted(month=2), remitted(month=3))
    head: dict[str, Any] = {"total_cents": 150000, "parts": 3}
    for count, at in enumerate(order):
        assert (await gateway.pending())["remittances"] == 0
        assert gateway.remittances() == []
        if count:
            assert await lacks(gateway) == f"{count} of its 3 parts are here"
        part = remittance(lines[at], part=at + 1, **head)
        await gateway.tell(part, part)
    (text,) = gateway.remittances()
    # One policy, though three parts told of it: it is one loop.
    assert [line for line in segments(text) if line.startswith("ENT")] == ["ENT*1"]
    assert amounts(text) == ["PREM**500.00"] * 3
    await gateway.tell(remittance(lines[0], part=1, **head))
    assert gateway.remittances() == [text]


async def test_PAY_6_lines_that_do_not_make_the_totals_are_not_written(gateway: Gateway) -> None:
    await gateway.tell(remittance(remitted(), total_cents=50001))
    assert gateway.remittances() == []
    assert await lacks(gateway) == "its lines do not make its totals"
    assert (await gateway.pending())["remittances"] == 0


async def test_parts_that_do_not_say_the_same_of_the_whole_are_impossible(gateway: Gateway) -> None:
    await gateway.tell(remittance(remitted(), parts=2, total_cents=100000))
    with pytest.raises(Impossible):
        await gateway.tell(remittance(remitted(month=2), part=2, parts=2, total_cents=100001))
    assert [each.total_cents for each in gateway.rows(Remittance)] == [100000]


async def test_a_carriers_remittances_are_written_in_their_order(gateway: Gateway) -> None:
    await gateway.tell(remittance(remitted(month=2), number=2))
    assert await lacks(gateway) == "the carrier's remittance before it, number 1"
    await gateway.tell(remittance(remitted()))
    assert [amounts(each) for each in gateway.remittances()] == [["PREM**500.00"]] * 2
    assert waiting(gateway) == [("written", 3), ("written", 4)]


async def test_OPS_1_it_waits_for_policies_and_people_it_has_not_heard_of() -> None:
    gateway = await Gateway().open()
    await gateway.tell(remittance(remitted()))
    assert await lacks(gateway) == "policies, or the people on them, are not here"
    await gateway.tell(selected(version=2))
    assert await lacks(gateway) == "policies, or the people on them, are not here"
    await gateway.tell(contact(version=2))
    assert "NM1*IL*1*Example*June****C1*june-1" in segments(gateway.remittances()[0])


async def test_OPS_1_of_a_parked_household_nobody_is_named_and_the_others_are_not_held_up() -> None:
    gateway = await Gateway().open()
    await gateway.tell(selected(version=2), remittance(remitted()))
    async with gateway.uows.begin(now=gateway.now) as uow:
        await uow.records(ParkedEvent).add([parked("june")])
    await gateway.work()
    assert "NM1*IL*1******C1*june-1" in segments(gateway.remittances()[0])


def parked(household: str) -> ParkedEvent:
    return ParkedEvent(
        household=household,
        position=1,
        event_id="event-of-another-topic",
        topic="enrollment.contacts.v1",
        partition=0,
        offset=1,
        type="ContactRecorded",
        kind="malformed",
        reason="ContactRecorded",
        state="parked",
        parked_at=Gateway().now,
        settled_at=None,
        discard_reason=None,
        value=b"",
    )


async def test_ENR_13_each_month_is_paid_for_who_was_the_subscriber() -> None:
    gateway = await Gateway().open()
    people = (member(), member(2, relation="spouse", name="Robin Example"))
    await gateway.tell(contact(*people), selected(terms(members=("june-1", "june-2"))), paid(), activated())
    await gateway.tell(contact(*people, version=2), bereaved("june-2", died=9))
    await gateway.tell(remittance(remitted(month=4), remitted(month=5)))
    found = [line for line in segments(gateway.remittances()[0]) if line[:3] in ("ENT", "NM1", "DTM")]
    assert found == [
        "ENT*1",
        "NM1*IL*1*Example*June****C1*june-1",
        "DTM*582****RD8*20160401-20160430",
        "ENT*2",
        "NM1*IL*1*Example*Robin****C1*june-2",
        "DTM*582****RD8*20160501-20160531",
    ]


async def test_ENR_16_a_name_that_x12_cannot_carry_is_left_out_and_holds_up_no_money() -> None:
    gateway = await Gateway().open()
    unwritable = member(name="李小龍", latin_name=Masked("李"))
    await gateway.tell(contact(unwritable), selected(), paid(), remittance(remitted()))
    assert "NM1*IL*1******C1*june-1" in segments(gateway.remittances()[0])


async def test_CAR_1_a_carriers_own_words_and_references_are_used() -> None:
    options = {
        "payment_types": {"PREM": "PREMIUM", "PREMADJ": "RETRO", "BAL": "CARRY"},
        "payment_references": ("POL",),
        "balance_report": "0N",
        "remittance_file": "PAY.{carrier}.{control}",
    }
    gateway = await told(await Gateway(**options).open())
    await gateway.tell(remittance(remitted(-50000), remitted(42000), total_cents=0, carried_cents=8000))
    text = gateway.outbound()["PAY.BCBSVT.000000003"]
    assert amounts(text) == ["RETRO**-500.00", "RETRO**420.00", "CARRY**80.00"]
    assert [line for line in segments(text) if line.startswith("REF")] == [
        "REF*POL*june-medical",
        "REF*0N*CARRY",
    ]
    assert ",RETRO,-500.00\n" in gateway.outbound()["PAY.BCBSVT.000000003.csv"]


async def test_CAR_1_a_carrier_that_wants_no_820s_gets_none_and_its_next_ones_once_it_does(
    gateway: Gateway,
) -> None:
    await gateway.profile(profile(remittances=False))
    await gateway.tell(remittance(remitted()))
    assert waiting(gateway) == [("unwanted", None)]
    await gateway.profile(profile())
    await gateway.tell(remittance(remitted(month=2), number=2))
    assert waiting(gateway) == [("unwanted", None), ("written", 3)]


async def test_CAR_1_without_a_profile_it_waits_for_it() -> None:
    gateway = Gateway()
    await gateway.tell(contact(), selected(), paid(), remittance(remitted()))
    assert await lacks(gateway) == "the carrier's profile"
    await gateway.profile(profile())
    await gateway.work()
    assert len(gateway.remittances()) == 1


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"remittance_file": "I820.820"}, "/options/remittance_file"),
        ({"remittance_file": "{control}.csv"}, "/options/remittance_file"),
        ({"payment_types": {"APTC": "X"}}, "/options/payment_types"),
        ({"payment_types": {"PREM": "A*B"}}, "/options/payment_types"),
        ({"payment_types": {"BAL": "PREM"}}, "/options/payment_types"),
        ({"payment_references": ("38",)}, "/options/payment_references"),
        ({"balance_report": "abc"}, "/options/balance_report"),
    ],
)
async def test_CAR_1_a_profile_no_820_can_be_written_with_is_refused(options: Any, field: str) -> None:
    gateway = await Gateway().open()
    before = gateway.rows(CarrierProfile)
    with pytest.raises(InvalidValue) as refused:
        await gateway.profile(profile(**options))
    assert refused.value.field == field
    assert gateway.rows(CarrierProfile) == before


async def test_what_cannot_be_written_says_which_element_and_goes_out_with_a_profile_that_can() -> None:
    gateway = await Gateway().open()
    await told(gateway)
    plan = terms("june-other", plan="SILVER*X")
    await gateway.tell(selected(plan), remittance(remitted(policy="june-other")))
    assert await lacks(gateway) == "REF02 has a character X12 cannot carry"
    assert waiting(gateway) == [("waiting", None)]
    await gateway.profile(profile(payment_references=("POL",)))
    await gateway.work()
    assert waiting(gateway) == [("written", 3)]


class GoesAway(MemoryFiles):
    """A tree of files that fails a number of times: before a file is there, or just after."""

    def __init__(self, *, before: int = 0, after: int = 0) -> None:
        super().__init__()
        self.before, self.after = before, after

    async def put_in_pieces(self, path: str, pieces: AsyncIterable[bytes]) -> None:
        if self.before and path.endswith(".820"):
            self.before -= 1
            raise Retryable("files cannot be reached: OSError")
        await super().put_in_pieces(path, pieces)
        if self.after and path.endswith(".820"):
            self.after -= 1
            raise Retryable("files cannot be reached: OSError")


@pytest.mark.parametrize("trouble", [{"before": 2}, {"after": 2}])
async def test_CAR_4_it_is_written_the_same_however_often_that_is_tried(trouble: Any) -> None:
    files = GoesAway(**trouble)
    gateway = await Gateway(files=files).open()
    await told(gateway)
    await gateway.tell(remittance(remitted()))
    assert waiting(gateway) == [("built", 3)]
    assert (await gateway.pending())["remittances"] == 0
    seen = {name: data for name, data in files.content.items() if name.endswith(".820")}
    await gateway.later(minutes=1).work()
    await gateway.later(minutes=5).work()
    assert waiting(gateway) == [("written", 3)]
    now = {name: data for name, data in files.content.items() if name.endswith(".820")}
    assert len(now) == 1
    assert seen in ({}, now)


class Crashed(BaseException):
    """The process is killed."""


class Killed:
    """Units of work of a process that is killed in the one of this number, just before that is committed."""

    def __init__(self, uows: UnitOfWorkFactory, *, at: int) -> None:
        self._uows, self._left = uows, at

    @asynccontextmanager
    async def begin(self, **given: Any) -> AsyncIterator[UnitOfWork]:
        async with self._uows.begin(**given) as uow:
            yield uow
            self._left -= 1
            if not self._left:
                raise Crashed


async def test_OPS_1_a_kill_at_any_step_uses_up_no_number_and_leaves_the_same_files() -> None:
    lines = (remitted(), remitted(month=2), remitted(3000, policy="june-dental"))
    parts = [
        remittance(line, part=number, parts=3, total_cents=103000)
        for number, line in enumerate(lines, start=1)
    ]
    whole = await told(await Gateway().open())
    await whole.tell(*parts)
    at = 0
    for at in range(1, 100):
        gateway = await told(await Gateway().open())
        await gateway.hear(*parts)
        killed: Any = Killed(gateway.uows, at=at)
        poller = next(each for each in gateway.service.pollers(killed) if each.name == "remittances")
        try:
            while await poller.turn(gateway.now):
                pass
        except Crashed:
            await gateway.work()
            assert gateway.outbound() == whole.outbound()
            assert gateway.rows(ControlNumbers) == [ControlNumbers(carrier=CARRIER, last=3)]
        else:
            break
    assert at > 20


async def test_CAR_2_nothing_leaves_that_we_would_refuse_ourselves(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(*args: Any, **kwargs: Any) -> Any:
        return [*shares_of(*args, **kwargs), *shares_of(*args, **kwargs)]

    shares_of = write_remittances.shares_of
    monkeypatch.setattr(write_remittances, "shares_of", wrong)
    await gateway.tell(remittance(remitted()))
    assert gateway.remittances() == []
    assert "does not count on from the one before it (entity-number-wrong)" in await lacks(gateway)
    monkeypatch.undo()
    await gateway.profile(profile())
    await gateway.work()
    assert waiting(gateway) == [("written", 4)]  # 3 is used up


async def test_I9_one_that_was_not_written_is_overdue_with_what_it_waits_for(gateway: Gateway) -> None:
    await gateway.tell(remittance(remitted(), parts=2, total_cents=100000))
    assert gateway.service.overdue is not None
    found: list[tuple[Any, ...]] = []
    for day in (7, 8):
        async with gateway.uows.begin(now=gateway.at(date(2016, 1, day)).now) as uow:
            found += [
                (each.kind, each.id, each.deadline, each.says) for each in await gateway.service.overdue(uow)
            ]
    assert found == [
        (
            "remittance",
            "BCBSVT 2016-01-06 1",
            date(2016, 1, 7),
            "it waits for: 1 of its 2 parts are here",
        )
    ]


async def test_CAR_4_a_carrier_that_is_down_delays_only_itself() -> None:
    files = GoesAway(before=1)
    gateway = await Gateway(files=files).open(CARRIER, "MVP")
    await told(gateway)
    policy = terms("max-medical", carrier="MVP", members=("max-1",))
    await gateway.tell(selected(policy, household="max"))
    await gateway.tell(
        contact(member(household="max"), household="max"), paid("max-medical", household="max")
    )
    await gateway.tell(remittance(remitted()), remittance(remitted(policy="max-medical"), carrier="MVP"))
    states = {each.carrier: each.state for each in gateway.rows(Remittance)}
    assert states == {CARRIER: "built", "MVP": "written"}


async def test_PAY_6_what_is_written_adds_up_to_what_is_paid(gateway: Gateway) -> None:
    await gateway.tell(remittance(remitted(), remitted(3000, policy="june-dental")))
    ((payment,), entities, problems) = read820([gateway.remittances()[0].encode()])
    assert problems == []
    assert payment.cents == sum(item.cents for each in entities for item in each.items) == 53000
    assert payment.trace == "BCBSVT 2016-01-06 1"
    assert [each.number for each in gateway.rows(RemittanceContent)] == [0, 1, 2]


async def test_PAY_6_what_was_told_before_it_had_a_number_comes_first_and_holds_up_nothing(
    gateway: Gateway,
) -> None:
    await gateway.tell(
        remittance(remitted(), sequence=0, remittance="told-before"), remittance(remitted(month=2), number=57)
    )
    assert sorted((each.sequence, each.state) for each in gateway.rows(Remittance)) == [
        (0, "written"),
        (57, "written"),
    ]
    await gateway.tell(remittance(remitted(month=3), number=59))
    assert await lacks(gateway) == "the carrier's remittance before it, number 58"
