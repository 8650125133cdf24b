"""What invoicing says, version 1. Amounts are cents."""

from __future__ import annotations

from datetime import date
from typing import Literal

from bulkhead.contracts.wire import Wire
from bulkhead.kernel.calendar import CoverageMonth


class ChargeLine(Wire, frozen=True):
    """One policy's premium for one coverage month."""

    policy: str
    month: CoverageMonth
    net_cents: int


class InvoiceIssued(Wire, frozen=True):
    """An invoice was made. ``charges`` are those it shows for the first time.

    ``total_cents`` is all that is now to be paid; of an initial invoice the first premium itself, of which
    ``received_cents`` are here already (0 of a monthly one). ``number`` orders a household's invoices.
    ``selection`` is the binder of an initial invoice. ``payments`` is how many of the household's payments it takes
    into account: the first so many that payments told of. ``mail`` is False where nothing is to be sent because all
    was paid at selection (INV-1).
    """

    household: str
    invoice: str
    number: int
    selection: str | None
    kind: Literal["initial", "monthly"]
    dated: date
    due: date
    on_time_until: date
    charges: tuple[ChargeLine, ...]
    adjustments_cents: int
    unpaid_before_cents: int
    held_cents: int
    credit_cents: int
    total_cents: int
    received_cents: int
    payments: int
    mail: bool


class AmountDueChanged(Wire, frozen=True):
    """Of a household's latest monthly invoice other than its total less the payments since is to be paid (PAY-8).

    ``due_cents`` are, where the first ``payments`` payments that payments told of are taken into account; at most the
    invoice's total. ``because`` of ``coverage`` that it asked for, which ended, changed or stands again, or of
    ``money`` that went elsewhere than to it, or came from elsewhere. The invoice itself stands as issued (INV-4).
    ``number`` is of the household's as an invoice's is, and orders what is told of one.
    """

    household: str
    invoice: str
    number: int
    due_cents: int
    payments: int
    because: Literal["coverage", "money"]


class InvoiceVoided(Wire, frozen=True):
    """An invoice was wrong as a document and is void: nothing is to be paid on it; what was paid stays paid (OPS-5).

    What it asked for, and is not paid, another invoice asks for: of a binder one that is issued at once, else the next.
    ``number`` is of the household's as an invoice's is, and orders what is told of one. ``because`` is why it was
    wrong, ``correction`` the one that made it void.
    """

    household: str
    invoice: str
    number: int
    kind: Literal["initial", "monthly"]
    selection: str | None
    dated: date
    total_cents: int
    voided_on: date
    because: Literal["wrong-amount", "wrong-dates", "wrong-selection", "correction-in-error", "other"]
    correction: str


class InvoiceRestored(Wire, frozen=True):
    """An invoice that was void stands again, with the dates it had: the correction that made it so was ``reverses``
    (OPS-5). No other invoice asks for its charges meanwhile.

    Of a monthly one ``due_cents`` are to be paid, where the first ``payments`` payments that payments told of are taken
    into account (PAY-8).
    """

    household: str
    invoice: str
    number: int
    kind: Literal["initial", "monthly"]
    selection: str | None
    restored_on: date
    due_cents: int
    payments: int
    because: Literal["wrong-amount", "wrong-dates", "wrong-selection", "correction-in-error", "other"]
    correction: str
    reverses: str


class BinderSatisfied(Wire, frozen=True):
    """The first premium of a selection is paid, or enough of it (INV-15), for all its plans (ENR-5)."""

    household: str
    selection: str
    policies: tuple[str, ...]
    paid_cents: int
    satisfied_on: date


class BinderLapsed(Wire, frozen=True):
    """A binder was not paid by its due date: the selection's policies are to be canceled (ENR-6)."""

    household: str
    selection: str
    policies: tuple[str, ...]
    due: date
    decision: str


class Funding(Wire, frozen=True):
    """How much of a settled premium one payment paid."""

    payment: str
    cents: int


class SettledPremium(Wire, frozen=True):
    """One policy's premium of one month that is paid, and by which payments.

    ``rest_cents`` are owed still where less than all was enough; what pays them is a settlement more (INV-15).
    """

    policy: str
    carrier: str
    month: CoverageMonth
    cents: int
    settlement: str
    funded_by: tuple[Funding, ...]
    rest_cents: int = 0


