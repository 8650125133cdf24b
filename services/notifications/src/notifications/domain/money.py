"""What notifications keeps of a household's money: what letters asked, what came since, what invoicing said of it.

Enough for a letter to ask for what is still to be paid (NOT-1), and no more: what no letter can need is let go.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final, Literal

from bulkhead.kernel.calendar import CoverageMonth
from notifications.domain.autopay import (
    Autopay,
    InvoiceDates,
    InvoiceDraw,
    VoidSpell,
    after_decline,
    after_invoice,
    draw_of,
    is_called_off,
    void_since,
)
from notifications.domain.notices import InvoiceLine

BINDER: Final = "binder:"
"""How the group of a selection's first premium begins; every other group is a coverage month's (INV-5)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An invoice as it asks: ``cents`` were to be paid when it was made, of which ``before_cents`` are unpaid from
    earlier ones.

    ``number`` orders a household's invoices. It takes the first ``payments`` payments of the household into account.
    ``letter`` says whether its letter is still to go out. ``void_spells`` are when it was void: while it is, it asks
    for nothing by itself (OPS-5). Of one that was let go of and stands again, ``open_cents`` are what invoicing said
    then is to be paid, with those payments taken into account.
    """

    invoice: str
    number: int
    payments: int
    kind: Literal["initial", "monthly"]
    selection: str | None
    issued_on: date
    due: date
    on_time_until: date
    cents: int
    before_cents: int
    lines: tuple[InvoiceLine, ...]
    letter: bool
    open_cents: int | None = None
    void_spells: tuple[VoidSpell, ...] = ()

    @property
    def void(self) -> bool:
        """Whether it is void now."""
        return bool(self.void_spells) and self.void_spells[-1].stood_again_on is None

    @property
    def dates(self) -> InvoiceDates:
        """What drawing it goes by."""
        return InvoiceDates(
            invoice=self.invoice,
            issued_on=self.issued_on,
            due=self.due,
            on_time_until=self.on_time_until,
            void=self.void_spells,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """Money that came, as the household's payment of that number, and the selection or invoice its payer named."""

    payment: str
    number: int
    cents: int
    selection: str | None
    invoice: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Funding:
    """How much of a settled premium one payment paid."""

    payment: str
    cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A premium that invoicing said is paid, after the household's invoice of that number.

    ``rest_cents`` are owed still where less than all was enough (INV-15). ``stands`` is False once that was taken back.
    """

    settlement: str
    group: str
    policy: str
    month: CoverageMonth
    cents: int
    funded_by: tuple[Funding, ...]
    after: int
    rest_cents: int = 0
    stands: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedBinder:
    """A selection's binder that awaits no money any more, as invoicing said after the invoice of that number."""

    selection: str
    end: Literal["paid", "lapsed"]
    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A household's money, as far as letters can still need it.

    ``payments`` counts the payments heard of, ``invoices`` is the number of the newest invoice heard of, and
    ``invoiced_payments`` how many payments that one takes into account. ``autopay`` is None while it is off.
    """

    household: str
    payments: int = 0
    invoices: int = 0
    invoiced_payments: int = 0
    asked: tuple[Asked, ...] = ()
    came: tuple[Came, ...] = ()
    settled: tuple[Settled, ...] = ()
    closed: tuple[ClosedBinder, ...] = ()
    autopay: Autopay | None = None

    @property
    def newest_monthly(self) -> int:
        """The number of the newest monthly invoice, 0 where there is none: it has in it what earlier ones asked."""
        return max((each.number for each in self.asked if each.kind == "monthly"), default=0)

    def find_asked(self, invoice: str) -> Asked | None:
        """Return an invoice that is kept, or None."""
        return next((each for each in self.asked if each.invoice == invoice), None)

    def find_draw(self, invoice: str) -> InvoiceDraw | None:
        """Return when autopay draws an invoice, None where it does not: only the newest monthly one is, unless it is
        void (PAY-8, OPS-5). Of one that is not heard of yet, that is the next try of what was declined.
        """
        asked, autopay = self.find_asked(invoice), self.autopay
        if autopay is None:
            return None
        if asked is not None:
            return draw_of(autopay, asked.dates) if self.is_newest(asked) else None
        if autopay.declined != invoice or autopay.again_on is None:
            return None
        return InvoiceDraw(method=autopay.method, on=autopay.again_on)

    def leaves_to_its_payer(self, invoice: str) -> bool:
        """Whether autopay is on and draws neither a monthly invoice nor a newer one, which asks for the same too
        (PAY-8).
        """
        asked = self.find_asked(invoice)
        if self.autopay is None or asked is None or asked.kind != "monthly" or asked.void:
            return False
        newer = any(
            each.number > asked.number and each.kind == "monthly" and not each.void for each in self.asked
        )
        return not newer and self.find_draw(invoice) is None

    def has_called_off(self, invoice: str) -> bool:
        """Whether autopay was to draw an invoice on a day to come when that became void (PAY-8, OPS-5)."""
        asked = self.find_asked(invoice)
        if self.autopay is None or asked is None or not asked.void:
            return False
        return self.is_newest(asked) and is_called_off(self.autopay, asked.dates)

    def is_newest(self, asked: Asked) -> bool:
        """Whether an invoice is the newest monthly one."""
        return asked.number == self.newest_monthly

    def find_closed(self, selection: str | None) -> ClosedBinder | None:
        """Return how a selection's binder was closed, None while invoicing has not said so."""
        return next((each for each in self.closed if each.selection == selection), None)


