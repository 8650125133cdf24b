"""What a regulator or a state can change about invoicing: read from a policy pack, as of a date."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Literal, TypeAlias

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.maintenance import MaintenanceTerms
from bulkhead.kernel.parameters import ParameterFault, outside

GraceAssistance: TypeAlias = Literal["aptc-or-subsidy", "aptc"]
"""The assistance by which grace is the longer one (INV-8)."""

_LEAST_SHARE = Fraction(1, 2)
"""Less than half of a premium is no reasonable level, as CFR 155.400(g) wants one (INV-15)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """The share of a month's or a binder's net premium that is enough, and its source; 1: all of it (INV-15)."""

    share: Fraction = Fraction(1)
    citation: str = ""

    def least_cents(self, cents: int) -> int:
        """Return the fewest whole cents that are at least the share: a part of a cent is rounded up, so that nobody
        gets by with less, and of something never nothing.
        """
        return math.ceil(cents * self.share)

    def reasons(self) -> tuple[Reason, ...]:
        """Return what a decision about paid and unpaid says of it: the value in force and its source; nothing where all
        must be paid.
        """
        if self.share == 1:
            return ()
        says = "of one binder or month this share of the net premium is enough, and the rest is owed still"
        return (Reason(rule="INV-15", says=says, citation=self.citation, facts={"threshold": self.says}),)

    @property
    def says(self) -> str:
        """The share as people read it: ``0.95``."""
        return f"{float(self.share):g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoicingParameters:
    """The dated parameters of invoicing. Days of the month are 1 to 28; months and days are counts.

    ``citations`` says, by parameter, where its value comes from.
    """

    binder_due_days: int
    """Days from a binder invoice's date to its due date (INV-1)."""
    run_day: int
    """The day of the month on which the next month is invoiced (INV-2)."""
    due_day: int
    """The day of the month on which a monthly invoice is due, and the last for a late run (INV-2, INV-3)."""
    grace_months_assisted: int
    """Grace with premium assistance and a month paid in the benefit year, in months (INV-8)."""
    grace_months_unassisted: int
    """Grace otherwise, in months (INV-8)."""
    grace_assistance: GraceAssistance
    """Which assistance counts as such: APTC or state subsidy, or APTC alone (INV-8)."""
    first_listing_latest_day: int
    """The last day of the month on which a first listing can still be made (INV-17)."""
    postmark_months: int
    """In how many calendar months after grace an on-time payment may still arrive (INV-12)."""
    reinstatement_ask_days: int
    """For how many days after coverage ended its household may ask that it stand again (INV-13)."""
    reinstatement_pay_months: int
    """Before the last day of which calendar month after the last one covered all must then be paid (INV-13)."""
    reinstatements_a_year: int
    """How often that is granted in a plan year (INV-13)."""
    unheard_selection_days: int
    """For how many days money waits for a selection its payer named and nobody here has heard of (INV-5)."""
    decided_within_days: int
    """How many days after its deadline a binder that is neither paid nor lapsed is in nobody's hands (I9)."""
    correction_alone_cents: int
    """The most cents that one person makes void of invoices, or pays back of credit; above, a second one approves
    (OPS-5, INV-6).
    """
    correction_alone_days: int
    """Within how many days what one person made void of a household alone, or paid back, counts together (OPS-5)."""
    invoice_corrections_by_two: tuple[Literal["void-invoice", "restore-invoice"], ...]
    """The kinds of correction that a second person approves whatever the amount (OPS-5)."""
    correction_overdue_days: int
    """Days after which a correction that waits for a second person must be decided (OPS-5, I9)."""
    payment_threshold: Fraction
    """The share of a net premium that is enough; what lacks is owed still. 1 where all of it must be paid (INV-15)."""
    relief_outage_minutes: int
    """For how many minutes of its day nobody could pay online, where a cut-off moves (OPS-4)."""
    relief_longest_outage_hours: int
    """The longest outage that moves a cut-off by itself: of a longer one staff decides (OPS-4, INV-12)."""
    relief_days: int
    """To the end of which day after that on which online payment came back; 1 is the next (OPS-4)."""
    declared_relief_most_days: int
    """By how many days at most staff moves a cut-off, and how long afterwards they may (OPS-4)."""
    state_holidays: tuple[date, ...]
    """Days that are no business days here besides the Federal Reserve's holidays (CAL-2); payments has the same."""
    maintenance: MaintenanceTerms
    """When the service may be taken out, and the exchange's deadlines by the calendar (OPS-2)."""
    citations: Mapping[str, str] = field(default_factory=dict[str, str], compare=False)

    @property
    def threshold(self) -> Threshold:
        """What is enough of a net premium, with the pack's citation (INV-15)."""
        return Threshold(share=self.payment_threshold, citation=self.citations.get("payment_threshold", ""))

    def faults(self) -> list[ParameterFault]:
        """Return what of these values cannot be meant: a day not every month has, a due day before the invoice's."""
        found = [
            *outside(self, "INV-1", "binder_due_days", least=1, most=60),
            *outside(self, "INV-2", "run_day", "due_day", least=1, most=28),
            *outside(self, "INV-8", "grace_months_assisted", "grace_months_unassisted", least=1, most=12),
            *outside(self, "INV-17", "first_listing_latest_day", least=1, most=28),
            *outside(self, "INV-12", "postmark_months", least=1, most=12),
            *outside(self, "INV-13", "reinstatement_ask_days", least=1, most=366),
            *outside(self, "INV-13", "reinstatement_pay_months", least=1, most=12),
            *outside(self, "INV-13", "reinstatements_a_year", least=0, most=12),
            *outside(self, "INV-5", "unheard_selection_days", least=0, most=60),
            *outside(self, "I9", "decided_within_days", least=0, most=60),
            *outside(self, "OPS-5", "correction_alone_cents", least=0, most=1_000_000),
            *outside(self, "OPS-5", "correction_alone_days", least=0, most=365),
            *outside(self, "OPS-5", "correction_overdue_days", least=1, most=365),
            *outside(self, "OPS-4", "relief_outage_minutes", least=1, most=1440),
            *outside(self, "OPS-4", "relief_longest_outage_hours", least=1, most=744),
            *outside(self, "OPS-4", "relief_days", least=1, most=14),
            *outside(self, "OPS-4", "declared_relief_most_days", least=1, most=92),
            *self.maintenance.unlike(due_day=self.due_day, state_holidays=self.state_holidays),
        ]
        if not _LEAST_SHARE <= self.payment_threshold <= 1:
            problem = (
                f"is {float(self.payment_threshold)}: it must be {float(_LEAST_SHARE)} to 1, where 1 is all"
            )
            found.append(ParameterFault(parameter="payment_threshold", problem=problem, rule="INV-15"))
        if self.due_day <= self.run_day:  # a run made after the due day leaves its month to the next one
            problem = (
                f"is {self.due_day}, and invoices are made on {self.run_day} (run_day): it must be later"
            )
            found.append(ParameterFault(parameter="due_day", problem=problem, rule="INV-2, INV-3"))
        return found
