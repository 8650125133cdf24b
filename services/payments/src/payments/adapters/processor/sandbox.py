"""A payment processor that moves no money: for trying the exchange out, alone or against a sandbox server.

It is a real adapter, chosen by ``PAYMENTS_PROCESSOR_URL=sandbox:``; ``deploy/local/sandbox_processor.py``
serves the same behaviour over HTTP. Tokens say what happens, ``tok_card_…`` and ``tok_bank_…`` alike:

===========  ============================================================================================
``ok``       the money is taken
``slow``     it is taken, and the answer comes too late; asked after, or asked again, it says so at once
``lost``     it is never taken, and no answer comes; asked after, it knows of nothing
``late``     no answer comes, and asked after it knows of nothing; it is taken when it calls back about it
``confirm``  its owner has to confirm it first; of autopay, which nobody is there for, it is declined
===========  ============================================================================================

``tok_card_expired`` and each other word of `payments.domain.declines` is declined for that, every other token without
a reason. What stands behind a full stop, as in ``tok_card_late.june``, is the card's name and does nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal, Protocol, TypeAlias

from bulkhead.kernel.ids import derived_id
from bulkhead.kernel.personal import Masked
from bulkhead.runtime.addresses import SANDBOX
from payments.application.ports import (
    Charge,
    Initiator,
    OwnerToConfirm,
    ProcessorSilent,
    ProcessorUnreachable,
    RefundImpossible,
)
from payments.domain.declines import DeclineReason, decline_reason
from payments.domain.events import OnlineMethod

DECLINED_TOKEN: Final = "tok_card_declined"  # noqa: S105 - names a behaviour

ChargeStatus: TypeAlias = Literal["approved", "declined", "pending", "unconfirmed", "canceled"]

_STATUS: Final[Mapping[str, ChargeStatus]] = {
    "ok": "approved",
    "slow": "approved",
    "late": "pending",
    "confirm": "unconfirmed",
}
"""What is decided by a word; by every other one that it is declined."""


class ReferenceReused(Exception):
    """A reference came again for something else: whoever sends it has a bug."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxCharge:
    """A charge as the sandbox keeps it. One that is ``pending`` is not decided yet, and it says nothing of it; one that
    is ``unconfirmed`` is decided by its owner, or called off.
    """

    reference: str
    charge: str
    token: str
    amount_cents: int
    method: OnlineMethod
    status: ChargeStatus
    decline: DeclineReason | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxRefund:
    """A refund as the sandbox keeps it."""

    reference: str
    charge: str
    amount_cents: int


class SandboxStore(Protocol):
    """Where a sandbox keeps what it decided."""

    def charge_of(self, reference: str) -> SandboxCharge | None:
        """Return the charge of a reference, or None."""
        ...

    def charge_named(self, charge: str) -> SandboxCharge | None:
        """Return the charge of that id, or None."""
        ...

    def charges_on(self, token: str) -> list[SandboxCharge]:
        """Return all charges on a token, in the order they were asked for."""
        ...

    def keep_charge(self, charge: SandboxCharge) -> None:
        """Keep a charge, in the place of the one of that reference."""
        ...

    def refund_of(self, reference: str) -> SandboxRefund | None:
        """Return the refund of a reference, or None."""
        ...

    def refunds_on(self, charge: str) -> list[SandboxRefund]:
        """Return all refunds on a charge."""
        ...

    def keep_refund(self, refund: SandboxRefund) -> None:
        """Keep a refund."""
        ...


class MemoryStore:
    """Keeps it for as long as this object lives."""

    def __init__(self) -> None:
        self.charges: dict[str, SandboxCharge] = {}
        self.refunds: dict[str, SandboxRefund] = {}

    def charge_of(self, reference: str) -> SandboxCharge | None:
        """Return the charge of a reference, or None."""
        return self.charges.get(reference)

    def charge_named(self, charge: str) -> SandboxCharge | None:
        """Return the charge of that id, or None."""
        return next((each for each in self.charges.values() if each.charge == charge), None)

    def charges_on(self, token: str) -> list[SandboxCharge]:
        """Return all charges on a token, in the order they were asked for."""
        return [each for each in self.charges.values() if each.token == token]

    def keep_charge(self, charge: SandboxCharge) -> None:
        """Keep a charge, in the place of the one of that reference."""
        self.charges[charge.reference] = charge

    def refund_of(self, reference: str) -> SandboxRefund | None:
        """Return the refund of a reference, or None."""
        return self.refunds.get(reference)

    def refunds_on(self, charge: str) -> list[SandboxRefund]:
        """Return all refunds on a charge."""
        return [each for each in self.refunds.values() if each.charge == charge]

    def keep_refund(self, refund: SandboxRefund) -> None:
        """Keep a refund."""
        self.refunds[refund.reference] = refund


