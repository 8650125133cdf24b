"""A small whole service for tests: it takes deposits, says so, hears itself, and bills every night."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field
from sqlmodel import BigInteger
from sqlmodel import Field as Column

from bulkhead.chassis_tables import CHASSIS_TABLES, service_registry
from bulkhead.contracts.payments import v1 as wire
from bulkhead.contracts.registry import PAYMENTS
from bulkhead.duties.ports import Duty, Postponed
from bulkhead.files import LocalFiles
from bulkhead.kernel.errors import Impossible
from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
from bulkhead.persistence.tables import TableModel, Tables
from bulkhead.runtime.cli import build_cli
from bulkhead.runtime.settings import Settings
from bulkhead.service import Poller, Received, Service
from bulkhead.web.commands import Command, HouseholdPath, Query, commands, queries


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How much a household has deposited, heard of, and been billed."""

    household: str
    deposited: int
    heard: int
    bills: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Refunded:
    household: str
    refund: str
    cents: int
    refunded_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundedFact:
    cents: int


class CounterTable(TableModel, registry=service_registry()):
    """A table of the counter's database."""


class Tallies(CounterTable, table=True):
    household: str = Column(primary_key=True)
    deposited: int = Column(sa_type=BigInteger)
    heard: int = Column(sa_type=BigInteger)
    bills: int = Column(sa_type=BigInteger)


METADATA = CounterTable.metadata
TABLES: Tables = {**CHASSIS_TABLES, Tally: Tallies}

router = APIRouter()


class DepositBody(BaseModel):
    cents: int = Field(gt=0)


class TallyView(BaseModel):
    deposited: int
    heard: int
    bills: int

    @classmethod
    def of(cls, tally: Tally) -> TallyView:
        return cls(deposited=tally.deposited, heard=tally.heard, bills=tally.bills)


async def tally_of(uow: UnitOfWork, household: str) -> Tally:
    found = await uow.records(Tally).get(household=household)
    return found or Tally(household=household, deposited=0, heard=0, bills=0)


async def deposit(uow: UnitOfWork, household: str, cents: int) -> Tally:
    before = await tally_of(uow, household)
    after = Tally(
        household=household, deposited=before.deposited + cents, heard=before.heard, bills=before.bills
    )
    await uow.records(Tally).put([after])
    event = Refunded(household=household, refund=f"r{after.deposited}", cents=cents, refunded_on=uow.today)
    uow.emit(event, household=household)
    return after


@router.post("/v1/households/{household}/deposits", status_code=201, response_model=TallyView)
async def post_deposit(
    household: HouseholdPath, body: DepositBody, command: Command = Depends(commands("member", "operator"))
) -> Response:
    command.require_household(household)
    return await command.run(
        households=[household],
        body=body,
        use_case=lambda uow: deposit(uow, household, body.cents),
        view=TallyView.of,
        status=201,
    )


@router.get("/v1/households/{household}/tally", response_model=TallyView)
async def get_tally(
    household: HouseholdPath, query: Query = Depends(queries("member", "operator"))
) -> TallyView:
    async with query.begin() as uow:
        return TallyView.of(await tally_of(uow, household))


async def handle(uow: UnitOfWork, batch: Sequence[Received]) -> None:
    for received in batch:
        assert received.household is not None
        if received.fact.cents == 13:
            raise Impossible("thirteen cents cannot be")
        before = await tally_of(uow, received.household)
        after = Tally(
            household=before.household,
            deposited=before.deposited,
            heard=before.heard + received.fact.cents,
            bills=before.bills,
        )
        await uow.records(Tally).put([after])


async def households(uow: UnitOfWork, _on: date, after: str, limit: int) -> list[str]:
    return await uow.records(Tally).distinct("household", household__gt=after, limit=limit)


async def bill(uow: UnitOfWork, on_date: date, households: list[str]) -> None:
    for household in households:
        before = await tally_of(uow, household)
        if before.heard < before.deposited and on_date.day == 5:
            raise Postponed("not everything has been heard")
        await uow.records(Tally).put(
            [
                Tally(
                    household=household,
                    deposited=before.deposited,
                    heard=before.heard,
                    bills=before.bills + 1,
                )
            ]
        )


class Inbox:
    """Takes every file as a deposit of its household."""

    name = "inbox"

    def __init__(self, files: LocalFiles, uows: UnitOfWorkFactory) -> None:
        self._files = files
        self._uows = uows

    async def turn(self, now: datetime) -> int:
        paths = await self._files.list()
        for path in paths:
            cents = int(await self._files.get(path))
            household = path.partition(".")[0]
            async with self._uows.begin(now=now, households=[household]) as uow:
                await deposit(uow, household, cents)
            await self._files.move(path, f"done/{path}")
        return len(paths)

    async def pending(self, now: datetime) -> int:
        return len(await self._files.list())


class CounterSettings(Settings):
    inbox: Path = Field(validation_alias="COUNTER_INBOX")


def build(settings: CounterSettings) -> Service:
    def pollers(uows: UnitOfWorkFactory) -> Sequence[Poller]:
        return (Inbox(LocalFiles(settings.inbox), uows),)

    return Service(
        name="counter",
        tables=TABLES,
        subscribes=(PAYMENTS,),
        inbound={wire.PaymentRefunded: RefundedFact},
        outbound={Refunded: wire.PaymentRefunded},
        handle=handle,
        routers=(router,),
        duties=(
            Duty(name="bill", at=time(2), runs_on=lambda _: True, households=households, run=bill, chunk=2),
        ),
        pollers=pollers,
    )


cli = build_cli("counter", CounterSettings, build)

if __name__ == "__main__":
    cli()
