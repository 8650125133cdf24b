"""How an account stood: on a date in the past, by money that was on time, whenever that is asked (INV-17)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from bulkhead.kernel.calendar import CoverageMonth, local, local_date
from invoicing.domain.account import Account
from invoicing.domain.allocation import Money, apply_money, binder_key, is_month
from invoicing.domain.groups import (
    as_asked,
    awaited,
    by_group,
    group_key,
    group_of,
    money_of,
    rest_group,
    rests_of,
)
from invoicing.domain.records import Charge, Funding, Payment, Reopening


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Charges of coverage months that were not paid, those of which a rest was owed still, and money that waited.

    A rest makes nobody delinquent (INV-15).
    """

    unpaid: tuple[Charge, ...]
    short: tuple[Charge, ...]
    held_cents: int

    def past_due(self, cutoff: date) -> tuple[Charge, ...]:
        """Return the unpaid charges on an invoice whose on-time date had passed at the end of a day (INV-7)."""
        return tuple(charge for charge in self.unpaid if charge.past_due_on(cutoff))

    def past_due_cents(self, cutoff: date) -> int:
        """Return what pays the past-due charges: them, and what is owed still of those months and older ones, which
        money pays first, less held money; never below 0, and 0 where nothing is past due (INV-15).
        """
        due = self.past_due(cutoff)
        before = [each.rest_cents for each in self.short if due and each.month <= due[-1].month]
        return max(0, sum(charge.cents for charge in due) + sum(before) - self.held_cents)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """As of when an account is looked at: what was charged by ``at``, money on time by ``on_time_by`` that had
    arrived by ``arrived_by`` (None: whenever it arrived), and not known by ``returns_by`` to have been returned (None:
    by ``at``)."""

    at: datetime
    on_time_by: date
    arrived_by: datetime | None = None
    returns_by: datetime | None = None

    @classmethod
    def end_of(cls, day: date, *, returns_by: date | None = None) -> Moment:
        """Return the end of a day, with all money that was received or postmarked by then; with ``returns_by`` as if
        nothing had been returned since that day."""
        known = None if returns_by is None else end_of(returns_by)
        return cls(at=end_of(day), on_time_by=day, returns_by=known)

    def counts(self, payment: Payment) -> bool:
        """Whether money counts at that moment."""
        there = self.arrived_by is None or payment.arrived_at <= self.arrived_by
        return there and payment.on_time_date <= self.on_time_by

    def opened_since(self, charge: Charge) -> Reopening | None:
        """Return how a charge that was paid for then was opened by a return that only became known later."""
        known = self.returns_by or self.at
        since = [
            each
            for each in charge.reopenings
            if each.at > known
            and each.on_time_date <= self.on_time_by
            and (self.arrived_by is None or each.paid_at <= self.arrived_by)
        ]
        return min(since, key=lambda each: each.at, default=None)


def end_of(day: date) -> datetime:
    """Return the last instant of a day."""
    return local(day + timedelta(days=1)) - timedelta(microseconds=1)


def day_before(day: date) -> date:
    """Return the day before."""
    return day - timedelta(days=1)


