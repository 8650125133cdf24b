"""The books: where every cent is, whether that adds up, and how old what no carrier has been paid yet is
(PAY-9).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

AGE_BUCKETS: tuple[tuple[int, int | None], ...] = ((0, 2), (3, 7), (8, 30), (31, 90), (91, None))
"""Days since receipt, first to last, both included; the last bucket is open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedBooks:
    """The books of a date and of all before it are closed (PAY-10)."""

    through: date
    closed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What came in, from the records of intake alone: online attempts, operators' entries, lockbox files, what came
    again by return files, and debits of accounts kept here.

    Of the lockbox files what was found to be the same money again is left out.
    """

    online_cents: int
    counter_cents: int
    lockbox_cents: int
    came_again_cents: int
    debited_cents: int

    @property
    def received_cents(self) -> int:
        """All that was ever received."""
        return (
            self.online_cents
            + self.counter_cents
            + self.lockbox_cents
            + self.came_again_cents
            + self.debited_cents
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where the money is, each figure from the records of that place.

    ``remitted_lines_cents`` is the sum of all remittance lines, ``recoverable_cents`` what carriers hold of
    premiums that no longer stand and no remittance has taken back yet; ``refunds_due_cents`` is the part of
    ``refunded_cents`` that is approved and not paid out yet. ``not_applied_cents`` is less what of returned
    payments is in use elsewhere (``unapplied_cents`` below zero), so that each cent counts once.
    """

    remitted_lines_cents: int
    recoverable_cents: int
    settled_waiting_cents: int
    not_applied_cents: int
    suspense_cents: int
    refunded_cents: int
    refunds_due_cents: int
    returned_cents: int

    @property
    def remitted_cents(self) -> int:
        """What carriers hold of premiums that stand: paid to them, less what is to be recovered (PAY-7)."""
        return self.remitted_lines_cents - self.recoverable_cents

    @property
    def all_cents(self) -> int:
        """The sum over all places: each cent is in exactly one (PAY-9)."""
        return (
            self.remitted_cents
            + self.settled_waiting_cents
            + self.not_applied_cents
            + self.suspense_cents
            + self.refunded_cents
            + self.returned_cents
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossChecks:
    """The same sums kept a second time, by other records."""

    payments_and_suspense_cents: int
    waiting_shares_cents: int
    remitted_settlements_cents: int
    carriers_paid_cents: int
    carriers_owe_cents: int
    remittances_net_cents: int
    returned_payments_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeBucket:
    """Cents that no carrier has been paid, received so many days ago; ``to_days`` None is open."""

    from_days: int
    to_days: int | None
    cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BooksReport:
    """The books as of now (PAY-9)."""

    taken: Taken
    places: Places
    checks: CrossChecks
    closed_through: date | None
    unremitted_by_age: tuple[AgeBucket, ...]

    @property
    def balanced(self) -> bool:
        """Whether all agree to the cent: intake with places, each place with its second record (PAY-9)."""
        places, checks = self.places, self.checks
        unremitted = places.settled_waiting_cents + places.not_applied_cents + places.suspense_cents
        return (
            self.taken.received_cents == places.all_cents == checks.payments_and_suspense_cents
            and places.settled_waiting_cents == checks.waiting_shares_cents
            and places.remitted_lines_cents == checks.remitted_settlements_cents
            and places.returned_cents == checks.returned_payments_cents
            and checks.remittances_net_cents == checks.carriers_paid_cents - checks.carriers_owe_cents
            and unremitted == sum(bucket.cents for bucket in self.unremitted_by_age)
        )


def by_age(cents_by_day: Mapping[date, int], *, today: date) -> tuple[AgeBucket, ...]:
    """Return the cents received on each day by their age today; what is dated later counts as of today."""
    ages = {day: max(0, (today - day).days) for day in cents_by_day}
    return tuple(
        AgeBucket(
            from_days=first,
            to_days=last,
            cents=sum(
                cents
                for day, cents in cents_by_day.items()
                if first <= ages[day] and (last is None or ages[day] <= last)
            ),
        )
        for first, last in AGE_BUCKETS
    )
