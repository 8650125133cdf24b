"""Names, birth dates, addresses and numbers of people are in the 834s and the contacts alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from book_builders import JUNE, ROBIN, compared
from carriers_desk import REJECTS, effectuation_of, group_answer_of
from gateway_builders import (
    FAMILY,
    Gateway,
    activated,
    contact,
    member,
    paid,
    remittance,
    remitted,
    selected,
    terminated,
    terms,
)

from bulkhead.contracts import wire
from bulkhead.kernel.personal import Masked
from bulkhead.observability.logging import configure_logging
from carrier_gateway.adapters.postgres.tables import TABLES
from carrier_gateway.application.write_audits import begin_audits
from carrier_gateway.domain.audits import AuditContent
from carrier_gateway.domain.books import BookContent, BookRow, read_piece
from carrier_gateway.domain.records import (
    Contact,
    ContactMember,
    InboundContent,
    TransmissionContent,
)
from carrier_gateway.domain.remittances import RemittanceContent

SEEDED = (
    "Example",
    "Robin",
    "900-12-3456",
    "900123456",
    "1980-03-02",
    "19800302",
    "Main Street",
    "8025550134",
)
NAMED_ON_PURPOSE = {
    Contact,
    ContactMember,
    TransmissionContent,
    InboundContent,
    RemittanceContent,
    AuditContent,
    BookContent,
    BookRow,
}


async def lived_through() -> Gateway:
    gateway = await Gateway(audits=True).open()
    people = ("june-1", "june-2", "june-3")
    await gateway.tell(contact(*FAMILY), selected(terms(members=people)), paid(), activated())
    answer = effectuation_of(gateway.sets()[0])
    await gateway.drop("answer.834", answer)
    await gateway.drop(
        "broken.834", answer.replace("NM1*IL*1*Example", "NM1*XX*1*Example").replace("0001*0", "0002*0")
    )
    await gateway.drop("rejected.999", group_answer_of(gateway.sets()[0], number=9, says=REJECTS))
    await gateway.drop("noise.834", "Robin Example 900-12-3456")
    await gateway.tell(terminated(date(2016, 6, 30)), remittance(remitted()))
    assert "NM1*IL*1*Example*June" in gateway.remittances()[0]
    stranger = replace(
        JUNE, member="900-12-3456", policy="19800302", plan="900-12-3456", subscriber="900123456"
    )
    await compared(gateway, replace(JUNE, born="19800303"), replace(ROBIN, plan="900-12-3456"), stranger)
    async with gateway.uows.begin(now=gateway.now) as uow:
        await uow.records(BookRow).add([row_of_june()])
        await begin_audits(uow, on=date(2016, 6, 1))
    await gateway.work()
    assert "NM1*IL*1*Example*June" in next(
        text for name, text in gateway.outbound().items() if name.startswith("AUDIT")
    )
    await gateway.hear(contact(member(name="李 Example-李", household="max"), household="max"))
    return gateway


def row_of_june() -> BookRow:
    """Return a line as it is staged, which none is any more once its book is compared."""
    content = f"{JUNE.text()}\n".encode()
    piece = BookContent(
        file="file",
        number=1,
        first_line=3,
        goes_on=False,
        kept_at=datetime(2016, 2, 15, tzinfo=UTC),
        content=content,
    )
    (row,) = read_piece(piece).rows
    return row


async def test_no_other_row_and_no_event_holds_anything_about_a_person() -> None:
    gateway = await lived_through()
    for kind in TABLES:
        if kind not in NAMED_ON_PURPOSE:
            for row in gateway.rows(kind):
                told = wire.encode(row).decode()
                assert not [each for each in SEEDED if each in told], kind.__name__
    for each in gateway.rows(RemittanceContent):
        assert not [seeded for seeded in SEEDED if seeded in each.twin]
    for event in gateway.database.events:
        assert not [each for each in SEEDED if each in wire.encode(event).decode()]


async def test_what_holds_them_does_not_print_them() -> None:
    gateway = await lived_through()
    for kind in NAMED_ON_PURPOSE:
        for row in gateway.rows(kind):
            assert not [each for each in SEEDED if each in repr(row)]


async def test_nothing_of_them_is_logged(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(service="carrier-gateway", level="DEBUG")
    await lived_through()
    logged = capsys.readouterr().out
    assert "inbound_file_judged" in logged
    assert not [each for each in SEEDED if each in logged]


def test_a_masked_value_stays_masked_in_an_order() -> None:
    assert repr(member(name="June Example")).count("***") == 4
    assert f"{Masked('June')}" == "***"
