"""The premium tier that follows from who is in a household."""

from __future__ import annotations

import pytest

from enrollment.domain.households import Relation, Tier, tier_of


@pytest.mark.parametrize(
    ("people", "tier"),
    [
        (["self"], "single"),
        (["self", "spouse"], "couple"),
        (["self", "child", "child"], "parent"),
        (["self", "spouse", "child"], "family"),
    ],
)
def test_the_tier_follows_from_the_relations(people: list[Relation], tier: Tier) -> None:
    assert tier_of(people) == tier
