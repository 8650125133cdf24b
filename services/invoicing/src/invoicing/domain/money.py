"""Money on an account: charges and their entries, what settles them, what becomes of it when they change."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bulkhead.kernel.calendar import CoverageMonth, local_date
from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.money import format_cents
from invoicing.domain import events
from invoicing.domain.account import Account
from invoicing.domain.allocation import Share, apply_money, is_month, month_key
from invoicing.domain.groups import binder_of, by_group, group_key, open_groups, rests_of
from invoicing.domain.records import Adjustment, Charge, Funding, Payment, Policy, Rise, Selection
from invoicing.domain.sources import SOURCES


def settle(account: Account, *, now: datetime) -> None:
    """Apply what is not applied (INV-5); binders satisfied by this are told (ENR-5, INV-1).

    What paid a binder is free again where that has risen since its invoice, and a rest that comes about is paid before
    what its payer named (INV-15): then once more.
    """
    groups, money = open_groups(account)
    if not groups:
        return
    rests = rests_of(account.charges("settled"))
    charges = by_group(account, account.charges("open"))
    paid = apply_money(groups=groups, money=money).paid
    for key, shares in paid.items():
        if key in rests:
            _settle_rest(account, rests[key], shares, now=now)
        else:
            settle_group(account, key, charges[key], shares, now=now)
    opened = [account.get(Charge, each.charge) for key in paid for each in charges.get(key, ())]
    if any(each.state == "open" or each.rest_cents for each in opened):
        settle(account, now=now)


def settle_group(
    account: Account, key: str, charges: Sequence[Charge], shares: Sequence[Share], *, now: datetime
) -> None:
    """Settle charges of one group with these shares of payments. They make up their sum, or enough of it: then each
    charge gets its part (INV-15).
    """
    settled = _settle_each(account, key, charges, shares, now=now)
    lacking = sum(each.rest_cents for each, _ in settled)
    _tell_settled(
        account, key, settled, why=_enough(account, charges, lacking) if lacking else _in_full(key), now=now
    )
    selection = binder_of(key, charges)
    if selection is not None:
        satisfy_binder(account, account.get(Selection, selection), now=now)


def _settle_rest(
    account: Account, charges: Sequence[Charge], shares: Sequence[Share], *, now: datetime
) -> None:
    """Settle what was owed still of these charges: each is paid in full, in one settlement more (INV-15)."""
    settled_as = charges[0].settled_as
    settled = _settle_each(account, settled_as or "", charges, shares, now=now)
    key = month_key(charges[0].month)
    why = Reason(
        rule="INV-15",
        says=f"what was owed still is paid: {key.replace(':', ' ')}",
        citation=account.threshold.citation,
    )
    _tell_settled(account, key, settled, why=why, now=now)


def _settle_each(
    account: Account, key: str, charges: Sequence[Charge], shares: Sequence[Share], *, now: datetime
) -> list[tuple[Charge, tuple[Funding, ...]]]:
    """Settle charges as that group; return each with the money that did."""
    left = {share.payment: share.cents for share in shares}
    largest_first = sorted(charges, key=lambda each: (-each.owed_cents, each.charge))
    amounts = _parts(sum(left.values()), [each.owed_cents for each in largest_first])
    parts = {each.charge: part for each, part in zip(largest_first, amounts, strict=True)}
    return [_settle_one(account, key, each, parts[each.charge], left, now=now) for each in charges]


def _parts(cents: int, owed: Sequence[int]) -> list[int]:
    """Return cents, no more than are owed, split as what is owed is: no part is more than that, and no cent is lost."""
    total, before, parts = sum(owed), 0, list[int]()
    cents = min(cents, total)
    for each in owed:
        upto = before + each
        parts.append(cents * upto // total - cents * before // total)
        before = upto
    return parts


def _in_full(key: str) -> Reason:
    return Reason(rule="INV-5", says=f"paid in full: {key.replace(':', ' ')}", citation="VHC §3")


def _enough(account: Account, charges: Sequence[Charge], lacking_cents: int) -> Reason:
    """Return why charges are settled though so many cents of them lack: the value in force, and where it is from."""
    cents = sum(each.owed_cents for each in charges)
    return Reason(
        rule="INV-15",
        says="at least the payment threshold of the net premium is paid: that is enough, and the rest is owed still",
        citation=account.threshold.citation,
        facts={
            "threshold": account.threshold.says,
            "net_premium": format_cents(cents),
            "enough": format_cents(account.threshold.least_cents(cents)),
            "paid": format_cents(cents - lacking_cents),
            "rest": format_cents(lacking_cents),
        },
    )


def _tell_settled(
    account: Account,
    key: str,
    settled: Sequence[tuple[Charge, tuple[Funding, ...]]],
    *,
    why: Reason,
    now: datetime,
) -> None:
    on = local_date(now)
    account.tell(
        events.PremiumsSettled(
            household=account.household,
            group=key,
            settled_on=on,
            premiums=tuple(
                events.SettledPremium(
                    policy=each.policy,
                    carrier=each.carrier,
                    month=each.month,
                    cents=sum(part.cents for part in funding),
                    rest_cents=each.rest_cents,
                    settlement=each.settlement_id,
                    funded_by=funding,
                )
                for each, funding in settled
            ),
        ),
        on=on,
        reasons=(why,),
    )


def _settle_one(
    account: Account, key: str, charge: Charge, cents: int, left: dict[str, int], *, now: datetime
) -> tuple[Charge, tuple[Funding, ...]]:
    need = cents
    funding: list[Funding] = []
    for payment in list(left):
        part = min(need, left[payment])
        if not part:
            continue
        funding.append(Funding(payment=payment, cents=part))
        left[payment] -= part
        need -= part
        paid = account.get(Payment, payment)
        account.put(replace(paid, unapplied_cents=paid.unapplied_cents - part))
        account.transfer(
            "settled",
            on=local_date(now),
            debit="unapplied",
            credit="receivable",
            cents=part,
            charge=charge.charge,
            payment=payment,
        )
    settled = replace(
        charge,
        state="settled",
        settlement=charge.settlement + 1,
        settled_as=key,
        settled_on=local_date(now),
        funded_by=_merged(charge.funded_by, funding),
        rest_cents=charge.owed_cents - cents,
        earlier_cents=tuple(amount for _, amount in charge.standing_settlements())
        if charge.funded_by
        else (),
    )
    account.put(settled)
    return settled, tuple(funding)


def _merged(before: Sequence[Funding], more: Sequence[Funding]) -> tuple[Funding, ...]:
    """Return all that paid a charge, a payment once."""
    cents: dict[str, int] = {}
    for each in (*before, *more):
        cents[each.payment] = cents.get(each.payment, 0) + each.cents
    return tuple(Funding(payment=payment, cents=part) for payment, part in cents.items())


def satisfy_binder(account: Account, selection: Selection, *, now: datetime) -> None:
    """Release a selection's policies: nothing of its first premium is unpaid, or enough of it is paid, and say so
    (ENR-5, ENR-7, INV-15).

    What that has risen by since its invoice is owed from now on, and asked for by the next monthly one (INV-4).
    """
    on = local_date(now)
    account.put(replace(selection, state="satisfied"))
    short = [
        each for each in account.charges("settled") if each.binder == selection.selection and each.rest_cents
    ]
    policies = [each for each in account.policies_of(selection.selection) if each.stands]
    paid_at = _complete_at(account, selection) or now
    for policy in policies:
        if policy.billed_by_carrier is None:
            put_policy(account, replace(policy, released_at=paid_at))
    account.tell(
        events.BinderSatisfied(
            household=account.household,
            selection=selection.selection,
            policies=tuple(policy.policy for policy in policies),
            paid_cents=sum(
                charge.paid_cents
                for charge in account.charges("settled")
                if charge.binder == selection.selection
            ),
            satisfied_on=on,
        ),
        on=on,
        reasons=(
            Reason(
                rule="ENR-5",
                says="enough of the first premium of the selection's plans is paid"
                if short
                else "nothing of the first premium of the selection's plans is unpaid",
                citation="VHC §2",
            ),
            *(account.threshold.reasons() if short else ()),
        ),
    )
    refresh_charges(account, policies, now=now, reason="binder-paid")


def _complete_at(account: Account, selection: Selection) -> datetime | None:
    """Return when all of the money that paid a binder was here, None where nothing had to be paid."""
    return max(
        (
            account.get(Payment, funding.payment).arrived_at
            for charge in account.charges("settled")
            if charge.binder == selection.selection
            for funding in charge.funded_by
        ),
        default=None,
    )


def put_policy(account: Account, policy: Policy) -> None:
    """Keep a policy as it is now, with the next month to bill (INV-3)."""
    account.put(replace(policy, bill_next=next_to_bill(policy, policy.billed_through)))


def next_to_bill(policy: Policy, billed_through: CoverageMonth) -> CoverageMonth | None:
    """Return the next month to bill of a policy billed through that one, None where coverage has none (INV-3)."""
    following = billed_through.plus(1)
    bills = policy.released and policy.stands and following <= CoverageMonth.of(policy.last_day)
    return following if bills else None


def charge_id(policy: Policy, month: CoverageMonth) -> str:
    """Return the id of a policy's charge of a month."""
    return f"{policy.policy}.{month}"


