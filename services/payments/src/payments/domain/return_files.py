"""Return files and what they say: of a payment that it went back, once; or what a person has to see (PAY-3, PAY-5)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Final, Literal, TypeAlias

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Conflict, InvalidValue
from bulkhead.kernel.ids import derived_id
from bulkhead.kernel.money import format_cents
from bulkhead.kernel.personal import Masked
from payments.domain.card_numbers import is_card_number
from payments.domain.events import EndedBecause, ReturnKind
from payments.domain.files_in import Became, FileState, RowProblem
from payments.domain.identification import is_identification
from payments.domain.nacha_file import ReturnEntry
from payments.domain.payments import KEPT_SOURCES, Payment, Tender
from payments.domain.return_codes import (
    ACCOUNT_CODES,
    CHANGE_CODES,
    COMES_AGAIN,
    DISPUTE_CODES,
    GOES_AGAIN,
    RETURN_CODES,
)

ReturnItemState: TypeAlias = Literal[
    "recorded", "confirmed", "came-again", "changed", "open", "assigned", "dismissed"
]
"""``recorded``: the payment it names is returned by it. ``confirmed``: an operator had recorded that return before.
``came-again``: an earlier return was dishonored, and what came again is a payment of its own, which it names.
``changed``: what the bank wants made otherwise is: the processor has it, or autopay from that account ended.
``open``: it waits for a person. ``assigned``: a person said which payment it is of. ``dismissed``: a person found that
there is nothing to record.
"""

ReturnItemReason: TypeAlias = Literal[
    "unreadable",
    "unknown-code",
    "account-changed",
    "kept-account-changed",
    "not-drawn-from",
    "disputed",
    "credit",
    "unknown-payment",
    "moved",
    "wrong-amount",
    "wrong-date",
    "returned-before",
]
"""Why an item waits for a person.

``unreadable``: part of its record is not as it must be. ``unknown-code``: its reason is in no table.
``account-changed``: no money went back, and the bank wants the next debit made otherwise. ``kept-account-changed``: so
does one of a payment that a debit of ours brought. ``not-drawn-from``: so did one of an account that nothing is drawn
from any more, or was but once through the processor. ``disputed``: banks disagree
about an earlier return, and it is not certain what of its money is to be done. ``credit``: money on its way out came
back. ``unknown-payment``: no payment is called so. ``moved``: some of the payment is other payments now.
``wrong-amount``: the payment's is another. ``wrong-date``: before the payment came, or more than a week ahead.
``returned-before``: the payment went back before, by another item.
"""

DEBITED: Final = ("bank", "phone")
"""Methods of payments that a bank's debit can have brought: by phone somebody may give a bank account."""

DONE: Final[tuple[ReturnItemState, ...]] = ("recorded", "confirmed", "assigned")
"""States of an item that says of its payment that it went back: one item a payment."""

UNKNOWN: Final[Mapping[str, Any]] = {
    "state": "open",
    "payment": None,
    "identification__ne": None,
}
"""Which items name a payment that nobody knew when their file was read."""

DISPUTED: Final[Mapping[str, Any]] = {
    "state": "open",
    "reason": "disputed",
    "payment__ne": None,
    "code": sorted(COMES_AGAIN | GOES_AGAIN),
}
"""Which items about an earlier return may be certain once that, or what came again, is recorded."""

CHANGED: Final[Mapping[str, Any]] = {
    "state": "open",
    "reason": "account-changed",
    "payment__ne": None,
    "code": sorted(ACCOUNT_CODES),
}
"""Which items say that the account behind a payment through the processor is another."""
KEPT_CHANGED: Final[Mapping[str, Any]] = {**CHANGED, "reason": "kept-account-changed"}
"""Which items say so of a payment that a debit of ours brought."""

