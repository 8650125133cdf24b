"""Kinds of value that several bodies have, each with what it accepts."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from bulkhead.kernel.decisions import Reason
from bulkhead.web.dates import PlainDate, from_to
from bulkhead.web.fields import Like
from bulkhead.web.views import ReasonView

_LARGEST_CENTS = 1_000_000_000
_LARGEST_INCOME_CENTS = 100_000_000_000

Cents = Annotated[int, Field(ge=0, le=_LARGEST_CENTS, description="Integer cents.")]
"""An amount of money a month."""

IncomeCents = Annotated[int, Field(ge=0, le=_LARGEST_INCOME_CENTS, description="Integer cents.")]
"""An income of a year."""

PlanYear = Annotated[int, Field(ge=2014, le=2199)]
"""A plan year that the exchange sells, or may sell."""

PHONE = Like(r"^[0-9+(). -]{5,30}$", "must be 5 to 30 digits, blanks and + ( ) . -")
"""What a telephone number is written with."""

LATEST = date(2199, 12, 31)

Day = Annotated[PlainDate, from_to(date(1900, 1, 1), LATEST)]
"""A date of this or a neighboring century, written ``2016-01-31``."""

Lines = Annotated[
    str,
    Field(min_length=1, max_length=500),
    Like(
        r"^[^\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]*$",
        "must be text without control characters other than line feeds",
    ),
]
"""A few lines of text without other control characters."""


def _digits(text: str) -> str:
    return text.replace("-", "")


Ssn = Annotated[
    str,
    Like(r"^[0-9]{3}-?[0-9]{2}-?[0-9]{4}$", "must be nine digits, such as 000-00-0000"),
    AfterValidator(_digits),
]
"""A social security number, kept as nine digits."""


class View(BaseModel):
    """What a caller gets."""

    model_config = ConfigDict(serialize_by_alias=True, validate_by_name=True, validate_by_alias=True)


def reasons_of(reasons: tuple[Reason, ...]) -> list[ReasonView]:
    """Return the views of reasons, in order."""
    return [ReasonView.of(reason) for reason in reasons]
