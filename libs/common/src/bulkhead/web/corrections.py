"""What routes of corrections have in common, whatever a service corrects (OPS-5)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel

from bulkhead.kernel.corrections import Asked, C, CorrectionState, RecordedCorrection, W
from bulkhead.kernel.ids import derived_id
from bulkhead.kernel.personal import Masked
from bulkhead.web.commands import Command, Query
from bulkhead.web.fields import Body
from bulkhead.web.pagination import Paging


class DecisionBody(Body):
    """What a person decides about a correction that was asked for."""

    decision: Literal["approve", "decline"]


class RecordedView(BaseModel):
    """What is shown of a correction of any kind: why, who asked for it, and what became of it (OPS-5).

    ``takes_two``: a second person approves it, for its amount or its kind, and until then it is only ``requested``.
    """

    correction: str
    state: CorrectionState
    note: str | None
    amount_cents: int
    takes_two: bool
    asked_at: datetime
    asked_by: str
    decided_at: datetime | None
    decided_by: str | None
    reverses: str | None
    reversed_by: str | None


def recorded(correction: RecordedCorrection) -> dict[str, Any]:
    """Return the values of what a `RecordedView` shows."""
    return {
        "correction": correction.correction,
        "state": correction.state,
        "note": None if correction.note is None else correction.note.reveal(),
        "amount_cents": correction.cents,
        "takes_two": correction.by_two,
        "asked_at": correction.asked_at,
        "asked_by": correction.asked_by,
        "decided_at": correction.decided_at,
        "decided_by": correction.decided_by,
        "reverses": correction.reverses,
        "reversed_by": correction.reversed_by,
    }


async def asked_of(command: Command, *, because: W, note: str | None) -> Asked[W]:
    """Return who asks for a correction, and why, in one of the service's words."""
    return Asked(
        correction=await _correction_id(command),
        because=because,
        note=None if note is None else Masked(note),
        operator=command.caller.subject,
        preview=command.dry_run,
    )


async def _correction_id(command: Command) -> str:
    """Return the id of the correction that a request asks for: the same of the same one. What is only tried has one
    that is thrown away.
    """
    key = None if command.dry_run else await command.key()
    named = ("tried",) if key is None else (key.scope, key.key)
    return derived_id("correction", *named)


async def corrections_of(query: Query, record: type[C], paging: Paging, **asked: Any) -> list[C]:
    """Return a page of corrections, and one more: those that are as asked, None for anything."""
    conditions = {name: value for name, value in asked.items() if value is not None}
    async with query.begin() as uow:
        return await uow.records(record).select(
            correction__gt=paging.after_id,
            order_by=("correction",),
            limit=paging.limit + 1,
            **conditions,
        )