LATEST_AHEAD: Final = timedelta(days=7)
"""How far ahead a file may say that money moves. It counts as gone on the day that is learned of at the latest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnFile:
    """One file as it was found. ``file`` is the hash of its bytes.

    A ``loaded`` one has ``entries``, of ``debit_cents`` and ``credit_cents`` in all. A ``refused`` one is not whole, or
    another of its name came before, as ``refusal`` says; ``problems`` say what of its records is not as it must be. It
    ``waits`` until somebody says what ``became`` of it. ``origin``, ``created_on`` and ``modifier`` name a file from
    when its entries begin to be recorded; of a name there is one that is not refused.
    """

    file: str
    name: str
    stored_at: datetime
    state: FileState
    origin: str | None
    created_on: date | None
    modifier: str | None
    entries: int
    debit_cents: int
    credit_cents: int
    problems: tuple[RowProblem, ...]
    refusal: str | None
    waits: bool
    became: Became | None
    decided_at: datetime | None
    decided_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnFileContent:
    """The bytes of a file, apart from what is known about it so that lists stay light."""

    file: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnItem:
    """One entry of a loaded file, and what became of it. ``line`` is where it begins.

    ``identification`` is what the entry's originator called it, where it could be ours; else it may be anything, and is
    kept in the file alone. ``settled_on`` is the day its money moves. ``payment`` and ``household`` are whose it is,
    where that is known. ``decided_by`` is the operator, None for what nobody had to decide; ``note`` is why, as that
    person wrote it: it is kept here and goes nowhere else.
    """

    item: str
    file: str
    line: int
    code: str | None
    direction: Literal["debit", "credit"]
    amount_cents: int
    identification: str | None
    original_trace: str | None
    trace: str
    settled_on: date
    state: ReturnItemState
    reason: ReturnItemReason | None
    problems: tuple[RowProblem, ...]
    payment: str | None
    household: str | None
    recorded_at: datetime
    decided_at: datetime | None
    decided_by: str | None
    note: Masked | None = None


class ItemDecided(Conflict):
    """What a bank's return item says is recorded already, or was found to be nothing to record (PAY-5)."""

    kind: ClassVar[str] = "already-decided"


def item_of(entry: ReturnEntry, *, file: str, payment: Payment | None, now: datetime) -> ReturnItem:
    """Return an entry as an item that waits; ``payment`` is the one it names."""
    called = entry.identification
    ours = called is not None and is_identification(called) and not is_card_number(called)
    return ReturnItem(
        item=derived_id("return-item", file, str(entry.line)),
        file=file,
        line=entry.line,
        code=entry.code,
        direction=entry.direction,
        amount_cents=entry.amount_cents,
        identification=called if ours else None,
        original_trace=entry.original_trace,
        trace=entry.trace,
        settled_on=entry.settled_on,
        state="open",
        reason=None,
        problems=entry.problems,
        payment=None if payment is None else payment.payment,
        household=None if payment is None else payment.household,
        recorded_at=now,
        decided_at=None,
        decided_by=None,
    )


def reason_to_wait(
    item: ReturnItem, payment: Payment | None, *, claimed: Collection[str], today: date
) -> ReturnItemReason | None:
    """Return why an item waits for a person, None for the return of a payment (PAY-5).

    ``claimed`` are the payments whose return was said by an item before. That a payment is returned already is no
    reason where only an operator said so: then both say the same. Nor is a day before the payment came, where its item
    was here first: the payment has the day on which it was found out.
    """
    if item.code in CHANGE_CODES:
        ours = payment is not None and payment.source in KEPT_SOURCES
        return "kept-account-changed" if ours else "account-changed"
    if item.code in DISPUTE_CODES:
        return "disputed"
    if item.problems:
        return "unreadable"
    if item.code not in RETURN_CODES:
        return "unknown-code"
    if item.direction == "credit":
        return "credit"
    if payment is None:
        return "unknown-payment"
    if payment.payment in claimed:
        return "returned-before"
    if payment.moved_cents:
        return "moved"
    if item.amount_cents != payment.amount_cents:
        return "wrong-amount"
    too_early = item.settled_on < payment.received_on and payment.known_at <= item.recorded_at
    if too_early or item.settled_on > today + LATEST_AHEAD:
        return "wrong-date"
    return None