def paid(
    account: Account, *, payment: str, cents: int, selection: str | None, invoice: str | None
) -> Account:
    """Return the account with its next payment. Whoever calls it knows that the payment is new."""
    number = account.payments + 1
    came = Came(payment=payment, number=number, cents=cents, selection=selection, invoice=invoice)
    return without_needless(replace(account, payments=number, came=(*account.came, came)))


def gone(account: Account, payment: str, *, on: date) -> Account:
    """Return the account after a payment went back: it lowers no letter any more (PAY-5)."""
    came = tuple(each for each in account.came if each.payment != payment)
    return _drawn_by(replace(account, came=came), on)


def less(account: Account, payment: str, *, cents: int, on: date) -> Account:
    """Return the account after cents of a payment went to another household: they lower no letter any more (PAY-11)."""
    left = (
        replace(each, cents=each.cents - cents) if each.payment == payment else each for each in account.came
    )
    return _drawn_by(replace(account, came=tuple(each for each in left if each.cents > 0)), on)


def _drawn_by(account: Account, day: date) -> Account:
    """Return the account as money is wanting since a day: an invoice drawn before is not drawn for it again (PAY-8)."""
    newest = next((each for each in account.asked if account.is_newest(each)), None)
    draw = None if newest is None else account.find_draw(newest.invoice)
    if account.autopay is None or newest is None or draw is None or draw.on >= day:
        return account
    over = after_decline(account.autopay, invoice=newest.invoice, again_on=None)
    return replace(account, autopay=over)


def invoiced(account: Account, asked: Asked) -> Account:
    """Return the account with an invoice; one that was heard of before changes nothing."""
    if asked.number <= account.invoices:
        return account
    return without_needless(
        replace(
            account,
            invoices=asked.number,
            invoiced_payments=asked.payments,
            asked=(*account.asked, asked),
            autopay=after_invoice(account.autopay, asked.invoice)
            if account.autopay is not None and asked.kind == "monthly"
            else account.autopay,
        )
    )


def made_void(account: Account, invoice: str, *, at: datetime) -> Account:
    """Return the account with an invoice that is void since then: what it asked for is open still, and has no letter
    (OPS-5). One that is void already stays so since when it was.
    """

    def void(asked: Asked) -> Asked:
        if asked.void:
            return replace(asked, letter=False)
        return replace(asked, letter=False, void_spells=(*asked.void_spells, void_since(at)))

    return without_needless(_with_asked(account, invoice, void))


