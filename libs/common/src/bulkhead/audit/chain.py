"""The chain of a service's audit log: each entry's hash holds that of the one before it (ADR 0072)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any, Final

import msgspec

from bulkhead.audit.entries import REJOIN, AuditEntry
from bulkhead.kernel.calendar import local
from bulkhead.kernel.errors import InvalidValue
from bulkhead.observability.logging import get_logger
from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory

LOCK: Final = "audit:"
"""Who chains holds this lock: entries are written without it, by as many processes as there are."""

AT_ONCE: Final = 500

LATE: Final = timedelta(hours=1)
"""How much earlier than one before it in the chain an entry may be: far more than any transaction lasts."""

_log = get_logger("audit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The end of a chain: how many entries there are, and the hash of the last one."""

    number: int
    chained: str

    def __str__(self) -> str:
        return f"{self.number}:{self.chained}"

    @classmethod
    def read(cls, text: str) -> Head:
        """Return the head that a text such as ``12:9f86…`` says. Raises `InvalidValue`."""
        number, _, chained = text.partition(":")
        if not (number.isascii() and number.isdigit() and len(number) <= 18 and chained):
            raise InvalidValue(field="--head", problem="must be a number, a colon and a hash, as was logged")
        return cls(number=int(number), chained=chained)


BEGINNING: Final = Head(number=0, chained="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something in a chain that cannot be: where it is, and what is wrong there."""

    number: int
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was found of a chain: where it ends, what is wrong, and where a restored database joined again: a head that
    was logged before may have been of a chain whose end the backup did not have.
    """

    head: Head
    faults: tuple[Fault, ...]
    rejoined: tuple[AuditEntry, ...]


def chained_after(head: Head, entry: AuditEntry) -> AuditEntry:
    """Return an entry as the next one of a chain."""
    number = head.number + 1
    return replace(entry, number=number, chained=_hash(head.chained, number, entry))


async def chain(uows: UnitOfWorkFactory, *, now: datetime) -> Head:
    """Put all that is not chained yet into the chain, some at a time; return its end. Raises `Retryable`."""
    while True:
        async with uows.begin(now=now) as uow:
            if not await _not_chained(uow, limit=1):
                return await _head(uow)
        async with uows.begin(now=now, households=[LOCK]) as uow:
            head = await _head(uow)
            links = list[AuditEntry]()
            for entry in await _not_chained(uow, limit=AT_ONCE):
                links.append(chained_after(head, entry))
                head = Head(number=head.number + 1, chained=links[-1].chained or "")
            await uow.records(AuditEntry).put(links)


class Chaining:
    """Chains what was written, and logs where the chain ends: what is logged is out of reach of whoever has the
    database, so that an end that is cut off is noticed.
    """

    def __init__(self, uows: UnitOfWorkFactory) -> None:
        self._uows = uows
        self._logged = BEGINNING
        self._logged_in: datetime | None = None

    async def turn(self, now: datetime) -> None:
        """Chain, and log the end where it is another in an hour of which none was logged. Raises `Retryable`."""
        head, hour = await chain(self._uows, now=now), now.replace(minute=0, second=0, microsecond=0)
        if head != self._logged and hour != self._logged_in:
            _log.info("audit_head", number=head.number, hash=head.chained)
            self._logged, self._logged_in = head, hour


async def verify(uows: UnitOfWorkFactory, *, now: datetime, known: Sequence[Head] = ()) -> Verdict:
    """Go through the whole chain, and look for heads that were logged; return what was found. Raises `Retryable`."""
    faults, rejoined, head = list[Fault](), list[AuditEntry](), BEGINNING
    wanted = dict[int, list[Head]]()
    for each in known:
        wanted.setdefault(each.number, []).append(each)
    async for entry in _in_order(uows, now=now):
        number, chained = entry.number or 0, entry.chained or ""
        if number != head.number + 1:
            missing = f"{head.number + 1} to {number - 1}"
            faults.append(Fault(number=head.number + 1, says=f"missing: {missing}"))
        elif chained != _hash(head.chained, number, entry):
            faults.append(
                Fault(number=number, says=f"is not what was written: {entry.operation} by {entry.actor}")
            )
        for logged in wanted.pop(number, ()):
            if logged.chained != chained:
                faults.append(Fault(number=number, says="is not the one that was logged"))
        if entry.operation == REJOIN:
            rejoined.append(entry)
        head = Head(number=number, chained=chained)
    for number in sorted(wanted):
        faults += [Fault(number=number, says="missing: it was logged")] * len(wanted[number])
    return Verdict(head=head, faults=tuple(faults), rejoined=tuple(rejoined))


async def number_before(uow: UnitOfWork, *, since: datetime) -> int:
    """Return a number in the chain that is before all entries of an instant and later, and hardly more than `LATE`
    before the first of them; 0 for the beginning. The chain is halved until it is found, and not gone through.
    """
    before, low, high = since - LATE, 0, (await _head(uow)).number
    while low < high:
        middle = (low + high + 1) // 2
        nearest = await uow.records(AuditEntry).select(
            number__gt=low, number__le=middle, order_by=("-number",), limit=1
        )
        if not nearest or nearest[0].at < before:
            low = middle
        else:
            high = (nearest[0].number or 0) - 1
    return low


async def entries_wanted(
    uow: UnitOfWork, *, household: str | None, actor: str | None, since: date | None, after: int = 0
) -> dict[str, Any]:
    """Return by what conditions entries of the chain are selected: those about a household, by somebody, and from a
    date on, each where it is given, after a number.
    """
    wanted: dict[str, Any] = {} if household is None else {"household": household}
    if actor is not None:
        wanted["actor"] = actor
    if since is not None:
        wanted["at__ge"] = local(since)
        after = max(after, await number_before(uow, since=local(since)))
    return wanted | {"number__gt": after}


async def _in_order(uows: UnitOfWorkFactory, *, now: datetime) -> AsyncIterator[AuditEntry]:
    after = 0
    while True:
        async with uows.begin(now=now) as uow:
            found = await uow.records(AuditEntry).select(
                number__gt=after, order_by=("number",), limit=AT_ONCE
            )
        for entry in found:
            yield entry
            after = entry.number or 0
        if len(found) < AT_ONCE:
            return


async def _not_chained(uow: UnitOfWork, *, limit: int) -> Sequence[AuditEntry]:
    return await uow.records(AuditEntry).select(number=None, order_by=("at", "entry"), limit=limit)


async def _head(uow: UnitOfWork) -> Head:
    last = await uow.records(AuditEntry).select(number__gt=0, order_by=("-number",), limit=1)
    return Head(number=last[0].number or 0, chained=last[0].chained or "") if last else BEGINNING


def _hash(before: str, number: int, entry: AuditEntry) -> str:
    """Return the SHA-256 of an entry in its place: what it says, in one way of writing it, after the hash before."""
    return sha256(msgspec.json.encode([before, number, *_said(entry)])).hexdigest()


def _said(entry: AuditEntry) -> Iterator[object]:
    yield from (entry.entry, entry.at.astimezone(UTC).isoformat(), entry.actor, entry.roles)
    yield from (entry.operation, entry.outcome, entry.household, sorted(entry.named.items()))