def standing_at(
    account: Account,
    moment: Moment,
    *,
    restored: Sequence[Charge] = (),
    unheard_waits: bool = True,
    more_cents: int = 0,
) -> Standing:
    """Return how the account stood, from dated facts alone, so that a decision made late comes out as on the day.

    What had been settled by then with money that counts stays so, and a paid binder always. No more is asked of a
    charge than an invoice had asked by then. ``restored`` are charges looked at as if they stood again. Without
    ``unheard_waits`` money that waits for a selection nobody has heard of is looked at as if it were free. With
    ``more_cents`` as if so much more had come then, which names nothing.
    """
    counted = {each.payment for each in account.payments() if moment.counts(each)}
    money = {each.payment: each.free_cents for each in account.payments() if each.payment in counted}
    paid_then = {
        charge.charge: opening
        for charge in account.charges("open", "settled")
        if charge.charged_at <= moment.at and (opening := moment.opened_since(charge)) is not None
    }
    asked = as_asked(account, restored, moment.at)
    asked_then = {
        each.charge: each for each in as_asked(account, account.charges("open", "settled"), moment.at)
    }
    late = _not_settled_then(account, counted, paid_then.values())
    owing = _owing_then(account, counted, late)
    late |= _forbidden_then(account, owing)
    unpaid_then = [each for each in asked_then.values() if each.state == "open" or each.settled_as in late]
    asked_since = min(
        (local_date(each.invoiced_at) for each in (*asked, *unpaid_then) if each.invoiced_at is not None),
        default=date.max,
    )
    stood: list[Charge] = []
    for charge in account.charges("open", "settled"):
        there = charge.charged_at <= moment.at
        # A group that late money helped to pay was not paid then, in none of its charges.
        stays = charge.state == "settled" and there and (charge.settled_as not in late or _as_binder(charge))
        then = asked_then.get(charge.charge)
        if then is None and _was_known_as_paid(charge, moment.at, asked_since):
            then = charge
        if stays and then is not None and charge.charge not in paid_then:
            was = owing.get(charge.charge, charge)
            kept = replace(was, cents=then.cents, rest_cents=max(0, then.cents - was.cents + was.rest_cents))
            stood.append(kept)
            # Money that pays already what no invoice asks for yet could as well pay what one does.
            for funding in _paid_beyond(charge, kept.cents - kept.rest_cents):
                if funding.payment in counted:
                    money[funding.payment] += funding.cents
            continue
        for funding in charge.funded_by:
            if funding.payment in counted:
                money[funding.payment] += funding.cents
        if there and then is not None and charge.charge not in paid_then:
            asked.append(then)
    for opening in paid_then.values():
        for funding in opening.funded_by:
            if funding.payment in money:
                money[funding.payment] = max(0, money[funding.payment] - funding.cents)
    groups = by_group(account, asked)
    rests = rests_of(stood)
    payments = [account.get(Payment, payment) for payment, cents in money.items() if cents]
    waiting = awaited(account, payments) if unheard_waits else []
    owed = [rest_group(key, charges) for key, charges in rests.items()]
    applied = apply_money(
        groups=[*(group_of(account, key, charges) for key, charges in groups.items()), *owed, *waiting],
        money=[
            *(_money(account, payment, cents) for payment, cents in money.items() if cents),
            *_more_money(more_cents, moment),
        ],
    )
    unpaid = [
        charge
        for key, charges in groups.items()
        if key not in applied.paid and is_month(key)
        for charge in charges
    ]
    return Standing(
        unpaid=tuple(sorted(unpaid, key=lambda charge: (charge.month, charge.number))),
        short=tuple(each for key, charges in rests.items() if key not in applied.paid for each in charges),
        held_cents=applied.left_cents - applied.left_for_binders_cents,
    )


def _was_known_as_paid(charge: Charge, at: datetime, asked_since: date) -> bool:
    """Whether money paid what only a void invoice asked for before the first of what is unpaid was asked for: who asked
    for that knew it, so it pays nothing of that (OPS-5).
    """
    return charge.settled_on is not None and charge.settled_on < asked_since and charge.unasked_at(at)


def _not_settled_then(
    account: Account, counted: Collection[str], openings: Iterable[Reopening]
) -> set[str | None]:
    """Return the groups that late money helped to pay, and those that money paid which paid for something else then:
    it was free only since others' money beside it was returned.
    """
    freed: dict[str, date] = {}
    for opening in openings:
        for funding in opening.funded_by:
            since = local_date(opening.at)
            freed[funding.payment] = min(since, freed.get(funding.payment, since))
    return {
        charge.settled_as
        for charge in account.charges("settled")
        if any(
            each.payment not in counted
            or (charge.settled_on is not None and charge.settled_on >= freed.get(each.payment, date.max))
            for each in charge.funded_by
        )
    }


def _as_binder(charge: Charge) -> bool:
    return charge.binder is not None and charge.settled_as == binder_key(charge.binder)


def _paid_beyond(charge: Charge, cents: int) -> list[Funding]:
    """Return the money that paid more of a charge than so much, the last that came."""
    left = charge.paid_cents - cents
    found: list[Funding] = []
    for each in reversed(charge.funded_by):
        part = min(left, each.cents)
        if part > 0:
            found.append(Funding(payment=each.payment, cents=part))
        left -= part
    return found


def _paid_later(charge: Charge) -> list[Funding]:
    """Return the money that paid what was owed still of a charge when it had been settled for less (INV-15)."""
    return _paid_beyond(charge, charge.earlier_cents[0]) if charge.earlier_cents else []


