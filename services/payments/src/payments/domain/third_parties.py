"""Third parties who pay for many households in one sum: a tribe, a program, an employer, a relative (PAY-1)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import ClassVar, Final, Literal, TypeAlias

from bulkhead.kernel.calendar import local_date
from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Conflict, InvalidValue
from bulkhead.kernel.personal import Masked
from payments.domain.bank_file import plain
from payments.domain.events import ReturnKind
from payments.domain.payer_kinds import PayerKind

Means: TypeAlias = Literal["check", "bank-entry", "suspense"]
"""How the sum came. ``check``: one check, by its number. ``bank-entry``: a credit on the trust account, by its
reference on the statement. ``suspense``: a check of a lockbox file that waits in suspense, by its item: it is told
apart now.
"""

LONGEST_PAYER: Final = 80
MOST_LINES: Final = 5_000
"""A sum for more households is none that is recorded in one transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThirdParty:
    """Who pays what by which means, as a file says it in its first and last lines; ``reference`` names the means."""

    payer: Masked
    payer_kind: PayerKind
    means: Means
    reference: str
    postmarked_on: date | None
    amount_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ThirdPartyPayment:
    """One sum that a third party paid, by its file. Its ``lines`` are payments, or suspense.

    ``called`` is the check's number, or the entry's reference, as two of them are compared; None for a check without.
    ``returned_on`` is the day the whole went back, ``returned_cents`` what of it had not gone back line by line
    before.
    """

    file: str
    payer: Masked
    payer_kind: PayerKind
    means: Means
    reference: str
    called: str | None
    received_on: date
    postmarked_on: date | None
    amount_cents: int
    lines: int
    recorded_at: datetime
    returned_on: date | None = None
    returned_cents: int = 0
    return_kind: ReturnKind | None = None
    return_reference: str | None = None
    returned_at: datetime | None = None
    returned_by: str | None = None


class SumReturned(Conflict):
    """The whole sum of a third party went back before (PAY-5)."""

    kind: ClassVar[str] = "sum-returned"


class SumMoved(Conflict):
    """Money of the sum became another household's at this moment; the same may be asked again (PAY-5)."""

    kind: ClassVar[str] = "sum-moved"
    kept: ClassVar[bool] = False


def sum_moved() -> SumMoved:
    """Return the refusal to take a sum back while money of it becomes another household's (PAY-5)."""
    return SumMoved(
        "money of the sum became another household's at this moment: ask again",
        reasons=(Reason(rule="PAY-5", says="a sum goes back whole, whosever its money is by now"),),
    )


def returned(
    paid: ThirdPartyPayment,
    *,
    on: date,
    cents: int,
    kind: ReturnKind,
    reference: str,
    now: datetime,
    by: str,
) -> ThirdPartyPayment:
    """Return the sum as one that went back. Raises `SumReturned`, and `InvalidValue` for a day before it came or after
    today.
    """
    if paid.returned_on is not None:
        raise SumReturned(
            "the sum was returned already: what came again is another one",
            reasons=(
                Reason(
                    rule="PAY-5",
                    says="a payment is returned once",
                    facts={"returned_on": paid.returned_on.isoformat()},
                ),
            ),
        )
    if not paid.received_on <= on <= local_date(now):
        raise InvalidValue(
            field="/on",
            problem="must be from the day the sum was received to today",
            reasons=(Reason(rule="PAY-5", says="money goes back after it came"),),
        )
    return replace(
        paid,
        returned_on=on,
        returned_cents=cents,
        return_kind=kind,
        return_reference=reference,
        returned_at=now,
        returned_by=by,
    )


def is_same_sum(said: ThirdParty, paid: ThirdPartyPayment) -> bool:
    """Whether a sum that has not gone back, and is called like the one that a file says, is that: the same check of the
    same payer, whether or not it waited in suspense, or the same entry of the bank.
    """
    if paid.returned_on is not None:
        return False
    if "bank-entry" in (said.means, paid.means):
        return said.means == paid.means
    return plain(said.payer.reveal()) == plain(paid.payer.reveal())


def not_accepted(said: ThirdParty, *, accepted: Collection[PayerKind]) -> str | None:
    """Return why money of such a payer is not taken, None where it is (PAY-1)."""
    if said.payer_kind in accepted:
        return None
    return f"line 1: a payer of the kind {said.payer_kind} is not accepted here (third_party_payers, PAY-1)"
