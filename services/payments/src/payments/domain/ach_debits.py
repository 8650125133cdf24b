"""Debits of bank accounts kept here, and the files by which our bank is asked for them (PAY-1, PAY-8)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import ClassVar, Final, Literal, TypeAlias

from bulkhead.kernel.calendar import is_business_day, local, local_date, next_business_day
from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import BulkheadError, Conflict
from bulkhead.kernel.personal import Masked
from payments.domain.bank_accounts import AccountType, BankAccount, EntryClass, is_closed_by_its_bank
from payments.domain.payments import Payment, Tender

DebitState: TypeAlias = Literal["to-send", "sent", "to-call-off", "called-off", "held"]
"""``to-send``: it goes with the next file. ``sent``: a file has it. ``to-call-off``: its bank closed the account while
it waited, and its money is still in the books. ``called-off``: no file will have it. ``held``: our database was
restored, and a file that it does not know may have it: a person says so.
"""
CalledOffBecause: TypeAlias = Literal["went-back", "account-closed"]
"""Why no file will have a debit: its payment went back before, or its bank closed the account."""
DebitDecision: TypeAlias = Literal["send", "was-sent"]
FileState: TypeAlias = Literal["to-write", "written", "withdrawn"]
"""``to-write``: it is put in its folder. ``written``: it lies there. ``withdrawn``: our database was restored before it
knew whether it lies there: it is not put there again, and its debits are held.
"""
WAITING: Final[tuple[DebitState, ...]] = ("to-send", "to-call-off", "held")
"""States of a debit that no bank is known to have been asked for, and that is not called off."""

FILED_AT: Final = time(17)
"""When a banking day's file is made, in the exchange's time: after its draws, in time for our bank (chosen)."""
MODIFIERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
"""What tells files of one day apart, in order: NACHA's file ID modifier."""
MOST_SEQUENCE: Final = 9_999_999
DAYS_OF_NUMBERS: Final = 100
NUMBERS_A_DAY: Final = 100_000
"""The numbers of entries begin anew each day, at one that the day gives, and come again after a hundred days: longer
than a debit may come back (chosen). A restored database gives none of them a second time.
"""
NUMBERS: Final = "debits"
"""What the one row of `AchNumbers` is called."""
_ORIGIN: Final = "debit:"


@dataclass(frozen=True, slots=True, kw_only=True)
class AchDebit:
    """One debit, of one payment, by its id: a payment is in one file or in none.

    ``drawn_on`` is the day on which it was recorded; ``recurring`` is one of autopay. ``file`` has it under the trace
    number ``trace``, once it is sent, and asks for ``asked_cents``: less than its amount where part of its money went
    back before. A held one has those of a file that may have been sent. ``because`` says why it was called off.
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
    asked_cents: int | None = None
    because: CalledOffBecause | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AchFile:
    """One file of debits. ``file`` is the hash of its bytes, ``name`` what it is called in its folder.

    ``created_on`` and ``modifier`` name it at the bank; ``effective_on`` is the day its money is to move.
    Its amounts are those of its control record, but for ``drawn_cents``, what its debits were drawn for.
    """

    file: str
    name: str
    created_on: date
    modifier: str
    effective_on: date
    entries: int
    drawn_cents: int
    debit_cents: int
    credit_cents: int
    made_at: datetime
    state: FileState = "to-write"
    written_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AchNumbers:
    """What numbers files and their entries, in one row, which whoever makes a file holds from ``held_at`` until the
    file is kept: nobody takes the same numbers meanwhile.

    The last file was made on ``made_on``, with this ``modifier``, its last entry numbered ``sequence``. On
    ``restored_on`` our database was restored: files of that day may be sent that it does not know.
    """

    numbers: str = NUMBERS
    held_at: datetime | None = None
    made_on: date | None = None
    modifier: str | None = None
    sequence: int = 0
    restored_on: date | None = None


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


class NoModifierLeft(BulkheadError):
    """A day has as many files as NACHA can tell apart: the next one is of another day."""


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


def origin_of(payment: str) -> str:
    """Return where money is from that the debit of a payment brings."""
    return f"{_ORIGIN}{payment}"


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


def brought_by(payment: Payment) -> str | None:
    """Return the debit, by the payment it was drawn as, that brings a payment's money, also where that was moved since;
    None where none does.
    """
    return payment.origin.removeprefix(_ORIGIN) if payment.origin.startswith(_ORIGIN) else None


def called_off(debit: AchDebit, *, because: CalledOffBecause) -> AchDebit:
    """Return the debit as one that no file will have."""
    return replace(debit, state="called-off", because=because)


def sent(debit: AchDebit, *, file: str, trace: str, cents: int) -> AchDebit:
    """Return the debit as one that a file has, under a trace number, and asks for so much by."""
    return replace(debit, state="sent", file=file, trace=trace, asked_cents=cents)


def decided(debit: AchDebit, account: BankAccount, *, decision: DebitDecision) -> AchDebit:
    """Return a held debit of an account as a person decided; raises `DebitNotHeld`."""
    if debit.state != "held":
        raise debit_not_held()
    if decision == "was-sent":
        return replace(debit, state="sent")
    state: DebitState = "to-call-off" if is_closed_by_its_bank(account) else "to-send"
    return replace(debit, state=state, file=None, trace=None, asked_cents=None)


def effective_date(created_on: date) -> date:
    """Return the day on which the money of a file made that day is to move: the next banking day (CAL-2)."""
    return next_business_day(created_on)


def next_filing(now: datetime) -> datetime:
    """Return the next instant at which a file is made."""
    day = local_date(now)
    if not is_business_day(day) or now >= local(day, FILED_AT.hour):
        day = next_business_day(day)
    return local(day, FILED_AT.hour)


def next_modifier(last: AchNumbers, *, on: date) -> str:
    """Return the modifier of the next file of a day. Raises `NoModifierLeft`."""
    if last.modifier is None or last.made_on != on:
        return MODIFIERS[0]
    if last.modifier == MODIFIERS[-1]:
        raise NoModifierLeft("no more files of debits can be told apart today: the rest is in the next day's")
    return MODIFIERS[MODIFIERS.index(last.modifier) + 1]


def next_after(last: AchNumbers, *, on: date) -> int:
    """Return the number after which the entries of the next file of a day are numbered: after those of the last file,
    where they reach into the day's own numbers, else before these.
    """
    begins = on.toordinal() % DAYS_OF_NUMBERS * NUMBERS_A_DAY
    if last.made_on is None or (on - last.made_on).days >= DAYS_OF_NUMBERS // 2:
        return begins
    beyond = (last.sequence - begins) % MOST_SEQUENCE
    return last.sequence if beyond < MOST_SEQUENCE // 2 else begins


def file_name(created_on: date, modifier: str, *, file: str) -> str:
    """Return what a file is called in its folder: by its day and modifier, and by the first of the hash of its bytes,
    so that no other one takes its place.
    """
    return f"debits-{created_on.isoformat()}-{modifier}-{file[:8]}.ach"


def withdrawn(file: AchFile) -> AchFile:
    """Return the file as one that is not put in its folder, for it may have been."""
    return replace(file, state="withdrawn")


def written(file: AchFile, *, now: datetime) -> AchFile:
    """Return the file as one that lies whole in its folder."""
    return replace(file, state="written", written_at=now)
