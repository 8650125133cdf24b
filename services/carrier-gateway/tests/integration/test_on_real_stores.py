"""The same stories on PostgreSQL and a folder of this machine."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from book_builders import FEBRUARY, JUNE, KIT, ROBIN, book
from carriers_desk import REJECTS, effectuation_of, group_answer_of
from gateway_builders import (
    CARRIER,
    FAMILY,
    PACK,
    Gateway,
    activated,
    changed,
    closed,
    contact,
    listed,
    member,
    paid,
    profile,
    reinstated,
    remittance,
    remitted,
    selected,
    since,
    terminated,
    terms,
)
from real_gateway import RealGateway, real_gateway

from bulkhead.kernel.key_rings import HouseholdKeySet
from bulkhead.kernel.personal import Masked
from bulkhead.persistence.event_tables import OutboxRecord
from bulkhead.policy import PackParameters
from bulkhead.retries.retries import Retry
from bulkhead_testing.backing import Databases
from carrier_gateway.adapters.x12.outbound import Composer834
from carrier_gateway.application.decide_transmissions import decide_transmission
from carrier_gateway.application.inbound_files import MOST_BYTES
from carrier_gateway.application.waiting import INBOUND_FILES, carrier_lock
from carrier_gateway.application.write_audits import begin_audits
from carrier_gateway.domain.books import BookRow
from carrier_gateway.domain.discrepancies import Discrepancy
from carrier_gateway.domain.parameters import GatewayParameters
from carrier_gateway.domain.records import (
    Contact,
    ContactMember,
    InboundFile,
    InboundRecord,
    Policy,
    ReceivedAcknowledgement,
    ToForget,
    Transmission,
)
from carrier_gateway.domain.remittances import Remittance

pytestmark = pytest.mark.postgres


@pytest.fixture
async def gateway(databases: Databases, tmp_path: Path) -> AsyncIterator[RealGateway]:
    async with real_gateway(databases, tmp_path) as made:
        yield made


async def test_an_enrollment_from_selection_to_reinstatement(gateway: RealGateway) -> None:
    people = ("june-1", "june-2", "june-3")
    await gateway.tell(contact(*FAMILY), selected(terms(members=people)))
    assert gateway.files_in("outbound") == []
    await gateway.tell(paid(), activated())
    await gateway.at(date(2016, 7, 1), 1).tell(terminated(date(2016, 6, 30)))
    await gateway.at(date(2016, 7, 12)).tell(reinstated())
    names = gateway.files_in("outbound")
    assert names == [
        "I834_20151210_000000001.834",
        "I834_20160701_000000002.834",
        "I834_20160712_000000003.834",
    ]
    assert [each.kind for each in await gateway.rows_of(Transmission)] == [
        "initial",
        "termination",
        "reinstatement",
    ]
    assert [each.type for each in await gateway.rows_of(OutboxRecord)] == ["TransmissionSent"] * 3
    (policy,) = await gateway.rows_of(Policy)
    assert [(each.since, each.members) for each in policy.told_versions] == [
        (date(2016, 1, 1), people),
        (date(2016, 7, 1), people),  # what stands again was told anew
    ]
    assert (policy.told, policy.told_through) == ("covered", None)


async def test_ENR_13_a_policy_that_changes_is_told_and_confirmed_as_in_memory(gateway: RealGateway) -> None:
    memory = await Gateway().open()
    baby = member(4, relation="child", name="Ash Example", born=Masked("2016-06-10"), ssn=None)
    family: dict[str, Any] = {"gross_cents": 140500}
    people = ("june-1", "june-2", "june-3")
    for each in (gateway, memory):
        await each.tell(contact(*FAMILY), selected(terms(members=people, **family)))
        await each.tell(
            changed(since(date(2016, 4, 1), members=people, **family))
        )  # before the binder is paid
        await each.tell(paid(), activated())
        await each.at(date(2016, 6, 20)).tell(contact(*FAMILY, baby, version=2))
        born = since(date(2016, 6, 10), members=(*people, "june-4"), **family)
        left = since(date(2016, 9, 1), members=("june-1", "june-3", "june-4"), **family)
        await each.tell(changed(born, left, version=2))
        await each.at(date(2016, 7, 1), 1).tell(terminated(date(2016, 6, 30), version=2))
        await each.at(date(2016, 7, 12)).tell(reinstated(version=2))
    sets = [gateway.text(name) for name in gateway.files_in("outbound")]
    assert sets == memory.sets()
    inbox = gateway.root / CARRIER / "inbound"
    (inbox / "answer.834").write_text(effectuation_of(sets[-1]))
    await gateway.work()
    await memory.drop("answer.834", effectuation_of(sets[-1]))
    await memory.work()
    for kind in (Policy, Transmission, InboundRecord):
        assert await gateway.rows_of(kind) == memory.rows(kind)
    assert memory.policy().confirmed == ("june-1", "june-3", "june-4")


async def test_an_effectuation_is_taken_in_from_a_real_folder(gateway: RealGateway) -> None:
    await gateway.tell(contact(), selected(), paid(), activated())
    answer = effectuation_of(gateway.text("I834_20151210_000000001.834"))
    inbox = gateway.root / CARRIER / "inbound"
    assert inbox.is_dir()
    (inbox / "answer.834.tmp").write_text("half a fi")
    (inbox / "answer.834").write_text(answer)
    (inbox / "noise.bin").write_bytes(bytes(range(256)))
    await gateway.work()
    assert gateway.files_in("inbound") == ["answer.834.tmp"]
    assert gateway.files_in("inbound/processed") == ["answer.834"]
    assert gateway.files_in("inbound/refused") == ["noise.bin"]
    assert [each.outcome for each in await gateway.rows_of(InboundRecord)] == ["accepted"]
    assert sorted(each.state for each in await gateway.rows_of(InboundFile)) == ["processed", "refused"]


async def test_a_file_whose_name_is_no_text_is_taken_in_and_moved(gateway: RealGateway) -> None:
    await gateway.tell(contact(), selected(), paid(), activated())
    inbox = gateway.root / CARRIER / "inbound"
    assert inbox.is_dir()
    name = os.fsdecode(b"answer-\xff.834")
    (inbox / name).write_text(effectuation_of(gateway.text("I834_20151210_000000001.834")))
    await gateway.work()
    assert gateway.files_in("inbound/processed") == [name]
    assert [(each.name, each.state) for each in await gateway.rows_of(InboundFile)] == [
        ("answer-\\udcff.834", "processed")
    ]


async def test_I9_what_is_overdue_is_found_and_what_is_stuck_is_kept(gateway: RealGateway) -> None:
    await gateway.tell(selected(terms(carrier="MVP", members=("june-1",))), paid(), closed(2))
    kim = terms("kim-medical", carrier="MVP", members=("kim-1",))
    await gateway.tell(contact(member(household="kim"), household="kim"), selected(kim, household="kim"))
    await gateway.tell(paid("kim-medical", household="kim"))
    async with gateway.uows.begin(now=gateway.now, households=[CARRIER]) as uow:
        for _ in range(2):
            await INBOUND_FILES.put_off(uow, f"{CARRIER}/bad.834", because="it cannot be read")
    (stuck,) = await gateway.rows_of(Retry)
    assert (stuck.failures, stuck.retry_at - gateway.now) == (2, timedelta(minutes=1))
    gateway.at(date(2016, 7, 1))
    assert gateway.service.overdue is not None
    async with gateway.uows.begin(now=gateway.now) as uow:
        found = await gateway.service.overdue(uow)
    assert [(each.kind, each.id) for each in found] == [
        ("policy-not-told", "june-medical"),
        ("transmission", "kim-medical-001"),
        ("inbound-file", f"{CARRIER}/bad.834"),
        ("delinquency-list", f"{CARRIER}/2016-06-01/1"),
    ]


async def test_I4_a_forgotten_household_is_erased_once_its_carrier_knows_of_its_end(
    gateway: RealGateway,
) -> None:
    await gateway.tell(contact(), selected(), paid(), activated())
    forgotten = HouseholdKeySet(household="june", number=1, key=None, sealed=None)
    await gateway.at(date(2016, 2, 10)).tell(forgotten)
    assert [each.contact_version for each in await gateway.rows_of(ToForget)] == [1]
    await gateway.tell(terminated(date(2016, 1, 31)))
    assert [each.told for each in await gateway.rows_of(Policy)] == ["ended"]
    assert [await gateway.rows_of(each) for each in (Contact, ContactMember, ToForget)] == [[], [], []]


async def test_CAR_3_a_list_is_written_whole(gateway: RealGateway) -> None:
    await gateway.tell(contact(), selected(), paid(), activated())
    await gateway.at(date(2016, 6, 1), 1).tell(closed(1))
    await gateway.tell(listed("june"))
    assert "june,june-1,june-medical,1,1,pay,500.00" in gateway.text("DELINQ_2016-06-01_1.csv")


async def test_control_numbers_are_given_out_once_by_two_builders_at_the_same_time(
    gateway: RealGateway, databases: Databases
) -> None:
    await gateway.profile(profile(receiver_id="GMH02"))
    households = [f"h{number}" for number in range(6)]
    for name in households:
        policy = terms(f"{name}-medical", members=(f"{name}-1",))
        await gateway.hear(
            contact(member(household=name), household=name),
            selected(policy, household=name),
            paid(policy.policy, household=name),
        )
    poller = gateway.pollers[0]
    await asyncio.gather(*(poller.turn(gateway.now) for _ in range(4)))
    sent = await gateway.rows_of(Transmission)
    assert sorted(each.control_number for each in sent) == [1, 2, 3, 4, 5, 6]
    assert len(await gateway.rows_of(OutboxRecord)) == 6


async def test_a_batch_of_many_households_is_taken_in_as_one(gateway: RealGateway) -> None:
    heard: list[Any] = []
    for number in range(300):
        name = f"h{number:03d}"
        policy = terms(f"{name}-medical", members=(f"{name}-1",))
        heard += [
            paid(policy.policy, household=name),
            contact(member(household=name), household=name),
            selected(policy, household=name),
        ]
    await gateway.tell(*heard)
    assert len(gateway.files_in("outbound")) == 300


async def test_CAR_4_acknowledgements_are_kept_set_again_and_answered_as_in_memory(
    gateway: RealGateway,
) -> None:
    await gateway.tell(contact(), selected(), paid(), activated())
    text = gateway.text("I834_20151210_000000001.834")
    inbox = gateway.root / CARRIER / "inbound"
    (inbox / "rejected.999").write_text(group_answer_of(text, number=1, says=REJECTS), encoding="ascii")
    (inbox / "confirmed.834").write_text(effectuation_of(text, number=2), encoding="ascii")
    await gateway.work()
    (received,) = await gateway.rows_of(ReceivedAcknowledgement)
    assert [(each.level, each.segment, each.element) for each in received.errors] == [
        ("set", "", 0),
        ("segment", "NM1", 0),
        ("element", "NM1", 3),
    ]
    assert gateway.files_in("outbound")[:1] == ["999_20151210_000000003.999"]
    households = ("june", carrier_lock(CARRIER))
    async with gateway.uows.begin(now=gateway.now, households=households) as uow:
        await decide_transmission(
            uow,
            transmission="june-medical-001",
            decision="send-again",
            reason="their reader was mended",
            decided_by="operator-1",
            composer=Composer834(),
            parameters=PackParameters(PACK, "carrier-gateway", GatewayParameters),
        )
    await gateway.work()
    stand = {each.transmission: (each.state, each.answer) for each in await gateway.rows_of(Transmission)}
    assert stand == {
        "june-medical-001": ("sent", "settled"),
        "june-medical-002": ("sent", "awaited"),
    }
    assert gateway.text("I834_20151210_000000004.834").splitlines()[3:-3] == text.splitlines()[3:-3]


async def test_PAY_6_two_workers_write_an_820_of_many_parts_once_and_as_in_memory(
    gateway: RealGateway,
) -> None:
    memory = await Gateway().open()
    lines = [remitted(-50000), *(remitted(month=month) for month in (1, 2, 3, 4))]
    parts = [
        remittance(line, part=number, parts=5, total_cents=150000)
        for number, line in enumerate(lines, start=1)
    ]
    for each in (gateway, memory):
        await each.tell(contact(), selected(), paid())
        await each.at(date(2016, 1, 6), 16).hear(*reversed(parts))
    await memory.work()
    pollers = [each for each in gateway.pollers if each.name == "remittances"] * 2
    while sum(await asyncio.gather(*(each.turn(gateway.now) for each in pollers))):
        pass
    (written,) = await gateway.rows_of(Remittance)
    assert (written.state, written.control_number, written.lines) == ("written", 2, 5)
    for file in ("I820_20160106_000000002.820", "I820_20160106_000000002.csv"):
        assert gateway.text(file) == memory.outbound()[file]


async def test_CAR_6_a_book_longer_than_any_other_file_is_compared_as_in_memory(
    gateway: RealGateway,
) -> None:
    memory = await Gateway().open()
    people = ("june-1", "june-2", "june-3")
    for each in (gateway, memory):
        await each.tell(contact(*FAMILY), selected(terms(members=people)), paid(), activated())
    unknown = replace(JUNE, last_name="Example" * 5)
    strangers = [replace(unknown, policy=f"stranger-{number:06d}") for number in range(60_000)]
    text = book(replace(JUNE, premium="501.00", born="19990909"), *strangers, ROBIN)
    assert len(text) > MOST_BYTES
    inbox = gateway.root / CARRIER / "inbound"
    (inbox / "RCNI_20160215.txt").write_text(text, encoding="ascii")
    await memory.at(FEBRUARY).drop("RCNI_20160215.txt", text)
    for each in (gateway.at(FEBRUARY), memory):
        await each.work()
    (answer,) = [name for name in gateway.files_in("outbound") if name.startswith("RCNO")]
    assert gateway.text(answer) == memory.outbound()[answer]
    assert gateway.text(answer).splitlines()[-1] == "END|1|60002|0"
    found = await gateway.rows_of(Discrepancy)
    assert [each for each in found if each.policy] == [
        each for each in sorted(memory.rows(Discrepancy), key=lambda each: each.discrepancy) if each.policy
    ]
    assert sorted((each.member, each.kind) for each in found if each.policy) == [
        ("june-1", "born"),
        ("june-1", "premium"),
        ("june-3", "missing-there"),
    ]
    assert len(found) == 60_003
    await gateway.at(date(2016, 3, 15)).work()
    (inbox / "RCNI_20160315.txt").write_text(book(JUNE, ROBIN, KIT, on=date(2016, 3, 15)), encoding="ascii")
    await gateway.work()
    assert {each.state for each in await gateway.rows_of(Discrepancy)} == {"closed"}
    assert await gateway.rows_of(BookRow) == []


async def test_CAR_6_two_workers_write_an_audit_once_and_as_in_memory(gateway: RealGateway) -> None:
    memory = Gateway()
    await memory.profile(profile(audits=True))
    await gateway.profile(profile(audits=True))
    for each in (gateway, memory):
        await each.tell(contact(), selected(), paid(), activated())
        each.at(date(2016, 3, 15), 2)
        async with each.uows.begin(now=each.now) as uow:
            await begin_audits(uow, on=date(2016, 3, 15))
    await memory.work()
    pollers = [each for each in gateway.pollers if each.name == "audits"] * 2
    while sum(await asyncio.gather(*(each.turn(gateway.now) for each in pollers))):
        pass
    file = "AUDIT_20160315_000000002.834"
    assert gateway.text(file) == memory.outbound()[file]
