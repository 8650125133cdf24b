"""What a route handler works with: a `Command` changes something, a `Query` looks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar
from weakref import WeakKeyDictionary, WeakSet

from fastapi import Path, Request, Response
from fastapi import Query as Parameter
from fastapi.security.utils import get_authorization_scheme_param
from pydantic import BaseModel

from bulkhead.audit.entries import AuditOutcome
from bulkhead.audit.writing import AuditWriter
from bulkhead.clock import Clock
from bulkhead.kernel.errors import Refused, Retryable
from bulkhead.kernel.maintenance import MaintenanceWindow, refusal_of_intake
from bulkhead.maintenance.windows import IntakeGate
from bulkhead.observability.tracing import current_cause
from bulkhead.persistence.ports import AlreadyExists, NotShared, UnitOfWork, UnitOfWorkFactory
from bulkhead.web.asked import Asked, asked_in, household_of, note_asked
from bulkhead.web.auth import Caller, Role, TokenVerifier, Unauthenticated
from bulkhead.web.authority import require_authority
from bulkhead.web.dry_runs import DryRun, NothingKept
from bulkhead.web.fields import HouseholdId
from bulkhead.web.idempotency import KEY_HEADER, Answer, RequestKey
from bulkhead.web.problems import PROBLEM_TYPE, note_why, refusal_body
from bulkhead.web.readable import require_readable

Outcome = TypeVar("Outcome")

HouseholdPath = Annotated[HouseholdId, Path(description="The household's id.")]
"""A household's id in a route's path."""

_LET_IN = "bulkhead.let_in"
"""Where a request's scope keeps who was let in, and by which roles."""

_ONLINE: frozenset[Role] = frozenset({"member"})
"""What somebody is who asks online and for themselves: in a maintenance window they are asked to come back (OPS-2)."""

REPLAYED_HEADER = "Idempotency-Replayed"


