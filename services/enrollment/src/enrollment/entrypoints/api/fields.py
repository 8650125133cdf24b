"""Kinds of value that several bodies have, each with what it accepts."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from bulkhead.kernel.decisions import Reason
from bulkhead.web.commands import ID_PATTERN
from bulkhead.web.dates import PlainDate
from bulkhead.web.journal import ReasonView

_LARGEST_CENTS = 1_000_000_000

Id = Annotated[str, Field(pattern=ID_PATTERN)]
"""An id: letters, digits, dots, dashes, underscores."""

Cents = Annotated[int, Field(strict=True, ge=0, le=_LARGEST_CENTS, description="Integer cents.")]
"""An amount of money a month."""


Day = Annotated[PlainDate, Field(ge=date(1900, 1, 1), le=date(2199, 12, 31))]
"""A date of this or a neighboring century, written ``2016-01-31``."""

Line = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$")]
"""One line of text without control characters."""


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be blank")
    return text


StaffText = Annotated[Line, AfterValidator(_not_blank)]
"""A line that staff writes about somebody, whatever is in it: it is kept and shown to staff alone."""

Lines = Annotated[
    str, Field(min_length=1, max_length=500, pattern=r"^[^\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]*$")
]
"""A few lines of text without other control characters."""


def _digits(text: str) -> str:
    return text.replace("-", "")


Ssn = Annotated[str, Field(pattern=r"^[0-9]{3}-?[0-9]{2}-?[0-9]{4}$"), AfterValidator(_digits)]
"""A social security number, kept as nine digits."""


class Body(BaseModel):
    """What a caller sends: a field nobody knows is a mistake, not a wish."""

    model_config = ConfigDict(extra="forbid")


class View(BaseModel):
    """What a caller gets."""

    model_config = ConfigDict(serialize_by_alias=True, validate_by_name=True, validate_by_alias=True)


def reasons_of(reasons: tuple[Reason, ...]) -> list[ReasonView]:
    """Return the views of reasons, in order."""
    return [ReasonView.of(reason) for reason in reasons]
