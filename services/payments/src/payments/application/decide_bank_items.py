"""People decide about what bank or books have alone; a second one above the limit (PAY-13, OPS-5)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, TypeAlias, TypeVar

from bulkhead.kernel import corrections
from bulkhead.kernel.corrections import (
    CorrectionStep,
    done_alone_cents,
    require_another,
    require_none_waits,
    step,
    takes_two,
)
from bulkhead.kernel.errors import NotFound
from bulkhead.persistence.corrections import find_correction, note_reversed, with_taken_back
from bulkhead.persistence.ports import UnitOfWork
from payments.application.load_bank_files import pages_beside, with_missing
from payments.application.match_bank_entries import keep_matches
from payments.application.ports import Parameters
from payments.application.stored_files import keep_file, known_file
from payments.domain.bank_decisions import (
    ALWAYS_BY_TWO,
    BankDecision,
    BankDecisionKind,
    BankReason,
    cents_of,
    require_loaded,
    require_one_side,
    require_reversible,
    require_same_sums,
    require_state,
)
from payments.domain.bank_matching import Match
from payments.domain.bank_statements import BankEntry, BankFile, BankStatement
from payments.domain.trust_movements import TrustMovement

Asked: TypeAlias = corrections.Asked[BankReason]
"""Who decides, and why."""

Item = TypeVar("Item", BankEntry, TrustMovement)


@dataclass(frozen=True, slots=True, kw_only=True)
class Items:
    """What a decision is about: entries of statements, and movements of the books."""

    entries: Sequence[BankEntry]
    movements: Sequence[TrustMovement]

    @property
    def all(self) -> tuple[BankEntry | TrustMovement, ...]:
        """Both sides."""
        return (*self.entries, *self.movements)


async def match_items(
    uow: UnitOfWork, *, entries: Sequence[str], movements: Sequence[str], asked: Asked, parameters: Parameters
) -> BankDecision:
    """Match entries with movements that a person found to be the same money, or ask a second person to; return the
    decision.

    The trust account is locked. Raises `NotFound`, `ItemNotOpen`, `InvalidValue` where their sums are not the same, and
    `CorrectionWaits` where a decision about one of them waits.
    """
    items = await _items(uow, entries, movements)
    require_state(items.all, "open", by=None)
    require_same_sums(items.entries, items.movements)
    return await _decided(uow, "match", items, asked, parameters=parameters)


async def note_items(
    uow: UnitOfWork, *, entries: Sequence[str], movements: Sequence[str], asked: Asked, parameters: Parameters
) -> BankDecision:
    """Say why entries, or movements, are on one side alone, or ask a second person to; return the decision.

    The trust account is locked. Raises `NotFound`, `ItemNotOpen`, `InvalidValue` where items of both sides or none are
    given, and `CorrectionWaits`.
    """
    items = await _items(uow, entries, movements)
    require_state(items.all, "open", by=None)
    require_one_side(items.entries, items.movements)
    return await _decided(uow, "note", items, asked, parameters=parameters)


async def separate_items(
    uow: UnitOfWork, match: str, *, asked: Asked, parameters: Parameters
) -> BankDecision:
    """Take a match apart that was made by itself and is none, or ask a second person to; return the decision.

    What a person matched is taken apart by reversing that. The trust account is locked. Raises `NotFound` and
    `CorrectionWaits`.
    """
    by: dict[str, Any] = {"settled_by": match, "state": "matched"}
    entries = await uow.records(BankEntry).select(**by)
    movements = await uow.records(TrustMovement).select(**by)
    if not entries or await uow.records(BankDecision).count(correction=match):
        raise NotFound("there is no such match that was made by itself")
    items = Items(entries=entries, movements=movements)
    return await _decided(uow, "separate", items, asked, parameters=parameters, settled_by=match)


async def take_file_back(uow: UnitOfWork, file: str, *, asked: Asked, parameters: Parameters) -> BankDecision:
    """Ask a second person to take a loaded statement file back, which is not what the bank has; return the decision.

    Approved, what the file said is kept no more, what it was matched with is open, and the right file can be loaded. Of
    a message in several files all is kept no more, and the other pages wait for the right one.
    The trust account is locked. Raises `NotFound`, `ItemNotOpen`, and `CorrectionWaits` where a decision about one of
    its entries waits.
    """
    found = await uow.records(BankFile).get(file=file)
    if found is None:
        raise NotFound("there is no such statement file")
    require_loaded(found)
    entries = await uow.records(BankEntry).select(file=await _files_with(uow, found))
    items = Items(entries=entries, movements=())
    return await _decided(uow, "take-back", items, asked, parameters=parameters, file=file)


async def decide_bank_decision(
    uow: UnitOfWork, decision: str, what: CorrectionStep, *, operator: str
) -> BankDecision:
    """Approve a decision that another asked for, which does it, or decline it; return it (OPS-5).

    The trust account is locked. Raises `NotFound`, `CorrectionNotOpen`, `SecondPersonNeeded` and `ItemNotOpen`.
    """
    found = await find_correction(uow, BankDecision, decision)
    decided = step(found, what, by=operator, now=uow.now)
    if decided.state == "applied":
        require_another(found, by=operator)
        await _do(uow, decided)
        await note_reversed(uow, decided)
    await uow.records(BankDecision).put([decided])
    return decided


async def reverse_bank_decision(
    uow: UnitOfWork, decision: str, *, asked: Asked, parameters: Parameters
) -> BankDecision:
    """Take a decision back by another, or ask a second person to; return that other (OPS-5).

    The trust account is locked. Raises `NotFound`, `CorrectionNotOpen`, `ItemNotOpen` and `CorrectionWaits`.
    """
    first = await find_correction(uow, BankDecision, decision)
    step(first, "reverse", by=asked.operator, now=uow.now)
    require_reversible(first)
    items = await _items(uow, first.entries, first.movements)
    return await _decided(
        uow, first.kind, items, asked, parameters=parameters, settled_by=first.settled_by, reverses=decision
    )


async def _items(uow: UnitOfWork, entries: Sequence[str], movements: Sequence[str]) -> Items:
    """Return what these ids name; raises `NotFound` where one names nothing."""
    named: dict[str, Any] = {"entry": sorted(set(entries))}
    found = await uow.records(BankEntry).select(**named)
    named = {"movement": sorted(set(movements))}
    moved = await uow.records(TrustMovement).select(**named)
    if len(found) < len(set(entries)):
        raise NotFound("there is no such entry of a statement")
    if len(moved) < len(set(movements)):
        raise NotFound("there is no such movement of the trust account")
    return Items(entries=found, movements=moved)


async def _decided(
    uow: UnitOfWork,
    kind: BankDecisionKind,
    items: Items,
    asked: Asked,
    *,
    parameters: Parameters,
    settled_by: str | None = None,
    reverses: str | None = None,
    file: str | None = None,
) -> BankDecision:
    """Keep a decision, and do it unless a second person has to approve it first; return it (OPS-5)."""
    in_force = parameters.as_of(uow.today)
    decision = BankDecision(
        correction=asked.correction,
        kind=kind,
        state="applied",
        because=asked.because,
        note=asked.note,
        cents=cents_of(items.entries, items.movements),
        entries=() if file is not None else tuple(sorted(each.entry for each in items.entries)),
        movements=tuple(sorted(each.movement for each in items.movements)),
        settled_by=settled_by,
        file=file,
        by_two=False,
        asked_at=uow.now,
        asked_by=asked.operator,
        reverses=reverses,
    )
    waiting = await uow.records(BankDecision).select(state="requested")
    require_none_waits(each for each in waiting if _meets(each, items, file))
    alone = await _done_alone_cents(uow, decision, days=in_force.correction_alone_days)
    cents, limit = decision.cents + alone, in_force.correction_alone_cents
    if takes_two(kind, cents, alone_cents=limit, kinds_by_two=ALWAYS_BY_TWO):
        decision = replace(decision, state="requested", by_two=True)
    await uow.records(BankDecision).add([decision])
    if decision.state == "applied":
        await _do(uow, decision)
        await note_reversed(uow, decision)
    return decision


def _meets(waiting: BankDecision, items: Items, file: str | None) -> bool:
    """Whether a decision that waits is about one of these, or takes this file back or one that has one of these."""
    if waiting.file is not None and waiting.file in {file, *(each.file for each in items.entries)}:
        return True
    about = {*(each.entry for each in items.entries), *(each.movement for each in items.movements)}
    return not about.isdisjoint((*waiting.entries, *waiting.movements))


async def _done_alone_cents(uow: UnitOfWork, decision: BankDecision, *, days: int) -> int:
    """Return how many cents of the trust account who decides decided alone about within days."""
    since = uow.now - timedelta(days=days)
    recent = await uow.records(BankDecision).select(asked_by=decision.asked_by, asked_at__gt=since)
    known = await with_taken_back(uow, BankDecision, [decision, *recent])
    return done_alone_cents(
        (each for each in known if each is not decision),
        by=decision.asked_by,
        since=since,
        reverses=decision.reverses,
    )


async def _do(uow: UnitOfWork, decision: BankDecision) -> None:
    """Do what a decision says, or take back what the one that it reverses did."""
    if decision.file is not None:
        await _forget_file(uow, decision.file, because=decision.because)
        return
    items = await _items(uow, decision.entries, decision.movements)
    back = await _takes_back(uow, decision)
    joins = (decision.kind == "separate") == back
    if not joins:
        by = decision.settled_by or decision.reverses
        require_state(items.all, "noted" if decision.kind == "note" else "matched", by=by)
        await _put(uow, items.entries, state="open", settled_by=None, settled_on=None, by_hand=True)
        await _put(uow, items.movements, state="open", settled_by=None, settled_on=None, by_hand=True)
        return
    require_state(items.all, "open", by=None)
    by = decision.settled_by or decision.correction
    if decision.kind == "note":
        await _put(uow, items.entries, state="noted", settled_by=by)
        await _put(uow, items.movements, state="noted", settled_by=by)
        return
    await keep_matches(uow, [(Match(entries=tuple(items.entries), movements=tuple(items.movements)), by)])


async def _forget_file(uow: UnitOfWork, file: str, *, because: BankReason) -> None:
    """Keep no more what a file said; what was matched with its entries is open, as nobody took it apart."""
    found = await known_file(uow, BankFile, file)
    require_loaded(found)
    files = await _files_with(uow, found)
    theirs = await uow.records(BankEntry).select(file=files)
    by: dict[str, Any] = {
        "state": "matched",
        "settled_by": sorted({each.settled_by for each in theirs if each.settled_by is not None}),
    }
    others = [each for each in await uow.records(BankEntry).select(**by) if each.file not in files]
    await _put(uow, others, state="open", settled_by=None, settled_on=None)
    movements = await uow.records(TrustMovement).select(**by)
    await _put(uow, movements, state="open", settled_by=None, settled_on=None)
    apart = await uow.records(TrustMovement).select(apart_from=sorted(each.entry for each in theirs))
    await _put(uow, apart, apart_from=None)
    await uow.records(BankEntry).remove(file=files)
    await uow.records(BankStatement).remove(file=files)
    others = [] if found.message is None else await pages_beside(uow, found.message, but=file)
    await uow.records(BankFile).put(with_missing(others))
    await keep_file(
        uow, replace(found, state="refused", statements=0, refusal=f"taken back: {because}", waits=True)
    )


async def _files_with(uow: UnitOfWork, file: BankFile) -> list[str]:
    """Return a file, with the other pages of its message: what they say together is kept of one of them."""
    others = [] if file.message is None else await pages_beside(uow, file.message, but=file.file)
    return [file.file, *(each.file for each in others)]


async def _takes_back(uow: UnitOfWork, decision: BankDecision) -> bool:
    """Whether a decision takes back what is: it reverses one that did not do so itself."""
    known = {each.correction: each for each in await with_taken_back(uow, BankDecision, [decision])}
    return corrections.takes_back(decision.reverses, known)


async def _put(uow: UnitOfWork, items: Iterable[Item], **values: Any) -> None:
    found = list(items)
    if found:
        await uow.records(type(found[0])).put([replace(each, **values) for each in found])
