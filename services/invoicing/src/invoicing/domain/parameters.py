"""What a regulator or a state can change about invoicing: read from a policy pack, as of a date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoicingParameters:
    """The dated parameters of invoicing. Days of the month are 1 to 28; months and days are counts."""

    binder_due_days: int
    """Days from a binder invoice's date to its due date (INV-1)."""
    binder_late: Literal["cancel"]
    """What an unpaid binder comes to (ENR-6)."""
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
    unheard_selection_days: int
    """For how many days money waits for a selection its payer named and nobody here has heard of (INV-5)."""
    decided_within_days: int
    """How many days after its deadline a binder that is neither paid nor lapsed is in nobody's hands (I9)."""
    state_holidays: tuple[date, ...] = ()
    """Days that are no business days here besides the Federal Reserve's holidays (CAL-2)."""
