"""Plans and rates as CMS publishes them: the Plan Attributes and the Rate public use files (PUF), line by line.

Columns are found by name, in any order and beside others; lines of other states are passed over. A file is read as a
stream, never whole.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping
from typing import IO, Final, TypeVar, get_args

from bulkhead.kernel.money import parse_cents
from enrollment.domain.age_rates import AGE_BANDS
from enrollment.domain.catalog import AgeRow, CatalogFault, CatalogFile, PlanRow, TierRow
from enrollment.domain.determination import CsrVariant
from enrollment.domain.plans import Kind, Metal

R = TypeVar("R")

PLAN_COLUMNS: Final = (
    "BusinessYear",
    "StateCode",
    "IssuerId",
    "MarketCoverage",
    "DentalOnlyPlan",
    "StandardComponentId",
    "PlanMarketingName",
    "MetalLevel",
    "PlanId",
)
_PARENT: Final = (
    "PrimarySubscriberAndOneDependent",
    "PrimarySubscriberAndTwoDependents",
    "PrimarySubscriberAndThreeOrMoreDependents",
)
_FAMILY: Final = ("CoupleAndOneDependent", "CoupleAndTwoDependents", "CoupleAndThreeOrMoreDependents")
RATE_COLUMNS: Final = (
    "BusinessYear",
    "StateCode",
    "RateEffectiveDate",
    "RateExpirationDate",
    "PlanId",
    "RatingAreaId",
    "Tobacco",
    "Age",
    "IndividualRate",
    "IndividualTobaccoRate",
    "Couple",
    *_PARENT,
    *_FAMILY,
)

_FAMILY_OPTION: Final = "Family Option"
_ALIKE: Final = "No Preference"
_BY_TOBACCO: Final = "Tobacco User/Non-Tobacco User"
_OLDEST: Final = len(AGE_BANDS) - 1
# Until 2017 all under 21 were one band, and 64 and 65 and over two lines.
_PLACES: Final[Mapping[str, tuple[int, int]]] = {
    **{band: (place, place) for place, band in enumerate(AGE_BANDS)},
    "0-20": (0, AGE_BANDS.index("20")),
    "64": (_OLDEST, _OLDEST),
    "65 and over": (_OLDEST, _OLDEST),
}
_KINDS: Final[Mapping[str, Kind]] = {"Yes": "dental", "No": "medical"}
_METALS: Final[Mapping[str, Metal]] = {
    "Platinum": "platinum",
    "Gold": "gold",
    "Silver": "silver",
    "Bronze": "bronze",
    "Expanded Bronze": "expanded-bronze",
    "Catastrophic": "catastrophic",
    "High": "high",
    "Low": "low",
}
# The last digits of a plan's id with its variant: 00 is sold outside the exchange.
_VARIANTS: Final[Mapping[str, CsrVariant | None]] = {
    "00": None,
    **{each: each for each in get_args(CsrVariant)},
}
_LONGEST_NAME: Final = 200
_PLAN_ID: Final = re.compile(r"[0-9]{5}[A-Z]{2}[0-9]{7}")
_ISSUER: Final = re.compile(r"[0-9]{5}")
_AREA: Final = re.compile(r"Rating Area ([1-9][0-9]{0,2})")
_AMOUNT: Final = re.compile(r"[0-9]{1,6}(\.[0-9]{1,2})?")
_KEPT_BY_NOBODY: Final = 9999_00
"""CMS's filler for a rate that there is not, and what is above it."""


class _Wrong(Exception):
    """A value of a line cannot be meant."""

    def __init__(self, column: str, problem: str) -> None:
        super().__init__(problem)
        self.column = column
        self.problem = problem


class CmsFiles:
    """Reads the files that CMS publishes, and a state's of the same columns."""

    def plans(self, stream: IO[str], *, year: int, state: str) -> Iterator[PlanRow | CatalogFault]:
        """Yield the plans that a Plan Attributes file names of a state, and what is wrong in it."""
        return read_plans(stream, year=year, state=state)

    def rates(self, stream: IO[str], *, year: int, state: str) -> Iterator[AgeRow | TierRow | CatalogFault]:
        """Yield what a Rate file says that plans of a state cost, and what is wrong in it."""
        return read_rates(stream, year=year, state=state)


def read_plans(stream: IO[str], *, year: int, state: str) -> Iterator[PlanRow | CatalogFault]:
    """Yield the plans that a Plan Attributes file names of a state, and what is wrong in it."""

    def plan(line: int, row: Mapping[str, str]) -> PlanRow:
        _one_of(row, "DentalOnlyPlan", *_KINDS)
        _one_of(row, "MetalLevel", *_METALS)
        plan = _like(row, "StandardComponentId", _PLAN_ID, "14 characters such as 12345MA0010001")
        own, _, variant = row["PlanId"].partition("-")
        if own != plan or variant not in _VARIANTS:
            raise _Wrong("PlanId", f"must be {plan}- and one of {', '.join(_VARIANTS)}")
        return PlanRow(
            line=line,
            plan=plan,
            carrier=_like(row, "IssuerId", _ISSUER, "five digits"),
            kind=_KINDS[row["DentalOnlyPlan"]] if row["MarketCoverage"] == "Individual" else None,
            name=_name(row, "PlanMarketingName"),
            metal=_METALS[row["MetalLevel"]],
            variant=_VARIANTS[variant],
        )

    yield from _rows(stream, "plans", PLAN_COLUMNS, plan, year=year, state=state)


