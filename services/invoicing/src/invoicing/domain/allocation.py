"""Where money goes (INV-5): one pure function, used when money arrives and for how things stood on a date."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from bulkhead.kernel.calendar import CoverageMonth


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Charges that are settled together or not at all: a binder, or a coverage month (``month`` is set).

    ``since`` is when its last charge was made; ``due`` the last day on which money for a binder is on time,
    None while it is not invoiced. ``least_cents`` are enough of it, None where nothing less than all is. A ``rest`` is
    what is owed still of a group that was settled for less (INV-15).
    """

    key: str
    cents: int
    since: datetime
    least_cents: int | None = None
    rest: bool = False
    month: CoverageMonth | None = None
    due: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """What is left of a payment. ``toward`` are the groups its payer named, in order; ``whole`` says that it has paid
    for nothing yet: what a payment left over is held, and is no payment of just that amount.
    """

    payment: str
    cents: int
    arrived_at: datetime
    on_time_date: date
    toward: tuple[str, ...] = ()
    whole: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How many cents of one payment pay for a group."""

    payment: str
    cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What is paid, by group in the order it was, and what is left: of all money, and of what waits for binders
    that its payers named."""

    paid: dict[str, tuple[Share, ...]]
    left_cents: int
    left_for_binders_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Here:
    """The cents that are here for a group: named for it by their payers, and free."""

    named_cents: int
    free_cents: int


_MONTH = "month:"
_REST = "rest:"


def binder_key(selection: str) -> str:
    """Return the key of a selection's binder."""
    return f"binder:{selection}"


def month_key(month: CoverageMonth) -> str:
    """Return the key of a coverage month."""
    return f"{_MONTH}{month}"


def rest_key(settled_as: str) -> str:
    """Return the key of what is owed still of a group that was settled for less."""
    return f"{_REST}{settled_as}"


def is_month(key: str) -> bool:
    """Return whether the group of this key is a coverage month's, not a binder's."""
    return key.startswith(_MONTH)


def apply_money(*, groups: Iterable[Group], money: Iterable[Money]) -> Applied:
    """Return which groups are paid by whom; a group only whole (INV-5).

    Each payment, in the order of arrival, meets the groups that were there then, and what it leaves waits:

    ====  ==========================================================================================
    (1)   what its payer named: a binder, or an invoice's months, the oldest first, and before them what
          is owed still of them or older ones; while that is open and not paid whole, it waits for it
    (2)   else a binder of which it is exactly what is lacking, unless that is also what the oldest open
          month lacks, or what all open months lack
    (3)   else the coverage months, the oldest first, none passed over
    (4)   what is then left, and no month open: the binders it pays whole, the earliest due first; one it
          does not pay whole holds no other (ENR-5)
    ====  ==========================================================================================

    Money that was neither received nor postmarked by a binder's due date never pays for it (ENR-6). At the end
    all money meets all groups, (2) left out: money held for a month is not taken for a binder. Of what is not paid
    then one group, the oldest month or else a binder, is settled for less where that is enough (INV-15): its shares
    come to less than its cents.
    """
    pile = _Pile(unpaid={each.key: each for each in groups})
    for each in sorted(money, key=lambda each: (each.arrived_at, each.payment)):
        pile.add(each)
        there = [group for group in pile.unpaid.values() if group.since <= each.arrived_at]
        pile.work(there, arrived=each)
    pile.work(list(pile.unpaid.values()), arrived=None)
    pile.pay_enough()
    return Applied(
        paid=pile.paid,
        left_cents=sum(pile.left.values()),
        left_for_binders_cents=sum(
            pile.left[each.payment]
            for each in pile.money
            if (waits := pile.waits_for(each)) is not None and waits.month is None
        ),
    )


def received_toward(key: str, *, groups: Iterable[Group], money: Iterable[Money]) -> Here:
    """Return what is here for a binder, paid or not: named for it, or waiting for nothing else.

    No cent is counted for two binders: the one that is due first has what nobody named.
    """
    pile = _Pile(unpaid={each.key: each for each in groups})
    for each in money:
        pile.add(each)
    free = not pile.months_open(pile.unpaid.values())
    for binder in pile.binders(list(pile.unpaid.values())):
        named = sum(share.cents for share in pile.use(binder, free=False))
        unnamed = (
            sum(share.cents for share in pile.use(binder, free=True, need=binder.cents - named))
            if free
            else 0
        )
        if binder.key == key:
            return Here(named_cents=named, free_cents=unnamed)
    return Here(named_cents=0, free_cents=0)


