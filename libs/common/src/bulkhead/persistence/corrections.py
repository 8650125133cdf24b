"""How corrections of any service are kept: found by name, noted as taken back, counted by whom they were done alone by
(OPS-5).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from bulkhead.kernel.corrections import RecordedCorrection, step
from bulkhead.kernel.errors import NotFound
from bulkhead.persistence.ports import UnitOfWork

C = TypeVar("C", bound=RecordedCorrection)


async def find_correction(uow: UnitOfWork, records: type[C], correction: str) -> C:
    """Return a correction of this kind of records; raises `NotFound`."""
    found = await uow.records(records).get(correction=correction)
    if found is None:
        raise NotFound("there is no such correction")
    return found


async def note_reversed(uow: UnitOfWork, correction: RecordedCorrection) -> None:
    """Have what a correction takes back be reversed by it; raises `CorrectionNotOpen` where it does not stand."""
    if correction.reverses is None:
        return
    records = type(correction)
    first = await find_correction(uow, records, correction.reverses)
    by, taken_back_by = correction.asked_by, correction.correction
    await uow.records(records).put([step(first, "reverse", by=by, now=uow.now, reversed_by=taken_back_by)])


async def with_taken_back(uow: UnitOfWork, records: type[C], known: Iterable[C]) -> list[C]:
    """Return these corrections and all that they take back, and those take back in turn."""
    found = {each.correction: each for each in known}
    left = _taken_back(found.values()) - found.keys()
    while left:
        named: dict[str, Any] = {"correction": sorted(left)}
        more = await uow.records(records).select(**named)
        found |= {each.correction: each for each in more}
        left = _taken_back(more) - found.keys()
    return list(found.values())


def _taken_back(corrections: Iterable[RecordedCorrection]) -> set[str]:
    return {each.reverses for each in corrections if each.reverses is not None}
