"""What a story is played against: the exchange's public surface and nothing behind it.

Two stages meet this protocol, in memory and live. Everything a story does or looks at goes through HTTP routes, files
dropped and read, and mails read; only time, outages and stillness are asked of the stage itself.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from stories.language import KnownToHub


class Place(StrEnum):
    """A folder the exchange shares with the outside."""

    LOCKBOX = "lockbox"
    RETURNS = "returns"
    STATEMENTS = "statements"
    REMITTANCES = "remittances"
    DEBITS = "debits"
    CARRIERS = "carriers"
    PRINT = "print"
    RETURNED_MAIL = "returned-mail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a service answered: the HTTP status and the JSON body. Status 0: nobody answered."""

    status: int
    body: Any

    @property
    def ok(self) -> bool:
        """Whether the request was done."""
        return 200 <= self.status < 300

    @property
    def reasons(self) -> tuple[Mapping[str, Any], ...]:
        """The reasons of a problem, in order."""
        return tuple(self.body.get("reasons", ())) if isinstance(self.body, dict) and not self.ok else ()

    @property
    def rules(self) -> tuple[str, ...]:
        """The rule ids among the reasons of a problem, in order, each once."""
        reasons: Sequence[Mapping[str, Any]] = (
            self.body.get("reasons", ()) if isinstance(self.body, dict) else ()
        )
        errors: Sequence[Mapping[str, Any]] = (
            self.body.get("errors", ()) if isinstance(self.body, dict) else ()
        )
        found = [str(each["rule"]) for each in (*reasons, *errors) if each.get("rule")]
        return tuple(dict.fromkeys(found))

    @property
    def says(self) -> str:
        """The problem in words; empty for an answer that is none."""
        if not isinstance(self.body, dict) or self.ok:
            return ""
        return str(self.body.get("detail") or self.body.get("title") or "")


class Exchange(Protocol):
    """A whole exchange, private to one story."""

    @property
    def down(self) -> Collection[str]:
        """The names declared down: services, and kafka, smtp, processor, hub."""
        ...

    async def call(
        self,
        service: str,
        method: str,
        path: str,
        *,
        json: Any = None,
        role: str = "operator",
        household: str | None = None,
        key: str | None = None,
        by: str | None = None,
    ) -> Answer:
        """Return a service's answer to a request by someone of this role (a member of this household).

        ``key`` is the Idempotency-Key, ``by`` who of the staff it is where that matters. A service that does
        not answer gives an `Answer` of status 0.
        """
        ...

    async def drop(self, place: Place, name: str, data: bytes) -> None:
        """Put a whole file into a folder that a service reads from."""
        ...

    async def tell_hub(self, household: str, known: KnownToHub) -> None:
        """Tell the federal hub what is so of a household in the place of what it attests."""
        ...

    async def call_back(self, token: str, *, about: str, way: str, times: int) -> Sequence[int]:
        """Have the card processor call back about the last charge on a token, so often; return the statuses that it was
        answered with, 0 for nobody, none where it knows of nothing to call about.

        What was late is taken by a call that is signed right, which is made again until it is taken.
        """
        ...

    async def mail_event(self, event: Mapping[str, Any]) -> Answer:
        """Have the provider of e-mail tell what became of a mail, signed; return the answer."""
        ...

    async def files(self, place: Place, suffix: str = "") -> Mapping[str, bytes]:
        """Return the files in and below a folder whose names end so, by path below it. Unfinished ones
        (``.tmp``) are left out."""
        ...

    async def mails(self) -> Sequence[bytes]:
        """Return every mail that was delivered, as its raw text, oldest first."""
        ...

    async def set_clock(self, now: datetime) -> None:
        """Move the clock of every service that is not down."""
        ...

    async def quiet(self) -> None:
        """Return once nothing is left to do at the present time in any service that is not down.

        Raises `ExchangeProblem`, which says who is busy with what, when that does not come about.
        """
        ...

    def next_due(self) -> datetime | None:
        """Return when the next duty of any service that is not down is due, as of the last quiet moment; None
        when none is known."""
        ...

    async def take_down(self, name: str) -> None:
        """Take a service, kafka, smtp, the processor or the hub down. ``name`` is then among `down`."""
        ...

    async def crash(self, name: str) -> None:
        """Let a service or kafka be gone at once, without an orderly end. ``name`` is then among `down`."""
        ...

    async def bring_up(self, name: str, now: datetime) -> None:
        """Bring back what was taken down; a service then has the present time."""
        ...

    async def close(self) -> None:
        """Give everything back."""
        ...
