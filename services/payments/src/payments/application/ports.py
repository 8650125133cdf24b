"""What payments needs of the outside: a processor that takes money, folders that hold files."""

from __future__ import annotations

from collections.abc import AsyncIterable
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from bulkhead.kernel.errors import BulkheadError, Retryable
from bulkhead.kernel.key_rings import Keys
from bulkhead.kernel.parameters import DatedParameters
from bulkhead.kernel.personal import Masked
from payments.domain.ach_debits import Originator
from payments.domain.declines import DeclineReason
from payments.domain.events import OnlineMethod
from payments.domain.parameters import PaymentsParameters

Parameters: TypeAlias = DatedParameters[PaymentsParameters]
"""The policy pack's parameters."""


class ProcessorUnreachable(Retryable):
    """The processor could not be reached, and certainly has not got the request."""


class ProcessorSilent(Retryable):
    """The processor may have got the request, and did not answer it."""


class OwnerToConfirm(ProcessorSilent):
    """The processor has the request, and decides once the card's owner has confirmed it: until then nothing is known.

    ``confirm_at`` is the address at which the owner does so, None where none was said.
    """

    def __init__(self, *, confirm_at: str | None) -> None:
        super().__init__("the processor waits for the owner of the card")
        self.confirm_at = confirm_at


class ProcessorMisunderstood(BulkheadError):
    """The processor answered what it must not: nothing is known by it."""


class RefundImpossible(BulkheadError):
    """The processor will never pay this back: the charge is unknown to it, or too small."""


Initiator: TypeAlias = Literal["member", "autopay"]
"""Who has a charge made: a member who is there and can be asked to confirm it, or autopay, with nobody there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What the processor decided about one of our references. ``charge`` is its own id for it, ``decline`` why it was
    declined, or failed.

    One that ``failed`` was taken, and is not any more: a bank's debit that came back. Who counts it as taken has it
    shown to a person; who did not know of it yet counts nothing.
    """

    charge: str
    status: Literal["approved", "declined", "failed"]
    decline: DeclineReason | None = None

    @property
    def brings_money(self) -> bool:
        """Whether its money is taken as of now."""
        return self.status == "approved"


class Processor(Protocol):
    """Takes money from cards and bank accounts by token, and gives it back (PAY-1).

    Each reference is one charge or one refund, however often it is asked for. Every call raises
    `ProcessorUnreachable` when it was certainly not received, `ProcessorSilent` when it may have been or is not decided
    yet, and `ProcessorMisunderstood` when its answer is none.
    """

    async def charge(
        self,
        *,
        token: str,
        amount_cents: int,
        method: OnlineMethod,
        reference: str,
        initiator: Initiator = "member",
    ) -> Charge:
        """Take the money, once for the reference; return what was decided the first time. Raises `OwnerToConfirm` where
        a member is there and has to confirm it.
        """
        ...

    async def find(self, *, reference: str) -> Charge | None:
        """Return what was decided about a reference, or None when it was never received. Raises `OwnerToConfirm` while
        its owner has not confirmed it.
        """
        ...

    async def refund(self, *, charge: str, amount_cents: int, reference: str) -> None:
        """Give money of a charge back, once for the reference; raises `RefundImpossible`."""
        ...

    async def verify(self, *, token: str) -> bool:
        """Return whether it would take money by this token now; it takes none."""
        ...

    async def correct(self, *, token: str, code: str, corrected: Masked) -> Masked | None:
        """Pass on what a bank says is right about the account behind a token: the code of its notification of change,
        and what stands beside it. Return the token by which the account is charged from now on, the same or another;
        None where the member has to give the account anew.
        """
        ...

    async def is_reachable(self) -> bool:
        """Whether the processor answers now. Raises nothing."""
        ...


class Folder(Protocol):
    """A tree of files; met by `bulkhead.files.Files`. Any call raises `Retryable` while the tree is away."""

    async def put(self, path: str, data: bytes) -> None:
        """Write a file whole, replacing one that is there."""
        ...

    async def put_in_pieces(self, path: str, pieces: AsyncIterable[bytes]) -> None:
        """Write a file as `put` does, of pieces that are asked for one after the other. What asking for one raises goes
        up, and nothing is written then.
        """
        ...

    async def get(self, path: str) -> bytes:
        """Return a file's bytes; raises `bulkhead.files.NoSuchFile`."""
        ...

    async def size(self, path: str) -> int:
        """Return of how many bytes a file is, without reading it; raises `bulkhead.files.NoSuchFile`."""
        ...

    async def list(self, folder: str = "") -> list[str]:
        """Return the paths of the finished files directly in a folder, in order."""
        ...

    async def move(self, path: str, to: str) -> None:
        """Move a file; raises `bulkhead.files.NoSuchFile` and `bulkhead.files.PathTaken`."""
        ...


class AccountKeys(Keys, Protocol):
    """Seals what names bank accounts, and opens it again."""

    def blind(self, hashed: str) -> str:
        """Return of a hash what nobody without the key that writes can make of a guess."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectDebit:
    """What debits of bank accounts kept here take: keys, who asks for them, and the folder their files are put in."""

    keys: AccountKeys
    originator: Originator
    folder: Folder
