"""Which notices do not leave any more: what they tell is not so, or a later one of the same thing has left (NOT-1).

That comes about where a notice leaves late: it was stopped (NOT-3), its outlet was away, it was stuck, or its e-mail
bounced (NOT-4).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, TypeAlias

from notifications.domain.coverage import Policy
from notifications.domain.money import Account
from notifications.domain.notices import Notice, NoticeType

Subject: TypeAlias = tuple[str, str]
"""A kind of thing and its id within the household: what is told of it later is newer."""

_SUBJECT_KINDS: Final[Mapping[NoticeType, str]] = {
    "coverage-begun": "policy",
    "coverage-ended": "policy",
    "coverage-canceled": "policy",
    "coverage-reinstated": "policy",
    "receipt": "payment",
    "payment-returned": "payment",
    "payment-moved": "payment",
    "invoice": "invoices",
    "invoice-voided": "invoices",
    "deadline-moved": "deadline",
    "deadline-moved-back": "deadline",
    "maintenance": "maintenance",
    "autopay-begun": "autopay",
    "autopay-ended": "autopay",
    "autopay-declined": "draws",
    "medicaid-begun": "medicaid",
    "medicaid-ended": "medicaid",
    "verification-wanted": "verification",
    "verification-decided": "verification",
}

TOLD_AGAIN: Final[tuple[NoticeType, ...]] = tuple(_SUBJECT_KINDS)
"""The notices that a later one may take the place of."""


def is_outdated(
    notice: Notice,
    *,
    household: Iterable[Notice],
    account: Account | None,
    policies: Mapping[str, Policy],
    year: int,
    called_off: Collection[str] = (),
) -> bool:
    """Whether a notice that has not left is not to leave any more.

    ``household`` are notices of its household, whatever became of them, at least those of the kinds `TOLD_AGAIN`;
    ``policies`` are the household's, ``year`` is that of the day, ``called_off`` is maintenance that is.
    """
    later = [each for each in household if each.number > notice.number and _are_of_the_same(notice, each)]
    left = [each for each in later if each.state == "sent"]
    match notice.type:
        case "coverage-begun":
            return bool(left) or any(each.type == "coverage-canceled" for each in later)
        case "coverage-ended" | "coverage-canceled" | "coverage-reinstated":
            return bool(later)
        case "maintenance":
            return bool(later) or _announces(notice, called_off)
        case "deadline-moved" | "deadline-moved-back" | "invoice-voided":
            return bool(later)
        case "verification-decided":
            return any(_takes_back(notice, each) for each in later)
        case "receipt":
            return any(_takes_all_of(notice, each) for each in left)
        case "autopay-begun":
            return bool(left) or any(each.type == "autopay-begun" for each in later)
        case "invoice":
            told_void = any(
                each.type == "invoice-voided" and _are_of_one_invoice(notice, each) for each in left
            )
            return told_void or _is_in_a_later(notice, left, account) or _is_let_go_of(notice, account)
        case "renewal":
            return _is_nothing_of_it_so(notice, policies, year)
        case "verification-wanted":
            return bool(left) or any(each.type == "verification-decided" for each in later)
        case _:
            return bool(left)


def _are_of_the_same(notice: Notice, other: Notice) -> bool:
    if notice.type == "invoice-voided" or other.type == "invoice-voided":
        return _are_of_one_invoice(notice, other)
    return not _subjects(notice).isdisjoint(_subjects(other))


def _subjects(notice: Notice) -> set[Subject]:
    kind, facts = _SUBJECT_KINDS.get(notice.type), notice.facts
    match kind:
        case None:
            return set()
        case "policy":
            return set() if facts.coverage is None else {(kind, facts.coverage.policy)}
        case "payment":
            of = facts.payment or facts.returned or facts.moved
            return set() if of is None else {(kind, of.payment)}
        case "draws":
            return set() if facts.declined is None else {(kind, facts.declined.invoice)}
        case "deadline":
            return {(kind, day.isoformat()) for day in facts.deadlines}
        case "maintenance":
            return set() if facts.maintenance is None else {(kind, facts.maintenance.maintenance)}
        case "medicaid":  # it is about its members and a day
            return {(kind, member) for member in notice.about.split(".")[:-1]}
        case _:
            return {(kind, "")}


def _announces(notice: Notice, called_off: Collection[str]) -> bool:
    """Whether a notice announces maintenance that is called off, rather than that it is."""
    told = notice.facts.maintenance
    return told is not None and not told.withdrawn and told.maintenance in called_off


def _are_of_one_invoice(notice: Notice, other: Notice) -> bool:
    return notice.facts.of_invoice is not None and notice.facts.of_invoice == other.facts.of_invoice


def _takes_back(decision: Notice, later: Notice) -> bool:
    """Whether a later decision takes the place of one before. That nobody may enroll stays so until they may again."""
    before, after = decision.facts.decided, later.facts.decided
    if before is None or after is None:
        return False
    if after.verification == "verified" or after.may_enroll == "again":
        return True
    return before.may_enroll != "no-longer" and later.state == "sent"


def _takes_all_of(receipt: Notice, later: Notice) -> bool:
    """Whether a later notice says that money is not the household's for which it was to have a receipt."""
    moved, payment = later.facts.moved, receipt.facts.payment
    return moved is None or payment is None or moved.cents >= payment.cents


def _is_in_a_later(notice: Notice, left: Sequence[Notice], account: Account | None) -> bool:
    """Whether what a monthly invoice asks for is in a later one, whose letter has left and that is not void (INV-4)."""
    if notice.facts.invoice is None or notice.facts.invoice.kind != "monthly":
        return False
    for each in left:
        later = each.facts.invoice
        if later is None or later.kind != "monthly":
            continue
        asked = None if account is None else account.find_asked(later.invoice)
        if asked is None or not asked.void:
            return True
    return False


def _is_let_go_of(notice: Notice, account: Account | None) -> bool:
    """Whether nothing is asked for by an invoice any more whose e-mail bounced: its binder is closed, or a newer
    invoice asks for it.
    """
    invoice = notice.facts.invoice
    return (
        notice.sent_on is not None
        and account is not None
        and invoice is not None
        and account.find_asked(invoice.invoice) is None
    )


def _is_nothing_of_it_so(notice: Notice, policies: Mapping[str, Policy], year: int) -> bool:
    """Whether nothing that a renewal tells is to come or goes on any more."""
    renewal = notice.facts.renewal
    if renewal is None:
        return False
    renewed = [each for each in policies.values() if each.selection == notice.about]
    over = renewed and all(each.state == "canceled" for each in renewed)
    return year > renewal.plan_year or (bool(over) and not renewal.ending)
