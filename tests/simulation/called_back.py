"""What the card processor calls back about: right calls are taken and believed in nothing, the others are refused.

Held against what the processor itself has: each charge that it took is one payment of that amount, each other none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from payments.adapters.processor.sandbox import SandboxCharge
from payments.domain.attempts import Attempt
from payments.domain.payments import Payment
from payments.domain.processor_events import ProcessorEvent
from simulation.sight import Sight


def wrong(sight: Sight, *, charged: Iterable[SandboxCharge], calls: Sequence[tuple[str, int]]) -> list[str]:
    """Return what is not as the processor has it; ``calls`` are how each call was signed and what it was answered."""
    found = [
        f"PAY-1: a call that was {way} was answered {status}"
        for (way, status), _ in Counter(calls).items()
        if status not in ((202,) if way == "signed" else (401,)) and status < 500 and status
    ]
    if {"payments", "processor"} & sight.away or sight.late:
        return found
    found += [
        f"PAY-1: what the processor said of {each.reference} waits"
        for each in sight.rows("payments", ProcessorEvent)
        if each.state == "waiting"
    ]
    undecided = {
        each.payment for each in sight.rows("payments", Attempt) if each.state in ("started", "missing")
    }
    recorded = {
        each.payment: each.amount_cents
        for each in sight.rows("payments", Payment)
        if each.source == "online" and each.moved_from is None
    }
    for charge in charged:
        took = charge.amount_cents if charge.status == "approved" else 0
        if charge.reference not in undecided and recorded.get(charge.reference, 0) != took:
            found.append(
                f"PAY-1: the processor took {took} for {charge.reference}, and"
                f" {recorded.get(charge.reference, 0)} is recorded"
            )
    return found
