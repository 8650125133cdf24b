"""One household's account: its rows, and what a piece of work changed, said and booked.

The rules work on an account and nothing else; whoever loaded it writes the changes back as sets.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar, cast

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.ids import derived_id
from invoicing.domain import events
from invoicing.domain.records import (
    Adjustment,
    Charge,
    Grace,
    Invoice,
    LedgerLine,
    ListDecision,
    ListRow,
    Payment,
    Policy,
    Refund,
    Selection,
)

R = TypeVar("R")

KEYS: dict[type[Any], tuple[str, ...]] = {
    Selection: ("selection",),
    Policy: ("policy",),
    Charge: ("charge",),
    Payment: ("payment",),
    Refund: ("refund",),
    Grace: ("household", "first_month"),
    Invoice: ("invoice",),
    Adjustment: ("adjustment",),
    ListRow: ("carrier", "on", "household"),
    ListDecision: ("household", "on"),
}
"""The kinds of row an account consists of, each with its key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """An event to be told, the date it counts for, and why."""

    event: events.Event
    business_date: date
    reasons: tuple[Reason, ...] = ()


@dataclass(slots=True)
class Account:
    """A household's rows by kind and key, with what has changed since they were loaded."""

    household: str
    _rows: dict[type, dict[tuple[Any, ...], Any]] = field(default_factory=lambda: {kind: {} for kind in KEYS})
    _changed: dict[type, dict[tuple[Any, ...], Any]] = field(
        default_factory=lambda: {kind: {} for kind in KEYS}
    )
    said: list[Said] = field(default_factory=list[Said])
    booked: list[LedgerLine] = field(default_factory=list[LedgerLine])

    def load(self, rows: Iterable[Any]) -> None:
        """Take in rows as they are stored."""
        for row in rows:
            self._rows[type(row)][_key(row)] = row

    def put(self, row: Any) -> None:
        """Add or replace a row, to be written."""
        self._rows[type(row)][_key(row)] = row
        self._changed[type(row)][_key(row)] = row

    def rows(self, kind: type[R]) -> list[R]:
        """Return the rows of a kind, as they are now."""
        return list(cast("dict[Any, R]", self._rows[kind]).values())

    def find(self, kind: type[R], *key: Any) -> R | None:
        """Return the row of that key, or None."""
        return cast("R | None", self._rows[kind].get(key))

    def get(self, kind: type[R], *key: Any) -> R:
        """Return the row of that key, which is known to be there; raises `KeyError` otherwise."""
        return cast(R, self._rows[kind][key])

    def changed(self, kind: type[R]) -> list[R]:
        """Return the rows of a kind that are to be written."""
        return list(cast("dict[Any, R]", self._changed[kind]).values())

    def say(self, event: events.Event, *, on: date, reasons: Sequence[Reason] = ()) -> None:
        """Note an event to be told."""
        self.said.append(Said(event=event, business_date=on, reasons=tuple(reasons)))

    def charges(self, *states: str) -> list[Charge]:
        """Return the charges in these states, the oldest coverage month first."""
        return sorted(
            (charge for charge in self.rows(Charge) if charge.state in states),
            key=lambda charge: (charge.month, charge.charge),
        )

    def payments(self) -> list[Payment]:
        """Return the payments in the order they arrived."""
        return sorted(self.rows(Payment), key=lambda each: (each.arrived_at, each.payment))

    def policies_of(self, selections: Iterable[str]) -> list[Policy]:
        """Return the policies of these selections, by id."""
        wanted = set(selections)
        return sorted(
            (each for each in self.rows(Policy) if each.selection in wanted), key=lambda each: each.policy
        )

    def open_grace(self) -> Grace | None:
        """Return the grace period that has not ended, or None."""
        return next((each for each in self.rows(Grace) if each.state == "open"), None)

    def last_invoice_at(self) -> datetime | None:
        """Return when the latest invoice was issued, or None."""
        return max((each.issued_at for each in self.rows(Invoice)), default=None)

    def book(
        self, *, kind: str, identity: str, on: date, debit: str, credit: str, cents: int, charge: str = ""
    ) -> None:
        """Write a balanced entry: ``cents`` from one ledger account to another (INV-16)."""
        entry = derived_id(self.household, kind, identity)
        for account, amount in ((debit, cents), (credit, -cents)):
            self.booked.append(
                LedgerLine(
                    entry=entry,
                    account=cast(Any, account),
                    household=self.household,
                    charge=charge,
                    cents=amount,
                    booked_on=on,
                    kind=kind,
                )
            )


def _key(row: Any) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in KEYS[type(row)])
