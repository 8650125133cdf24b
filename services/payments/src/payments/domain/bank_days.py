"""The trust account on a day, by the books and by the bank: to the cent, or what the difference is (PAY-13)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Literal

from bulkhead.kernel.calendar import is_business_day
from payments.domain.bank_statements import BankStatement
from payments.domain.trust_movements import TrustDay


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Cents by which books and bank differ, and why.

    ``statements``: a statement of ``day`` does not open with what the one before it closed with. ``movements``: what
    the ledger has of the trust account is not the sum of its movements: a fault of this program.
    """

    because: Literal["statements", "movements"]
    day: date
    cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BankDay:
    """A day of the trust account. Amounts are cents, above zero where money came.

    ``closing_cents`` is the balance of the latest ``statement`` up to that day, None where there is none.
    ``brought_forward_cents`` is what the first statement opened with. ``not_on_statement_cents`` are the movements till
    then that no statement till then has, ``not_in_books_cents`` the entries till then that the books till then have
    not; of both, ``open_…`` is how many wait for a person or for the other side, ``noted_…`` what is explained.
    ``missing`` are the banking days since the first statement that have none.
    """

    day: date
    ledger_cents: int
    statement: BankStatement | None
    brought_forward_cents: int
    not_on_statement_cents: int
    not_in_books_cents: int
    noted_movements_cents: int
    noted_entries_cents: int
    open_movements: int
    open_entries: int
    missing: tuple[date, ...]
    differences: tuple[Difference, ...]

    @property
    def closing_cents(self) -> int | None:
        """What the bank says is there."""
        return None if self.statement is None else self.statement.closing_cents

    @property
    def expected_cents(self) -> int:
        """What the bank must say is there: what it began with and the ledger, less what it has not seen, and what the
        books have not.
        """
        return (
            self.brought_forward_cents
            + self.ledger_cents
            - self.not_on_statement_cents
            + self.not_in_books_cents
        )

    @property
    def difference_cents(self) -> int | None:
        """By how much the bank's balance is above what is expected; None without a statement."""
        return None if self.closing_cents is None else self.closing_cents - self.expected_cents

    @property
    def agrees(self) -> bool:
        """Whether there is a statement for every banking day, and the bank has to the cent what is expected."""
        return self.difference_cents == 0 and not self.missing


def missing_days(
    statements: Sequence[BankStatement], *, through: date, holidays: frozenset[date]
) -> tuple[date, ...]:
    """Return the banking days from the first statement to a day that have none, oldest first."""
    if not statements:
        return ()
    there: Collection[date] = {each.day for each in statements}
    first = statements[0].day
    days = (first + timedelta(days=offset) for offset in range((through - first).days + 1))
    return tuple(day for day in days if day not in there and is_business_day(day, extra_holidays=holidays))


def differences(statements: Sequence[BankStatement], trust: TrustDay) -> tuple[Difference, ...]:
    """Return where statements, in the order of their days, do not follow from each other, and where the ledger is not
    the sum of its movements.
    """
    found = [
        Difference(because="statements", day=after.day, cents=after.opening_cents - before.closing_cents)
        for before, after in pairwise(statements)
        if after.opening_cents != before.closing_cents
    ]
    if trust.movements_cents != trust.ledger_cents:
        cents = trust.movements_cents - trust.ledger_cents
        found.append(Difference(because="movements", day=trust.day, cents=cents))
    return tuple(found)
