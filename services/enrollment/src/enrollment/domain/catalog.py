"""A plan year's catalog as CMS publishes one: plans and their rates, checked as a whole (ENR-17).

What is wrong is collected by file, line and column, so that all of it is said at once.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Refused
from enrollment.domain.age_curves import Derived, curve_for, derive, off_curve
from enrollment.domain.age_rates import AGE_BANDS, AgeRates, fault_of
from enrollment.domain.determination import CsrVariant
from enrollment.domain.parameters import EnrollmentParameters
from enrollment.domain.plans import STANDARD, Kind, Metal, Plan, YearPrices
from enrollment.domain.tobacco import rated_by_tobacco, tobacco_faults

CatalogFile: TypeAlias = Literal["plans", "rates"]
Prices: TypeAlias = tuple[int, int, int, int]
"""What a plan costs a month, in cents: single, couple, parent, family."""

_CITATIONS: Final[Mapping[CatalogFile, str]] = {
    "plans": "CMS, Plan Attributes PUF data dictionary",
    "rates": "CMS, Rate PUF data dictionary; 45 CFR 147.102",
}
_MOST_SAID: Final = 100
_MOST_KEPT: Final = 1000
_NO_RATE: Final = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogFault:
    """What is wrong in a line of a file, and in which column."""

    file: CatalogFile
    line: int
    column: str
    problem: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}: {self.column} {self.problem}"


class CatalogRefused(Refused):
    """A catalog has lines that cannot be meant; nothing of it was taken.

    The message has a line for each, a hundred at most, and how many more there are; so many reasons there are too.
    """

    kind = "catalog-refused"

    def __init__(self, faults: Sequence[CatalogFault], *, count: int) -> None:
        said = faults[:_MOST_SAID]
        more = [f"and {count - _MOST_SAID} more"] if count > _MOST_SAID else []
        super().__init__(
            "\n".join((*map(str, said), *more)),
            field=f"/{faults[0].file}",
            reasons=[_reason(each) for each in said],
        )
        self.faults = tuple(faults)


def _reason(fault: CatalogFault) -> Reason:
    return Reason(
        rule="ENR-17",
        says=f"{fault}.",
        citation=_CITATIONS[fault.file],
        facts={"file": fault.file, "line": str(fault.line), "column": fault.column},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRow:
    """A variant of a plan as a line of the plans file names it; ``kind`` None where it is not one of the individual
    market, ``variant`` where it is sold outside the exchange alone.
    """

    line: int
    plan: str
    carrier: str
    kind: Kind | None
    name: str
    metal: Metal
    variant: CsrVariant | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeRow:
    """What a line of the rates file says that some ages cost, by their places in `AGE_BANDS`, in cents: who uses no
    tobacco, and who does, the same where rates do not differ.
    """

    line: int
    plan: str
    rating_area: int
    first: int
    last: int
    cents: int
    tobacco_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TierRow:
    """What a line of the rates file says that families cost, by tier."""

    line: int
    plan: str
    prices: Prices


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """A catalog that can be meant: its plans, and the rates of those that are rated by age."""

    plans: tuple[Plan, ...]
    rates: tuple[AgeRates, ...]


class CatalogReading:
    """Takes in a catalog line by line, and says at the end what it is. It holds a row a plan and rating area."""

    def __init__(self, *, year: int, parameters: EnrollmentParameters) -> None:
        self._year = year
        self._parameters = parameters
        self._plans: dict[str, PlanRow] = {}
        self._variants: dict[str, set[CsrVariant]] = {}
        self._ages: dict[tuple[str, int], array[int]] = {}
        self._tobacco: dict[tuple[str, int], array[int]] = {}
        self._lines: dict[tuple[str, int], array[int]] = {}
        self._tiers: dict[str, TierRow] = {}
        self._first_line: dict[tuple[str, int], int] = {}
        self._faults: list[CatalogFault] = []
        self._count = 0

    def take(self, row: PlanRow | AgeRow | TierRow | CatalogFault) -> None:
        """Take in a line, or what is wrong with it. Plans come before their rates."""
        match row:
            case CatalogFault():
                self._note(row)
            case PlanRow():
                self._take_plan(row)
            case AgeRow() | TierRow() if row.plan not in self._plans:
                self._fault("rates", row.line, "PlanId", f"{row.plan} is not in the plans file")
            case AgeRow() | TierRow() if not self._is_sold(self._plans[row.plan]):
                pass
            case AgeRow():
                self._take_ages(row)
            case TierRow():
                self._take_tiers(row)

    def finish(self, *, before: Mapping[str, Plan]) -> Catalog:
        """Return the catalog, its plans with what they cost in other years; raises `CatalogRefused` with all faults.

        ``before`` are the plans that there are of these.
        """
        self._check_whole()
        rates = self._rates()
        plans = [self._plan(row, before.get(row.plan)) for row in self._plans.values() if self._is_sold(row)]
        if not plans and not self._faults:
            problem = "has no plan of the state's individual market that is sold on an exchange"
            self._fault("plans", 1, "StandardComponentId", problem)
        if self._faults:
            in_order = sorted(self._faults, key=lambda each: (each.file, each.line))
            raise CatalogRefused(in_order, count=self._count)
        return Catalog(plans=tuple(each for each in plans if each is not None), rates=tuple(rates))

    @property
    def plans(self) -> Iterable[str]:
        """The ids of the plans so far."""
        return self._plans.keys()

    def _take_plan(self, row: PlanRow) -> None:
        # A plan has a line for each of its cost-sharing variants.
        known = self._plans.setdefault(row.plan, row)
        variants = self._variants.setdefault(row.plan, set())
        if row.variant in variants:
            self._fault("plans", row.line, "PlanId", f"has the variant {row.variant} of {row.plan} twice")
        if row.variant is not None:
            variants.add(row.variant)
        for column, was, now in (
            ("IssuerId", known.carrier, row.carrier),
            ("DentalOnlyPlan", known.kind, row.kind),
            ("MetalLevel", known.metal, row.metal),
        ):
            if was != now:
                self._fault("plans", row.line, column, f"is not that of {row.plan} on line {known.line}")

    def _is_sold(self, row: PlanRow) -> bool:
        """Whether a plan is one of the individual market that an exchange sells."""
        return row.kind is not None and bool(self._variants[row.plan])

    def _take_ages(self, row: AgeRow) -> None:
        if row.plan in self._tiers:
            self._fault("rates", row.line, "Age", f"is an age, and {row.plan} has Family Option before")
            return
        key = row.plan, row.rating_area
        self._first_line.setdefault(key, row.line)
        found = self._ages.setdefault(key, array("q", [_NO_RATE]) * len(AGE_BANDS))
        tobacco = self._tobacco.setdefault(key, array("q", [_NO_RATE]) * len(AGE_BANDS))
        lines = self._lines.setdefault(key, array("q", [row.line]) * len(AGE_BANDS))
        for place in range(row.first, row.last + 1):
            # 64 and 65 and over are one band, and stood on lines of their own before 2018.
            before, now = (found[place], tobacco[place]), (row.cents, row.tobacco_cents)
            if found[place] != _NO_RATE and (before != now or place != len(AGE_BANDS) - 1):
                self._fault("rates", row.line, "Age", f"{AGE_BANDS[place]} of {row.plan} has a rate before")
                return
            found[place], tobacco[place], lines[place] = *now, row.line

    def _take_tiers(self, row: TierRow) -> None:
        if any(plan == row.plan for plan, _ in self._ages):
            self._fault("rates", row.line, "Age", f"is Family Option, and {row.plan} has ages before")
            return
        known = self._tiers.setdefault(row.plan, row)
        if known.prices != row.prices:
            problem = f"differs from line {known.line}: a plan with Family Option has one price everywhere"
            self._fault("rates", row.line, "IndividualRate", problem)

    def _check_whole(self) -> None:
        rated = {plan for plan, _ in self._ages} | self._tiers.keys()
        for row in self._plans.values():
            if not self._is_sold(row):
                continue
            if STANDARD not in self._variants[row.plan]:
                self._fault("plans", row.line, "PlanId", f"lacks {row.plan}-{STANDARD}, the standard variant")
            if row.plan not in rated and not self._is_faulty("rates"):
                self._fault("plans", row.line, "StandardComponentId", f"{row.plan} has no rate")

    def _rates(self) -> list[AgeRates]:
        found: list[AgeRates] = []
        for (plan, area), cents in self._ages.items():
            line, kind = self._first_line[plan, area], self._plans[plan].kind
            derived = self._derived(cents, kind=kind or "medical")
            lacking = [band for band, rate in zip(AGE_BANDS, cents, strict=True) if rate == _NO_RATE]
            if lacking and derived is None:
                more = f" and {len(lacking) - 3} more" if len(lacking) > 3 else ""
                problem = f"lacks {', '.join(lacking[:3])}{more} of {plan} in Rating Area {area}"
                self._fault("rates", line, "Age", problem)
                continue
            by_tobacco = self._tobacco[plan, area]
            users = self._derived(by_tobacco, kind=kind or "medical") if derived is not None else None
            rates = rated_by_tobacco(
                AgeRates(
                    plan=plan,
                    plan_year=self._year,
                    rating_area=area,
                    cents=tuple(cents) if derived is None else derived.cents,
                    child_until_age=self._parameters.child_rated_until_age,
                    counted_children=self._parameters.counted_children,
                    derived_from=None if derived is None else derived.band,
                ),
                tuple(by_tobacco) if users is None else users.cents,
                parameters=self._parameters,
            )
            fault = fault_of(rates, kind=kind or "medical", parameters=self._parameters)
            if fault is not None:
                column = "RatingAreaId" if fault.field == "/rating_area" else "IndividualRate"
                self._fault("rates", line, column, f"of {plan} {fault.problem}")
            self._check_curve(rates, kind=kind or "medical")
            self._check_tobacco(rates)
            found.append(rates)
        return found

    def _derived(self, cents: Sequence[int], *, kind: Kind) -> Derived | None:
        curve = curve_for(kind, year=self._year, parameters=self._parameters)
        return derive([None if each == _NO_RATE else each for each in cents], curve=curve)

    def _check_curve(self, rates: AgeRates, *, kind: Kind) -> None:
        """Note each line whose rate does not follow the age curve, once where it is of several ages."""
        curve = curve_for(kind, year=self._year, parameters=self._parameters)
        if curve is None:
            return
        lines, noted = self._lines[rates.plan, rates.rating_area], set[int]()
        for each in off_curve(rates.cents, plan=rates.plan, curve=curve, parameters=self._parameters):
            line = lines[each.place]
            if line not in noted:
                self._fault("rates", line, "IndividualRate", f"of {rates.plan} {each.problem}")
            noted.add(line)

    def _check_tobacco(self, rates: AgeRates) -> None:
        """Note each line whose rate of who uses tobacco is not allowed, once where it is of several ages."""
        lines, noted = self._lines[rates.plan, rates.rating_area], set[int]()
        for each in tobacco_faults(rates, parameters=self._parameters):
            line = lines[each.place]
            if line not in noted:
                self._fault("rates", line, "IndividualTobaccoRate", f"of {rates.plan} {each.problem}")
            noted.add(line)

    def _plan(self, row: PlanRow, before: Plan | None) -> Plan | None:
        if row.kind is None:
            return None
        tiers = self._tiers.get(row.plan)
        rated_by = "age" if tiers is None else "tier"
        if before is not None and before.rated_by != rated_by:
            problem = f"of {row.plan} is rated by {rated_by}, and was by {before.rated_by} before"
            self._fault("plans", row.line, "StandardComponentId", problem)
        if before is not None and before.kind != row.kind:
            self._fault("plans", row.line, "DentalOnlyPlan", f"of {row.plan} says {row.kind}, and was not so")
        single, couple, parent, family = (None,) * 4 if tiers is None else tiers.prices
        plan = before or Plan(
            plan=row.plan,
            carrier=row.carrier,
            kind=row.kind,
            single_cents=single,
            couple_cents=couple,
            parent_cents=parent,
            family_cents=family,
            plan_year=None,
            rated_by=rated_by,
        )
        return replace(
            plan,
            carrier=row.carrier,
            years=self._years(plan, tiers),
            name=row.name,
            metal=row.metal,
            variants=tuple(sorted(self._variants[row.plan])),
        )

    def _years(self, plan: Plan, tiers: TierRow | None) -> tuple[YearPrices, ...]:
        if tiers is None:
            return ()
        single, couple, parent, family = tiers.prices
        own = YearPrices(
            plan_year=self._year,
            single_cents=single,
            couple_cents=couple,
            parent_cents=parent,
            family_cents=family,
        )
        others = [each for each in plan.years if each.plan_year != self._year]
        return tuple(sorted((*others, own), key=lambda each: each.plan_year))

    def _is_faulty(self, file: CatalogFile) -> bool:
        return any(each.file == file for each in self._faults)

    def _fault(self, file: CatalogFile, line: int, column: str, problem: str) -> None:
        self._note(CatalogFault(file=file, line=line, column=column, problem=problem))

    def _note(self, fault: CatalogFault) -> None:
        # A file that is wrong throughout may be long: the first ones are kept, the others counted.
        self._count += 1
        if len(self._faults) < _MOST_KEPT:
            self._faults.append(fault)
