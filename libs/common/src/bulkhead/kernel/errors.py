"""Errors in families: the family, not the message, decides what happens next.

`Refused` goes back to whoever asked, with reasons. `Retryable` is waited out; what takes too long again and again is
set aside like a bug (`TookTooLong`). `Poison` is set aside with the rest of its household. Anything else is a bug:
retried, set aside, and someone is told. No message carries personal data: name fields, rules and ids, never values a
person typed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from bulkhead.kernel.decisions import Reason


class BulkheadError(Exception):
    """The root of every error this project raises on purpose."""


class Refused(BulkheadError):
    """A request is understood and will not be done. The reasons say why and what would do.

    ``kind`` is a stable, hyphenated name for the problem's type; ``status`` the HTTP status that
    says it best; ``kept`` whether it is the answer to the same request from then on (PAY-2); ``challenge``
    what a 401 says is wanted to know who asks. ``retry_after_seconds`` is after how long it may be done, where that is
    known.
    """

    kind: ClassVar[str] = "refused"
    status: ClassVar[int] = 422
    kept: ClassVar[bool] = True
    challenge: ClassVar[str] = "Bearer"

    def __init__(
        self,
        message: str,
        *,
        reasons: Sequence[Reason] = (),
        field: str | None = None,
        retry_after_seconds: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after_seconds = retry_after_seconds
        self.reasons = tuple(reasons)
        self.field = field


class InvalidValue(Refused):
    """A value cannot mean what it should. ``field`` names it; the value itself is not repeated."""

    kind = "invalid-value"

    def __init__(self, *, field: str, problem: str, reasons: Sequence[Reason] = ()) -> None:
        super().__init__(f"{field} {problem}", reasons=reasons, field=field)
        self.problem = problem


class NotFound(Refused):
    """There is no such thing, or none that the caller may know of."""

    kind = "not-found"
    status = 404


class Conflict(Refused):
    """What is asked does not fit what is there now."""

    kind = "conflict"
    status = 409


class Retryable(BulkheadError):
    """Something needed is away for now; the same attempt may succeed later."""


class TookTooLong(Retryable):
    """The database gave up a statement that took longer than any may: because it is slow, or because of what was asked.

    Who does many things together learns which by doing them one by one (`is_its_own`).
    """


MOST_TOO_SLOW = 3
"""So many tries that took too long end a turn: each lasts a minute, and whoever waits for the turn waits with it."""


def is_its_own(error: Exception) -> bool:
    """Whether an error may be of just what was tried, not of something that everybody needs and that is away."""
    return isinstance(error, TookTooLong) or not isinstance(error, Retryable)


class Poison(BulkheadError):
    """An event that can never be processed as it is: malformed, unknown or impossible."""


class Malformed(Poison):
    """The bytes are not what the contract says."""


class Unknown(Poison):
    """A version of a type this consumer listens to that it has not heard of: what it says would be missed."""


class Impossible(Poison):
    """Well-formed, and contradicts what is already known, such as ending a policy nobody selected."""