class PremiumsSettled(Wire, frozen=True):
    """A binder or a coverage month is paid, whole (INV-5), or enough of it is (INV-15).

    ``group`` is ``binder:<selection>`` or ``month:<month>``: what is remitted together (PAY-6).
    """

    household: str
    group: str
    settled_on: date
    premiums: tuple[SettledPremium, ...]


class PremiumUnsettled(Wire, frozen=True):
    """A settlement no longer stands: its charge was reversed or its money taken back."""

    household: str
    policy: str
    carrier: str
    month: CoverageMonth
    cents: int
    unsettled_on: date
    settlement: str
    reason: Literal["reversed", "adjusted", "returned", "moved"]


class GraceEntered(Wire, frozen=True):
    """A household was first listed as delinquent: its grace begins (INV-8)."""

    household: str
    first_month: CoverageMonth
    months: int
    last_day: date
    past_due_cents: int


class GraceAdvanced(Wire, frozen=True):
    """Grace went on into its next month (INV-10)."""

    household: str
    first_month: CoverageMonth
    month: int
    months: int
    past_due_cents: int


class GraceExited(Wire, frozen=True):
    """Everything invoiced is paid: grace is over (INV-9)."""

    household: str
    first_month: CoverageMonth
    exited_on: date


class PolicyEnd(Wire, frozen=True):
    """A policy and its last covered day."""

    policy: str
    through: date


class GraceExpired(Wire, frozen=True):
    """Grace ran out with something unpaid: coverage is to end (INV-11)."""

    household: str
    first_month: CoverageMonth
    months: int
    decided_for: date
    policies: tuple[PolicyEnd, ...]
    decision: str


class DelinquencyListed(Wire, frozen=True):
    """A household's row on a carrier's delinquency list (CAR-3). ``on`` is the list's business date.

    ``policies`` are the household's with this carrier, ``past_due_cents`` what it must pay for all it has (INV-9).
    ``effective`` is the last covered day of a ``terminate``, and of a ``cancel`` the first one of what never begins.
    """

    household: str
    carrier: str
    on: date
    list_part: int
    policies: tuple[str, ...]
    month: int | None
    of: int | None
    past_due_cents: int
    pay_by: date | None
    claims: Literal["pay", "pend"]
    action: Literal["dunning", "pend-claims", "termination-notice", "terminate", "cancel"]
    effective: date | None


class DelinquencyListClosed(Wire, frozen=True):
    """A carrier's list of that date (or a later part of it) is whole once ``rows`` rows of it have come."""

    carrier: str
    on: date
    list_part: int
    rows: int


class ReinstatementGranted(Wire, frozen=True):
    """Coverage that ended or was canceled for non-payment stands again (INV-12).

    ``undoes`` names the decision that no longer stands.
    """

    household: str
    policies: tuple[str, ...]
    reason: Literal["postmark", "asked"]
    binder: bool
    decision: str
    undoes: str


class RefundApproved(Wire, frozen=True):
    """Credit is reserved and is to be paid back. ``taken_from`` says which payments it came with."""

    household: str
    refund: str
    cents: int
    taken_from: tuple[Funding, ...]


class CreditPassedOn(Wire, frozen=True):
    """Credit of a household that was merged goes to the one that goes on in its place, ``into`` (OPS-5).

    ``taken_from`` says which payments it came with: what of them is free is moved. Until it is, it may be told again.
    """

    household: str
    passing: str
    into: str
    cents: int
    taken_from: tuple[Funding, ...]
    correction: str


class CreditCalledBack(Wire, frozen=True):
    """What a merge, the correction ``reverses``, had passed on ``into`` another household comes back, as far as it is
    there (OPS-5).
    """

    household: str
    passing: str
    into: str
    correction: str
    reverses: str


class DeadlineMoved(Wire, frozen=True):
    """Money for what is due on these days, the earliest first, is on time through ``until`` (OPS-4).

    *outage*: paying online was not possible; *declared*: staff decided it.
    """

    household: str
    extension: str
    cutoffs: tuple[date, ...]
    until: date
    ground: Literal["outage", "declared"]


class DeadlineMovedBack(Wire, frozen=True):
    """An extension that was told of is taken back: what is due on these days is due on them again (OPS-4)."""

    household: str
    extension: str
    cutoffs: tuple[date, ...]
