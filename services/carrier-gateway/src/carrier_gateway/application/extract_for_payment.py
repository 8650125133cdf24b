"""The monthly extract of a carrier's policies for the federal payment, after CMS's SBMI (CAR-6)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, datetime
from typing import Final
from xml.sax.saxutils import escape

from bulkhead.persistence.ports import UnitOfWorkFactory
from carrier_gateway.application.carriers import profile_of
from carrier_gateway.application.ports import Parameters
from carrier_gateway.domain.federal_extract import extracted, is_in_extract
from carrier_gateway.domain.records import Policy

POLICIES_AT_ONCE: Final = 1_000


def extract_name(*, carrier: str, year: int, on: date) -> str:
    """Return what the extract of a day is called."""
    return f"SBMI_{carrier}_{year}_{on:%Y%m%d}.xml"


def policies_in(piece: bytes) -> int:
    """Return how many policies a piece of an extract has."""
    return piece.count(b"<Policy>")


async def federal_extract(
    uows: UnitOfWorkFactory, *, carrier: str, year: int, parameters: Parameters, now: datetime
) -> AsyncIterator[bytes]:
    """Yield the extract a piece at a time: every policy of a coverage year that the carrier was told of, with its
    months.

    A year is told whole each month: what has changed since is in it. Raises `NotFound` for a carrier without a profile.
    """
    async with uows.begin(now=now) as uow:
        profile = await profile_of(uow, carrier)
        exchange, today = parameters.as_of(uow.today), uow.today
    name = extract_name(carrier=carrier, year=year, on=today).removesuffix(".xml")
    head = {
        "FileId": name,
        "FileCreateDateTime": now.isoformat(timespec="seconds"),
        "TenantId": exchange.source_exchange_id,
        "CoverageYear": str(year),
        "IssuerId": profile.qhp_id[:5],
    }
    told = "".join(f"<{element}>{escape(value)}</{element}>" for element, value in head.items())
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<Enrollment>\n<FileInformation>{told}</FileInformation>\n'.encode()
    after, number = "", 0
    while True:
        async with uows.begin(now=now) as uow:
            policies = await uow.records(Policy).select(
                carrier=carrier, policy__gt=after, order_by=("policy",), limit=POLICIES_AT_ONCE
            )
        if not policies:
            break
        after = policies[-1].policy
        texts: list[str] = []
        for policy in policies:
            if is_in_extract(policy, year=year):
                number += 1
                texts.append(extracted(policy, number=number, year=year, profile=profile))
        yield "".join(texts).encode()
    yield b"</Enrollment>\n"
