"""Lines of CMS's Plan Attributes and Rate public use files, as they are published, for a made-up issuer."""

from __future__ import annotations

import csv
from io import StringIO

from bulkhead.kernel.money import format_cents
from enrollment.adapters.catalog_files import RATE_COLUMNS
from services.enrollment.tests.rated import by_age

SILVER, SMILE, SHOP = "88806MA0010001", "18076MA0020001", "88806MA0030009"
DENTAL = {
    "DentalOnlyPlan": "Yes",
    "IssuerId": "18076",
    "PlanMarketingName": "Smile",
    "MetalLevel": "High",
}
Row = dict[str, str]


def plan_row(plan: str, **changed: str) -> Row:
    """Return a line of the Plan Attributes PUF, with a column that nobody reads."""
    row = {
        "BusinessYear": "2015",
        "StateCode": plan[5:7],
        "IssuerId": plan[:5],
        "SourceName": "HIOS",
        "MarketCoverage": "Individual",
        "DentalOnlyPlan": "No",
        "StandardComponentId": plan,
        "PlanMarketingName": "Silver, 70%",
        "MetalLevel": "Silver",
        "PlanId": f"{plan}-01",
    }
    return row | changed


def rate_row(plan: str, age: str, rate: str, **changed: str) -> Row:
    """Return a line of the Rate PUF."""
    row = {
        "BusinessYear": "2015",
        "StateCode": plan[5:7],
        "IssuerId": plan[:5],
        "RateEffectiveDate": "2015-01-01",
        "RateExpirationDate": "2015-12-31",
        "PlanId": plan,
        "RatingAreaId": "Rating Area 2",
        "Tobacco": "No Preference",
        "Age": age,
        "IndividualRate": rate,
        **dict.fromkeys(RATE_COLUMNS[9:], ""),
    }
    return row | changed


def all_ages(plan: str = SILVER, **changed: str) -> list[Row]:
    """Return rates of every age, 200.00 times each's factor: 150.20 up to 20, 236.60 of 21, 473.00 of the oldest."""
    rates = by_age().monthly_cents
    return [rate_row(plan, age, format_cents(cents), **changed) for age, cents in rates.items()]


def family_option(plan: str = SMILE, **changed: str) -> Row:
    """Return the line of a plan that is rated by tier."""
    prices = dict.fromkeys(RATE_COLUMNS[11:14], "57.90") | {"Couple": "60"}
    prices |= dict.fromkeys(RATE_COLUMNS[14:], "84.3")
    return rate_row(plan, "Family Option", "30.00", **(prices | changed))


def text_of(rows: list[Row], columns: tuple[str, ...]) -> StringIO:
    """Return a file of these lines, with these columns at least."""
    names = list(dict.fromkeys([*(name for row in rows for name in row), *columns]))
    text = StringIO()
    writer = csv.DictWriter(text, names)
    writer.writeheader()
    writer.writerows(rows)
    text.seek(0)
    return text
