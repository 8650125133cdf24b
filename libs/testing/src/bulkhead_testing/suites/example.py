"""Two small services for the chassis's own tests: a teller who says what was paid, and a bookkeeper who
writes it down.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlmodel import BigInteger, CheckConstraint, Field, Index, UniqueConstraint, text

from bulkhead.chassis_tables import CHASSIS_TABLES, service_registry
from bulkhead.contracts.payments import v1 as payments
from bulkhead.contracts.registry import PAYMENTS
from bulkhead.kernel.calendar import CoverageMonth, local
from bulkhead.kernel.errors import Impossible, TookTooLong
from bulkhead.kernel.personal import Masked
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.persistence.tables import TableModel, Tables
from bulkhead.service import Received, Service

NOW = local(date(2016, 1, 5), 10)
TODAY = date(2016, 1, 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A true value, kept as JSON."""

    month: CoverageMonth
    cents: int
    says: str = ""


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


class TellerTable(TableModel, registry=service_registry()):
    """A table of the teller's database."""


class Accounts(TellerTable, table=True):
    household: str = Field(primary_key=True)
    number: int = Field(primary_key=True, sa_type=BigInteger)
    reference: str
    cents: int = Field(sa_type=BigInteger)
    open: bool
    opened_on: date | None
    seen_at: datetime | None
    month: CoverageMonth | None
    owner: Masked | None
    lines: tuple[Line, ...]

    __table_args__ = (
        UniqueConstraint("reference", name="accounts_reference"),
        Index("accounts_one_open", "household", "month", unique=True, postgresql_where=text("open")),
        CheckConstraint("least(number, -2) = -2", name="number_is_not_below_minus_two"),
        CheckConstraint("opened_on >= '2000-01-01'", name="opened_in_this_century"),
    )


TELLER = TellerTable.metadata
TELLER_TABLES: Tables = {**CHASSIS_TABLES, Account: Accounts}


class BookkeeperTable(TableModel, registry=service_registry()):
    """A table of the bookkeeper's database."""


class Entries(BookkeeperTable, table=True):
    payment: str = Field(primary_key=True)
    household: str = Field(index=True)
    position: int = Field(sa_type=BigInteger)
    cents: int = Field(sa_type=BigInteger)


class Balances(BookkeeperTable, table=True):
    household: str = Field(primary_key=True)
    payments: int = Field(sa_type=BigInteger)
    cents: int = Field(sa_type=BigInteger)


class Watermarks(BookkeeperTable, table=True):
    partition: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    through: date


BOOKKEEPER = BookkeeperTable.metadata
BOOKKEEPER_TABLES: Tables = {**CHASSIS_TABLES, Entry: Entries, Balance: Balances, Watermark: Watermarks}

UNLUCKY_CENTS = 13


class Clerk:
    """The bookkeeper's handler. What it refuses can be changed, as a repaired program would. For those who are ``slow``
    the database takes too long: a minute, which ``passes``.
    """

    def __init__(self) -> None:
        self.refuses_negative = True
        self.has_bug = True
        self.slow: set[str] = set()
        self.slow_times = 0
        self.passes: Callable[[float], None] = lambda _seconds: None

    async def handle(self, uow: UnitOfWork, batch: Sequence[Received]) -> None:
        """Write payments down, in order; remember through when books are closed."""
        paid = [each for each in batch if isinstance(each.fact, Payment)]
        households = list(dict.fromkeys(each.household for each in paid if each.household is not None))
        if self.slow.intersection(households):
            self.slow_times += 1
            self.passes(60)
            raise TookTooLong("the database gave up a statement that took too long")
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
        tables=BOOKKEEPER_TABLES,
        subscribes=(PAYMENTS,),
        inbound={payments.PaymentReceived: Payment, payments.BooksClosed: Closed},
        outbound={},
        handle=(clerk or Clerk()).handle,
        routers=(),
    )
