"""Dates and instants as the API takes them: written out and nothing else. A number is neither."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BeforeValidator

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{5,15}(Z|[+-][0-9]{2}:[0-9]{2})")


def _date(value: Any) -> date:
    try:
        if isinstance(value, str) and _DATE.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise ValueError("must be a date such as 2016-01-04")


def _instant(value: Any) -> datetime:
    try:
        if isinstance(value, str) and _INSTANT.fullmatch(value):
            return datetime.fromisoformat(value)
    except ValueError:
        pass
    raise ValueError("must be an instant with its zone, such as 2016-01-04T09:00:00-05:00")


PlainDate = Annotated[date, BeforeValidator(_date)]
"""A date in a body or a query."""


def from_to(first: date, last: date) -> AfterValidator:
    """Return the check that a date is one of these, in words that show them."""

    def checked(day: date) -> date:
        if first <= day <= last:
            return day
        raise ValueError(f"must be from {first} to {last}")

    return AfterValidator(checked)


Instant = Annotated[AwareDatetime, BeforeValidator(_instant)]
"""An instant in a body."""