def ends_autopay(item: ReturnItem, payment: Payment) -> EndedBecause | None:
    """Return why autopay from the account that brought a payment ends by what an item says of it; None where it goes on
    (PAY-8).

    Where some of the payment was moved, or it went back before, a person has to say what of the money is to be done. Of
    the account the bank says the same, and nothing is unclear in it.
    """
    code = RETURN_CODES.get(item.code or "")
    if item.state == "assigned":
        return None if code is None else code.ends_autopay
    if code is None or item.direction == "credit" or item.amount_cents != payment.amount_cents:
        return None
    return code.ends_autopay if item.state in DONE or item.reason in ("moved", "returned-before") else None


def returned_on(item: ReturnItem, *, today: date) -> date:
    """Return the day on which an item's payment went back: that on which its money moves, and today at the latest."""
    return min(item.settled_on, today)


def returned_when_known(item: ReturnItem, payment: Payment, *, today: date) -> date:
    """Return the day on which a payment went back whose item was here first: not before the day it was received."""
    return max(payment.received_on, returned_on(item, today=today))


def found_by(item: ReturnItem, payment: Payment) -> bool:
    """Whether an item waits for this payment, which nobody knew when its file was read."""
    waits = item.state == "open" and item.payment is None
    return waits and item.identification is not None and item.identification == payment.identification


def is_disputed(item: ReturnItem) -> bool:
    """Whether an item waits because it is about an earlier return."""
    return item.state == "open" and item.reason == "disputed"


def came_again_as(payment: Payment) -> str:
    """Return the id of the payment that a payment's money is when its return was dishonored: it comes again once."""
    return derived_id("came-again", payment.payment)


def comes_again(item: ReturnItem, payment: Payment, *, again: Payment | None, today: date) -> bool:
    """Whether an item says for certain that a payment's money came again, its return dishonored (PAY-5, INV-14).

    ``again`` is the payment that it came as before.
    """
    if (
        item.code not in COMES_AGAIN
        or again is not None
        or payment.returned_on is None
        or payment.moved_cents
    ):
        return False
    return _clear(item, payment, since=payment.returned_on, today=today)


def goes_again(item: ReturnItem, again: Payment | None, *, today: date) -> bool:
    """Whether an item says for certain that money which came again goes once more, which the other bank contests to be
    ours (PAY-5, INV-14).
    """
    if item.code not in GOES_AGAIN or again is None or again.is_gone or again.moved_cents:
        return False
    return _clear(item, again, since=again.received_on, today=today)


def _clear(item: ReturnItem, payment: Payment, *, since: date, today: date) -> bool:
    """Whether an item is of all of a payment, of a day on which that can be, and nothing of it is odd."""
    right = item.direction == "debit" and item.amount_cents == payment.amount_cents and not item.problems
    return right and since <= item.settled_on <= today + LATEST_AHEAD


def tender_again(item: ReturnItem, payment: Payment, *, today: date) -> Tender:
    """Return the money of a payment that came again, received on the day it moves, today at the latest (PAY-5).

    Its payer had paid on the first day, and the bank that sent it back was wrong: by that day it is judged whether it
    was on time, as by a postmark (INV-12, chosen). It is for what the payment was named for.
    """
    on = returned_on(item, today=today)
    return Tender(
        payment=came_again_as(payment),
        household=payment.household,
        amount_cents=payment.amount_cents,
        method=payment.method,
        source="return-file",
        received_on=on,
        postmarked_on=min(on, payment.postmarked_on or payment.received_on),
        at_selection=False,
        selection=payment.selection,
        invoice=payment.invoice,
        reference=reference_of(item),
        origin=item.item,
    )


def of_money_again(item: ReturnItem, again: Payment) -> ReturnItem:
    """Return an item by which money came again as this payment."""
    return replace(of_payment(item, again), state="came-again", reason=None)


def not_drawn_from(item: ReturnItem) -> ReturnItem:
    """Return an item about an account as one that no later draw is to obey: it waits for a person alone."""
    return replace(item, reason="not-drawn-from")


def changed(item: ReturnItem) -> ReturnItem:
    """Return an item as one whose account is charged otherwise now, or not any more."""
    return replace(item, state="changed")


def of_payment(item: ReturnItem, payment: Payment) -> ReturnItem:
    """Return an item with the payment that it is found to name."""
    return replace(item, payment=payment.payment, household=payment.household)


def reference_of(item: ReturnItem) -> str:
    """Return what the return is called here: its code and the trace number of the entry that says it."""
    return f"{item.code}-{item.trace}"


