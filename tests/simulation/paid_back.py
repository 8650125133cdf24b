"""Who had credit paid back, told from what was asked for and approved alone (OPS-5, INV-6)."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from invoicing.domain.corrections import REFUND, Correction
from invoicing.domain.records import Refund
from simulation.sight import Sight

LIMIT_CENTS: Final = 500_00
"""What every pack says that one person pays back alone, within `WINDOW`."""
WINDOW: Final = timedelta(days=30)


def much_goes_back_by_two(sight: Sight) -> list[str]:
    """Return each refund that nobody approved, or one person alone though with others of that month it was much."""
    asked = {each.correction: each for each in sight.rows("invoicing", Correction) if each.kind == REFUND}
    paid = {each.refund for each in sight.rows("invoicing", Refund)}
    applied = {each.correction for each in asked.values() if each.state == "applied"}
    found = [
        f"OPS-5: refund {each} of {sight.household} was approved by nobody" for each in sorted(paid - applied)
    ]
    found += [
        f"INV-6: refund {each} of {sight.household} was approved and is not paid back"
        for each in sorted(applied - paid)
    ]
    alone = [asked[each] for each in applied if not asked[each].by_two]
    for last in alone:
        cents = sum(each.cents for each in alone if timedelta() <= last.asked_at - each.asked_at < WINDOW)
        if cents > LIMIT_CENTS:
            found.append(f"OPS-5: {cents} cents of {sight.household} went back that no second person saw")
    return found