MOST_IN_PARTS = 4
"""How many requests whose work has transactions of its own are done at once in a process: each holds a connection as
long as it waits for a household's lock, and reads need some of the pool.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """What every route of a service reaches: its database, its clock, whom it believes, the audit log, its own needs,
    whether it takes members' requests just now, and how many requests may still be done in parts.
    """

    uows: UnitOfWorkFactory
    clock: Clock
    verifier: TokenVerifier
    audit: AuditWriter
    dependencies: Any = None
    gate: IntakeGate | None = None
    in_parts: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MOST_IN_PARTS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One look at what anybody may see, who asks is not known."""

    now: datetime
    dependencies: Any
    uows: UnitOfWorkFactory
    gate: IntakeGate | None = None

    async def window(self) -> MaintenanceWindow | None:
        """Return the maintenance window that the service is in, None where it is in none. Raises `Retryable`."""
        return None if self.gate is None else await self.gate.window(self.now)

    def begin(self) -> AbstractAsyncContextManager[UnitOfWork]:
        """Begin a unit of work to read in; it locks nothing."""
        return self.uows.begin(now=self.now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query(Visit):
    """One look at the service's own data by a known caller."""

    caller: Caller

    def require_household(self, household: str) -> None:
        """Raise `NotFound` unless the caller may see this household."""
        self.caller.require_household(household)

    def require_carrier(self, carrier: str) -> None:
        """Raise `NotFound` unless the caller may see this carrier's things."""
        self.caller.require_carrier(carrier)


@dataclass(frozen=True, slots=True, kw_only=True)
class Command(Query):
    """One change asked for by a known caller; ``dry_run``: only what it would do is asked."""

    request: Request
    idempotency_key: str | None
    in_parts: asyncio.Semaphore
    dry_run: bool = False
    asked: Asked | None = None
    """What the audit log is told of it, None where a member asks for themselves."""
    known_key: list[RequestKey] = field(default_factory=list[RequestKey], init=False, repr=False)
    """The key once it is worked out: it takes the body's hash, and is asked for again and again."""

    async def run(
        self,
        *,
        households: Iterable[str] = (),
        use_case: Callable[[UnitOfWork], Awaitable[Outcome]],
        view: Callable[[Outcome], BaseModel],
        status: int = 200,
        body: BaseModel | None = None,
        idempotency: Literal["required", "none"] = "required",
    ) -> Response:
        """Do the use case with these households locked, once per Idempotency-Key; return its view (PAY-2).

        The answer is kept in the transaction that has the effect, so the same key and body get it again: a
        refusal too, which has no effect and is kept in a transaction of its own. A repeated request does the use
        case anew and finds the key taken, which undoes it. ``body`` is what the caller states: each field must be one
        that this caller may (`bulkhead.web.authority`); the bytes that came are what is compared.
        ``idempotency="none"`` is for requests that are so by nature (PUT). A dry run is done and undone, and answered
        with what it would have been answered and told. Raises `Forbidden`.
        """
        if body is not None:
            require_authority(self.caller, body)
        ids = tuple(households)
        if self.asked is not None:
            self.asked.concerns(ids)
        if self.dry_run:
            return _response(_answer(await self._tried(ids, use_case=use_case, view=view), status=200))
        if idempotency == "none":
            async with self._locked(ids) as uow:
                return _response(_answer(view(await use_case(uow)), status=status))
        key = await self.key()

        async def do(work: AbstractAsyncContextManager[UnitOfWork]) -> Response:
            async with work as uow:
                answer = _answer(view(await use_case(uow)), status=status)
                await key.keep(uow, answer)
            return _response(answer)

        try:
            if ids:
                with suppress(NotShared):
                    shared = self.uows.begin_shared(now=self.now, households=ids, cause=current_cause())
                    return await do(self._audited(shared))
            return await do(self._locked(ids))
        except (Refused, AlreadyExists) as error:
            return await self._answered_or_refused(key, ids=ids, error=error)

    async def _tried(
        self,
        ids: tuple[str, ...],
        *,
        use_case: Callable[[UnitOfWork], Awaitable[Outcome]],
        view: Callable[[Outcome], BaseModel],
    ) -> DryRun[BaseModel]:
        """Do the use case, undo it, and return what came of it."""
        try:
            async with self._begun(ids) as uow:
                raise NothingKept(DryRun.of(view(await use_case(uow)), emitted=uow.emitted))
        except NothingKept as undone:
            return undone.dry_run

    async def key(self) -> RequestKey:
        """Return the request as its Idempotency-Key names it; raises `IdempotencyKeyNeeded` (PAY-2)."""
        if not self.known_key:
            key = RequestKey.of(
                key=self.idempotency_key,
                scope=scope_of(self.caller, method=self.request.method, path=self.request.scope["path"]),
                body=await self.request.body(),
            )
            self.known_key.append(key)
        return self.known_key[0]

    async def known_as(self, blind: Callable[[str], str]) -> RequestKey:
        """Return the request as `key` does, its body known by what ``blind`` makes of its hash: of a body that is as
        good as a short number, a plain hash can be guessed. Asked before the use case runs.
        """
        key = await self.key()
        self.known_key[:] = [replace(key, request_hash=blind(key.request_hash))]
        return self.known_key[0]

    async def first_part(
        self, *, households: Iterable[str], use_case: Callable[[UnitOfWork], Awaitable[Outcome]]
    ) -> Outcome | Response:
        """Do what comes before others are asked, with these households locked; return what came of it (PAY-2).

        A response is the end of the request: the answer it got before, or a refusal, kept where it was decided. So the
        use case refuses before it writes. An answer to what it did is kept by the last part alone, which is a `run`.
        """
        key, ids = await self.key(), tuple(households)
        async with self._locked(ids, outcome="begun") as uow:
            if (first := await key.answered(uow)) is not None:
                self._comes_to("repeated")
                return _response(first, replayed=True)
            try:
                return await use_case(uow)
            except Refused as error:
                if not _is_kept(error):
                    raise
                self._comes_to("refused")
                note_why(self.request.scope, kind=error.kind)
                answer = _refusal(error)
                await key.keep(uow, answer, refused=household_of(ids))
        return _response(answer)

    async def run_in_parts(
        self,
        *,
        work: Callable[[], Awaitable[Outcome]],
        view: Callable[[Outcome], BaseModel],
    ) -> Response:
        """Do work that has transactions of its own and may be begun again; return its view (PAY-2).

        No transaction is open meanwhile. Its answer is kept when it is done, and given again for the same key; a
        refusal is not, for the same request may be doing the work at this moment. Raises `Retryable` while as many are
        at work as may be (`MOST_IN_PARTS`).
        """
        key = await self.key()
        if (first := await self._answered(key)) is not None:
            return first
        if self.in_parts.locked():
            raise Retryable("others are at work that takes as long")
        async with self.in_parts:
            return await self._done_in_parts(key, work=work, view=view)

    async def _done_in_parts(
        self, key: RequestKey, *, work: Callable[[], Awaitable[Outcome]], view: Callable[[Outcome], BaseModel]
    ) -> Response:
        if self.asked is not None:
            async with self._locked((), outcome="begun"):
                pass
        try:
            answer = _answer(view(await work()), status=200)
        except Refused:
            if (first := await self._answered(key)) is not None:
                return first
            raise
        return await self._keep(key, ids=(), answer=answer)

    async def _answered_or_refused(
        self, key: RequestKey, *, ids: tuple[str, ...], error: Exception
    ) -> Response:
        """Return the first answer, where there is one; else the refusal, which is kept if that is its kind.

        Looked for only now: nearly every request is the first, and the effect of one that is not is undone.
        """
        if (first := await self._answered(key)) is not None:
            return first
        if not isinstance(error, Refused) or not _is_kept(error):
            raise error
        note_why(self.request.scope, kind=error.kind)
        return await self._keep(key, ids=ids, answer=_refusal(error), refused=household_of(ids))

    async def _answered(self, key: RequestKey) -> Response | None:
        async with self.begin() as uow:
            first = await key.answered(uow)
        return None if first is None else _response(first, replayed=True)

    async def _keep(
        self, key: RequestKey, *, ids: tuple[str, ...], answer: Answer, refused: str | None = None
    ) -> Response:
        try:
            outcome: AuditOutcome = "done" if answer.status < 400 else "refused"
            async with self._locked(ids, outcome=outcome) as uow:
                await key.keep(uow, answer, refused=refused)
        except AlreadyExists:
            if (first := await self._answered(key)) is not None:
                return first
            raise
        return _response(answer)

    def _locked(
        self, households: tuple[str, ...], *, outcome: AuditOutcome = "done"
    ) -> AbstractAsyncContextManager[UnitOfWork]:
        return self._audited(self._begun(households), outcome=outcome)

    def _begun(self, households: tuple[str, ...]) -> AbstractAsyncContextManager[UnitOfWork]:
        return self.uows.begin(now=self.now, households=households, cause=current_cause())

    def _audited(
        self, work: AbstractAsyncContextManager[UnitOfWork], *, outcome: AuditOutcome = "done"
    ) -> AbstractAsyncContextManager[UnitOfWork]:
        """Return the unit of work as one that keeps who asked for what it does, where it is to be known."""
        return work if self.asked is None else self.asked.kept_in(work, outcome)

    def _comes_to(self, outcome: AuditOutcome) -> None:
        if self.asked is not None:
            self.asked.outcome = outcome


def _is_kept(refused: Refused) -> bool:
    """Return whether a refusal is the answer to the same request from then on: not where something was away."""
    return refused.kept and refused.status < 500


def _refusal(refused: Refused) -> Answer:
    return Answer(status=refused.status, body=refusal_body(refused))


def _answer(view: BaseModel, *, status: int) -> Answer:
    return Answer(status=status, body=view.model_dump_json().encode())


def _response(answer: Answer, *, replayed: bool = False) -> Response:
    media_type = PROBLEM_TYPE if answer.status >= 400 else "application/json"
    headers = {REPLAYED_HEADER: "true"} if replayed else None
    return Response(answer.body, status_code=answer.status, media_type=media_type, headers=headers)


def edge_of(request: Request) -> Edge:
    """Return what the app was made with."""
    return request.app.state.edge


_roles_of: WeakKeyDictionary[Callable[..., Any], frozenset[Role]] = WeakKeyDictionary()
_DRY_RUN = "`true`: say what this would do at this moment, and do nothing. No Idempotency-Key is needed."
_dry_runs: WeakSet[Callable[..., Any]] = WeakSet()
_trials: WeakSet[Callable[..., Any]] = WeakSet()

# A dependency of FastAPI's is solved for each request, with those it depends on: so each of ours is one, which takes
# what it needs from the request. The headers are in the document all the same (`bulkhead.web.openapi`).


def commands(*roles: Role) -> Callable[..., Awaitable[Command]]:
    """Return the dependency that gives a route its `Command`, for callers with one of these roles.

    The route answers 401 without a token that can be believed, 403 to every other role.
    """

    async def command(request: Request) -> Command:
        return await _command(request, roles)

    _roles_of[command] = frozenset(roles)
    return command


def commands_or_dry_runs(*roles: Role) -> Callable[..., Awaitable[Command]]:
    """Return the dependency as `commands` does, of a route that may also be asked what it would do.

    It is for routes that do their work by `Command.run` alone, and ask nobody else.
    """

    async def command(
        request: Request, *, dry_run: Annotated[bool, Parameter(description=_DRY_RUN)] = False
    ) -> Command:
        return await _command(request, roles, dry_run=dry_run)

    _roles_of[command] = frozenset(roles)
    _dry_runs.add(command)
    return command


def trials(*roles: Role) -> Callable[..., Awaitable[Command]]:
    """Return the dependency that gives a route a `Command` which is always a dry run: what it does is only supposed."""

    async def trial(request: Request) -> Command:
        return await _command(request, roles, dry_run=True)

    _roles_of[trial] = frozenset(roles)
    _trials.add(trial)
    return trial


def scope_of(caller: Caller, *, method: str, path: str) -> tuple[str, str, str]:
    """Return within what an Idempotency-Key is one request's: who asks, and for what (PAY-2)."""
    return (caller.subject, method, path)


def queries(*roles: Role) -> Callable[..., Awaitable[Query]]:
    """Return the dependency that gives a route its `Query`, for callers with one of these roles.

    The route answers 401 without a token that can be believed, 403 to every other role.
    """

    async def query(request: Request) -> Query:
        edge = edge_of(request)
        caller = await _caller(request, edge, roles)
        return Query(caller=caller, now=edge.clock.now(), dependencies=edge.dependencies, uows=edge.uows)

    _roles_of[query] = frozenset(roles)
    return query


async def visits(request: Request) -> Visit:
    """Give a route its `Visit`: it answers anybody, without a token."""
    return await _visit(request, with_body=True)


async def visits_with_unread_body(request: Request) -> Visit:
    """Give a route its `Visit` that reads its body itself, once it believes who sent it."""
    return await _visit(request, with_body=False)


async def _visit(request: Request, *, with_body: bool) -> Visit:
    edge = edge_of(request)
    await require_readable(request, with_body=with_body)
    return Visit(now=edge.clock.now(), dependencies=edge.dependencies, uows=edge.uows, gate=edge.gate)


def roles_let_in(dependency: Callable[..., Any] | None) -> frozenset[Role] | None:
    """Return the roles for which a dependency gives a `Command` or a `Query`; None for any other dependency."""
    return None if dependency is None else _roles_of.get(dependency)


def offers_dry_run(dependency: Callable[..., Any] | None) -> bool:
    """Return whether a dependency gives a `Command` that may be asked what it would do."""
    return dependency is not None and dependency in _dry_runs


def is_trial(dependency: Callable[..., Any] | None) -> bool:
    """Return whether a dependency gives a `Command` that is always a dry run."""
    return dependency is not None and dependency in _trials


async def _command(request: Request, roles: Collection[Role], *, dry_run: bool = False) -> Command:
    edge = edge_of(request)
    caller = await _caller(request, edge, roles)
    now = edge.clock.now()
    if edge.gate is not None and caller.roles == _ONLINE and (window := await edge.gate.window(now)):
        raise refusal_of_intake(window, now=now)
    if (asked := asked_in(request.scope)) is not None:
        asked.trial = dry_run
    return Command(
        caller=caller,
        now=now,
        dependencies=edge.dependencies,
        uows=edge.uows,
        request=request,
        idempotency_key=request.headers.get(KEY_HEADER),
        in_parts=edge.in_parts,
        dry_run=dry_run,
        asked=asked,
    )


async def let_in(request: Request, roles: Collection[Role]) -> Caller:
    """Return who is calling, in those roles; a request that was let in by them is so without another look. Raises
    `Unauthenticated`, `Forbidden`, and `Retryable` without keys.
    """
    wanted = frozenset(roles)
    let_in_by, caller = request.scope.get(_LET_IN, (None, None))
    if caller is not None and let_in_by == wanted:
        return caller
    scheme, token = get_authorization_scheme_param(request.headers.get("Authorization"))
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("a bearer token is needed")
    caller = (await edge_of(request).verifier.verify(token)).with_roles(wanted)
    request.scope[_LET_IN] = wanted, caller
    return caller


async def _caller(request: Request, edge: Edge, roles: Collection[Role]) -> Caller:
    """Return who is calling, in those roles, with a request that is readable; staff are noted for the audit log."""
    caller = await let_in(request, roles)
    note_asked(request, caller, at=edge.clock.now())
    await require_readable(request)
    return caller