def charge_month(
    account: Account, policy: Policy, month: CoverageMonth, *, now: datetime, binder: str | None = None
) -> Charge | None:
    """Charge a policy's month unless it ever was; return the new charge, None where there is none (INV-3)."""
    identity = charge_id(policy, month)
    cents = policy.net_cents(month)
    if not cents or account.find(Charge, identity) is not None:
        return None
    charge = Charge(
        charge=identity,
        household=account.household,
        number=account.next_number(),
        policy=policy.policy,
        carrier=policy.carrier,
        month=month,
        cents=cents,
        whole=policy.covers_whole(month),
        charged_at=now,
        state="open",
        binder=binder,
    )
    account.put(charge)
    account.transfer(
        "charged",
        on=local_date(now),
        debit="receivable",
        credit="premium",
        cents=cents,
        charge=identity,
    )
    return charge


def refresh_charges(
    account: Account, policies: Sequence[Policy], *, now: datetime, reason: str, at: datetime | None = None
) -> None:
    """Make the charges of these policies what the policies now cost, month by month (INV-3, INV-4, INV-18).

    A binder that is not paid costs no more than its invoice asks. ``at`` is since when that is so, now unless given.
    """
    by_id: Mapping[str, Policy] = {each.policy: each for each in policies}
    changes: list[tuple[Charge, int]] = []
    short = {each.settled_as for each in account.charges("settled") if each.rest_cents}
    for charge in account.charges("open", "settled", "reversed"):
        policy = by_id.get(charge.policy)
        if policy is None:
            continue
        cents, whole = policy.net_cents(charge.month), policy.covers_whole(charge.month)
        if not is_month(group_key(account, charge)) and _is_invoiced(account, charge):
            cents = min(cents, charge.invoiced_cents or 0)
        if cents != charge.cents:
            _change(account, charge, cents, now=now, reason=reason, at=at or now)
            changes.append((charge, cents))
        changed = account.get(Charge, charge.charge)
        account.put(replace(changed, whole=whole))
    _open_groups_of(account, changes, short=short, now=now)


