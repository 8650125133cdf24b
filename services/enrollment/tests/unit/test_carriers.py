"""What carriers were told and have said."""

from __future__ import annotations

from datetime import date

import pytest

from bulkhead.kernel.errors import Impossible
from enrollment.application import facts
from services.enrollment.tests.builders import Desk


async def covered() -> tuple[Desk, str]:
    desk = Desk()
    await desk.offer()
    await desk.register("h")
    (policy,) = await desk.covered("SILVER")
    return desk, policy.policy


async def test_ENR_9_the_acknowledgement_follows_the_carrier_and_nothing_else_does() -> None:
    desk, policy = await covered()
    before = desk.policy()
    await desk.hear(facts.TransmissionSent(household="h", policy=policy, kind="initial"))
    assert desk.policy().acknowledgement == "sent"
    await desk.hear(facts.CoverageEffectuated(household="h", policy=policy))
    after = desk.policy()
    assert after.acknowledgement == "effectuated"
    assert (after.lifecycle, after.standing, after.reasons) == (
        before.lifecycle,
        before.standing,
        before.reasons,
    )


@pytest.mark.parametrize("kind", ["change", "cancel", "termination", "reinstatement"])
async def test_only_what_tells_the_carrier_of_the_policy_first_counts_as_sent(kind: str) -> None:
    desk, policy = await covered()
    fact = facts.TransmissionSent(household="h", policy=policy, kind=kind)  # pyright: ignore[reportArgumentType]
    await desk.hear(fact)
    assert desk.policy().acknowledgement == "unsent"


async def test_CAR_5_a_late_effectuation_never_revives_a_canceled_policy() -> None:
    desk, policy = await covered()
    await desk.hear(facts.TransmissionSent(household="h", policy=policy, kind="initial"))
    await desk.end(date(2015, 12, 31))
    said = len(desk.database.events)
    await desk.hear(facts.CoverageEffectuated(household="h", policy=policy))
    assert (desk.policy().lifecycle, desk.policy().acknowledgement) == ("canceled", "effectuated")
    assert len(desk.database.events) == said


async def test_a_carrier_cannot_effectuate_what_it_was_never_told_of() -> None:
    desk, policy = await covered()
    with pytest.raises(Impossible):
        await desk.hear(facts.CoverageEffectuated(household="h", policy=policy))
    assert desk.policy().acknowledgement == "unsent"
