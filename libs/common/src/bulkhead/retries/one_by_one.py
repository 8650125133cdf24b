"""Items that are done one after the other, or as one set, and none in the way of another (I9)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, Generic, TypeVar, cast

from bulkhead.kernel.errors import MOST_TOO_SLOW, BulkheadError, Retryable, TookTooLong, is_its_own
from bulkhead.persistence.conditions import parse_conditions
from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
from bulkhead.retries.retries import RetryKind

Done = TypeVar("Done")
Item = TypeVar("Item")

MOST_FAILING_IN_A_ROW = 3
"""So many items that fail one after the other where what they need answers fail for themselves; then it is that."""


class OutOfReach(Retryable):
    """What all items of a kind need is away: no more of them are tried now, and none of them has failed."""


class NotNow(BulkheadError):
    """One item cannot be done now, though what it needs is there."""


class Backlog(Generic[Item]):
    """The records of one kind that wait to be done: those that meet ``still``, each known by its field ``key``.

    Raises `ValueError` where it is made for a field that the record does not have: when the service starts.
    """

    def __init__(self, kind: type[Item], *, key: str, retries: RetryKind, **still: Any) -> None:
        names = tuple(each.name for each in fields(cast("type[Any]", kind)))
        parse_conditions(fields=names, conditions={**still, key: ""})
        self._kind = kind
        self._key = key
        self._retries = retries
        self._still = still

    def key_of(self, item: Item) -> str:
        """Return the name an item waits under."""
        return getattr(item, self._key)

    async def due(self, uows: UnitOfWorkFactory, *, now: datetime, limit: int) -> list[Item]:
        """Return what is to be done now, as `next` does, in a unit of work of its own."""
        async with uows.begin(now=now) as uow:
            return await self.next(uow, limit=limit)

    async def do(
        self,
        items: Iterable[Item],
        do: Callable[[Item], Awaitable[int]],
        *,
        uows: UnitOfWorkFactory,
        now: datetime,
        household: Callable[[Item], str | None] = lambda _item: None,
    ) -> int:
        """Do each of these items and return how much that did: as `do_one_by_one`."""
        return await do_one_by_one(
            items, retries=self._retries, uows=uows, now=now, key=self.key_of, do=do, household=household
        )

    async def next(self, uow: UnitOfWork, *, limit: int) -> list[Item]:
        """Return what is to be done now, at most ``limit``: what did not fail so far, then what has rested long enough.

        What failed takes at most half of the room, and comes last, what has waited longest first: it may keep whoever
        is asked waiting. Nothing waits any more for what came to its end in another way.
        """
        until = await self._retries.until(uow)
        rested = {item for item, retry_at in until.items() if retry_at <= uow.now}
        again = await self._still_to_do(uow, rested)
        await self._retries.forget(uow, rested - {self.key_of(each) for each in again})
        again = sorted(again, key=lambda each: until[self.key_of(each)])[: max(1, limit // 2)]
        return await self._that_did_not_fail(uow, until.keys(), limit=limit - len(again)) + again

    async def _still_to_do(self, uow: UnitOfWork, keys: set[str]) -> list[Item]:
        if not keys:
            return []
        those: dict[str, Any] = {self._key: sorted(keys)}
        return await uow.records(self._kind).select(**self._still, **those, order_by=(self._key,))

    async def _that_did_not_fail(self, uow: UnitOfWork, failed: Collection[str], *, limit: int) -> list[Item]:
        found: list[Item] = []
        after: dict[str, Any] = {}
        while len(found) < limit:
            page = await uow.records(self._kind).select(
                **self._still, **after, order_by=(self._key,), limit=limit
            )
            found += [each for each in page if self.key_of(each) not in failed]
            if len(page) < limit:
                break
            after = {f"{self._key}__gt": self.key_of(page[-1])}
        return found[:limit]


async def do_together(
    items: Sequence[Item],
    *,
    do: Callable[[Sequence[Item]], Awaitable[Done]],
    put_off: Callable[[Item, Exception], Awaitable[Done]],
) -> list[Done]:
    """Do items as one set or, where that fails, one by one; return what each of these gave. What fails by itself is
    ``put_off`` and holds back no other; what that gave is returned in its place.

    Raises `Retryable` at once where our own database is away, and where it took too long for as many tries as a turn
    may make: the rest is left for another one.
    """
    slow = _Slow()
    try:
        return [await do(items)]
    except Exception as error:
        if not items or not is_its_own(error):
            raise
        if len(items) == 1:
            return [await put_off(items[0], error)]
        slow.note(error)
    done: list[Done] = []
    for each in items:
        try:
            done.append(await do([each]))
        except Exception as error:
            if not is_its_own(error):
                raise
            done.append(await put_off(each, error))
            slow.note(error)
    return done


async def do_one_by_one(
    items: Iterable[Item],
    *,
    retries: RetryKind,
    uows: UnitOfWorkFactory,
    now: datetime,
    key: Callable[[Item], str],
    do: Callable[[Item], Awaitable[int]],
    household: Callable[[Item], str | None] = lambda _item: None,
) -> int:
    """Do each item and return how much that did; one that fails is put off, whatever the reason, and the others go on.

    It ends early when ``do`` raises `OutOfReach`. Raises `Retryable` at once where our own database is away, and where
    it took too long for as many tries as a turn may make: the rest is left for another one.
    """
    done = 0
    slow = _Slow()
    for item in items:
        name = key(item)
        try:
            done += await do(item)
        except OutOfReach:
            break
        except Exception as error:
            if not is_its_own(error):
                raise
            async with uows.begin(now=now, households=[retries.lock_of(name)]) as uow:
                await retries.put_off(uow, name, because=error, household=household(item))
            slow.note(error)
    return done


class _Slow:
    """How often the database took too long: each try lasts, whatever was quick between two of them. The items it was
    found with are put off like any other, so that the next ones are tried first.
    """

    def __init__(self) -> None:
        self._tries = 0

    def note(self, error: Exception) -> None:
        """Count what failed; raises it again where as many as a turn may try took too long."""
        self._tries += isinstance(error, TookTooLong)
        if self._tries >= MOST_TOO_SLOW:
            raise error
