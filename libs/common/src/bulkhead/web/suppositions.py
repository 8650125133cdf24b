"""Events that a caller supposes a service hears: those of another service's dry run, mostly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

import msgspec
from pydantic import Field

from bulkhead.contracts import wire
from bulkhead.contracts.registry import BY_MODEL, BY_NAME
from bulkhead.kernel.calendar import in_exchange_time
from bulkhead.kernel.errors import Malformed, Refused
from bulkhead.service import Received, Service
from bulkhead.web.commands import Command
from bulkhead.web.dates import Instant, PlainDate
from bulkhead.web.fields import Body, Id


class SupposedEvent(Body):
    """An event as a dry run shows it. Without ``occurred_at`` it is supposed to happen now.

    What it counts for and why, ``business_date`` and ``reasons``, comes with it and is not looked at.
    """

    type: Id
    version: Annotated[int, Field(ge=1, le=1000)] = 1
    household: Id | None = None
    occurred_at: Instant | None = None
    business_date: PlainDate | None = None
    data: dict[str, Any] | None
    reasons: Annotated[list[dict[str, Any]], Field(max_length=100, default_factory=list[dict[str, Any]])]


class CannotBeSupposed(Refused):
    """An event cannot be what a service hears of this household; the answer says which, and why."""

    kind: ClassVar[str] = "cannot-be-supposed"


def supposed(events: Sequence[SupposedEvent], *, household: str, command: Command) -> list[Received]:
    """Return events as the service would get them, without those of known types that it does not listen to.

    Raises `CannotBeSupposed` for a type nobody knows, for data that is not of its form, and for another household.
    """
    service: Service = command.request.app.state.service
    facts = {(BY_MODEL[each].name, BY_MODEL[each].version): fact for each, fact in service.inbound.items()}
    now = command.now
    received: list[Received] = []
    for index, event in enumerate(events):
        field = f"/events/{index}"
        kind = (str(event.type), event.version)
        if kind not in BY_NAME:
            raise CannotBeSupposed("is an event of no known type and version", field=f"{field}/type")
        if kind not in facts:
            continue
        try:
            fact = wire.decode(msgspec.json.encode(event.data), facts[kind])
        except Malformed as error:
            raise CannotBeSupposed(str(error), field=f"{field}/data") from None
        if getattr(fact, "household", None) != household:
            raise CannotBeSupposed("is not about the household in the path", field=f"{field}/data/household")
        happened = now if event.occurred_at is None else in_exchange_time(event.occurred_at)
        received.append(
            Received(
                event_id=f"supposed-{index}",
                household=household,
                occurred_at=min(happened, now),
                fact=fact,
                partition=0,
            )
        )
    return received