class SandboxBehaviour:
    """What a sandbox decides: each reference once, whatever is asked how often."""

    def __init__(self, store: SandboxStore) -> None:
        self._store = store

    def charge(
        self,
        *,
        token: str,
        amount_cents: int,
        method: OnlineMethod,
        reference: str,
        initiator: Initiator = "member",
    ) -> SandboxCharge:
        """Return the charge of a reference, decided now if it is new, or `unconfirmed`.

        Raises `ProcessorSilent` where the token says so, and `ReferenceReused`.
        """
        known = self._store.charge_of(reference)
        if known is not None:
            if (known.amount_cents, known.method) != (amount_cents, method):
                raise ReferenceReused
            if known.status == "pending":
                raise ProcessorSilent("the sandbox processor did not answer")
            return known
        prefix = f"tok_{method}_"
        word = _word(token.removeprefix(prefix)) if token.startswith(prefix) else "declined"
        if word == "lost":
            raise ProcessorSilent("the sandbox processor did not answer")
        status: ChargeStatus = _STATUS.get(word) or "declined"
        if status == "unconfirmed" and initiator == "autopay":
            status = "declined"
        charge = SandboxCharge(
            reference=reference,
            charge=f"ch_{derived_id('sandbox', reference)}",
            token=token,
            amount_cents=amount_cents,
            method=method,
            status=status,
            decline=decline_reason(word) if status == "declined" else None,
        )
        self._store.keep_charge(charge)
        if charge.status == "pending":
            raise ProcessorSilent("the sandbox processor did not answer")
        if word == "slow":
            raise ProcessorSilent("the sandbox processor answered too late")
        return charge

    def find(self, reference: str) -> SandboxCharge | None:
        """Return the charge of a reference, or None where it is not decided."""
        found = self._store.charge_of(reference)
        return None if found is None or found.status == "pending" else found

    def decide(self, charge: SandboxCharge) -> SandboxCharge:
        """Return a charge as decided: the money of one that was pending, or that its owner confirms, is taken now."""
        if charge.status in ("pending", "unconfirmed"):
            charge = replace(charge, status="approved")
            self._store.keep_charge(charge)
        return charge

    def call_off(self, charge: SandboxCharge) -> SandboxCharge:
        """Return a charge as it is called off: one that its owner has not confirmed is taken no more."""
        if charge.status == "unconfirmed":
            charge = replace(charge, status="canceled")
            self._store.keep_charge(charge)
        return charge

    def verify(self, token: str) -> bool:
        """Return whether money would be taken by a token; nothing is kept. Raises `ProcessorSilent` as it says."""
        word = _word(token.removeprefix("tok_card_").removeprefix("tok_bank_"))
        if word in ("lost", "slow", "late"):
            raise ProcessorSilent("the sandbox processor did not answer")
        return word == "ok"

    def correct(self, token: str) -> str | None:
        """Return the token of an account whose details a bank corrected: the same, for what is behind it is mended;
        None where money would not be taken by it either. Raises `ProcessorSilent` as it says.
        """
        return token if self.verify(token) else None

    def refund(self, *, charge: str, amount_cents: int, reference: str) -> SandboxRefund:
        """Return the refund of a reference, made now if it is new.

        Raises `RefundImpossible` for a charge that took no such money, and `ReferenceReused`.
        """
        known = self._store.refund_of(reference)
        if known is not None:
            if (known.charge, known.amount_cents) != (charge, amount_cents):
                raise ReferenceReused
            return known
        taken = self._store.charge_named(charge)
        back = sum(each.amount_cents for each in self._store.refunds_on(charge))
        if taken is None or taken.status != "approved" or back + amount_cents > taken.amount_cents:
            raise RefundImpossible("the charge did not take that much")
        refund = SandboxRefund(reference=reference, charge=charge, amount_cents=amount_cents)
        self._store.keep_refund(refund)
        return refund


def _word(text: str) -> str:
    return text.partition(".")[0]


def _charge(charge: SandboxCharge) -> Charge:
    match charge.status:
        case "pending":
            raise ProcessorSilent("the sandbox processor did not answer")
        case "unconfirmed":
            raise OwnerToConfirm(confirm_at=f"{SANDBOX}{charge.charge}")
        case "canceled":
            return Charge(charge=charge.charge, status="declined", decline="not-authorized")
        case "approved" | "declined":
            return Charge(charge=charge.charge, status=charge.status, decline=charge.decline)


class SandboxProcessor:
    """The sandbox in this process. While ``reachable`` is False it cannot be reached, as a real one
    sometimes.
    """

    def __init__(self, store: SandboxStore | None = None) -> None:
        self.store = store if store is not None else MemoryStore()
        self.reachable = True
        self.behaviour = SandboxBehaviour(self.store)

    async def charge(
        self,
        *,
        token: str,
        amount_cents: int,
        method: OnlineMethod,
        reference: str,
        initiator: Initiator = "member",
    ) -> Charge:
        """Decide about the money, once for the reference."""
        self._reach()
        made = self.behaviour.charge(
            token=token, amount_cents=amount_cents, method=method, reference=reference, initiator=initiator
        )
        return _charge(made)

    async def find(self, *, reference: str) -> Charge | None:
        """Return what was decided about a reference, or None."""
        self._reach()
        found = self.behaviour.find(reference)
        return None if found is None else _charge(found)

    async def refund(self, *, charge: str, amount_cents: int, reference: str) -> None:
        """Give money of a charge back, once for the reference; raises `RefundImpossible`."""
        self._reach()
        self.behaviour.refund(charge=charge, amount_cents=amount_cents, reference=reference)

    async def verify(self, *, token: str) -> bool:
        """Return whether it would take money by this token now; it takes none."""
        self._reach()
        return self.behaviour.verify(token)

    async def correct(self, *, token: str, code: str, corrected: Masked) -> Masked | None:
        """Return the token by which a corrected account is charged from now on."""
        self._reach()
        found = self.behaviour.correct(token)
        return None if found is None else Masked(found)

    async def is_reachable(self) -> bool:
        """Whether it answers now."""
        return self.reachable

    def _reach(self) -> None:
        if not self.reachable:
            raise ProcessorUnreachable("the sandbox processor is away")
