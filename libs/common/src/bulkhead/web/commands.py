"""What a route handler works with: a `Command` changes something, a `Query` looks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar

from fastapi import Depends, Header, Path, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel

from bulkhead.clock import Clock
from bulkhead.kernel.errors import Refused
from bulkhead.observability.tracing import current_cause
from bulkhead.persistence.ports import AlreadyExists, UnitOfWork, UnitOfWorkFactory
from bulkhead.web.auth import Caller, Role, TokenVerifier, Unauthenticated
from bulkhead.web.fields import Id
from bulkhead.web.idempotency import KEPT_FOR, Answer, RequestKey
from bulkhead.web.problems import PROBLEM_TYPE, refusal_body
from bulkhead.web.readable import require_readable

Outcome = TypeVar("Outcome")

HouseholdPath = Annotated[Id, Path(description="The household's id.")]
"""A household's id in a route's path."""

REPLAYED_HEADER = "Idempotency-Replayed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """What every route of a service reaches: its database, its clock, whom it believes, its own needs."""

    uows: UnitOfWorkFactory
    clock: Clock
    verifier: TokenVerifier
    dependencies: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One look at the service's own data by a known caller."""

    caller: Caller
    now: datetime
    dependencies: Any
    uows: UnitOfWorkFactory

    def require_household(self, household: str) -> None:
        """Raise `NotFound` unless the caller may see this household."""
        self.caller.require_household(household)

    def require_carrier(self, carrier: str) -> None:
        """Raise `NotFound` unless the caller may see this carrier's things."""
        self.caller.require_carrier(carrier)

    def begin(self) -> AbstractAsyncContextManager[UnitOfWork]:
        """Begin a unit of work to read in; it locks nothing."""
        return self.uows.begin(now=self.now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Command(Query):
    """One change asked for by a known caller."""

    request: Request
    idempotency_key: str | None

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
        case anew and finds the key taken, which undoes it. ``body`` is there so that a
        reader sees what counts; the bytes that came are what is compared. ``idempotency="none"`` is for
        requests that are so by nature (PUT).
        """
        ids = tuple(households)
        if idempotency == "none":
            async with self._locked(ids) as uow:
                return _response(_answer(view(await use_case(uow)), status=status))
        key = await self.key()
        try:
            async with self._locked(ids) as uow:
                answer = _answer(view(await use_case(uow)), status=status)
                if not await key.keep(uow, answer):
                    raise _AnsweredBefore
            return _response(answer)
        except (Refused, AlreadyExists, _AnsweredBefore) as error:
            return await self._answered_or_refused(key, ids=ids, error=error)

    async def key(self) -> RequestKey:
        """Return the request as its Idempotency-Key names it; raises `IdempotencyKeyNeeded` (PAY-2)."""
        return RequestKey.of(
            key=self.idempotency_key,
            scope=(self.caller.subject, self.request.method, self.request.url.path),
            body=await self.request.body(),
        )

    async def first_answer(self) -> Response | None:
        """Return the answer this request got before, None for a new one; raises `IdempotencyKeyReused` (PAY-2)."""
        return await self._answered(await self.key())

    async def run_in_parts(
        self,
        *,
        work: Callable[[], Awaitable[Outcome]],
        view: Callable[[Outcome], BaseModel],
    ) -> Response:
        """Do work that has transactions of its own and may be begun again; return its view (PAY-2).

        No transaction is open meanwhile. Its answer is kept when it is done, and given again for the same key.
        """
        key = await self.key()
        if (first := await self._answered(key)) is not None:
            return first
        try:
            answer = _answer(view(await work()), status=200)
        except Refused as refused:
            return await self._answered_or_refused(key, ids=(), error=refused)
        return await self._keep(key, ids=(), answer=answer)

    async def _answered_or_refused(
        self, key: RequestKey, *, ids: tuple[str, ...], error: Exception
    ) -> Response:
        """Return the first answer, where there is one; else the refusal, which is kept if that is its kind.

        Looked for only now: nearly every request is the first, and the effect of one that is not is undone.
        """
        if (first := await self._answered(key)) is not None:
            return first
        if not isinstance(error, Refused) or error.status >= 500 or not error.kept:
            raise error
        return await self._keep(key, ids=ids, answer=Answer(status=error.status, body=refusal_body(error)))

    async def _answered(self, key: RequestKey) -> Response | None:
        async with self.begin() as uow:
            first = await key.answered(uow)
        return None if first is None else _response(first, replayed=True)

    async def _keep(self, key: RequestKey, *, ids: tuple[str, ...], answer: Answer) -> Response:
        async with self._locked(ids) as uow:
            kept = await key.keep(uow, answer)
            first = None if kept else await key.answered(uow)
        return _response(first or answer, replayed=first is not None)

    def _locked(self, households: tuple[str, ...]) -> AbstractAsyncContextManager[UnitOfWork]:
        return self.uows.begin(now=self.now, households=households, cause=current_cause())


class _AnsweredBefore(Exception):
    """Leaves a transaction whose request had its effect already, so that it has none again."""


def _answer(view: BaseModel, *, status: int) -> Answer:
    return Answer(status=status, body=view.model_dump_json().encode())


def _response(answer: Answer, *, replayed: bool = False) -> Response:
    media_type = PROBLEM_TYPE if answer.status >= 400 else "application/json"
    headers = {REPLAYED_HEADER: "true"} if replayed else None
    return Response(answer.body, status_code=answer.status, media_type=media_type, headers=headers)


_bearer = HTTPBearer(auto_error=False, bearerFormat="JWT", description="A token of the exchange's issuer.")


def edge_of(request: Request) -> Edge:
    """Return what the app was made with."""
    return request.app.state.edge


async def _caller(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Caller:
    if credentials is None:
        raise Unauthenticated("a bearer token is needed")
    return await edge_of(request).verifier.verify(credentials.credentials)


def commands(*roles: Role) -> Callable[..., Awaitable[Command]]:
    """Return the dependency that gives a route its `Command`, for callers with one of these roles.

    The route answers 401 without a token that can be believed, 403 to every other role.
    """

    async def command(
        request: Request,
        caller: Annotated[Caller, Depends(_caller)],
        idempotency_key: Annotated[
            str | None,
            Header(
                description="Makes repeating the request harmless (PAY-2): the caller's own name for this one "
                "request, 1 to 200 visible characters, within the caller, the method and the path. The answer is "
                f"kept for {KEPT_FOR.days} days and comes again for the same body, a use case's refusal (4xx) too; "
                "another body is refused. A request of the wrong form keeps nothing. After a 5xx the same key tells: "
                "it is free, or gives the answer of what was done all the same."
            ),
        ] = None,
    ) -> Command:
        granted = caller.with_roles(roles)
        await require_readable(request)
        edge = edge_of(request)
        return Command(
            caller=granted,
            now=edge.clock.now(),
            dependencies=edge.dependencies,
            uows=edge.uows,
            request=request,
            idempotency_key=idempotency_key,
        )

    return command


def queries(*roles: Role) -> Callable[..., Awaitable[Query]]:
    """Return the dependency that gives a route its `Query`, for callers with one of these roles.

    The route answers 401 without a token that can be believed, 403 to every other role.
    """

    async def query(request: Request, caller: Annotated[Caller, Depends(_caller)]) -> Query:
        granted = caller.with_roles(roles)
        await require_readable(request)
        edge = edge_of(request)
        return Query(
            caller=granted,
            now=edge.clock.now(),
            dependencies=edge.dependencies,
            uows=edge.uows,
        )

    return query
