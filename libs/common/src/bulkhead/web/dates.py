"""Dates as the API takes them: ``2016-01-04`` and nothing else. A number is no date, and no instant either."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _written_out(value: Any) -> Any:
    if isinstance(value, str) and _DATE.fullmatch(value):
        return value
    raise ValueError("must be a date such as 2016-01-04")


PlainDate = Annotated[date, BeforeValidator(_written_out)]
"""A date in a body or a query."""
