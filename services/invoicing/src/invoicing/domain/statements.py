"""A household's balance as arithmetic that a person can follow: lines of the ledger that add up to it (INV-16)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, TypeAlias

from bulkhead.kernel.calendar import CoverageMonth
from invoicing.domain.records import (
    Adjustment,
    Charge,
    LedgerAccount,
    Payment,
    Policy,
    Position,
    Transfer,
    TransferKind,
)

LineKind: TypeAlias = TransferKind | Literal["brought-forward"]

MOVING: Final[tuple[TransferKind, ...]] = (
    "received",
    "charged",
    "adjusted",
    "reversed",
    "restored",
    "refund-approved",
    "refund-withdrawn",
    "returned",
    "moved",
)
"""What changes a balance. Settling moves money to what it pays for, and a refund that is paid was taken off before."""

ENTRIES: Final[tuple[TransferKind, ...]] = ("charged", "adjusted", "reversed", "restored")
"""What a charge consists of (INV-3)."""

_BY_REASON: Final[Mapping[str, str]] = {
    "grace-expired": "INV-11",
    "binder-lapsed": "ENR-6",
    "binder-postmark": "INV-12",
    "postmark": "INV-12",
    "asked": "INV-13",
    "error": "INV-13",
    "assistance": "ENR-8",
    "members": "ENR-13",
    "canceled": "ENR-13",
    "requested": "ENR-13",
    "death": "ENR-13",
    "age": "ENR-13",
    "medicaid": "ENR-13",
    "ineligible": "ENR-10",
    "prior-year-ended": "ENR-14",
    "carrier": "CAR-5",
    "correction": "OPS-5",
}
"""The rule behind a change of a charge, by what the adjustment says; of any other it is INV-4."""

_BY_KIND: Final[Mapping[LineKind, str]] = {
    "received": "INV-5",
    "settled": "INV-5",
    "unsettled": "INV-5",
    "adjusted": "INV-4",
    "reversed": "INV-4",
    "restored": "INV-12",
    "refund-approved": "INV-6",
    "refund-withdrawn": "INV-6",
    "returned": "INV-14",
    "moved": "PAY-11",
    "brought-forward": "INV-16",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a statement: ``cents`` more (or, below zero, less) to pay, and what it comes to with those before.

    ``number`` is the ledger's row, 0 for what is brought forward. ``reason`` is what changed a charge.
    """

    number: int
    on: date | None
    kind: LineKind
    rule: str
    cents: int
    balance_cents: int
    policy: str | None = None
    plan: str | None = None
    month: CoverageMonth | None = None
    payment: str | None = None
    method: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedFor:
    """A charge that is not paid in full: of ``cents`` so many are owed. ``on_time_until`` is the last day on time of
    the invoice that asks for it, None before there is one, or where it is the ``void_invoice`` (OPS-5).
    """

    policy: str
    plan: str | None
    month: CoverageMonth
    cents: int
    owed_cents: int
    invoice: str | None
    void_invoice: str | None
    on_time_until: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A household's position, the lines that add up to it, the charges that are owed, which add up to what is."""

    position: Position
    lines: tuple[Line, ...]
    owed_for: tuple[OwedFor, ...]

    @property
    def balance_cents(self) -> int:
        """What the household has to pay on the whole; below zero what the exchange has of its money."""
        return self.position.owed_cents - self.position.unapplied_cents

    @property
    def to_pay_cents(self) -> int:
        """What of all charges there is no money for yet."""
        return max(0, self.position.owed_cents - self.position.held_cents)


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What ledger rows are about, by id, and the changes of charges that an invoice shows or will."""

    charges: Mapping[str, Charge]
    policies: Mapping[str, Policy]
    payments: Mapping[str, Payment]
    adjustments: Sequence[Adjustment]


def on_balance(transfer: Transfer) -> int:
    """Return by how many cents a row raises what a household has to pay on the whole."""
    return transfer.cents * (_sign(transfer, "receivable") + _sign(transfer, "unapplied"))


def on_charge(transfer: Transfer) -> int:
    """Return by how many cents a row raises what is to be paid of its charge."""
    return transfer.cents * _sign(transfer, "receivable")


def _sign(transfer: Transfer, account: LedgerAccount) -> int:
    return (transfer.debit == account) - (transfer.credit == account)


def brought_forward(*, debited: Mapping[str, int], credited: Mapping[str, int]) -> int:
    """Return what rows come to on the balance whose sums by debit and by credit account these are."""
    accounts = ("receivable", "unapplied")
    return sum(debited.get(each, 0) - credited.get(each, 0) for each in accounts)


def balance_lines(transfers: Iterable[Transfer], *, before_cents: int, named: Named) -> tuple[Line, ...]:
    """Return rows in their order as lines of a balance, after what was there before them."""
    lines: list[Line] = []
    if before_cents:
        lines.append(
            Line(
                number=0,
                on=None,
                kind="brought-forward",
                rule=_BY_KIND["brought-forward"],
                cents=before_cents,
                balance_cents=before_cents,
            )
        )
    return (*lines, *_lines([(each, on_balance(each)) for each in transfers], before_cents, named))


def charge_lines(transfers: Iterable[Transfer], *, named: Named) -> tuple[Line, ...]:
    """Return the rows about one charge in their order as lines of what is to be paid of it."""
    return tuple(_lines([(each, on_charge(each)) for each in transfers], 0, named))


def _lines(rows: Iterable[tuple[Transfer, int]], before_cents: int, named: Named) -> list[Line]:
    changes: dict[tuple[str, date, int], list[Adjustment]] = defaultdict(list)
    for each in sorted(named.adjustments, key=lambda each: -each.number):
        changes[each.charge, each.made_on, each.cents].append(each)
    lines: list[Line] = []
    balance = before_cents
    for transfer, cents in rows:
        balance += cents
        change = changes.get((transfer.charge, transfer.booked_on, on_charge(transfer)))
        reason = change.pop().reason if change and transfer.kind in ENTRIES[1:] else None
        lines.append(_line(transfer, cents, balance, reason=reason, named=named))
    return lines


def _line(transfer: Transfer, cents: int, balance: int, *, reason: str | None, named: Named) -> Line:
    charge, payment = named.charges.get(transfer.charge), named.payments.get(transfer.payment)
    policy = None if charge is None else named.policies.get(charge.policy)
    return Line(
        number=transfer.number,
        on=transfer.booked_on,
        kind=transfer.kind,
        rule=_rule(transfer, charge, reason),
        cents=cents,
        balance_cents=balance,
        policy=None if charge is None else charge.policy,
        plan=None if policy is None else policy.plan,
        month=None if charge is None else charge.month,
        payment=transfer.payment or None,
        method=None if payment is None else payment.method,
        reason=reason,
    )


def _rule(transfer: Transfer, charge: Charge | None, reason: str | None) -> str:
    if transfer.kind == "charged":
        return "INV-2" if charge is None or charge.binder is None else "INV-1"
    return _BY_KIND[transfer.kind] if reason is None else rule_of_change(reason)


def rule_of_change(reason: str) -> str:
    """Return the rule by which a charge was changed, by what its adjustment says."""
    return _BY_REASON.get(reason, "INV-4")


def owed_for(
    owed: Mapping[str, int], *, charges: Iterable[Charge], policies: Mapping[str, Policy]
) -> tuple[OwedFor, ...]:
    """Return the charges of which something is owed by the ledger, the oldest month first."""
    found = [
        OwedFor(
            policy=each.policy,
            plan=policies[each.policy].plan if each.policy in policies else None,
            month=each.month,
            cents=each.cents,
            owed_cents=owed[each.charge],
            invoice=each.invoice,
            void_invoice=each.void_invoice,
            on_time_until=each.on_time_until,
        )
        for each in charges
        if owed.get(each.charge)
    ]
    return tuple(sorted(found, key=lambda each: (each.month, each.policy)))