def stands_again(account: Account, invoice: str, *, on: date, letter: bool) -> Account:
    """Return the account with an invoice that was void and is not, and whether a letter is to ask for it (OPS-5). One
    that was let go of is not among what it asks for: `taken_up` has it be so.
    """

    def standing(asked: Asked) -> Asked:
        if not asked.void:
            return replace(asked, letter=letter)
        over = replace(asked.void_spells[-1], stood_again_on=on)
        return replace(asked, letter=letter, void_spells=(*asked.void_spells[:-1], over))

    return without_needless(_with_asked(account, invoice, standing))


def taken_up(account: Account, asked: Asked) -> Account:
    """Return the account with an invoice that was let go of, as its letter is to ask for it again (OPS-5)."""
    closed = account.find_closed(asked.selection) is not None
    back = replace(asked, open_cents=0) if closed else asked
    kept = sorted((*account.asked, back), key=lambda each: each.number)
    return without_needless(replace(account, asked=tuple(kept)))


def _with_asked(account: Account, invoice: str, change: Callable[[Asked], Asked]) -> Account:
    asked = tuple(change(each) if each.invoice == invoice else each for each in account.asked)
    return replace(account, asked=asked)


def letter_sent(account: Account, invoice: str) -> Account:
    """Return the account after the letter of an invoice went out."""
    asked = tuple(replace(each, letter=False) if each.invoice == invoice else each for each in account.asked)
    return without_needless(replace(account, asked=asked))


def settled(account: Account, premium: Settled) -> Account:
    """Return the account with a premium that is paid, and with it its binder; one heard of before changes nothing."""
    if any(each.settlement == premium.settlement for each in account.settled):
        return account
    kept = replace(account, settled=(*account.settled, premium))
    if not premium.group.startswith(BINDER):
        return kept
    return _binder_closed(kept, premium.group.removeprefix(BINDER), end="paid")


def unsettled(account: Account, settlement: str) -> Account:
    """Return the account with a settlement that no longer stands; one it has let go stays so."""
    return replace(
        account,
        settled=tuple(
            replace(each, stands=False) if each.settlement == settlement else each for each in account.settled
        ),
    )


def binder_lapsed(account: Account, selection: str) -> Account:
    """Return the account with a selection's binder lapsed; one that was paid in time after all stays paid."""
    return _binder_closed(account, selection, end="lapsed")


def _binder_closed(account: Account, selection: str, *, end: Literal["paid", "lapsed"]) -> Account:
    known = account.find_closed(selection)
    if known is not None and end in (known.end, "lapsed"):
        return account
    others = tuple(each for each in account.closed if each.selection != selection)
    closed = ClosedBinder(selection=selection, end=end, after=account.invoices)
    return without_needless(replace(account, closed=(*others, closed)))


def without_needless(account: Account) -> Account:
    """Return the account without what no letter can need any more.

    Letters that are still to go out are needed, the newest monthly invoice, for what open months lack, and those of
    binders that are not closed; of payments and settlements, what came after the oldest of these; and money whose
    payer named a selection that was not closed by then: it may have waited.
    """
    asked = tuple(
        each
        for each in account.asked
        if each.letter
        or each.number == account.newest_monthly
        or (each.kind == "initial" and not each.void and account.find_closed(each.selection) is None)
    )
    oldest = min([account.invoices, *(each.number for each in asked)])
    payments = min([account.invoiced_payments, *(each.payments for each in asked)])
    over = {each.selection for each in account.closed if each.after < oldest}
    return replace(
        account,
        asked=asked,
        came=tuple(
            each
            for each in account.came
            if each.number > payments or (each.selection is not None and each.selection not in over)
        ),
        settled=tuple(each for each in account.settled if each.after >= oldest),
    )
