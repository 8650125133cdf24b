"""The kinds of problem that an operation may answer with: those of its use case, and those that any request meets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple, TypeAlias

from bulkhead.kernel.errors import Conflict, InvalidValue, Refused
from bulkhead.kernel.maintenance import UnderMaintenance
from bulkhead.web.auth import Forbidden, Unauthenticated
from bulkhead.web.idempotency import IdempotencyKeyNeeded, IdempotencyKeyReused
from bulkhead.web.readable import UnsupportedMediaType

_OWN = "x-problems"

Whose: TypeAlias = Literal["anybody's", "known callers'", "members'"]
"""Whom an operation answers: anybody, callers with a token, or members among those."""


class Kind(NamedTuple):
    """A kind of problem: its name, its HTTP status, and what it says in a line."""

    kind: str
    status: int
    says: str

    @classmethod
    def of(cls, refused: type[Refused]) -> Kind:
        """Return the kind that a refusal is."""
        says = " ".join((refused.__doc__ or "").partition("\n\n")[0].split())
        return cls(refused.kind, refused.status, says)


_INVALID_REQUEST = Kind("invalid-request", 422, "Something is missing, or is not of the form it must have.")
_TOO_LARGE = Kind("content-too-large", 413, "The body is larger than any request needs.")
_AWAY = Kind(
    "temporarily-unavailable", 503, "Something this needs is away: the same request may be sent again."
)
_TAKEN = Kind(Conflict.kind, Conflict.status, "Another request has made what this one was to make.")


def refusals(*refused: type[Refused]) -> dict[int | str, dict[str, Any]]:
    """Return a route's ``responses``: that its use case ends in these refusals.

    What any request may meet is not said: it is in the document all the same.
    """
    responses: dict[int | str, dict[str, Any]] = {}
    for kind, status, says in map(Kind.of, refused):
        response = responses.setdefault(status, {"description": "Not done.", _OWN: {}})
        response[_OWN][kind] = says
    return responses


def kinds_of(
    operation: dict[str, Any], *, method: str, whose: Whose, trial: bool = False
) -> dict[int, dict[str, str]]:
    """Return what an operation of a document may answer with instead: by status, each kind with what it says.

    ``whose`` it is: one that answers anybody refuses nobody for who they are, and one that members ask for is not done
    while the service is taken out (OPS-2). A ``trial`` only supposes: it takes no Idempotency-Key.
    """
    kinds: dict[int, dict[str, str]] = {}
    if whose != "anybody's":
        for kind, status, says in map(Kind.of, (Unauthenticated, Forbidden)):
            kinds.setdefault(status, {})[kind] = says
    for kind, status, says in _of_any(operation, method=method, whose=whose, trial=trial):
        kinds.setdefault(status, {})[kind] = says
    for status, response in operation["responses"].items():
        if own := response.get(_OWN):
            kinds.setdefault(int(status), {}).update(own)
    return kinds


def _of_any(operation: dict[str, Any], *, method: str, whose: str, trial: bool) -> Iterator[Kind]:
    """Yield the kinds of problem that a request meets whatever the use case is."""
    yield Kind.of(InvalidValue)
    yield _AWAY
    if method != "get":  # a body is read where none is needed too, to say that nothing in it is known
        yield from (_TOO_LARGE, Kind.of(UnsupportedMediaType))
    if method != "get" or "parameters" in operation:
        yield _INVALID_REQUEST
    if method != "get" and whose == "members'":
        yield Kind.of(UnderMaintenance)
    if method == "post" and whose != "anybody's":
        yield _TAKEN
        if not trial:
            yield from map(Kind.of, (IdempotencyKeyNeeded, IdempotencyKeyReused))
