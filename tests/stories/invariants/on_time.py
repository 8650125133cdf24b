"""I1: nobody whose payment was on time is listed, ended or canceled for non-payment.

A small model of its own, sound and not complete: whoever has paid on time at least all that was ever charged, and
all binders they ever selected, owes nothing by any reading of the rules. Of whom it cannot be so sure it says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from bulkhead.kernel.calendar import CoverageMonth, local, local_date
from stories.lookout import Lookout

_ONLINE = frozenset({"card", "bank"})

_BINDER_STILL_HELPS = timedelta(days=14)
"""How long after its due date a posted binder certainly restores its selection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Something done for non-payment, on what was paid by its cut-off."""

    household: str
    says: str
    cutoff: date
    at: datetime
    policies: frozenset[str]
    of_binder: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """Money of a household that somebody took in, at a time, with the date that counts."""

    household: str
    cents: int
    counts_on: date
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """One policy's premium of one month, since when it is asked for: by an invoice, or by a selection; or since when it
    has ``changed`` to that, invoiced or not. Where its invoice is void, it is asked for until ``void_at``; not so
    if it was paid, which pays nothing else (OPS-5).
    """

    household: str
    policy: str
    month: str
    cents: int
    at: date
    invoiced: bool
    changed: bool = False
    void_at: datetime | None = None


async def nobody_is_wronged(look: Lookout) -> list[str]:
    """Return adverse acts against households that had paid, by the cut-off and known by then, all there was to pay.

    What was returned after the cut-off was paid by then: for that, grace begins later (INV-14).
    """
    receivables = await look.journal("invoicing")
    money, back, charges = await _money(look), list(_given_back(receivables)), await _charges(look)
    gone = await _returned(look)
    found: list[str] = []
    for act in _acts(receivables):
        had = _most_at_once(
            [each for each in money if each.household == act.household and each.counts_on <= act.cutoff],
            [each for each in gone if each.household == act.household],
            act,
        )
        had -= sum(each.cents for each in back if each.household == act.household and each.at <= act.at)
        asked = _asked(charges, act, invoiced_by=local_date(act.at))
        if 0 < asked <= had:
            found.append(f"I1: {act.household} was {act.says}, and had paid {had} of {asked} by {act.cutoff}")
    return found


async def nobody_is_wronged_over_money_on_its_way(look: Lookout) -> list[str]:
    """Return adverse acts against households whose online payment counts by the cut-off and was not yet known to be
    taken: the books of its day wait until it is known (PAY-10).
    """
    online = [
        (event["household"], event["data"])
        for event in await look.journal("payments")
        if event["type"] == "PaymentReceived"
        and event["data"]["method"] in _ONLINE
        and event["data"]["moved_from"] is None
    ]
    return [
        f"I1: {act.household} was {act.says} at {act.at}, and it was not known until {paid['known_at']} that"
        f" {paid['cents']} of {paid['received_on']} were taken"
        for act in _acts(await look.journal("invoicing"))
        for household, paid in online
        if household == act.household
        and date.fromisoformat(paid["received_on"]) <= act.cutoff
        and act.at < datetime.fromisoformat(paid["known_at"])
    ]


async def what_was_in_time_is_undone(look: Lookout) -> list[str]:
    """Return policies still ended or canceled though all that was invoiced was paid in time, as is known now."""
    receivables = await look.journal("invoicing")
    money, charges = await _money(look), await _charges(look)
    back = [*_given_back(receivables), *await _returned(look)]
    last_selected = await _last_selected(look)
    acts = {policy: act for act in _acts(receivables) for policy in act.policies}
    found: list[str] = []
    for household in look.households:
        for policy in await look.items("enrollment", f"/v1/households/{household}/policies"):
            act = acts.get(policy["policy"])
            if policy["end_reason"] != "non-payment" or act is None or last_selected[household] > act.at:
                continue
            own = [each for each in money if each.household == household]
            own = [each for each in own if each.counts_on <= act.cutoff and _arrived_in_time(each, act)]
            had = _helping(own, act) - sum(each.cents for each in back if each.household == household)
            asked = _asked(charges, act, invoiced_by=look.today if act.of_binder else act.cutoff)
            if 0 < asked <= had:
                found.append(
                    f"I1: {household}'s {policy['plan']} is {policy['lifecycle']}, and {had} of {asked} was paid"
                    f" by {act.cutoff}"
                )
    return found


def _most_at_once(money: Sequence[Money], gone: Sequence[Money], act: Act) -> int:
    """Return the most that was there at one time, from the end of the cut-off on until the act: what went before other
    money became known was never there beside it.
    """
    end = local(act.cutoff + timedelta(days=1))
    return max(
        sum(each.cents for each in money if each.at <= at and each.at < act.at)
        - sum(each.cents for each in gone if each.at <= at)
        for at in {end, *(each.at for each in money if end < each.at < act.at)}
    )


def _helping(own: Iterable[Money], act: Act) -> int:
    """Return the cents that undo an act: of a binder, its one whole payment (INV-12)."""
    amounts = [each.cents for each in own]
    return max(amounts, default=0) if act.of_binder else sum(amounts)


def _arrived_in_time(money: Money, act: Act) -> bool:
    if act.of_binder:
        return local_date(money.at) <= act.cutoff + _BINDER_STILL_HELPS
    return local_date(money.at) <= CoverageMonth.of(act.cutoff).plus(1).last_day


def _acts(receivables: Iterable[Mapping[str, Any]]) -> Iterable[Act]:
    """Yield what was done for non-payment and not because a person asked, in order."""
    for event in receivables:
        data, at = event["data"], datetime.fromisoformat(event["occurred_at"])
        match event["type"]:
            case "DelinquencyListed":
                on = date.fromisoformat(data["on"])
                says, cutoff, policies = f"listed on {on}", on - timedelta(days=1), frozenset[str]()
            case "GraceExpired":
                last = CoverageMonth.parse(data["first_month"]).plus(data["months"] - 1).last_day
                policies = frozenset(each["policy"] for each in data["policies"])
                says, cutoff = f"ended for grace that ran out with {last}", last
            case "BinderLapsed":
                cutoff, policies = date.fromisoformat(data["due"]), frozenset(data["policies"])
                says = f"canceled for a binder due {cutoff}"
            case _:
                continue
        yield Act(
            household=event["household"],
            says=says,
            cutoff=cutoff,
            at=at,
            policies=policies,
            of_binder=event["type"] == "BinderLapsed",
        )


async def _money(look: Lookout) -> list[Money]:
    found: list[Money] = []
    for event in await look.journal("payments"):
        if event["type"] == "PaymentReceived":
            data = event["data"]
            days = [data["received_on"], data["postmarked_on"] or data["received_on"]]
            found.append(
                Money(
                    household=event["household"],
                    cents=data["cents"],
                    counts_on=date.fromisoformat(min(days)),
                    at=datetime.fromisoformat(event["occurred_at"]),
                )
            )
    return found


def _given_back(receivables: Iterable[Mapping[str, Any]]) -> Iterable[Money]:
    """Yield what households got back: it pays nothing any more."""
    for event in receivables:
        if event["type"] == "RefundApproved":
            yield Money(
                household=event["household"],
                cents=event["data"]["cents"],
                counts_on=date.fromisoformat(event["business_date"]),
                at=datetime.fromisoformat(event["occurred_at"]),
            )


async def _returned(look: Lookout) -> list[Money]:
    """Return what went back to where it had come from, or to another household, counted from the day that became known
    (PAY-5, PAY-11).
    """
    found: list[Money] = []
    for event in await look.journal("payments"):
        if event["type"] in ("PaymentReturned", "PaymentMoved"):
            at = datetime.fromisoformat(event["occurred_at"])
            found.append(
                Money(
                    household=event["household"],
                    cents=event["data"]["cents"],
                    counts_on=local_date(at),
                    at=at,
                )
            )
    return found


async def _charges(look: Lookout) -> list[Charge]:
    """Return all that was ever asked: what invoices charge and add, and every binder from its selection on."""
    found: list[Charge] = []
    voided = {
        event["data"]["invoice"]: datetime.fromisoformat(event["occurred_at"])
        for event in await look.journal("invoicing")
        if event["type"] == "InvoiceVoided"
    }
    paid = {
        (each["policy"], each["month"])
        for event in await look.journal("invoicing")
        if event["type"] == "PremiumsSettled"
        for each in event["data"]["premiums"]
    }
    for household in look.households:
        for invoice in await look.items("invoicing", f"/v1/households/{household}/invoices"):
            void_at = voided[invoice["invoice"]] if invoice["voided_on"] else None
            dated = date.fromisoformat(invoice["dated"])
            lines = [(each["policy"], each["month"], each["net_cents"]) for each in invoice["charges"]]
            lines += [
                (each["policy"], f"{each['month']} again in {invoice['number']}", each["cents"])
                for each in invoice["adjustments"]
                if each["cents"] > 0
            ]
            found.extend(
                Charge(
                    household=household,
                    policy=policy,
                    month=month,
                    cents=cents,
                    at=dated,
                    invoiced=True,
                    void_at=None if (policy, month) in paid else void_at,
                )
                for policy, month, cents in lines
            )
    for event in await look.journal("enrollment"):
        if event["type"] == "PlansSelected":
            found.extend(_of_selection(event))
        if event["type"] == "PolicyChanged":
            found.extend(_of_change(event))
    return found


def _of_selection(event: Mapping[str, Any]) -> Iterable[Charge]:
    """Yield the charges a selection brings at once: its first month's, and those of the months that are past."""
    now = CoverageMonth.of(date.fromisoformat(event["data"]["entered_on"]))
    for policy in event["data"]["policies"]:
        if policy.get("billed_by_carrier"):
            continue  # nothing of it is asked here (CAR-1)
        first = CoverageMonth.of(date.fromisoformat(event["data"]["effective"]))
        for run in policy["months"]:
            for month in CoverageMonth.parse(run["first"]).until(CoverageMonth.parse(run["last"])):
                if month <= max(first, now):
                    yield Charge(
                        household=event["household"],
                        policy=policy["policy"],
                        month=str(month),
                        cents=run["net_cents"],
                        at=date.fromisoformat(event["data"]["entered_on"]),
                        invoiced=False,
                    )


