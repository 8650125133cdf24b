"""A database on which nothing is said twice, for handlers that hear again what they answered before (ADR 0024)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from bulkhead.persistence.ports import Cause, UnitOfWorkFactory
from bulkhead.service import Received


class SaidBefore:
    """A database on which nothing is said that was said before, whatever the words. It counts both."""

    def __init__(
        self, uows: UnitOfWorkFactory, *, names: Mapping[type, tuple[str, ...]], facts: Sequence[Received]
    ) -> None:
        self.said_before = 0
        self.otherwise = 0
        self._uows = uows
        self._names = names
        self._said = {self._name(each.fact): each.fact for each in facts}

    def _name(self, event: object) -> tuple[Any, ...]:
        return (type(event), *(getattr(event, field) for field in self._names[type(event)]))

    def was_said(self, event: object) -> bool:
        """Whether an event was said before; from now on it counts."""
        before = self._said.get(self._name(event))
        if before is None:
            return False
        self.said_before += 1
        self.otherwise += before != event
        return True

    @asynccontextmanager
    async def begin(self, **how: Any) -> AsyncIterator[Any]:
        """Begin a unit of work as the database does."""
        async with self._uows.begin(**how) as uow:
            yield _Listening(uow, self)

    def begin_shared(self, **how: Any) -> Any:
        """Begin a unit of work by itself: nobody else is there."""
        return self.begin(**how)


class _Listening:
    """A unit of work that leaves out what was said before."""

    def __init__(self, uow: Any, said: SaidBefore) -> None:
        self._uow = uow
        self._said_before = said

    def __getattr__(self, name: str) -> Any:
        return getattr(self._uow, name)

    def attribute(self, causes: Mapping[str, Cause]) -> None:
        """Say what causes each household's events from here on."""
        self._uow.attribute(causes)

    def emit(self, event: object, **how: Any) -> None:
        """Say what was not said before."""
        if not self._said_before.was_said(event):
            self._uow.emit(event, **how)

    def emit_many(self, events: Mapping[str, object], **how: Any) -> None:
        """Say what was not said before to each of many households."""
        self._uow.emit_many(
            {each: event for each, event in events.items() if not self._said_before.was_said(event)}, **how
        )