def _open_groups_of(
    account: Account, changes: Sequence[tuple[Charge, int]], *, short: Collection[str | None], now: datetime
) -> None:
    """Open all that was settled with a charge that changed, where a rest of it was owed (``short``) or one comes about
    by a rise: what is enough is measured by the whole group again (INV-15).
    """
    opened: dict[str, bool] = {}
    for charge, cents in changes:
        key = charge.settled_as or group_key(account, charge)
        risen = charge.state == "settled" and cents > charge.cents
        if key in short or (risen and account.threshold.share < 1):
            opened[key] = opened.get(key, False) or cents > 0
    why = Reason(
        rule="INV-15",
        says="a charge beside it changed: what is enough is measured by all of the month again",
        citation=account.threshold.citation,
    )
    for each in account.charges("settled"):
        if each.settled_as is None or each.settled_as not in opened:
            continue
        if opened[each.settled_as]:
            _hold(account, each)
        unsettle(account, each, now=now, reason="adjusted", why=why)


def _hold(account: Account, charge: Charge) -> None:
    """Keep what paid a charge for its month, whatever that costs now."""
    for each in charge.funded_by:
        account.put(replace(account.get(Payment, each.payment), held=True))


def _change(
    account: Account, charge: Charge, cents: int, *, now: datetime, reason: str, at: datetime
) -> None:
    """Make a charge another amount as an entry on it; money that settled it is free again (INV-3, INV-5).

    0 reverses it, more than 0 restores one that was reversed, and adjusts one that stands.
    """
    was_paid = charge.state == "settled" or any(
        each.was_paid
        for each in account.rows(Adjustment)
        if each.charge == charge.charge and each.invoice is None
    )
    if charge.state == "settled":
        change = "adjusted" if cents else "reversed"
        why = Reason(
            rule="INV-5",
            says=f"the charge was {change}; what was paid for it is free again",
            citation=SOURCES["INV-5"],
        )
        if cents:
            _hold(account, charge)
        charge = unsettle(account, charge, now=now, reason=change, why=why)
    difference = cents - charge.cents
    up = difference > 0
    account.transfer(
        "reversed" if not cents else "restored" if charge.state == "reversed" else "adjusted",
        on=local_date(now),
        debit="receivable" if up else "premium",
        credit="premium" if up else "receivable",
        cents=abs(difference),
        charge=charge.charge,
    )
    rises = (*charge.rises, Rise(at=at, before_cents=charge.cents)) if up else charge.rises
    account.put(replace(charge, cents=cents, state="open" if cents else "reversed", rises=rises))
    if _is_invoiced(account, charge) and not _is_unpaid_binders(account, charge):
        account.put(
            Adjustment(
                household=account.household,
                number=account.next_number(),
                charge=charge.charge,
                policy=charge.policy,
                month=charge.month,
                cents=difference,
                was_paid=was_paid,
                made_on=local_date(now),
                reason=reason,
            )
        )