def _of_change(event: Mapping[str, Any]) -> Iterable[Charge]:
    """Yield what the months of a policy cost since it changed."""
    for run in event["data"]["months"]:
        for month in CoverageMonth.parse(run["first"]).until(CoverageMonth.parse(run["last"])):
            yield Charge(
                household=event["household"],
                policy=event["data"]["policy"],
                month=str(month),
                cents=run["net_cents"],
                at=local_date(datetime.fromisoformat(event["occurred_at"])),
                invoiced=False,
                changed=True,
            )


def _asked(charges: Sequence[Charge], act: Act, *, invoiced_by: date) -> int:
    """Return all that was asked of a household: invoiced by a day or selected before the act, each month of a policy
    once, at its highest. Before a binder its months are paid at what they cost, invoiced or not (INV-5).
    """
    months: dict[tuple[str, str], int] = {}
    for each in sorted(charges, key=lambda each: each.changed):
        key = (each.policy, each.month)
        if each.household != act.household or (each.changed and (key not in months or not act.of_binder)):
            continue
        if each.void_at is not None and each.void_at <= act.at and not act.of_binder:
            continue
        if each.at <= (invoiced_by if each.invoiced else local_date(act.at)):
            months[key] = max(each.cents, months.get(key, 0))
    return sum(months.values())


async def _last_selected(look: Lookout) -> dict[str, datetime]:
    """Return when each household last selected something."""
    return {
        event["household"]: datetime.fromisoformat(event["occurred_at"])
        for event in await look.journal("enrollment")
        if event["type"] == "PlansSelected"
    }
