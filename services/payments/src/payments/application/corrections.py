"""What corrections of every kind have in common: they are asked for, recorded and found (OPS-5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TypeAlias

from bulkhead.kernel import corrections
from bulkhead.kernel.corrections import done_alone_cents, require_none_waits, takes_two
from bulkhead.persistence.corrections import with_taken_back
from bulkhead.persistence.ports import UnitOfWork
from payments.application.ports import Parameters
from payments.domain.corrections import Correction, CorrectionKind, Move, Redating
from payments.domain.events import WrongBecause

Asked: TypeAlias = corrections.Asked[WrongBecause]
"""Who asks for a correction of payments, and why."""


async def record_correction(
    uow: UnitOfWork,
    asked: Asked,
    *,
    kind: CorrectionKind,
    cents: int,
    parameters: Parameters,
    moves: tuple[Move, ...] = (),
    redates: Redating | None = None,
    reverses: str | None = None,
) -> Correction:
    """Keep a correction as asked for where it takes a second person, else as applied, which is then to be done; return
    it (OPS-5). Raises `CorrectionWaits` where one of the kind and of the same payment waits.

    What the same person corrected alone in the last days counts with it, where it touched one of its households: money
    of many that is moved to one is that one's sum.
    """
    in_force = parameters.as_of(uow.today)
    correction = Correction(
        correction=asked.correction,
        kind=kind,
        state="applied",
        because=asked.because,
        note=asked.note,
        cents=cents,
        moves=moves,
        redates=redates,
        by_two=False,
        asked_at=uow.now,
        asked_by=asked.operator,
        reverses=reverses,
    )
    waiting = await uow.records(Correction).select(state="requested")
    require_none_waits(each for each in waiting if each.kind == kind and each.payments & correction.payments)
    alone = await _done_alone_cents(uow, correction, days=in_force.correction_alone_days)
    if takes_two(
        kind,
        cents + alone,
        alone_cents=in_force.correction_alone_cents,
        kinds_by_two=in_force.correction_kinds_by_two,
    ):
        correction = replace(correction, state="requested", by_two=True)
    await uow.records(Correction).add([correction])
    return correction


async def _done_alone_cents(uow: UnitOfWork, correction: Correction, *, days: int) -> int:
    """Return how many cents who asks for a correction corrected alone within days, where one of its
    households gave or got.
    """
    households = set(correction.households)
    since = uow.now - timedelta(days=days)
    recent = await uow.records(Correction).select(asked_by=correction.asked_by, asked_at__gt=since)
    same = [each for each in recent if not households.isdisjoint(each.households)]
    known = await with_taken_back(uow, Correction, [correction, *same])
    return done_alone_cents(
        (each for each in known if each is not correction),
        by=correction.asked_by,
        since=since,
        reverses=correction.reverses,
    )


def is_done_now(correction: Correction, asked: Asked) -> bool:
    """Whether a correction is to be done at once: nobody else must approve it, or what it would do is to be shown."""
    return correction.state == "applied" or asked.preview
