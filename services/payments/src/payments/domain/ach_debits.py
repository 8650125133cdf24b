"""Debits of bank accounts kept here, and the files by which our bank is asked for them (PAY-1, PAY-8)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import ClassVar, Final, Literal, TypeAlias

from bulkhead.kernel.calendar import next_business_day
from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Conflict
from bulkhead.kernel.personal import Masked
from payments.domain.bank_accounts import AccountType, BankAccount, EntryClass
from payments.domain.payments import Tender

DebitState: TypeAlias = Literal["to-send", "sent", "called-off", "held"]
"""``to-send``: it goes with the next file. ``sent``: a file has it. ``called-off``: its payment went back before a file
had it. ``held``: our database was restored, and a file that it does not know may have it: a person says so.
"""
DebitDecision: TypeAlias = Literal["send", "was-sent"]
FileState: TypeAlias = Literal["to-write", "written"]

FILED_AT: Final = time(17)
"""When a banking day's file is made, in the exchange's time: after its draws, in time for our bank (chosen)."""
MODIFIERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
"""What tells files of one day apart, in order: NACHA's file ID modifier."""
MOST_SEQUENCE: Final = 9_999_999


@dataclass(frozen=True, slots=True, kw_only=True)
class AchDebit:
    """One debit, of one payment, by its id: a payment is in one file or in none.

    ``drawn_on`` is the day on which it was recorded; ``recurring`` is one of autopay. ``file`` has it under the trace
    number ``trace``, once it is sent.
    """

    payment: str
    household: str
    account: str
    amount_cents: int
    entry_class: EntryClass
    recurring: bool
    drawn_on: date
    state: DebitState = "to-send"
    file: str | None = None
    trace: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AchFile:
    """One file of debits. ``file`` is the hash of its bytes, ``name`` what it is called in its folder.

    ``created_on`` and ``modifier`` name it at the bank; ``effective_on`` is the day its money is to move.
    ``last_sequence`` is the last number that one of its entries has. Its amounts are those of its control record.
    """

    file: str
    name: str
    created_on: date
    modifier: str
    effective_on: date
    entries: int
    debit_cents: int
    credit_cents: int
    last_sequence: int
    made_at: datetime
    state: FileState = "to-write"
    written_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AchFileContent:
    """A file's bytes, sealed under the key ``key`` and bound to its hash: they name accounts by their numbers."""

    file: str
    key: str
    sealed: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Originator:
    """Who asks for debits, as the bank knows it. ``bank`` is our bank's routing number and ``bank_name`` its name;
    ``company`` the name that a payer's statement shows, ``company_id`` the ten characters our bank gave it.

    ``offset`` is the account that a batch's money goes to, at our bank: an entry of ours then balances each batch. None
    where our bank posts the money by itself.
    """

    bank: str
    bank_name: str
    company: str
    company_id: str
    offset: OffsetAccount | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OffsetAccount:
    """The exchange's own account, that debits are paid into."""

    number: Masked
    account_type: AccountType


def offset_of(text: str) -> OffsetAccount:
    """Return the account that a setting says: its type, a colon, its number. Raises `ValueError`."""
    kind, _, number = text.partition(":")
    if kind not in ("checking", "savings") or re.fullmatch(r"[0-9]{4,17}", number) is None:
        raise ValueError("must be checking or savings, a colon, and 4 to 17 digits")
    return OffsetAccount(number=Masked(number), account_type=kind)


class DebitNotHeld(Conflict):
    """Nobody has to say whether this debit was sent (PAY-1)."""

    kind: ClassVar[str] = "debit-not-held"


def debit_not_held() -> DebitNotHeld:
    """Return the refusal to decide about a debit that does not wait for a person (PAY-1)."""
    return DebitNotHeld(
        "it is known whether this debit was sent",
        reasons=(
            Reason(rule="PAY-1", says="a person says of a debit whether it was sent where that is not known"),
        ),
    )


def debit_of(tender: Tender, account: BankAccount, *, entry_class: EntryClass, recurring: bool) -> AchDebit:
    """Return the debit that brings the money of a tender from an account."""
    return AchDebit(
        payment=tender.payment,
        household=tender.household,
        account=account.account,
        amount_cents=tender.amount_cents,
        entry_class=entry_class,
        recurring=recurring,
        drawn_on=tender.received_on,
    )


def called_off(debit: AchDebit) -> AchDebit:
    """Return the debit as one that no file will have."""
    return replace(debit, state="called-off")


def sent(debit: AchDebit, *, file: str, trace: str) -> AchDebit:
    """Return the debit as one that a file has, under a trace number."""
    return replace(debit, state="sent", file=file, trace=trace)


def decided(debit: AchDebit, *, decision: DebitDecision) -> AchDebit:
    """Return a held debit as a person decided; raises `DebitNotHeld`."""
    if debit.state != "held":
        raise debit_not_held()
    return replace(debit, state="to-send" if decision == "send" else "sent")


def effective_date(created_on: date) -> date:
    """Return the day on which the money of a file made that day is to move: the next banking day (CAL-2)."""
    return next_business_day(created_on)


def file_name(created_on: date, modifier: str) -> str:
    """Return what a file is called in its folder."""
    return f"debits-{created_on.isoformat()}-{modifier}.ach"


def written(file: AchFile, *, now: datetime) -> AchFile:
    """Return the file as one that lies whole in its folder."""
    return replace(file, state="written", written_at=now)
