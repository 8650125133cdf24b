"""What the audit log is told of a request of staff, from when they are let in until its entry is kept."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, MutableMapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from fastapi import Request

from bulkhead.audit.entries import AuditEntry, AuditOutcome, known_id, known_ids, plain_actor
from bulkhead.persistence.ids import new_event_id
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.web.auth import Caller, Role

_ASKED: Final = "bulkhead.asked"
_THEMSELVES: Final[frozenset[Role]] = frozenset({"member"})
_NOT_OF_THE_EXCHANGE: Final = "/v1/simulation/"
"""Routes that move the clock of a trial: where there are any, nobody is anybody's staff."""


@dataclass(slots=True, kw_only=True)
class Asked:
    """A request of somebody who is not only asking for themselves. ``kept`` once its entry is; it has one."""

    entry: str
    at: datetime
    actor: str
    roles: str
    operation: str
    household: str | None
    named: dict[str, str] = field(default_factory=dict[str, str])
    trial: bool = False
    kept: bool = False
    outcome: AuditOutcome = "done"

    def concerns(self, locked: Collection[str]) -> None:
        """Note whom it is about by what is locked for it, where its address has not said so and it is one household."""
        if self.household is None:
            self.household = known_id(household_of(locked))

    def with_outcome(self, outcome: AuditOutcome) -> AuditEntry:
        """Return the entry of it that says what came of it."""
        return AuditEntry(
            entry=self.entry,
            at=self.at,
            actor=self.actor,
            roles=self.roles,
            operation=self.operation,
            outcome=outcome,
            household=self.household,
            named=self.named,
        )

    @asynccontextmanager
    async def kept_in(
        self, work: AbstractAsyncContextManager[UnitOfWork], outcome: AuditOutcome
    ) -> AsyncGenerator[UnitOfWork]:
        """Begin the unit of work, and add the entry to what it commits; whoever works in it may set ``outcome``
        otherwise. A request whose entry is kept already gets none.
        """
        async with work as uow:
            self.outcome = outcome
            yield uow
            if not self.kept:
                self.household = self.household or known_id(_spoken_of(uow))
                await uow.records(AuditEntry).add([self.with_outcome(self.outcome)])
        self.kept = True


def household_of(locked: Collection[str]) -> str | None:
    """Return the household that a request is about, None where it is about none or several: of what it locks, no
    household's id has a colon, which everything else has.
    """
    households = [name for name in locked if ":" not in name]
    return households[0] if len(households) == 1 else None


def note_asked(request: Request, caller: Caller, *, at: datetime) -> None:
    """Note who asks, for what and about whom, unless somebody asks for themselves: a member, of their own household."""
    scope = request.scope
    if caller.roles == _THEMSELVES or scope["path"].startswith(_NOT_OF_THE_EXCHANGE):
        return
    named = known_ids({"household": request.query_params.get("household")} | request.path_params)
    household = named.pop("household", None)
    scope[_ASKED] = Asked(
        entry=new_event_id(at),
        at=at,
        actor=plain_actor(caller.subject),
        roles=" ".join(sorted(caller.roles)),
        operation=scope["route"].operation_id or scope["route"].name,
        household=household,
        named=named,
    )


def asked_in(scope: MutableMapping[str, Any]) -> Asked | None:
    """Return what was noted of a request, None where nothing was."""
    return scope.get(_ASKED)


def _spoken_of(uow: UnitOfWork) -> str | None:
    """Return the one household of which something is said here, None where there is none, or several."""
    found = {each.record.household for each in uow.emitted}
    return found.pop() if len(found) == 1 else None
