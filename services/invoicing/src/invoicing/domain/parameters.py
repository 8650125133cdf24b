"""What a regulator or a state can change about invoicing: read from a policy pack, as of a date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bulkhead.kernel.parameters import ParameterFault, outside


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoicingParameters:
    """The dated parameters of invoicing. Days of the month are 1 to 28; months and days are counts."""

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
    state_holidays: tuple[date, ...]
    """Days that are no business days here besides the Federal Reserve's holidays (CAL-2); payments has the same."""

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
        ]
        if self.due_day <= self.run_day:  # a run made after the due day leaves its month to the next one
            problem = (
                f"is {self.due_day}, and invoices are made on {self.run_day} (run_day): it must be later"
            )
            found.append(ParameterFault(parameter="due_day", problem=problem, rule="INV-2, INV-3"))
        return found