def _owing_then(account: Account, counted: Collection[str], late: set[str | None]) -> dict[str, Charge]:
    """Return, as they were then, the charges of groups that were settled for less by money that counts, and whose rest
    money paid that came later; those groups are taken out of the late ones (INV-15).
    """
    groups: dict[str | None, list[Charge]] = {}
    for charge in account.charges("settled"):
        if charge.settled_as in late:
            groups.setdefault(charge.settled_as, []).append(charge)
    owing: dict[str, Charge] = {}
    for key, charges in groups.items():
        later = [_paid_later(each) for each in charges]
        too_late = sum(_uncounted(each, counted) for each in later)
        if too_late and too_late == sum(_uncounted(each.funded_by, counted) for each in charges):
            late.discard(key)
            for each, paid in zip(charges, later, strict=True):
                rest = each.rest_cents + sum(funding.cents for funding in paid)
                owing[each.charge] = replace(each, rest_cents=rest)
    return owing


def _uncounted(money: Iterable[Funding], counted: Collection[str]) -> int:
    return sum(each.cents for each in money if each.payment not in counted)


def _forbidden_then(account: Account, owing: Mapping[str, Charge]) -> set[str | None]:
    """Return the groups that are settled for less now, and were not while a rest was owed of another (INV-15)."""
    owed = {each.settled_as for each in owing.values() if each.rest_cents}
    return {
        each.settled_as
        for each in account.charges("settled")
        if owed and each.rest_cents and each.settled_as not in owed and not _as_binder(each)
    }


def _money(account: Account, payment: str, cents: int) -> Money:
    return money_of(account.get(Payment, payment), cents)


def _more_money(cents: int, moment: Moment) -> list[Money]:
    if not cents:
        return []
    return [Money(payment="", cents=cents, arrived_at=moment.at, on_time_date=moment.on_time_by, whole=False)]


def hangs_on_unheard(account: Account, cutoff: date) -> bool:
    """Whether something is past due only because money that was on time waits for a selection nobody here has heard
    of: until it does so no more, nobody can say whether it was paid (I1).
    """
    moment = Moment.end_of(cutoff)
    return (
        any(each.waits_until is not None for each in account.payments())
        and bool(standing_at(account, moment).past_due(cutoff))
        and not standing_at(account, moment, unheard_waits=False).past_due(cutoff)
    )


def everything_invoiced_is_paid(
    account: Account,
    *,
    at: datetime,
    on_time_by: date,
    restored: Sequence[Charge] = (),
    more_cents: int = 0,
) -> bool:
    """Whether money arrived by an instant, on time by a date, covers all invoiced by that instant (INV-9, INV-13), or
    would with ``more_cents``.

    ``restored`` are charges looked at as if they stood again.
    """
    moment = Moment(at=at, on_time_by=on_time_by, arrived_by=at)
    standing = standing_at(account, moment, restored=restored, more_cents=more_cents)
    return not any(charge.invoiced_by(at) for charge in standing.unpaid)


def cents_that_pay_everything_invoiced(
    account: Account, *, at: datetime, on_time_by: date, restored: Sequence[Charge]
) -> int:
    """Return the fewest cents that must come, so that everything invoiced by an instant is paid: where less than all of
    a month is enough, less (INV-13, INV-15).
    """
    standing = standing_at(account, Moment(at=at, on_time_by=on_time_by, arrived_by=at), restored=restored)
    most = sum(each.cents for each in standing.unpaid) + sum(each.rest_cents for each in standing.short)

    def is_enough(cents: int) -> bool:
        return everything_invoiced_is_paid(
            account, at=at, on_time_by=on_time_by, restored=restored, more_cents=cents
        )

    return bisect_left(range(most), True, key=is_enough)


def has_paid_a_full_month(
    account: Account, *, year: int, cutoff: date, before: Collection[CoverageMonth] = ()
) -> bool:
    """Whether a full month of a benefit year was paid at the end of a day (INV-8): of all policies that it was billed
    for, as a month is settled only whole (INV-5).

    ``before`` are months of it of which something was settled before what the rows at hand say.
    """
    unpaid = {charge.month for charge in standing_at(account, Moment.end_of(cutoff)).unpaid}
    billed = {
        charge.month
        for charge in account.charges("open", "settled")
        if charge.whole
        and charge.month.year == year
        and charge.charged_on <= cutoff
        and charge.cents_at(end_of(cutoff)) > 0
        and not (charge.state == "open" and charge.unasked_at(end_of(cutoff)))
        and is_month(group_key(account, charge))
    }
    return bool((billed | set(before)) - unpaid)
