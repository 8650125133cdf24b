"""One item of many about which nothing can be done: whoever locks it meets a bug."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager
from datetime import datetime

from bulkhead.persistence.ports import Cause, UnitOfWork, UnitOfWorkFactory
from bulkhead_testing.files import MemoryFiles


class Poisoned:
    """Units of work of which those fail, as by a bug of ours, that lock one name: ``lock``, None for none. They fail so
    many ``times``, always where that is None.
    """

    def __init__(self, uows: UnitOfWorkFactory, *, lock: str | None = None, times: int | None = None) -> None:
        self._uows = uows
        self.lock = lock
        self.times = times

    def begin(
        self, *, now: datetime, households: Iterable[str] = (), cause: Cause | None = None
    ) -> AbstractAsyncContextManager[UnitOfWork]:
        """Begin a unit of work; raises `ZeroDivisionError` where the name is among those it is to lock."""
        return self._uows.begin(now=now, households=self._without_it(households), cause=cause)

    def begin_shared(
        self, *, now: datetime, households: Iterable[str], cause: Cause | None = None
    ) -> AbstractAsyncContextManager[UnitOfWork]:
        """Begin a shared unit of work; raises as `begin` does."""
        return self._uows.begin_shared(now=now, households=self._without_it(households), cause=cause)

    def _without_it(self, households: Iterable[str]) -> tuple[str, ...]:
        locked = tuple(households)
        if self.lock in locked and self.times != 0:
            self.times = None if self.times is None else self.times - 1
            raise ZeroDivisionError("secret")
        return locked


class OddFiles(MemoryFiles):
    """A tree of files of which some meet a bug of ours: those whose paths begin as ``odd`` says."""

    def __init__(self, *odd: str) -> None:
        super().__init__()
        self.odd = odd

    async def get(self, path: str) -> bytes:
        """Return a file's bytes; raises `ZeroDivisionError` for an odd one."""
        self._fail(path)
        return await super().get(path)

    async def put(self, path: str, data: bytes) -> None:
        """Put a file; raises `ZeroDivisionError` for an odd one."""
        self._fail(path)
        await super().put(path, data)

    def _fail(self, path: str) -> None:
        if path.startswith(self.odd):
            raise ZeroDivisionError("secret")