def _is_invoiced(account: Account, charge: Charge) -> bool:
    """Whether the invoice was made that asks for a charge first, or would have if it had cost anything then."""
    selection = None if charge.binder is None else account.find(Selection, charge.binder)
    return charge.invoice is not None or (selection is not None and selection.invoiced)


def _is_unpaid_binders(account: Account, charge: Charge) -> bool:
    """Whether a charge is of a binder that was never paid: what becomes of it is on no monthly invoice (INV-3)."""
    selection = None if charge.binder is None else account.find(Selection, charge.binder)
    return selection is not None and selection.state != "satisfied"


def unsettle(
    account: Account, charge: Charge, *, now: datetime, reason: events.Unsettling, why: Reason
) -> Charge:
    """Take a settlement back and return the charge, open: its money is free again (PAY-7)."""
    on = local_date(now)
    for funding in charge.funded_by:
        paid = account.get(Payment, funding.payment)
        account.put(replace(paid, unapplied_cents=paid.unapplied_cents + funding.cents))
        account.transfer(
            "unsettled",
            on=on,
            debit="receivable",
            credit="unapplied",
            cents=funding.cents,
            charge=charge.charge,
            payment=funding.payment,
        )
    for settlement, cents in charge.standing_settlements():
        account.tell(
            events.PremiumUnsettled(
                household=account.household,
                policy=charge.policy,
                carrier=charge.carrier,
                month=charge.month,
                cents=cents,
                unsettled_on=on,
                settlement=settlement,
                reason=reason,
            ),
            on=on,
            reasons=(why,),
        )
    opened = replace(charge, state="open", settled_on=None, funded_by=(), rest_cents=0, earlier_cents=())
    account.put(opened)
    return opened