def read_rates(stream: IO[str], *, year: int, state: str) -> Iterator[AgeRow | TierRow | CatalogFault]:
    """Yield what a Rate file says that plans of a state cost, and what is wrong in it."""

    def rate(line: int, row: Mapping[str, str]) -> AgeRow | TierRow:
        plan = _like(row, "PlanId", _PLAN_ID, "14 characters such as 12345MA0010001")
        area = int(_like(row, "RatingAreaId", _AREA, "such as Rating Area 1").rpartition(" ")[2])
        _check_period(row, year)
        cents = _cents(row, "IndividualRate")
        _one_of(row, "Tobacco", _ALIKE, _BY_TOBACCO)
        tobacco = cents if row["Tobacco"] == _ALIKE else _cents(row, "IndividualTobaccoRate")
        if row["Age"] == _FAMILY_OPTION:
            if tobacco != cents:
                raise _Wrong("IndividualTobaccoRate", "must be IndividualRate: a tier has one price")
            prices = cents, _cents(row, "Couple"), _same(row, _PARENT), _same(row, _FAMILY)
            return TierRow(line=line, plan=plan, prices=prices)
        if row["Age"] not in _PLACES:
            raise _Wrong(
                "Age", f"must be {AGE_BANDS[0]}, {AGE_BANDS[1]} to {AGE_BANDS[-1]}, or {_FAMILY_OPTION}"
            )
        first, last = _PLACES[row["Age"]]
        return AgeRow(
            line=line,
            plan=plan,
            rating_area=area,
            first=first,
            last=last,
            cents=cents,
            tobacco_cents=tobacco,
        )

    yield from _rows(stream, "rates", RATE_COLUMNS, rate, year=year, state=state)


def _rows(
    stream: IO[str],
    file: CatalogFile,
    columns: tuple[str, ...],
    read: Callable[[int, Mapping[str, str]], R],
    *,
    year: int,
    state: str,
) -> Iterator[R | CatalogFault]:
    reader = csv.reader(stream)
    try:
        header = [each.strip() for each in next(reader, [])]
        if lacking := [each for each in columns if each not in header]:
            for column in lacking:
                yield CatalogFault(file=file, line=1, column=column, problem="is missing")
            return
        places = {column: header.index(column) for column in columns}
        for values in reader:
            if not any(values):
                continue
            row = {
                column: values[place].strip() if place < len(values) else ""
                for column, place in places.items()
            }
            if row["StateCode"] != state:
                continue
            try:
                if row["BusinessYear"] != str(year):
                    raise _Wrong("BusinessYear", f"must be {year}")
                yield read(reader.line_num, row)
            except _Wrong as wrong:
                yield CatalogFault(
                    file=file, line=reader.line_num, column=wrong.column, problem=wrong.problem
                )
    except (csv.Error, UnicodeDecodeError):
        problem = "is not CSV in UTF-8: save it as such, or convert it with iconv"
        yield CatalogFault(file=file, line=reader.line_num + 1, column="the line", problem=problem)


def _check_period(row: Mapping[str, str], year: int) -> None:
    """A premium holds for the whole plan year (CAL-3)."""
    for column, day in (("RateEffectiveDate", f"{year}-01-01"), ("RateExpirationDate", f"{year}-12-31")):
        if row[column] != day:
            raise _Wrong(column, f"must be {day}: a rate is for the whole plan year")


def _cents(row: Mapping[str, str], column: str) -> int:
    text = row[column]
    if _AMOUNT.fullmatch(text) is None:
        raise _Wrong(column, "must be an amount in dollars, such as 254.13")
    whole, _, part = text.partition(".")
    cents = parse_cents(f"{whole}.{part:0<2}")
    if not 0 < cents < _KEPT_BY_NOBODY:
        raise _Wrong(column, "must be above 0 and below 9999: with that a plan is not offered")
    return cents


def _name(row: Mapping[str, str], column: str) -> str:
    if not 0 < len(row[column]) <= _LONGEST_NAME or not row[column].isprintable():
        raise _Wrong(column, f"must be 1 to {_LONGEST_NAME} characters in one line")
    return row[column]


def _same(row: Mapping[str, str], columns: tuple[str, ...]) -> int:
    cents = [_cents(row, column) for column in columns]
    for column, each in zip(columns[1:], cents[1:], strict=True):
        if each != cents[0]:
            raise _Wrong(column, f"must be {columns[0]}: a tier has one price, however many children")
    return cents[0]


def _like(row: Mapping[str, str], column: str, form: re.Pattern[str], what: str) -> str:
    if form.fullmatch(row[column]) is None:
        raise _Wrong(column, f"must be {what}")
    return row[column]


def _one_of(row: Mapping[str, str], column: str, *words: str) -> None:
    if row[column] not in words:
        raise _Wrong(column, f"must be {' or '.join(words)}")
