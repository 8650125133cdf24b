"""Two small services for the chassis's own tests: a teller who says what was paid, and a bookkeeper who
writes it down.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

from bulkhead.contracts.payments import v1 as payments
from bulkhead.contracts.registry import PAYMENTS
from bulkhead.kernel.calendar import CoverageMonth, local
from bulkhead.kernel.errors import Impossible
from bulkhead.kernel.personal import Masked
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.persistence.tables import chassis_tables
from bulkhead.persistence.types import Json, MaskedText, Month
from bulkhead.service import Received, Service

NOW = local(date(2016, 1, 5), 10)
TODAY = date(2016, 1, 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A true value, kept as JSON."""

    month: CoverageMonth
    cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One row with a column of every type there is."""

    household: str
    number: int
    reference: str
    cents: int = 0
    open: bool = True
    opened_on: date | None = None
    seen_at: datetime | None = None
    month: CoverageMonth | None = None
    owner: Masked | None = None
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentReceived:
    """The teller's event."""

    household: str
    payment: str
    cents: int
    method: str = "card"
    received_on: date = TODAY
    postmarked_on: date | None = None
    known_at: datetime = NOW
    at_selection: bool = False
    selection: str | None = None
    invoice: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BooksClosed:
    """The teller's other event, for everyone."""

    through: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """What the bookkeeper keeps of a payment."""

    payment: str
    cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """What the bookkeeper keeps of closed books."""

    through: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One payment in the bookkeeper's book, in the household's order. A second one of the same payment is
    refused.
    """

    payment: str
    household: str
    position: int
    cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What a household has paid."""

    household: str
    payments: int
    cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Watermark:
    """Through when the books of a partition are closed."""

    partition: int
    through: date


TELLER = MetaData()
TELLER_TABLES: dict[type, Table] = {
    Account: Table(
        "accounts",
        TELLER,
        Column("household", Text, primary_key=True),
        Column("number", BigInteger, primary_key=True),
        Column("reference", Text, nullable=False),
        Column("cents", BigInteger, nullable=False),
        Column("open", Boolean, nullable=False),
        Column("opened_on", Date),
        Column("seen_at", DateTime(timezone=True)),
        Column("month", Month),
        Column("owner", MaskedText),
        Column("lines", Json(tuple[Line, ...]), nullable=False),
        UniqueConstraint("reference", name="accounts_reference"),
    )
}
chassis_tables(TELLER)

BOOKKEEPER = MetaData()
BOOKKEEPER_TABLES: dict[type, Table] = {
    Entry: Table(
        "entries",
        BOOKKEEPER,
        Column("payment", Text, primary_key=True),
        Column("household", Text, nullable=False, index=True),
        Column("position", BigInteger, nullable=False),
        Column("cents", BigInteger, nullable=False),
    ),
    Balance: Table(
        "balances",
        BOOKKEEPER,
        Column("household", Text, primary_key=True),
        Column("payments", BigInteger, nullable=False),
        Column("cents", BigInteger, nullable=False),
    ),
    Watermark: Table(
        "watermarks",
        BOOKKEEPER,
        Column("partition", Integer, primary_key=True, autoincrement=False),
        Column("through", Date, nullable=False),
    ),
}
chassis_tables(BOOKKEEPER)

UNLUCKY_CENTS = 13


class Clerk:
    """The bookkeeper's handler. What it refuses can be changed, as a repaired program would."""

    def __init__(self) -> None:
        self.refuses_negative = True
        self.has_bug = True

    async def handle(self, uow: UnitOfWork, batch: Sequence[Received]) -> None:
        """Write payments down, in order; remember through when books are closed."""
        paid = [each for each in batch if isinstance(each.fact, Payment)]
        households = list(dict.fromkeys(each.household for each in paid if each.household is not None))
        found = await uow.records(Balance).select(household=households) if households else []
        balances = {each.household: each for each in found}
        entries: list[Entry] = []
        for each in paid:
            assert each.household is not None
            before = balances.get(each.household, Balance(household=each.household, payments=0, cents=0))
            after = self._with(before, each.fact)
            balances[each.household] = after
            entries.append(
                Entry(
                    payment=each.fact.payment,
                    household=each.household,
                    position=after.payments,
                    cents=each.fact.cents,
                )
            )
        await uow.records(Entry).add(entries)
        await uow.records(Balance).put(balances[household] for household in households)
        closed = {each.partition: each.fact for each in batch if isinstance(each.fact, Closed)}
        await uow.records(Watermark).put(
            Watermark(partition=partition, through=fact.through) for partition, fact in closed.items()
        )

    def _with(self, balance: Balance, payment: Payment) -> Balance:
        if payment.cents < 0 and self.refuses_negative:
            raise Impossible("a payment of less than nothing")
        if payment.cents == UNLUCKY_CENTS and self.has_bug:
            raise ZeroDivisionError("a bug")
        return replace(balance, payments=balance.payments + 1, cents=balance.cents + payment.cents)


def teller() -> Service:
    """Return the service that says what was paid."""

    async def handle(_uow: UnitOfWork, _batch: Sequence[Received]) -> None:
        return None

    return Service(
        name="teller",
        metadata=TELLER,
        tables=TELLER_TABLES,
        subscribes=(),
        inbound={},
        outbound={PaymentReceived: payments.PaymentReceived, BooksClosed: payments.BooksClosed},
        handle=handle,
        routers=(),
    )


def bookkeeper(clerk: Clerk | None = None) -> Service:
    """Return the service that writes down what was paid."""
    return Service(
        name="bookkeeper",
        metadata=BOOKKEEPER,
        tables=BOOKKEEPER_TABLES,
        subscribes=(PAYMENTS,),
        inbound={payments.PaymentReceived: Payment, payments.BooksClosed: Closed},
        outbound={},
        handle=(clerk or Clerk()).handle,
        routers=(),
    )
