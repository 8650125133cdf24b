"""What the books say moved on the trust account, as the bank would see it, day by day (PAY-13)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import chain, count
from typing import Final, Literal, TypeAlias

from bulkhead.kernel.ids import derived_id
from payments.domain.bank_accounts import EntryClass
from payments.domain.bank_file import Direction, as_called
from payments.domain.bank_statements import ItemState

MovementKind: TypeAlias = Literal[
    "lockbox",
    "processor",
    "counter",
    "web-debits",
    "ppd-debits",
    "came-again",
    "double",
    "return",
    "refund",
    "remittance",
]
"""``lockbox``: what a lockbox file brought. ``processor``: what the processor took on a day, in sum. ``counter``: what
staff recorded on a day, in sum. ``web-debits``, ``ppd-debits``: what was drawn from accounts kept here on a day, in
sum of each entry class and of each file that asks for it: a batch of that. ``came-again``: money whose return was
dishonored. ``double``: what a lockbox file brought and was found to be no money of its own. ``return``: a payment that
went back. ``refund``: a part of a refund. ``remittance``: what a carrier was paid. The sum of a third party is one
``lockbox``, and one ``return``.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustMovement:
    """Cents that the books moved on a day: ``on`` is when they were recorded, or the day they were found on where that
    was after their own was derived. ``of`` is the record it follows from.

    ``file`` is, of debits, the file that asks for them, once one does. ``reference`` is what the bank may call it,
    ``called`` the same as it is compared. ``settled_by``, ``settled_on``, ``by_hand`` and ``apart_from``, an entry, are
    as of a `BankEntry`.
    """

    movement: str
    kind: MovementKind
    of: str
    on: date
    direction: Direction
    amount_cents: int
    reference: str | None
    recorded_at: datetime
    state: ItemState = "open"
    settled_by: str | None = None
    settled_on: date | None = None
    by_hand: bool = False
    called: str | None = None
    apart_from: str | None = None
    file: str | None = None

    @property
    def signed_cents(self) -> int:
        """By how much it changes the balance: above zero where money came."""
        return self.amount_cents if self.direction == "credit" else -self.amount_cents


DEBITS: Final[Mapping[MovementKind, EntryClass]] = {"web-debits": "WEB", "ppd-debits": "PPD"}
"""Kinds of what is drawn from accounts kept here, and their entry classes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustDay:
    """The trust account by the books at the end of a day: by the ledger's entries, and by all movements till then. They
    are kept apart, and are the same. ``older_cents`` are those of the ledger of days that are not looked at again.
    """

    day: date
    ledger_cents: int
    older_cents: int
    movements_cents: int
    derived_at: datetime


def movement(
    kind: MovementKind,
    of: str,
    *,
    on: date,
    cents: int,
    now: datetime,
    reference: str | None = None,
    file: str | None = None,
) -> TrustMovement:
    """Return a movement of so many cents, above zero where money came; there is one of a kind and record."""
    return TrustMovement(
        movement=derived_id("trust-movement", kind, of),
        kind=kind,
        of=of,
        on=on,
        direction="credit" if cents > 0 else "debit",
        amount_cents=abs(cents),
        reference=reference,
        recorded_at=now,
        called=as_called(reference) or None,
        file=file,
    )


def day_of(found: TrustMovement) -> date:
    """Return the day on which the money of a sum came; it may have been found later."""
    return date.fromisoformat(found.of[:10])


def sum_of(day: date, *, found: date) -> str:
    """Return what a sum of a day is called; what was found on a later one is called by both."""
    return day.isoformat() if day == found else f"{day.isoformat()} {found.isoformat()}"


def filed(
    waiting: Sequence[TrustMovement],
    beside: Iterable[TrustMovement],
    cents: Mapping[str, int],
    *,
    now: datetime,
) -> list[TrustMovement]:
    """Return open sums of debits, of one kind and day, as the parts that each file asks for so many ``cents`` by, and
    what no file does: in sum they are what they were, on the days they were on.

    Those ``beside`` are of the same kind and day and stay as they are: a file asks for their cents too. A file that a
    sum is told of keeps it, as far as it still asks for so much.
    """
    stays = list(beside)
    left = Counter(cents)
    for each in stays:
        if each.file is not None:
            left[each.file] -= each.signed_cents
    parts, rest = Counter[tuple[date, str | None]](), Counter[date]()
    for each in waiting:
        part = 0 if each.file is None else max(0, min(each.amount_cents, left[each.file]))
        if part and each.file is not None:
            parts[each.on, each.file] += part
            left[each.file] -= part
        rest[each.on] += each.amount_cents - part
    for on in sorted(rest):
        for file in sorted(left):
            part = max(0, min(rest[on], left[file]))
            parts[on, file] += part
            left[file] -= part
            rest[on] -= part
        parts[on, None] += rest[on]
    return _as_movements(waiting, {each.of for each in stays}, parts, now=now)


def _as_movements(
    waiting: Sequence[TrustMovement],
    taken: Set[str],
    parts: Mapping[tuple[date, str | None], int],
    *,
    now: datetime,
) -> list[TrustMovement]:
    """Return each part as the movement that is there of its day and file, or a new one, called like none that stays."""
    there = dict[tuple[date, str | None], TrustMovement]()
    for each in waiting:
        there.setdefault((each.on, each.file), each)
    found = list[TrustMovement]()
    for (on, file), cents in parts.items():
        if not cents:
            continue
        if (on, file) in there:
            found.append(replace(there[on, file], amount_cents=cents))
            continue
        kind, day = waiting[0].kind, day_of(waiting[0])
        name = sum_of(day, found=on) if file is None else f"{sum_of(day, found=on)} {file}"
        of = next(each for each in chain([name], (f"{name} {n}" for n in count(2))) if each not in taken)
        found.append(movement(kind, of, on=on, cents=cents, now=now, file=file))
    return found


def lockbox_reference(*, deposit_date: date | None, sequence: int | None) -> str:
    """Return what a lockbox deposit is called: by its date and sequence."""
    return f"LOCKBOX {deposit_date} {sequence}"


def remittance_reference(*, carrier: str, business_date: date, sequence: int) -> str:
    """Return what the payment of a remittance is called: carrier, business date and the carrier's sequence."""
    return f"{carrier} {business_date} {sequence}"