@dataclass(slots=True)
class _Pile:
    """Money not used yet and groups not paid yet, while both become fewer."""

    unpaid: dict[str, Group]
    money: list[Money] = field(default_factory=list[Money])
    left: dict[str, int] = field(default_factory=dict[str, int])
    paid: dict[str, tuple[Share, ...]] = field(default_factory=dict[str, tuple[Share, ...]])

    def add(self, money: Money) -> None:
        self.money.append(money)
        self.left[money.payment] = money.cents

    def waits_for(self, money: Money) -> Group | None:
        """Return the first group its payer named that is not paid; None where it is free.

        What names a month waits first for what is owed still of that one or an older one (INV-15).
        """
        named = next((self.unpaid[key] for key in money.toward if key in self.unpaid), None)
        if named is None or named.month is None:
            return named
        rests = [each for each in self.unpaid.values() if each.rest and str(each.month) <= str(named.month)]
        return min(rests, key=lambda each: (str(each.month), each.key), default=named)

    def months_open(self, groups: Iterable[Group]) -> list[Group]:
        """Return the unpaid coverage months among these, the oldest first."""
        found = [each for each in groups if each.month is not None and each.key in self.unpaid]
        return sorted(found, key=lambda each: (str(each.month), not each.rest, each.key))

    def work(self, groups: Sequence[Group], *, arrived: Money | None) -> None:
        """Pay what can be paid of these groups."""
        for each in self.money:
            while (named := self.waits_for(each)) is not None and named in groups:
                if not self._pay(named, free=False):
                    break
        if arrived is not None:
            self._pay_exact(groups, arrived)
        for month in self.months_open(groups):
            if not self._pay(month, free=True):
                return
        for binder in self.binders(groups):
            self._pay(binder, free=True)

    def pay_enough(self) -> None:
        """Settle a group for less where what is here is enough of it, and of none a rest is owed: of all that is
        settled a household never owes more than what may lack of one month (INV-15).
        """
        if any(each.rest for each in self.unpaid.values()):
            return
        months = self.months_open(self.unpaid.values())
        binders = self.binders(list(self.unpaid.values()))
        for group in [*months[:1], *binders]:
            usable = self._usable(group, free=group.month is not None or not months)
            if group.least_cents is not None and self._sum(usable) >= group.least_cents:
                self._close(group, usable)
                return

    def _pay_exact(self, groups: Sequence[Group], arrived: Money) -> None:
        amount = self.left[arrived.payment]
        if not arrived.whole or not amount or self.waits_for(arrived) is not None:
            return
        months = self.months_open(groups)
        if months:
            free = (
                sum(self.left[each.payment] for each in self.money if self.waits_for(each) is None) - amount
            )
            named = [self._sum(self._usable(each, free=False)) for each in months]
            oldest_lacks = months[0].cents - named[0] - free
            all_lack = sum(each.cents for each in months) - sum(named) - free
            if amount in (oldest_lacks, all_lack):
                return
        for binder in self.binders(groups):
            # Money that waits for a month is not a binder's.
            usable = self._usable(binder, free=not months)
            others = [each for each in usable if each is not arrived]
            if _on_time(arrived, binder) and amount == binder.cents - self._sum(others):
                self._close(binder, [*others, arrived])
                return

    def binders(self, groups: Iterable[Group]) -> list[Group]:
        """Return the unpaid binders among these, the one due first before the others."""
        found = [each for each in groups if each.month is None and each.key in self.unpaid]
        return sorted(found, key=lambda each: (each.due or date.max, each.key))

    def _sum(self, money: Iterable[Money]) -> int:
        return sum(self.left[each.payment] for each in money)

    def _usable(self, group: Group, *, free: bool) -> list[Money]:
        """Return the money a group may be paid with, that named for it first."""
        on_time = [each for each in self.money if _on_time(each, group)]
        named = [each for each in on_time if self.waits_for(each) == group]
        return named + ([each for each in on_time if self.waits_for(each) is None] if free else [])

    def _pay(self, group: Group, *, free: bool) -> bool:
        usable = self._usable(group, free=free)
        if self._sum(usable) < group.cents:
            return False
        self._close(group, usable)
        return True

    def use(self, group: Group, *, free: bool, need: int | None = None) -> list[Share]:
        """Use up what a group may be paid with, up to ``need`` or its sum; return whose cents that was."""
        return self._take(group.cents if need is None else need, self._usable(group, free=free))

    def _close(self, group: Group, usable: Sequence[Money]) -> None:
        self.paid[group.key] = tuple(self._take(group.cents, usable))
        del self.unpaid[group.key]

    def _take(self, need: int, usable: Sequence[Money]) -> list[Share]:
        shares: list[Share] = []
        for each in usable:
            part = min(need, self.left[each.payment])
            if part:
                shares.append(Share(payment=each.payment, cents=part))
                self.left[each.payment] -= part
                need -= part
        return shares


def _on_time(money: Money, group: Group) -> bool:
    return group.due is None or money.on_time_date <= group.due
