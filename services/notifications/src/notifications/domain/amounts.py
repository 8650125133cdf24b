"""What an invoice's letter still asks for when it is written: never what has been received (NOT-1).

What invoicing said of a payment is believed. Of the rest it is told here where INV-5 puts it, as
`invoicing.domain.allocation` does, with what letters know: until invoicing has said more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from bulkhead.kernel.calendar import CoverageMonth
from notifications.domain.autopay import DeclineFacts, InvoiceDraw
from notifications.domain.coverage import Policy
from notifications.domain.money import BINDER, Account, Asked, Came, Settled
from notifications.domain.notices import InvoiceLine


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """What lowers an invoice since it was made, together at most what it asked. Cents.

    ``received_cents`` came for it; ``dropped_cents`` were for coverage that was called off or ended since, or are all
    of one that is ``void``.
    """

    received_cents: int = 0
    dropped_cents: int = 0
    void: bool = False


UNCHANGED: Final = Since()
"""Nothing lowers it."""


def changed_since(account: Account, *, invoice: str, policies: Mapping[str, Policy]) -> Since:
    """Return what lowers an invoice since it was made (NOT-1): all of it does where it is void (OPS-5).

    What is still to be paid is what it asked less the money that came for it (each cent counts for one invoice
    alone), and never more than what invoicing has not called settled. Of two monthly invoices the later has in it
    what the earlier asked, so what pays one pays the other. ``policies`` are the household's.
    """
    asked = account.find_asked(invoice)
    if asked is None:
        return UNCHANGED
    if asked.void:
        return Since(dropped_cents=asked.cents, void=True)
    money = _Money(account, policies)
    money.place_all()
    stays = money.stays(asked)
    still = min(money.left[invoice], money.unsettled_cents(asked))
    return Since(received_cents=stays - still, dropped_cents=asked.cents - stays)


@dataclass(frozen=True, slots=True, kw_only=True)
class AfterDecline:
    """How it stands with a draw that was declined: what is still to be paid, in cents, when that is drawn again, None
    where it is not, and whether autopay has ended; or that a later invoice asks for it.
    """

    to_pay_cents: int
    again: InvoiceDraw | None
    autopay_ended: bool
    on_later_invoice: bool = False


def after_decline(
    declined: DeclineFacts, account: Account | None, policies: Mapping[str, Policy], *, heard: bool = False
) -> AfterDecline:
    """Return how it stands now with a draw that was declined (NOT-1, PAY-8), as it was told where no money of the
    household is kept here. ``policies`` are the household's; ``heard`` is whether its invoice was heard of: one that
    was and is not kept has a later one in its place.
    """
    if account is None:
        on = declined.again_on
        again = None if on is None else InvoiceDraw(method=declined.method, on=on)
        return AfterDecline(to_pay_cents=declined.cents, again=again, autopay_ended=declined.autopay_ended)
    asked = account.find_asked(declined.invoice)
    if _is_on_later_invoice(account, asked, heard=heard):
        ended = account.autopay is None
        return AfterDecline(to_pay_cents=0, again=None, autopay_ended=ended, on_later_invoice=True)
    since = changed_since(account, invoice=declined.invoice, policies=policies)
    left = declined.cents if asked is None else asked.cents - since.received_cents - since.dropped_cents
    return AfterDecline(
        to_pay_cents=min(declined.cents, left),
        again=account.find_draw(declined.invoice),
        autopay_ended=account.autopay is None,
    )


def _is_on_later_invoice(account: Account, asked: Asked | None, *, heard: bool) -> bool:
    """Whether what an invoice lacks is asked for by a later one: that has in it what earlier ones asked (INV-4)."""
    if asked is None:
        return heard
    return any(
        each.kind == "monthly" and each.number > asked.number and not each.void for each in account.asked
    )


@dataclass(slots=True)
class _Binder:
    """An open binder and what it lacks; ``payments`` are in its invoice already, 0 where that is not made yet."""

    selection: str
    due: date
    cents: int
    payments: int
    invoice: str | None


class _Money:
    """A household's invoices and open binders, and what each still lacks as payment after payment is placed."""

    def __init__(self, account: Account, policies: Mapping[str, Policy]) -> None:
        self._account = account
        self._policies = policies
        self._monthly = sorted(
            (each for each in account.asked if each.kind == "monthly"), key=lambda each: each.number
        )
        self.left = {each.invoice: self._open(each) for each in account.asked}
        self._binders = {each.selection: each for each in self._open_binders()}

    def stays(self, asked: Asked) -> int:
        """Return what an invoice asked, less what is for coverage that was called off or ended since (ENR-6)."""
        return max(0, asked.cents - sum(each.net_cents for each in asked.lines if self._is_dropped(each)))

    def _open(self, asked: Asked) -> int:
        stays = self.stays(asked)
        return stays if asked.open_cents is None else min(stays, asked.open_cents)

    def unsettled_cents(self, asked: Asked) -> int:
        """Return what of an invoice invoicing has not called settled since, whatever money there is for it."""
        since = [each for each in self._account.settled if each.stands and each.after >= asked.number]
        own = {(each.policy, each.month) for each in asked.lines}
        lacks = self._lacks()
        before = asked.before_cents - sum(
            each.cents
            for each in since
            if (each.policy, each.month) not in own
            and not each.group.startswith(BINDER)
            and _covers(asked, each)
        )
        return max(0, before) + sum(
            min(each.net_cents, lacks.get((each.policy, each.month), each.net_cents))
            for each in asked.lines
            if not self._is_dropped(each)
        )

    def _lacks(self) -> dict[tuple[str, CoverageMonth], int]:
        """Return what is owed still of each premium that is settled: 0 but where less than all was enough (INV-15)."""
        found: dict[tuple[str, CoverageMonth], int] = {}
        for each in self._account.settled:
            if each.stands:
                key = each.policy, each.month
                found[key] = min(each.rest_cents, found.get(key, each.rest_cents))
        return found

    def place_all(self) -> None:
        """Place every payment, in the order they came."""
        for payment in sorted(self._account.came, key=lambda each: each.number):
            self._place(payment)

    def _place(self, payment: Came) -> None:
        told = [
            (each, funding.cents)
            for each in self._account.settled
            if each.stands
            for funding in each.funded_by
            if funding.payment == payment.payment
        ]
        for premium, cents in told:
            if not premium.group.startswith(BINDER):
                self._pay_months(
                    payment, cents, of=[each for each in self._monthly if _covers(each, premium)]
                )
        rest = payment.cents - sum(cents for _, cents in told)
        named, named_cents = self._named(payment), 0
        if (binder := self._binders.get(named or "")) is not None:
            named_cents = self._pay_binder(payment, binder, rest, named=True)
        elif named is not None and not self._is_known(named):
            return  # It waits for a selection that is not heard of yet.
        elif (asked := self._names_months(payment)) is not None:
            own = self.unsettled_cents(replace(asked, before_cents=0))
            later = [each for each in self._monthly if each.number >= asked.number]
            named_cents = self._pay_months(payment, min(rest, own, self._months_lack(payment)), of=later)
        rest -= named_cents
        rest -= self._pay_exact(payment, rest)
        rest -= self._pay_months(payment, min(rest, self._months_lack(payment)), of=self._monthly)
        by_due = sorted(self._binders.values(), key=lambda each: (each.due, each.selection))
        whole = [each for each in by_due if each.cents <= rest]
        for each in [*whole, *(other for other in by_due if other not in whole)]:
            rest -= self._pay_binder(payment, each, rest, named=False)

    def _pay_months(self, payment: Came, cents: int, *, of: Iterable[Asked]) -> int:
        """Pay months of these invoices, which all have them in what they ask; return the cents."""
        for each in of:
            if self._is_since(payment, each):
                self.left[each.invoice] = max(0, self.left[each.invoice] - cents)
        return cents

    def _pay_binder(self, payment: Came, binder: _Binder, cents: int, *, named: bool) -> int:
        """Pay what these cents can of a binder and return how many are its; what its invoice counted stays there."""
        if payment.number <= binder.payments:
            return cents if named else 0
        part = min(cents, binder.cents)
        binder.cents -= part
        if binder.invoice is not None:
            self.left[binder.invoice] = max(0, self.left[binder.invoice] - part)
        return part

    def _pay_exact(self, payment: Came, cents: int) -> int:
        """Pay the binder of which it is exactly what is lacking, unless months lack just that (INV-5)."""
        lack = self._months_lack(payment)
        if not cents or cents in (lack, self._oldest_month_lacks(payment)):
            return 0
        for binder in sorted(self._binders.values(), key=lambda each: (each.due, each.selection)):
            if binder.cents == cents and payment.number > binder.payments:
                return self._pay_binder(payment, binder, cents, named=False)
        return 0

    def _months_lack(self, payment: Came) -> int:
        """Return what all open months lack: what the newest monthly invoice still asks."""
        newest = self._newest_monthly(payment)
        return 0 if newest is None else min(self.left[newest.invoice], self.unsettled_cents(newest))

    def _oldest_month_lacks(self, payment: Came) -> int:
        newest = self._newest_monthly(payment)
        if newest is None:
            return 0
        by_month: dict[CoverageMonth, int] = {}
        for line in newest.lines:
            by_month[line.month] = by_month.get(line.month, 0) + line.net_cents
        lack, later = self._months_lack(payment), 0
        for _, cents in sorted(by_month.items(), reverse=True):
            if later + cents >= lack:
                break
            later += cents
        return lack - later

    def _newest_monthly(self, payment: Came) -> Asked | None:
        return next((each for each in reversed(self._monthly) if self._is_since(payment, each)), None)

    def _is_since(self, payment: Came, asked: Asked) -> bool:
        """Whether a payment is not in an invoice: it came after, or waited for a binder that lapsed after."""
        closed = self._account.find_closed(self._named(payment))
        freed = closed is not None and closed.end == "lapsed" and closed.after >= asked.number
        return payment.number > asked.payments or freed

    def _named(self, payment: Came) -> str | None:
        """Return the selection a payment is for, named itself or by its initial invoice."""
        asked = None if payment.invoice is None else self._account.find_asked(payment.invoice)
        return payment.selection or (None if asked is None else asked.selection)

    def _names_months(self, payment: Came) -> Asked | None:
        return next((each for each in self._monthly if each.invoice == payment.invoice), None)

    def _is_known(self, selection: str) -> bool:
        return self._account.find_closed(selection) is not None or any(
            each.selection == selection for each in self._policies.values()
        )

    def _is_dropped(self, line: InvoiceLine) -> bool:
        policy = self._policies.get(line.policy)
        if policy is None:
            return False
        closed = self._account.find_closed(policy.selection)
        lapsed = policy.state == "selected" and closed is not None and closed.end == "lapsed"
        return lapsed or not policy.covers_some_of(line.month)

    def _open_binders(self) -> Iterable[_Binder]:
        invoiced: set[str] = set()
        for asked in self._account.asked:
            if asked.selection is None:
                continue
            invoiced.add(asked.selection)
            cents = self.left[asked.invoice]
            if cents and self._account.find_closed(asked.selection) is None:
                yield _Binder(
                    selection=asked.selection,
                    due=asked.due,
                    cents=cents,
                    payments=asked.payments,
                    invoice=asked.invoice,
                )
        selected: dict[str, int] = {}
        for policy in self._policies.values():
            if policy.state == "selected" and policy.selection not in invoiced:
                selected[policy.selection] = selected.get(policy.selection, 0) + policy.binder_cents
        for selection, cents in selected.items():
            if cents and self._account.find_closed(selection) is None:
                yield _Binder(selection=selection, due=date.max, cents=cents, payments=0, invoice=None)


def _covers(asked: Asked, premium: Settled) -> bool:
    """Whether a premium's month is one that an invoice asks for: its own, or one before them."""
    return premium.month <= max(each.month for each in asked.lines)