def done(item: ReturnItem, payment: Payment) -> ReturnItem:
    """Return an item about whose payment there was nothing to decide."""
    return replace(item, state="recorded" if payment.returned_on is None else "confirmed", reason=None)


def waiting(item: ReturnItem, reason: ReturnItemReason) -> ReturnItem:
    """Return an item that waits for a person."""
    return replace(item, reason=reason)


def kind_of(item: ReturnItem, *, given: ReturnKind | None = None) -> ReturnKind:
    """Return what kind of return an item is: what its code says or, where that says nothing, what a person reads in the
    bank's file.

    Raises `InvalidValue` where a person gives none that is needed, or another than the code's.
    """
    code = RETURN_CODES.get(item.code or "")
    kind = given if code is None else code.kind
    if kind is not None and given in (None, kind):
        return kind
    says = (
        "must be given, as the bank's file says it: no table has the item's code"
        if code is None
        else f"must be {code.kind}, which is what the item's code says, or left out"
    )
    raise InvalidValue(
        field="/kind",
        problem=says,
        reasons=(
            Reason(
                rule="PAY-5",
                says="a return is of the kind that its code says, and of a code nobody knows a person says it",
                facts={"code": item.code or "none"},
            ),
        ),
    )


def assigned(
    item: ReturnItem, payment: Payment, *, note: Masked | None, now: datetime, by: str
) -> ReturnItem:
    """Return an item of which a person said which payment it is of, and why (PAY-5).

    Raises `ItemDecided` unless it is open, and `InvalidValue` for one that says of no debit that it went back, for a
    payment that no debit brought, for one of another amount, and where no table has the item's code and nobody says
    why it is a return of the payment.
    """
    _require_open(item)
    no_return = item.code in CHANGE_CODES or item.code in DISPUTE_CODES
    if no_return or item.direction == "credit":
        raise InvalidValue(
            field="path/item",
            problem="says of no payment that it went back: dismiss it when all is done that it asks for",
            reasons=(
                Reason(
                    rule="PAY-5",
                    says="a payment is returned by a debit's return",
                    facts={"code": item.code or "none", "direction": item.direction},
                ),
            ),
        )
    if item.code not in RETURN_CODES and note is None:
        raise InvalidValue(
            field="/note",
            problem="must say why it is a return of the payment: no table has the item's code",
            reasons=(
                Reason(
                    rule="PAY-5",
                    says="of a code that nobody knows a person says what it means, and why",
                    facts={"code": item.code or "none"},
                ),
            ),
        )
    if payment.method not in DEBITED:
        raise InvalidValue(
            field="/payment",
            problem=f"came by {payment.method}, and the item says that a debit of a bank account went back: find the "
            "payment that was debited, or dismiss the item and record what went back as a return of the payment",
            reasons=(
                Reason(
                    rule="PAY-5",
                    says="a debit's return is of money that was debited",
                    facts={"method": payment.method},
                ),
            ),
        )
    if (
        item.amount_cents != payment.kept_cents and payment.kept_cents
    ):  # one without any is other payments now
        raise InvalidValue(
            field="/payment",
            problem="is of another amount than the item",
            reasons=(
                Reason(
                    rule="PAY-5",
                    says="a payment is returned whole",
                    facts={
                        "payment": format_cents(payment.kept_cents),
                        "item": format_cents(item.amount_cents),
                    },
                ),
            ),
        )
    return replace(
        item,
        state="assigned",
        payment=payment.payment,
        household=payment.household,
        decided_at=now,
        decided_by=by,
        note=note,
    )


def dismissed(item: ReturnItem, *, note: Masked | None, now: datetime, by: str) -> ReturnItem:
    """Return an item of which there is nothing to record, as a person found, and why; raises `ItemDecided` unless it is
    open.
    """
    _require_open(item)
    return replace(item, state="dismissed", decided_at=now, decided_by=by, note=note)


def _require_open(item: ReturnItem) -> None:
    if item.state != "open":
        raise ItemDecided(
            "the item was decided already",
            reasons=(Reason(rule="PAY-5", says="a payment is returned once", facts={"state": item.state}),),
        )
