"""The rows invoicing keeps. Amounts are cents, dates the exchange's local dates.

``number`` is the household's own sequence: it orders what happened to it, whatever the clock said.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal, TypeAlias

from bulkhead.kernel.calendar import CoverageMonth, local, local_date
from bulkhead.kernel.personal import Masked
from invoicing.domain.parameters import GraceAssistance

LedgerAccount: TypeAlias = Literal["cash", "unapplied", "receivable", "premium", "refunds"]
TransferKind: TypeAlias = Literal[
    "received",
    "charged",
    "adjusted",
    "reversed",
    "restored",
    "settled",
    "unsettled",
    "refund-approved",
    "refunded",
    "refund-withdrawn",
    "returned",
    "moved",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where a household stands: the sums of its ledger, and its sequences (INV-16).

    ``transfers`` is the number of its last ledger row, ``turn`` of its last charge, payment, invoice, adjustment
    or decision, ``payments`` how many payments it has heard of, ``decisions`` how many are kept of it. ``owed_cents``
    is charged and not settled, ``unapplied_cents`` received and settling nothing; below zero where money was refunded
    and then returned.
    """

    household: str
    transfers: int = 0
    turn: int = 0
    payments: int = 0
    owed_cents: int = 0
    unapplied_cents: int = 0
    decisions: int = 0

    @property
    def held_cents(self) -> int:
        """What waits for the rest of an open charge (INV-5)."""
        return max(0, self.unapplied_cents) if self.owed_cents else 0

    @property
    def credit_cents(self) -> int:
        """What belongs to no charge (INV-6)."""
        return 0 if self.owed_cents else max(0, self.unapplied_cents)

    @property
    def owed_back_cents(self) -> int:
        """What was refunded of money that was returned, beyond what is here: it is taken from credit alone, so that
        nobody loses coverage for it (INV-6, INV-14).
        """
        return max(0, -self.unapplied_cents)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """One row of the ledger: cents from one account to another, so that it cannot be unbalanced (INV-16).

    ``charge`` and ``payment`` say what it is for; empty where it is for none.
    """

    household: str
    number: int
    debit: LedgerAccount
    credit: LedgerAccount
    cents: int
    kind: TransferKind
    charge: str
    payment: str
    booked_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """One act of selecting and where its binder stands (ENR-5, ENR-6).

    ``due`` is known once it is invoiced; ``invoiced`` that its invoice was made, or nothing was there to
    invoice, and ``counted_cents`` what it took off for money nobody had named. ``decision`` is the lapse that
    stands. ``selected_as`` is the selection that takes its place, where a correction made it anew.
    """

    selection: str
    household: str
    entered_on: date
    invoice_on: date
    due: date | None
    invoiced: bool
    state: Literal["open", "satisfied", "not-required", "lapsed", "canceled"]
    counted_cents: int = 0
    decision: str | None = None
    selected_as: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PremiumMonths:
    """What a policy costs in each month of a run, both ends included, and the assistance that lowers it."""

    first: CoverageMonth
    last: CoverageMonth
    net_cents: int
    aptc_cents: int
    subsidy_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Superseded:
    """What a policy cost by month until an instant: who decides of an earlier one knows nothing else (INV-17)."""

    until: datetime
    months: tuple[PremiumMonths, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A policy: what it costs by month, and every end it has, each of its own decider.

    ``superseded`` is what it cost before each change, in order, ``renewal`` whether it is an automatic one (ENR-14).
    ``billed_by_carrier`` is the name of the carrier that bills for it: then its months cost nothing here (CAR-1).

    ``released_at`` is since when its binder is paid or none was needed, or since when it stands where its carrier bills
    for it; ``restored_at`` since when it stands again because staff undid an end. Enrollment decides ``canceled`` and
    ``asked_through``, invoicing ``lapsed`` and ``unpaid_through`` by its ``unpaid_decision``; of two ends the earlier
    stands (INV-7). ``billed_through`` is the last month looked at for billing, ``bill_next`` the next one to look at,
    None where coverage has no further month.
    """

    policy: str
    household: str
    selection: str
    plan: str
    carrier: str
    kind: Literal["medical", "dental"]
    effective: date
    plan_year_ends: date
    months: tuple[PremiumMonths, ...]
    billed_through: CoverageMonth
    bill_next: CoverageMonth | None = None
    released_at: datetime | None = None
    restored_at: datetime | None = None
    canceled: bool = False
    lapsed: bool = False
    asked_through: date | None = None
    unpaid_through: date | None = None
    unpaid_decision: str | None = None
    superseded: tuple[Superseded, ...] = ()
    renewal: bool = False
    billed_by_carrier: str | None = None

    @property
    def last_day(self) -> date:
        """The last covered day, as things stand: before the first one where nothing is covered."""
        last = self.plan_year_ends
        if self.asked_through is not None:
            last = min(last, self.asked_through)
        if self.unpaid_through is not None:
            last = min(last, self.unpaid_through)
        return last

    @property
    def released(self) -> bool:
        """Whether its binder is paid, or none was needed; of one that a carrier bills for, whether it has begun."""
        return self.released_at is not None

    def was_there(self, instant: datetime) -> bool:
        """Whether its binder was paid at an instant, or none was needed, and it stands not only since then again."""
        return (
            self.released_at is not None
            and self.released_at <= instant
            and (self.restored_at is None or self.restored_at <= instant)
        )

    @property
    def stands(self) -> bool:
        """Whether the policy covers, covered or is to cover any day."""
        return not self.canceled and not self.lapsed and self.last_day >= self.effective

    def in_force(self, on: date) -> bool:
        """Whether the policy covers a day and its binder is paid."""
        return self.released and self.stands and self.effective <= on <= self.last_day

    def overlaps(self, other: Policy) -> bool:
        """Whether both cover, covered or are to cover some same day."""
        return (
            self.stands
            and other.stands
            and self.effective <= other.last_day
            and other.effective <= self.last_day
        )

    def gives_way_to(self, other: Policy) -> bool:
        """Whether this is the automatic renewal that another, the household's own choice of the kind from the same day
        on, takes the place of: enrollment calls it off when it hears that the other stands (ENR-14).
        """
        return (
            self.renewal
            and not other.renewal
            and (self.kind, self.effective) == (other.kind, other.effective)
        )

    def run_of(self, month: CoverageMonth) -> PremiumMonths | None:
        """Return what the policy costs in a month it covers, else None."""
        if not (self.stands and self.effective <= month.last_day and month.first_day <= self.last_day):
            return None
        return next((run for run in self.months if run.first <= month <= run.last), None)

    def net_cents(self, month: CoverageMonth) -> int:
        """Return the cents charged for a month: 0 for one that is not covered."""
        run = self.run_of(month)
        return 0 if run is None else run.net_cents

    def known_at(self, instant: datetime) -> Policy:
        """Return the policy as it is, with what its months were known to cost at an instant (INV-17)."""
        months = next((each.months for each in self.superseded if each.until > instant), self.months)
        return replace(self, months=months)

    def net_cents_at(self, month: CoverageMonth, instant: datetime) -> int:
        """Return the cents known at an instant to be charged for a month; what was taken back since is so no more."""
        return min(self.net_cents(month), self.known_at(instant).net_cents(month))

    def is_assisted(self, month: CoverageMonth, *, by: GraceAssistance) -> bool:
        """Whether assistance of the kind that counts lowers the premium of a month (INV-8)."""
        run = self.run_of(month)
        if run is None:
            return False
        return run.aptc_cents > 0 or (by == "aptc-or-subsidy" and run.subsidy_cents > 0)

    def covers_whole(self, month: CoverageMonth) -> bool:
        """Whether every day of a month is covered (INV-8, INV-18)."""
        return self.stands and self.effective <= month.first_day and self.last_day >= month.last_day


@dataclass(frozen=True, slots=True, kw_only=True)
class Funding:
    """How much of a settled charge one payment paid."""

    payment: str
    cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rise:
    """When a charge rose, and from what: before that it asked for less."""

    at: datetime
    before_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopening:
    """When it became known that money of a settled charge was returned; how it stood before that is still so for then.

    All of the money was here at ``paid_at``, and on time by ``on_time_date``; ``funded_by`` says whose it was.
    """

    at: datetime
    funded_by: tuple[Funding, ...]
    paid_at: datetime
    on_time_date: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """One policy's premium of one coverage month: one identity, ever (INV-3).

    ``cents`` is the sum of its entries (charged, adjusted, reversed, restored): 0 while it is reversed.
    ``binder`` is the selection whose first premium it is. ``invoiced_cents``, ``invoiced_at`` and ``on_time_until``
    come from the first invoice that shows it and is not void; ``void_invoice`` is the last that was made void (OPS-5).
    ``rises`` are the times it was restored or adjusted upwards, ``reopenings`` those money of it was returned.
    ``settlement`` numbers the times it was settled, ``settled_as`` is the group it was settled in last.
    ``rest_cents`` are owed still of one that was settled for less (INV-15), and ``earlier_cents`` what each settlement
    of it that stands was for, before the present one.
    """

    charge: str
    household: str
    number: int
    policy: str
    carrier: str
    month: CoverageMonth
    cents: int
    whole: bool
    charged_at: datetime
    state: Literal["open", "settled", "reversed"]
    binder: str | None = None
    invoice: str | None = None
    void_invoice: str | None = None
    invoiced_cents: int | None = None
    invoiced_at: datetime | None = None
    on_time_until: date | None = None
    settlement: int = 0
    settled_as: str | None = None
    settled_on: date | None = None
    funded_by: tuple[Funding, ...] = ()
    rises: tuple[Rise, ...] = ()
    reopenings: tuple[Reopening, ...] = ()
    rest_cents: int = 0
    earlier_cents: tuple[int, ...] = ()

    @property
    def paid_cents(self) -> int:
        """What was paid of it: all that settled it."""
        return sum(each.cents for each in self.funded_by)

    @property
    def owed_cents(self) -> int:
        """What is still to be paid of it."""
        return self.cents - self.paid_cents

    def cents_at(self, instant: datetime) -> int:
        """Return what it asked for at an instant; what was taken back since is asked for no more."""
        return min([self.cents, *(each.before_cents for each in self.rises if each.at > instant)])

    @property
    def settlement_id(self) -> str:
        """The id of the present settlement."""
        return f"{self.charge}.{self.settlement}"

    def standing_settlements(self) -> list[tuple[str, int]]:
        """Return the id and the cents of each settlement that stands, the present one last."""
        first = self.settlement - len(self.earlier_cents)
        amounts = [*self.earlier_cents, self.paid_cents - sum(self.earlier_cents)]
        return [(f"{self.charge}.{number}", cents) for number, cents in enumerate(amounts, first)]

    @property
    def charged_on(self) -> date:
        """The day it was charged."""
        return local_date(self.charged_at)

    def invoiced_by(self, instant: datetime) -> bool:
        """Whether an invoice showed the charge at that instant."""
        return self.invoiced_at is not None and self.invoiced_at <= instant

    def invoiced_through(self, day: date) -> bool:
        """Whether an invoice showed the charge by the end of that day."""
        return self.invoiced_at is not None and local_date(self.invoiced_at) <= day

    @property
    def is_shown_again(self) -> bool:
        """Whether it is a month's of which the invoice is void: the next run shows it as if none had (INV-3, OPS-5)."""
        return self.void_invoice is not None and self.invoice is None and self.binder is None

    def unasked_at(self, instant: datetime) -> bool:
        """Whether nothing asked for it at an instant, for what had is void (INV-7, OPS-5). A binder is asked for from
        its selection on.
        """
        return self.void_invoice is not None and self.binder is None and not self.invoiced_by(instant)

    def past_due_on(self, cutoff: date) -> bool:
        """Whether its invoice's on-time date has passed at the end of that day (INV-7)."""
        return (
            self.on_time_until is not None and self.on_time_until <= cutoff and self.invoiced_through(cutoff)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """A change of a charge after it had been invoiced (INV-4).

    ``was_paid``: the charge was when it first changed since the last invoice. ``invoice`` is the one that shows this,
    since ``invoiced_at``.
    """

    household: str
    number: int
    charge: str
    policy: str
    month: CoverageMonth
    cents: int
    was_paid: bool
    made_on: date
    reason: str
    invoice: str | None = None
    invoiced_at: datetime | None = None

    def shown_by(self, instant: datetime) -> bool:
        """Whether an invoice showed it at that instant."""
        return self.invoiced_at is not None and self.invoiced_at <= instant


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustmentLine:
    """An adjustment as an invoice shows it; ``as_credit``: in what was paid and in the credit it is already."""

    policy: str
    month: CoverageMonth
    cents: int
    as_credit: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeLine:
    """A charge as the invoice shows it that shows it first."""

    policy: str
    month: CoverageMonth
    net_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """An invoice as issued, never edited (INV-4). ``total_cents`` is all that was to be paid then.

    Of an initial one it is the first premium of ``selection``, of which ``received_cents`` were here already. One
    that was wrong as a document is kept, and void since ``voided_on`` by a ``correction`` (OPS-5).
    """

    invoice: str
    household: str
    number: int
    kind: Literal["initial", "monthly"]
    selection: str | None
    dated: date
    issued_at: datetime
    due: date
    on_time_until: date
    charges: tuple[ChargeLine, ...]
    adjustments: tuple[AdjustmentLine, ...]
    adjustments_cents: int
    unpaid_before_cents: int
    held_cents: int
    credit_cents: int
    total_cents: int
    received_cents: int
    mail: bool
    voided_on: date | None = None
    correction: str | None = None

    @property
    def is_void(self) -> bool:
        """Whether it asks for nothing."""
        return self.voided_on is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """Money received for a household. ``unapplied_cents`` of it settle nothing and are not refunded.

    ``toward`` are the groups its payer named, in their order: a binder, or the months of an invoice (INV-5).
    ``selection`` is the one named, or the one made anew in its place; where nobody here has heard of it, it is waited
    for through ``waits_until``.
    ``held`` says that it is held towards months that a change, or the loss of others' money, opened again. Of one
    that was returned itself, on ``returned_on``, nothing is free: below zero is what was refunded of it (INV-14).
    ``moved_cents`` of it are other households' now; where a ``correction`` brought it here it says which (PAY-11).
    Where a cut-off moved that it would have been late for, it counts as of that (OPS-4).
    """

    payment: str
    household: str
    number: int
    cents: int
    unapplied_cents: int
    method: str
    received_on: date
    postmarked_on: date | None
    known_at: datetime
    at_selection: bool
    selection: str | None
    toward: tuple[str, ...] = ()
    waits_until: date | None = None
    held: bool = False
    returned_on: date | None = None
    moved_cents: int = 0
    correction: str | None = None
    counts_as_of: date | None = None

    @property
    def kept_cents(self) -> int:
        """What of it was not moved to other households."""
        return self.cents - self.moved_cents

    @property
    def free_cents(self) -> int:
        """What of it may still pay something: of a returned one nothing. Less than nothing is what was refunded of
        that, and lacks in no month (INV-14).
        """
        return max(0, self.unapplied_cents)

    @property
    def on_time_date(self) -> date:
        """The date that decides whether it was on time: that of a cut-off that moved, else the earlier of received and
        postmarked.
        """
        return self.counts_as_of or self.came_on

    @property
    def came_on(self) -> date:
        """The earlier of received and postmarked."""
        return self.received_on if self.postmarked_on is None else min(self.received_on, self.postmarked_on)

    @property
    def arrived_at(self) -> datetime:
        """The instant the money arrived: when it became known, or the end of the earlier day it came in."""
        if self.received_on >= local_date(self.known_at):
            return self.known_at
        return local(self.received_on, 23, 59)


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """A household goes on as ``into``, by a ``correction``, as long as that ``stands`` (OPS-5)."""

    household: str
    into: str
    correction: str
    stands: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyMoved:
    """A correction took money of a payment to other households: kept for this household's history (PAY-11, OPS-5)."""

    household: str
    number: int
    payment: str
    cents: int
    received_on: date
    moved_on: date
    at: datetime
    because: str
    correction: str
    reverses: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyRedated:
    """A correction gave a payment other dates: kept for the household's history (PAY-12, OPS-5)."""

    household: str
    number: int
    payment: str
    cents: int
    received_on: date
    postmarked_on: date | None
    received_before: date
    postmarked_before: date | None
    redated_on: date
    at: datetime
    because: str
    correction: str
    reverses: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """Credit approved to be paid back (INV-6), but for ``withdrawn_cents``: what it had taken from the ``withdrawn``
    payments, which were returned (PAY-5).
    """

    refund: str
    household: str
    cents: int
    approved_on: date
    refunded_on: date | None = None
    withdrawn: tuple[str, ...] = ()
    withdrawn_cents: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Grace:
    """One grace period (INV-8): its length is fixed on entry; ``month`` is the one it was last listed in.

    ``assisted`` says whether the household had premium assistance on entry. ``ended_policies`` are those whose
    coverage ended by ``decision`` when it ran out.
    """

    household: str
    first_month: CoverageMonth
    months: int
    assisted: bool
    month: int
    last_day: date
    state: Literal["open", "exited", "expired", "reinstated"]
    ended_on: date | None = None
    exit_on_time_date: date | None = None
    ended_policies: tuple[str, ...] = ()
    decision: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReinstatementRequest:
    """A household asked that coverage which ended for non-payment by ``decision`` stand again (INV-13).

    It waits for money that is on time by ``pay_by`` and comes by ``comes_by``; then it is ``granted``, ``unpaid``, or
    ``not-needed`` where the end was undone otherwise. ``plan_year`` is the ended coverage's. ``reason`` is free text:
    it is kept here and goes nowhere else.
    """

    decision: str
    household: str
    asked_at: datetime
    reason: Masked | None
    plan_year: int
    pay_by: date
    comes_by: date
    state: Literal["waiting", "granted", "unpaid", "not-needed"]
    decided_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRow:
    """A household's row on a carrier's delinquency list (CAR-3).

    ``policies`` are the household's with this carrier, ``past_due_cents`` what the household owes for all it has.
    ``effective`` is the last covered day of a ``terminate``, and of a ``cancel`` the first one of what never begins.
    """

    carrier: str
    on: date
    household: str
    list_part: int
    policies: tuple[str, ...]
    month: int | None
    of: int | None
    past_due_cents: int
    pay_by: date | None
    claims: Literal["pay", "pend"]
    action: Literal["dunning", "pend-claims", "termination-notice", "terminate", "cancel"]
    effective: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DelinquencyList:
    """A part of a carrier's list that was closed: no row will be added to it."""

    carrier: str
    on: date
    list_part: int
    rows: int
    closed_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ListDecision:
    """The list of that date has been decided for the household, whatever the outcome."""

    household: str
    on: date
    outcome: str
    decided_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Watermark:
    """Through which date payments' books are closed, as far as one partition has told (INV-17)."""

    partition: int
    closed_through: date
