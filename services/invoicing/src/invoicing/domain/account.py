"""One household's account: the rows at hand, and what a piece of work changed, booked and said.

The rules work on an account and nothing else; whoever loaded it writes the changes back as sets.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, ClassVar

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.ids import derived_id
from bulkhead.kernel.working_set import WorkingSet
from invoicing.domain import events
from invoicing.domain.decisions import Decision, decided_by, facts_told
from invoicing.domain.extensions import Cutoffs
from invoicing.domain.parameters import Threshold
from invoicing.domain.records import (
    Adjustment,
    Charge,
    Grace,
    Invoice,
    LedgerAccount,
    ListDecision,
    ListRow,
    Merged,
    MoneyMoved,
    MoneyRedated,
    Payment,
    Policy,
    Position,
    Refund,
    ReinstatementRequest,
    Selection,
    Transfer,
    TransferKind,
)

KEYS: dict[type[Any], tuple[str, ...]] = {
    Selection: ("selection",),
    Policy: ("policy",),
    Charge: ("charge",),
    Payment: ("payment",),
    Merged: ("household",),
    MoneyMoved: ("household", "number"),
    MoneyRedated: ("household", "number"),
    Refund: ("refund",),
    Grace: ("household", "first_month"),
    ReinstatementRequest: ("decision",),
    Invoice: ("invoice",),
    Adjustment: ("household", "number"),
    ListRow: ("carrier", "on", "household"),
    ListDecision: ("household", "on"),
}
"""The kinds of row an account consists of, each with its key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """A decision that is not written yet."""

    number: int
    after: int
    event: events.Event
    on: date
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What is to be paid of a household's latest monthly invoice."""

    invoice: str
    cents: int


class Account(WorkingSet):
    """A household's rows by kind and key, its position, and what was booked, changed and said since it was loaded.

    ``due_before`` was to be paid of its latest monthly invoice then, None without one; ``paid_meanwhile_cents`` came
    since for no selection.
    """

    KEYS: ClassVar = KEYS

    def __init__(
        self, *, household: str, threshold: Threshold = Threshold(), cutoffs: Cutoffs = Cutoffs()
    ) -> None:
        super().__init__()
        self.household = household
        self.threshold = threshold
        self.cutoffs = cutoffs
        self.position = Position(household=household)
        self.moved = False
        self.due_before: Due | None = None
        self.paid_meanwhile_cents = 0
        self.booked: list[Transfer] = []
        self._made: list[_Made] = []
        self._marks: tuple[Reason, ...] = ()

    @contextmanager
    def marked(self, *marks: Reason) -> Generator[None]:
        """Have everything that is told meanwhile say that it is so by what these reasons name (OPS-5)."""
        self._marks = marks
        try:
            yield
        finally:
            self._marks = ()

    def tell(self, event: events.Event, *, on: date, reasons: Sequence[Reason] = ()) -> None:
        """Note an event about the household to be told; a decision is also kept with its reasons."""
        reasons = (*reasons, *self._marks)
        self.say(event, household=self.household, on=on, reasons=reasons)
        if decided_by(event) is not None and reasons:
            number = self.position.decisions + 1
            self.position = replace(self.position, decisions=number)
            self.moved = True
            self._made.append(
                _Made(number=number, after=self.position.turn, event=event, on=on, reasons=tuple(reasons))
            )

    def decisions(self, *, at: datetime) -> list[Decision]:
        """Return what was decided since the account was loaded, as made at an instant."""
        return [
            Decision(
                household=self.household,
                number=made.number,
                after=made.after,
                decided=decided,
                at=at,
                on=made.on,
                facts=facts_told(made.event),
                reasons=made.reasons,
            )
            for made in self._made
            if (decided := decided_by(made.event)) is not None
        ]

    def next_number(self) -> int:
        """Return the household's next number: what has it came after all that has a smaller one."""
        self.position = replace(self.position, turn=self.position.turn + 1)
        self.moved = True
        return self.position.turn

    def count_payment(self, *, of_invoices_cents: int) -> None:
        """Count one more payment that was heard of, with so many cents of it for no selection."""
        self.position = replace(self.position, payments=self.position.payments + 1)
        self.paid_meanwhile_cents += of_invoices_cents
        self.moved = True

    def next_decision(self) -> str:
        """Return the id of a decision made now."""
        return derived_id("decision", self.household, str(self.next_number()))

    def charges(self, *states: str) -> list[Charge]:
        """Return the charges in these states, the oldest coverage month first."""
        return sorted(
            (charge for charge in self.rows(Charge) if charge.state in states),
            key=lambda charge: (charge.month, charge.number),
        )

    def payments(self) -> list[Payment]:
        """Return the payments in the order they came."""
        return sorted(self.rows(Payment), key=lambda each: each.number)

    def policies(self) -> list[Policy]:
        """Return the policies, by id."""
        return sorted(self.rows(Policy), key=lambda each: each.policy)

    def policies_of(self, selection: str) -> list[Policy]:
        """Return the policies of a selection, by id."""
        return [each for each in self.policies() if each.selection == selection]

    def open_grace(self) -> Grace | None:
        """Return the grace period that has not ended, or None."""
        return next((each for each in self.rows(Grace) if each.state == "open"), None)

    def transfer(
        self,
        kind: TransferKind,
        *,
        on: date,
        debit: LedgerAccount,
        credit: LedgerAccount,
        cents: int,
        charge: str = "",
        payment: str = "",
    ) -> None:
        """Book cents from one account of the ledger to another, and move the position with it (INV-16)."""
        if cents <= 0:
            raise ValueError("a transfer moves an amount above zero")
        number = self.position.transfers + 1
        self.booked.append(
            Transfer(
                household=self.household,
                number=number,
                debit=debit,
                credit=credit,
                cents=cents,
                kind=kind,
                charge=charge,
                payment=payment,
                booked_on=on,
            )
        )
        self.position = replace(
            self.position,
            transfers=number,
            owed_cents=self.position.owed_cents + _change("receivable", debit, credit, cents),
            unapplied_cents=self.position.unapplied_cents - _change("unapplied", debit, credit, cents),
        )
        self.moved = True


def _change(account: LedgerAccount, debit: LedgerAccount, credit: LedgerAccount, cents: int) -> int:
    """Return by how many cents a transfer raises the debit balance of an account."""
    return cents * ((debit == account) - (credit == account))
