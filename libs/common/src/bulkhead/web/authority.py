"""Who may state which field of a body: some are not for everybody whom a route lets in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from pydantic import BaseModel, GetCoreSchemaHandler, GetJsonSchemaHandler

from bulkhead.kernel.decisions import Reason
from bulkhead.web.auth import Caller, Forbidden, Role

STATED_BY = "x-stated-by"
"""What the OpenAPI document has of it, at the field."""


@dataclass(frozen=True, slots=True)
class StatedBy:
    """A field that callers with one of these roles may state, and why; ``else_only`` is what all others may.

    Whoever leaves the field out, or gives its default, states nothing.
    """

    roles: tuple[Role, ...]
    rule: str
    says: str
    else_only: tuple[str, ...] = ()

    def refuse_unless(self, caller: Caller, value: Any, *, field: str) -> None:
        """Raise `Forbidden`, about ``field``, where this caller may not state this value."""
        if caller.roles.intersection(self.roles) or value in self.else_only:
            return
        who = " or ".join(self.roles)
        remedy = f"{' or '.join(self.else_only)} would do" if self.else_only else "leave it out"
        raise Forbidden(
            f"is stated by {who} only: {remedy}",
            field=field,
            reasons=(Reason(rule=self.rule, says=self.says, facts={"stated_by": " ".join(self.roles)}),),
        )

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> Any:
        """Return the field's own check: who states it is asked of the caller."""
        return handler(source)

    def __get_pydantic_json_schema__(self, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Return the field's schema with who states it and why."""
        stated = {"roles": [*self.roles], "rule": self.rule, "says": self.says}
        return {
            **handler(schema),
            STATED_BY: stated | ({"else": [*self.else_only]} if self.else_only else {}),
        }


def require_authority(caller: Caller, body: BaseModel) -> None:
    """Raise `Forbidden` for the first field of a body that this caller may not state."""
    for place, value, stated in _stated(body, place=""):
        stated.refuse_unless(caller, value, field=place)


def _stated(body: BaseModel, *, place: str) -> Iterator[tuple[str, Any, StatedBy]]:
    for name, alias, default, stated in _fields_of(type(body)):
        value = getattr(body, name)
        if stated is not None and value != default:
            yield f"{place}/{alias}", value, stated
        for position, part in _parts(value):
            yield from _stated(part, place=f"{place}/{alias}{position}")


def _parts(value: Any) -> Iterator[tuple[str, BaseModel]]:
    if isinstance(value, BaseModel):
        yield "", value
    elif isinstance(value, list):
        for position, part in enumerate(cast("list[Any]", value)):
            if isinstance(part, BaseModel):
                yield f"/{position}", part


@cache
def _fields_of(body: type[BaseModel]) -> tuple[tuple[str, str, Any, StatedBy | None], ...]:
    return tuple(
        (
            name,
            field.alias or name,
            field.get_default(),
            next((each for each in field.metadata if isinstance(each, StatedBy)), None),
        )
        for name, field in body.model_fields.items()
    )
