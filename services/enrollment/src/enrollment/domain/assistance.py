"""How APTC and state subsidy lower premiums (ENR-8). Amounts are cents a month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Premium:
    """What a policy costs a month, and who pays it: ``net_cents`` is the household's part."""

    gross_cents: int
    aptc_cents: int
    subsidy_cents: int

    @property
    def net_cents(self) -> int:
        """What is left for the household to pay, never below 0 (ENR-8)."""
        return self.gross_cents - self.aptc_cents - self.subsidy_cents


@dataclass(frozen=True, slots=True, kw_only=True)
class Assistance:
    """APTC and state subsidy of a household, or what is left of them."""

    aptc_cents: int
    subsidy_cents: int


NO_ASSISTANCE: Final = Assistance(aptc_cents=0, subsidy_cents=0)


def lower_premiums(gross_cents: Sequence[int], *, assistance: Assistance) -> list[Premium]:
    """Return each policy's premium after assistance, in the order given: medical first, then dental.

    APTC first, then state subsidy; neither takes a premium below 0 (ENR-8).
    """
    aptc, subsidy = assistance.aptc_cents, assistance.subsidy_cents
    premiums: list[Premium] = []
    for gross in gross_cents:
        used_aptc = min(aptc, gross)
        used_subsidy = min(subsidy, gross - used_aptc)
        aptc -= used_aptc
        subsidy -= used_subsidy
        premiums.append(Premium(gross_cents=gross, aptc_cents=used_aptc, subsidy_cents=used_subsidy))
    return premiums
