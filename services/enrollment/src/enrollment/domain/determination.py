"""What the federal hub says of a household's eligibility (ENR-10)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from enrollment.domain.assistance import Assistance

Attested: TypeAlias = Literal["income", "citizenship", "incarceration", "medicaid"]
"""What a household attests of itself and the hub has records of: its income, that its people are citizens or lawfully
present, that nobody is incarcerated, and that it is not eligible for Medicaid."""

CsrVariant: TypeAlias = Literal["01", "02", "03", "04", "05", "06"]
"""Which variant of a silver plan lowers what care costs: 01 none, 02 and 03 for Native Americans, 04 to 06 for 73, 87
and 94 percent of actuarial value (45 CFR 156.420)."""

BEYOND_ASSISTANCE: Final[frozenset[Attested]] = frozenset({"citizenship", "incarceration"})
"""What decides whether somebody may enroll at all (45 CFR 155.305(a)); the others decide what assistance there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Determination:
    """What the hub says of a household: its assistance in cents a month, and which of what it attests is so."""

    aptc_cents: int
    subsidy_cents: int
    csr_variant: CsrVariant
    income_confirmed: bool
    citizenship_confirmed: bool
    incarcerated: bool
    medicaid: bool

    @property
    def assistance(self) -> Assistance:
        """The assistance a month."""
        return Assistance(aptc_cents=self.aptc_cents, subsidy_cents=self.subsidy_cents)

    @property
    def contradicts(self) -> tuple[Attested, ...]:
        """What the household attests and the hub does not confirm, in the order of `Attested`."""
        contradicted: Mapping[Attested, bool] = {
            "income": not self.income_confirmed,
            "citizenship": not self.citizenship_confirmed,
            "incarceration": self.incarcerated,
            "medicaid": self.medicaid,
        }
        return tuple(each for each, so in contradicted.items() if so)
