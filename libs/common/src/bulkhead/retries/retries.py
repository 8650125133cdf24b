"""How work of one kind waits: with back-off and its last reason, until it is done or somebody looks (I9)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bulkhead.kernel.backoff import backoff
from bulkhead.kernel.errors import BulkheadError, InvalidValue
from bulkhead.observability.logging import describe, get_logger
from bulkhead.persistence.ports import UnitOfWork

FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)
STUCK_AFTER = 8
"""Failures in a row after which somebody is alarmed: with the usual waits, about two hours after the first."""

_log = get_logger("retries")


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """Work that failed, or has to wait, and when it is tried again. It goes when the work is done.

    ``kind`` is what kind of work it is, ``item`` its id there. ``failures`` counts the tries that failed in a row and
    ``reason`` says why the last one did: in our own words, or as an error's type. ``since`` is when the first one
    failed. ``stuck`` says that somebody was alarmed: it is still tried.
    """

    kind: str
    item: str
    household: str | None
    failures: int
    reason: str
    since: datetime
    retry_at: datetime
    stuck: bool


class RetryKind:
    """The waiting items of one kind of work, in the database of whatever unit of work they are asked for in.

    ``log_items`` is off where an item's name comes from outside, as a file's does: it may say anything about anybody.
    """

    def __init__(
        self,
        kind: str,
        *,
        first_wait: timedelta = FIRST_WAIT,
        longest_wait: timedelta = LONGEST_WAIT,
        stuck_after: int = STUCK_AFTER,
        log_items: bool = True,
    ) -> None:
        self.kind = kind
        self._first_wait = first_wait
        self._longest_wait = longest_wait
        self._stuck_after = stuck_after
        self._log_items = log_items

    def lock_of(self, item: str) -> str:
        """Return the name under which an item is locked: no household's id has a colon."""
        return f"{self.kind}:{item}"

    async def resting(self, uow: UnitOfWork) -> set[str]:
        """Return the items that are not to be tried again yet."""
        return set(await uow.records(Retry).distinct("item", kind=self.kind, retry_at__gt=uow.now))

    async def waiting(self, uow: UnitOfWork) -> set[str]:
        """Return the items that failed and are not done, resting or not."""
        return set(await uow.records(Retry).distinct("item", kind=self.kind))

    async def waiting_and_resting(self, uow: UnitOfWork) -> tuple[set[str], set[str]]:
        """Return the items that failed and are not done, and those of them that are not to be tried again yet."""
        until = await self.until(uow)
        return set(until), {item for item, retry_at in until.items() if retry_at > uow.now}

    async def until(self, uow: UnitOfWork) -> dict[str, datetime]:
        """Return until when each item rests, or did, that failed and is not done."""
        return {each.item: each.retry_at for each in await uow.records(Retry).select(kind=self.kind)}

    async def reasons(self, uow: UnitOfWork, items: Iterable[str]) -> dict[str, str]:
        """Return why these items failed the last time, of those that did."""
        failed = await uow.records(Retry).select(kind=self.kind, item=sorted(set(items)))
        return {each.item: each.reason for each in failed}

    async def put_off(
        self,
        uow: UnitOfWork,
        item: str,
        *,
        because: Exception | str,
        household: str | None = None,
        until: datetime | None = None,
    ) -> Retry:
        """Note that a try failed, and return when the next one is: twice as long after each failure, or at the hour
        ``until`` where what is tried has hours of its own.

        The item is locked. The text of an error that is not ours is not kept: it may quote anything.
        """
        before = await uow.records(Retry).get(kind=self.kind, item=item)
        failures = 1 if before is None else before.failures + 1
        retry = Retry(
            kind=self.kind,
            item=item,
            household=household,
            failures=failures,
            reason=because if isinstance(because, str) else reason_of(because),
            since=uow.now if before is None else before.since,
            retry_at=uow.now + self.wait_after(failures) if until is None else until,
            stuck=failures >= self._stuck_after,
        )
        await uow.records(Retry).put([retry])
        self._tell(retry, because)
        return retry

    async def wait_until(
        self, uow: UnitOfWork, item: str, *, until: datetime, because: str, household: str | None = None
    ) -> None:
        """Leave an item alone until then, though it did not fail. The item is locked."""
        waits = Retry(
            kind=self.kind,
            item=item,
            household=household,
            failures=0,
            reason=because,
            since=uow.now,
            retry_at=until,
            stuck=False,
        )
        await uow.records(Retry).put([waits])

    async def forget(self, uow: UnitOfWork, items: Iterable[str]) -> int:
        """Let nothing wait any more for these items: they are done, or need not be; return how many of them waited."""
        known = sorted(set(items))
        return await uow.records(Retry).remove(kind=self.kind, item=known) if known else 0

    def wait_after(self, failures: int) -> timedelta:
        """Return how long an item waits after so many failures in a row, 1 or more."""
        return backoff(failures, first=self._first_wait, longest=self._longest_wait)

    def _tell(self, retry: Retry, because: Exception | str) -> None:
        says = {"says": because} if isinstance(because, str) else describe(because)
        item = {"item": retry.item} if self._log_items else {}
        if retry.stuck:
            _log.error("stuck", kind=self.kind, failures=retry.failures, **item, **says)
        else:
            _log.warning("tried_again_later", kind=self.kind, failures=retry.failures, **item, **says)


async def try_now(uow: UnitOfWork, *, kind: str, item: str | None) -> int:
    """Let one item of a kind that failed, or all of them, be tried when it is looked next; return how many."""
    wanted: dict[str, Any] = {"kind": kind} if item is None else {"kind": kind, "item": item}
    # What did not fail waits for something else than a mended cause, such as an answer that may be on its way. And what
    # is done at this very moment does not come back: no row is written that is not there.
    wanted["failures__gt"] = 0
    await uow.records(Retry).update({"retry_at": uow.now}, **wanted, retry_at__gt=uow.now)
    return await uow.records(Retry).count(**wanted)


def checked_kind(kind: str, known: Sequence[RetryKind], *, field: str) -> str:
    """Return a kind of work that there is; raises `InvalidValue`, which names the field and the kinds there are."""
    kinds = sorted(each.kind for each in known)
    if kind not in kinds:
        raise InvalidValue(field=field, problem=f"is not one of {', '.join(kinds)}")
    return kind


def reason_of(error: Exception) -> str:
    """Return why something failed: our own words, or a foreign error's type, whose text may quote anything."""
    return str(error) if isinstance(error, BulkheadError) else type(error).__qualname__
