"""Kinds of value that bodies and parameters have: what each accepts, and the words that refuse the rest."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
)

from bulkhead.kernel.ids import is_like_ssn


class Body(BaseModel):
    """What a caller sends. A field nobody knows is a mistake, not a wish; so is ``"yes"`` where true belongs."""

    model_config = ConfigDict(extra="forbid", strict=True)


@dataclass(frozen=True, slots=True)
class Like:
    """A text must match ``pattern``, which programs read; people are told that it ``must``."""

    pattern: str
    must: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> Any:
        """Return the check, after those of the text itself."""
        return AfterValidator(self._checked).__get_pydantic_core_schema__(source, handler)

    def __get_pydantic_json_schema__(self, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Return the text's schema with the pattern."""
        return {**handler(schema), "pattern": self.pattern}

    def _checked(self, text: str) -> str:
        if re.fullmatch(self.pattern.removeprefix("^").removesuffix("$"), text) is None:
            raise ValueError(self.must)
        return text


Id = Annotated[
    str,
    Like(
        r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$",
        "must be 1 to 64 letters, digits, '.', '_' or '-', the first a letter or digit",
    ),
]
"""An id, as everything that has one here has it."""


def _no_ssn(text: str) -> str:
    if is_like_ssn(text):
        raise ValueError("must not be like a social security number")
    return text


HouseholdId = Annotated[Id, AfterValidator(_no_ssn)]
"""A household's id (`checked_household_id`)."""

Line = Annotated[
    str,
    Field(min_length=1, max_length=200),
    Like(r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$", "must be one line without control characters"),
]
"""One line of text without control characters."""


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be blank")
    return text


WrittenLine = Annotated[Line, AfterValidator(_not_blank)]
"""A line that somebody writes about people, whatever is in it: it is kept and shown to staff alone."""
