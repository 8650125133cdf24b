"""Who takes part: as many people as the reports name, in households such as people live in."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

PREMIUM_CENTS: Mapping[int, int] = {1: 50_000, 2: 100_000, 3: 96_500, 4: 140_500}
"""What a household of so many people pays a month: alone, a couple, one with two children, a family of four."""

TIERS: Mapping[str, int] = {"single": 50_000, "couple": 100_000, "parent": 96_500, "family": 140_500}

SIZES = (1, 2, 4, 1, 3, 2, 4, 4, 1, 2, 4, 3, 1, 2, 4, 1, 3, 2, 4, 1)
"""The sizes of twenty households, one after the other: 49 people. The reports count people and tell of no
households: chosen, near the 2.5 people a household that the Census Bureau counts.
"""

ON_PAPER = 100
"""One household of so many has no e-mail address."""

_LANGUAGES = ("en", "en", "en", "en", "en", "en", "en", "es", "en", "fr")


@dataclass(frozen=True, slots=True)
class Household:
    """A household of one to four people, known by its number among all of a headline."""

    household: str
    number: int
    size: int

    @property
    def premium_cents(self) -> int:
        """What its plan costs a month."""
        return PREMIUM_CENTS[self.size]

    def application(self, **more: Any) -> dict[str, Any]:
        """Return what it is registered with."""
        members = [{"name": f"Ada Example {self.number}", "born": "1980-03-02", "relation": "self"}]
        if self.size in (2, 4):
            members.append({"name": f"Ben Example {self.number}", "born": "1981-05-04", "relation": "spouse"})
        members += [
            {"name": f"{name} Example {self.number}", "born": born, "relation": "child"}
            for name, born in (("Cleo", "2008-02-03"), ("Dan", "2010-06-01"))[: 2 if self.size > 2 else 0]
        ]
        reached = (
            {"address": f"{self.number} Example Street, Example, MA 02108"}
            if self.number % ON_PAPER == 0
            else {"email": f"{self.household}@example.test"}
        )
        language = _LANGUAGES[self.number % len(_LANGUAGES)]
        return {
            "household": self.household,
            "members": members,
            **reached,
            "language": language,
            **more,
        }


def scaled(people: int, scale: float) -> int:
    """Return that share of so many people, and one at least."""
    return max(1, round(people * scale))


def households(prefix: str, numbers: Iterator[int], *, people: int) -> tuple[Household, ...]:
    """Return households of exactly so many people, together; ``numbers`` gives each its own."""
    made, left = list[Household](), people
    for size in itertools.cycle(SIZES):
        if left == 0:
            return tuple(made)
        number = next(numbers)
        fits = min(size, left)
        made.append(Household(household=f"{prefix}-{number:06d}", number=number, size=fits))
        left -= fits
    raise AssertionError  # a cycle has no end


def heads(group: Sequence[Household]) -> int:
    """Return how many people households are, together."""
    return sum(each.size for each in group)


def dealt(group: Sequence[Household], shares: Sequence[int]) -> list[Sequence[Household]]:
    """Return the households in as many parts as there are shares, each as large as its share, in order."""
    whole, parts, begun, sum_of_shares = len(group), list[Sequence[Household]](), 0, 0
    for share in shares:
        sum_of_shares += share
        ends = whole * sum_of_shares // sum(shares)
        parts.append(group[begun:ends])
        begun = ends
    return parts
