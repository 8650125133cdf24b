"""A household's money as a page of plain arithmetic, which shares no code with the services.

What was handed in is taken from whoever handed it in and from the processor, what is covered from enrollment, prices
from the story. Each balance, settlement, grace, end and remittance is held against that. Where something was away or
late a while ago, what waits for it may still wait: then only what can never be wrong is asked.
"""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from bulkhead.kernel.calendar import EXCHANGE_ZONE, CoverageMonth, local, local_date
from bulkhead.retries.retries import Retry
from bulkhead_testing.files import MemoryFiles
from enrollment.domain.events import (
    PlansRenewed,
    PlansSelected,
    PolicyChanged,
    PolicyReinstated,
    PolicyTerminated,
)
from enrollment.domain.households import Household, Member
from enrollment.domain.months import PolicyVersion
from enrollment.domain.policies import Policy as Coverage
from enrollment.domain.selections import Selection as Chosen
from invoicing.domain.corrections import Correction
from invoicing.domain.records import (
    Charge,
    Grace,
    Invoice,
    MoneyMoved,
    Payment,
    Policy,
    Refund,
    Selection,
    Transfer,
)
from payments.adapters.processor.sandbox import SandboxCharge
from payments.domain.attempts import Attempt
from payments.domain.payments import Payment as Received
from payments.domain.remittances import Remittance, RemittanceLine
from payments.domain.suspense import SuspenseItem
from simulation.billed import by_carriers
from simulation.cash import redated
from simulation.drawn_from import drawn_references
from simulation.extended import LongDays, long_days
from simulation.rated import areas, by_story, superseded, tobacco_told
from simulation.sight import Sight
from simulation.splits import splits

Month = tuple[int, int]

_INVOICE_DAY, _INVOICE_HOUR, _LIST_HOUR = 5, 2, 1
_LONGEST_LIST_DELAY = timedelta(days=6)
_WITH_ASSISTANCE, _WITHOUT = 3, 1
_APTC_ALONE = frozenset({"delaware-2018", "vermont-2027"})
"""Where state assistance alone makes no grace longer (INV-8)."""
PERCENT_ENOUGH = {"vermont-2027": 95}
"""What percent of a month or a binder is enough, where less than all is (INV-15)."""


@dataclass(slots=True, kw_only=True)
class HandedIn:
    """What people handed in: at the counter by key what was taken, online by key what was asked for."""

    counter: dict[str, int] = field(default_factory=dict[str, int])
    online: dict[str, int] = field(default_factory=dict[str, int])


def wrong(
    sight: Sight, *, handed_in: HandedIn, charged: Iterable[SandboxCharge], lockbox: MemoryFiles
) -> list[str]:
    """Return what does not add up, in words; nothing where all does."""
    if not sight.households:
        return []
    found = money_in(sight, handed_in=handed_in, charged=list(charged), lockbox=lockbox)
    for household in sight.households:
        its = sight.of(household)
        found += balances(its)
        if sight.all_there:
            found += (
                areas(its)
                + prices(its)
                + splits(its)
                + tiers(its)
                + renewals(its)
                + charges(its)
                + settlements(its)
            )
            found += passed_over(its) + thresholds(its)
            found += graces(its) + ends(its) + remittances(its)
    return found + moves(sight) + tobacco_told(sight)


def moves(sight: Sight) -> list[str]:
    """What was moved from households is what arrived at others, with the dates it came with, and is nobody's twice
    (PAY-11).
    """
    rows = {each.payment: each for each in sight.rows("payments", Received)}
    arrived: defaultdict[str, int] = defaultdict(int)
    found, otherwise = list[str](), redated(sight)
    for each in rows.values():
        if each.moved_from is None:
            continue
        before = rows[each.moved_from]
        arrived[each.moved_from] += each.amount_cents
        dates = (each.received_on, each.postmarked_on)
        if otherwise & {each.payment, before.payment}:
            continue
        if dates != (before.received_on, before.postmarked_on) or each.household == before.household:
            found.append(f"PAY-11: {each.household} has money of {dates} that came to {before.household}")
    return found + [
        f"PAY-11: {each.moved_cents} of {each.household}'s was moved, and {arrived[each.payment]} arrived"
        for each in rows.values()
        if each.moved_cents != arrived[each.payment]
    ]


def money_in(
    sight: Sight, *, handed_in: HandedIn, charged: list[SandboxCharge], lockbox: MemoryFiles
) -> list[str]:
    """Nothing that was handed in is missing, nothing is there twice, and no card is charged twice for one request."""
    found: list[str] = []
    approved = [each for each in charged if each.status == "approved"]
    drawn = drawn_references(sight)
    asked_for = [each for each in approved if each.reference not in drawn]
    if len(asked_for) > len(handed_in.online):
        found.append(f"money: {len(asked_for)} charges for {len(handed_in.online)} requests")
    if sum(each.amount_cents for each in asked_for) > sum(handed_in.online.values()):
        found.append("money: cards were charged more than was asked for")
    if "payments" in sight.away or "processor" in sight.away or sight.late:
        return found
    rows = sight.rows("payments", Received)
    if not any(each.state == "started" for each in sight.rows("payments", Attempt)):
        online = sum(each.amount_cents for each in rows if each.source == "online" and not each.moved_from)
        taken = sum(each.amount_cents for each in approved)
        if online != taken:
            found.append(f"money: cards were charged {taken}, and {online} is recorded")
    counter = sum(each.amount_cents for each in rows if each.source == "counter" and not each.moved_from)
    if counter != sum(handed_in.counter.values()):
        found.append(f"money: {sum(handed_in.counter.values())} was handed in, and {counter} is recorded")
    if any(each.kind.startswith("lockbox-") for each in sight.rows("payments", Retry)):
        return found  # what lies there is read when its time comes
    by_mail = sum(each.amount_cents for each in rows if each.source == "lockbox" and not each.moved_from)
    by_mail += sum(each.amount_cents for each in sight.rows("payments", SuspenseItem) if each.state == "open")
    if by_mail != (checks := _checks(lockbox)):
        found.append(f"money: checks over {checks} came, and {by_mail} is recorded")
    return found


def _checks(lockbox: MemoryFiles) -> int:
    """Return the cents on all checks in the lockbox's files, loaded or refused or waiting alike."""
    return sum(
        int(line[7:17]) if line[0] == "6" else _cents(line.split(",")[3])
        for data in lockbox.content.values()
        for line in data.decode().splitlines()
        if (line[:2] == "20" and "," in line) or (line[0] == "6" and data[:1] == b"1")
    )


def _cents(text: str) -> int:
    whole, _, part = text.partition(".")
    return int(whole) * 100 + int(part)


def balances(its: Sight) -> list[str]:
    """What a household paid, less what its bank took back and what was another's, is what settles its charges, waits, or
    was refunded.
    """
    payments = its.rows("invoicing", Payment)
    paid = sum(each.cents - each.moved_cents for each in payments if each.returned_on is None)
    settled = sum(_paid(each) for each in its.rows("invoicing", Charge) if each.state == "settled")
    waits = sum(each.unapplied_cents for each in its.rows("invoicing", Payment))
    back = sum(each.cents - each.withdrawn_cents for each in its.rows("invoicing", Refund))
    if paid != settled + waits + back:
        return [f"money: {its.household} paid {paid} = {settled} settled + {waits} waiting + {back} refunded"]
    return []


def prices(its: Sight) -> list[str]:
    """What a household selects first costs what the story says, less its assistance: medical before dental (ENR-8)."""
    first = {each.selection for each in its.rows("enrollment", Chosen) if each.number == 1}
    # What a change makes of a premium is held by `charges`, month by month.
    if any(each.number > 1 for each in its.rows("enrollment", PolicyVersion)) or any(
        each.assistance_changes for each in its.rows("enrollment", Household)
    ):
        return []
    chosen = [each for each in its.rows("enrollment", Coverage) if each.selection in first]
    left = its.registered.aptc_cents + its.registered.subsidy_cents
    plans = {each.plan: each for each in its.story.catalog}
    found: list[str] = []
    for each in sorted(chosen, key=lambda each: each.kind, reverse=True):
        gross = by_story(its, each, plans[each.plan], tier=each.tier)
        if each.net_cents != max(gross - left, 0):
            found.append(
                f"money: {its.household}'s {each.plan} costs {each.net_cents} and not {max(gross - left, 0)}"
            )
        left = max(left - gross, 0)
    return found


def renewals(its: Sight) -> list[str]:
    """A renewal costs what the story says of its year, is there once, stands only while what it renews has no end, and
    beside no choice of the household's own (ENR-14).
    """
    coverage = {each.policy: each for each in its.rows("enrollment", Coverage)}
    plans = {each.plan: each for each in its.story.catalog}
    found: list[str] = []
    stands: set[str] = set()
    for each in coverage.values():
        if each.renews is None:
            continue
        gross = by_story(its, each, plans[each.plan], tier=each.tier)
        if each.gross_cents != gross:
            found.append(
                f"money: {its.household}'s {each.plan} goes on at {each.gross_cents}, and it costs {gross}"
            )
        if each.lifecycle == "canceled":
            continue
        if each.renews in stands:
            found.append(f"ENR-14: {its.household}'s {each.plan} is renewed twice")
        stands.add(each.renews)
        if coverage[each.renews].ends:
            found.append(f"ENR-14: {its.household}'s {each.plan} goes on from coverage that has an end")
        chosen = [
            other.plan
            for other in coverage.values()
            if other.renews is None and other.lifecycle != "canceled"
            if (other.kind, other.effective) == (each.kind, each.effective)
        ]
        if chosen:
            found.append(f"ENR-14: {its.household}'s {each.plan} goes on beside {chosen[0]}, which it chose")
    used = sum(
        each.gross_cents - each.net_cents
        for each in coverage.values()
        if each.renews is not None and each.lifecycle == "active"
    )
    changed = any(each.assistance_changes for each in its.rows("enrollment", Household))
    if not changed and used > its.registered.aptc_cents + its.registered.subsidy_cents:
        found.append(f"money: {its.household}'s renewals use {used} of assistance")
    return found


def _paid(charge: Charge) -> int:
    """Return what payments paid of a charge."""
    return sum(each.cents for each in charge.funded_by)


def thresholds(its: Sight) -> list[str]:
    """What is settled for less is so in one group alone, by at least the share of it that the pack says, and by
    something; what lacks is owed still, and money that would pay it does not lie idle (INV-15).
    """
    percent = PERCENT_ENOUGH.get(its.story.pack, 100)
    short: defaultdict[str, list[Charge]] = defaultdict(list)
    whole: defaultdict[str, list[Charge]] = defaultdict(list)
    for each in its.rows("invoicing", Charge):
        if each.state == "settled":
            whole[each.settled_as or ""].append(each)
            if _paid(each) != each.cents:
                short[each.settled_as or ""].append(each)
    found: list[str] = []
    if len(short) > 1:
        found.append(f"INV-15: {its.household} owes a rest of {sorted(short)} at once")
    # Money that names an invoice pays a rest first, and money that names a binder is that binder's.
    free = sum(
        max(0, each.unapplied_cents)
        for each in its.rows("invoicing", Payment)
        if each.waits_until is None and each.selection is None
    )
    if percent < 100 and not short:
        found += _split(its, whole, free_cents=free, percent=percent)
    for group, members in short.items():
        lacks = sum(each.cents - _paid(each) for each in members)
        asked = sum(each.cents for each in whole[group])
        if lacks < 0 or 100 * (asked - lacks) < percent * asked:
            found.append(f"INV-15: {its.household}'s {group} is settled with {asked - lacks} of {asked}")
        # An older month that is open comes first (INV-5).
        first = all(
            each.month >= members[0].month for each in its.rows("invoicing", Charge) if _is_open(each)
        )
        if 0 < lacks <= free and first:
            found.append(f"INV-15: {its.household} has {free} idle beside a rest of {lacks}")
    return found


def _is_open(charge: Charge) -> bool:
    return charge.state == "open" and charge.cents > 0


def _split(its: Sight, settled: Mapping[str, list[Charge]], *, free_cents: int, percent: int) -> list[str]:
    """What was settled together once is so still where all of what was paid of it, and is idle, is enough (INV-15)."""
    found: list[str] = []
    opened: defaultdict[str, int] = defaultdict(int)
    for each in its.rows("invoicing", Charge):
        if _is_open(each) and each.settled_as is not None and each.settled_as in settled:
            opened[each.settled_as] += each.cents
    oldest = min((each.month for each in its.rows("invoicing", Charge) if _is_open(each)), default=None)
    for group, cents in opened.items():
        if settled[group][0].month != oldest:
            continue  # money waits for an older month (INV-5)
        paid = sum(_paid(each) for each in settled[group])
        if 100 * (paid + free_cents) >= percent * (paid + cents):
            found.append(
                f"INV-15: {its.household}'s {group} is open with {cents}, beside {paid} paid and {free_cents} idle"
            )
    return found


def tiers(its: Sight) -> list[str]:
    """What a policy costs, whoever came and went, is what the story says of so many adults and children (ENR-13)."""
    relations = {each.member: each.relation for each in its.rows("enrollment", Member)}
    coverage = {each.policy: each for each in its.rows("enrollment", Coverage)}
    plans = {each.plan: each for each in its.story.catalog}
    found: list[str] = []
    for each in its.rows("enrollment", PolicyVersion):
        policy = coverage[each.policy]
        children = [member for member in each.members if relations[member] == "child"]
        adults = len(each.members) - len(children)
        alone = not children or (not adults and len(children) == 1)
        tier = ("single" if alone else "parent") if adults < 2 else ("couple" if alone else "family")
        if superseded(its, policy, each):
            continue
        if each.gross_cents != by_story(its, policy, plans[policy.plan], tier=tier, version=each):
            found.append(f"money: {its.household}'s {each.policy} of {tier} costs {each.gross_cents}")
    return found


def charges(its: Sight) -> list[str]:
    """Each covered month that a run has reached is charged its price once, and nothing else is charged."""
    coverage = {each.policy: each for each in its.rows("enrollment", Coverage)}
    versions = its.rows("enrollment", PolicyVersion)
    policies = {each.policy: each for each in its.rows("invoicing", Policy)}
    asked = {
        (each.policy, (each.month.year, each.month.month)): each
        for each in its.rows("invoicing", Charge)
        if each.state != "reversed"
    }
    binders = {each.selection: each for each in its.rows("invoicing", Selection) if each.state == "open"}
    shown = {
        (line.policy, (line.month.year, line.month.month)): line.net_cents
        for each in its.rows("invoicing", Invoice)
        if each.voided_on is None
        for line in each.charges
    }
    found: list[str] = []
    theirs = by_carriers(its)
    for (policy, month), charge in asked.items():
        price = _price(coverage[policy], month, versions)
        if charge.binder in binders and binders[charge.binder].invoiced:
            # A binder that is not paid is asked for as its invoice says, and not for more (INV-4).
            price = min(price, shown.get((policy, month), 0))
        if charge.cents != price:
            found.append(f"money: {its.household} is asked {charge.cents} for {month}, and it costs {price}")
    reached = _reached(its)
    for policy, each in coverage.items():
        mine = policies.get(policy)
        if (
            mine is None
            or policy in theirs
            or mine.released_at is None
            or each.activated_on is None
            or each.lifecycle == "canceled"
        ):
            continue
        # Money that was held pays a binder as of when it came, which may be long before there was one. Of the day of a
        # run itself nobody knows whether that was before it.
        stands = local(each.activated_on + timedelta(days=1))
        again = [
            local(grace.ended_on + timedelta(days=1))
            for grace in its.rows("invoicing", Grace)
            if grace.state == "reinstated" and policy in grace.ended_policies and grace.ended_on
        ]
        since = max(filter(None, [mine.released_at, mine.restored_at, stands, *again]))
        for month in _months(each.effective, each.last_covered_day):
            billed = reached is not None and month <= reached[1] and since < reached[0]
            # A month that cost nothing when its run was made, and something since, is charged by the next one.
            waits = mine.bill_next is not None and (mine.bill_next.year, mine.bill_next.month) <= month
            billed = billed and not (waits and _changed(versions, policy))
            if billed and _price(each, month, versions) and (policy, month) not in asked:
                found.append(f"money: {its.household}'s {each.plan} of {month} was never charged")
    return found


def _changed(versions: Iterable[PolicyVersion], policy: str) -> bool:
    return any(each.policy == policy and each.number > 1 for each in versions)


def _reached(its: Sight) -> tuple[datetime, Month] | None:
    """Return the last run of monthly invoices and the month it reached; None where trouble may have held it up."""
    run = its.now.replace(day=_INVOICE_DAY, hour=_INVOICE_HOUR, minute=0, second=0, microsecond=0)
    if run >= its.now:
        before = its.now.replace(day=1) - timedelta(days=1)
        run = run.replace(year=before.year, month=before.month)
    if its.troubled_at >= run - timedelta(days=1):
        return None
    return run, _next((run.year, run.month))


def _price(policy: Coverage, month: Month, versions: Iterable[PolicyVersion]) -> int:
    """Return what a covered month costs: day by day as what is known last of each says, half a cent up (INV-18)."""
    if policy.lifecycle == "canceled":
        return 0
    days = monthrange(*month)[1]
    first, last = date(*month, 1), date(*month, days)
    own = sorted((each for each in versions if each.policy == policy.policy), key=lambda each: each.number)
    day, last, cents = max(first, policy.effective), min(last, policy.last_covered_day), 0
    while day <= last:
        cents += [each.net_cents for each in own if each.since <= day][-1]
        day += timedelta(days=1)
    return (2 * cents + days) // (2 * days)


def settlements(its: Sight) -> list[str]:
    """A month is settled for all policies or none, and no money lies idle beside the oldest month it would pay."""
    found: list[str] = []
    months: defaultdict[Month, list[Charge]] = defaultdict(list)
    binders = {each.selection: each.due for each in its.rows("invoicing", Selection) if each.state == "open"}
    for each in its.rows("invoicing", Charge):
        if each.state == "open" and each.cents and each.binder not in binders:
            months[each.month.year, each.month.month].append(each)
    idle = [
        each
        for each in its.rows("invoicing", Payment)
        if each.unapplied_cents > 0 and each.waits_until is None and not each.toward
    ]
    free = sum(each.unapplied_cents for each in idle)
    percent = PERCENT_ENOUGH.get(its.story.pack, 100)
    if any(each.state == "settled" and _paid(each) < each.cents for each in its.rows("invoicing", Charge)):
        percent = 100  # of one group at a time less than all is enough (INV-15)
    if months:
        oldest = min(months)
        lacks = sum(each.cents for each in months[oldest])
        if 100 * free >= percent * lacks:
            found.append(f"money: {its.household} has {free} idle beside {lacks} open for {oldest}")
    elif not its.rows("invoicing", Refund):
        found += [
            f"money: {its.household} has {timely} idle beside a binder of {lacks}"
            for binder, due in binders.items()
            if (lacks := _open_of(its, binder))
            and 100 * (timely := _timely(idle, due, long_days(its))) >= percent * lacks
        ]
    return found


def _open_of(its: Sight, binder: str) -> int:
    """Return what a binder asks for still."""
    return sum(
        each.cents for each in its.rows("invoicing", Charge) if each.binder == binder and each.state == "open"
    )


def _timely(idle: Iterable[Payment], due: date | None, days: LongDays) -> int:
    """Return what of idle money may pay a binder due on that day: what was received or postmarked by then (ENR-6)."""
    return sum(each.unapplied_cents for each in idle if due is None or days.counts_on(each) <= due)


def passed_over(its: Sight) -> list[str]:
    """No month is settled while one that is not younger is open, and all of it was charged when the money came (INV-5).

    Money that named something has its own way, and what was settled or changed before may be open for itself.
    """
    rows, payments = (
        its.rows("invoicing", Charge),
        {each.payment: each for each in its.rows("invoicing", Payment)},
    )
    waiting = [
        each
        for each in rows
        if each.state == "open" and each.binder is None and not each.settlement and not each.rises
    ]
    found: list[str] = []
    for charge in rows if waiting else ():
        funding = [payments[each.payment] for each in charge.funded_by]
        is_month = charge.state == "settled" and (charge.settled_as or "").startswith("month:")
        if not is_month or any(each.toward for each in funding):
            continue
        found += [
            f"money: {its.household}'s {charge.month} is settled, and {each.month} of {each.policy} passed over"
            for each in waiting
            if each.month <= charge.month and all(other.arrived_at > each.charged_at for other in funding)
        ]
    return found


def graces(its: Sight) -> list[str]:
    """Who owes what was past due on the 1st is in grace, and who owes nothing is not."""
    found: list[str] = []
    owed = [
        each
        for each in its.rows("invoicing", Charge)
        if each.state == "open" and each.cents and each.invoiced_at is not None
    ]
    binders = {each.selection for each in its.rows("invoicing", Selection) if each.state == "open"}
    owed = [each for each in owed if each.binder not in binders]
    grace = [each for each in its.rows("invoicing", Grace) if each.state == "open"]
    # What came after its last day ends no grace: the list of the next 1st decides (INV-11).
    if any(each.last_day >= its.today for each in grace) and not owed:
        found.append(f"money: {its.household} is in grace and owes nothing that was invoiced")
    listed = datetime.combine(its.today.replace(day=1), time(_LIST_HOUR), tzinfo=EXCHANGE_ZONE)
    calm = its.troubled_at < listed - _LONGEST_LIST_DELAY
    # What was void on the 1st was past due for nobody, though it stands again since (OPS-5).
    restored = {
        each.invoice
        for each in its.rows("invoicing", Correction)
        if each.kind == "restore-invoice" and (each.decided_at or each.asked_at) >= listed
    }
    # Where the cut-off moved, the list is decided once that is over; by the 5th, or nobody is listed (OPS-4, INV-17).
    moved = long_days(its).last(listed.date() - timedelta(days=1)) - listed.date()
    decided = moved < timedelta(days=3) and its.now > listed + moved + timedelta(days=1, hours=1)
    if not grace and calm and decided:
        late = [
            each
            for each in owed
            if each.on_time_until is not None
            and each.on_time_until < listed.date()
            and not any(rise.at >= listed - timedelta(days=1) for rise in (*each.rises, *each.reopenings))
            and each.charged_at < listed - timedelta(days=1)
            and not _invoiced_since_grace_was_left(its, each, listed)
            and each.invoice not in restored
        ]
        if late and _is_unpaid_as_asked(its, late, listed) and _could_be_listed(its, late, listed):
            found.append(
                f"money: {its.household} owes {late[0].cents} past due on {listed.date()}, not in grace"
            )
    found += [
        f"money: {its.household} has {each.months} months of grace"
        for each in grace
        if each.months not in (_WITHOUT, _WITH_ASSISTANCE)
        or (each.months == _WITH_ASSISTANCE and not _assisted(its, each))
        or (each.months != _WITH_ASSISTANCE and _is_long(its, each))
    ]
    return found


def _invoiced_since_grace_was_left(its: Sight, charge: Charge, listed: datetime) -> bool:
    """Whether a charge was invoiced after the day for which money counts, known of since the 1st, that ended the grace in
    which the household was listed then: all that was invoiced by that day is paid (INV-9). It is listed anew on the next.
    """
    month = CoverageMonth.of(listed.date())
    return charge.invoiced_at is not None and any(
        each.exit_on_time_date is not None
        and each.exit_on_time_date < local_date(charge.invoiced_at)
        and each.first_month.plus(each.month - 1) == month
        for each in its.rows("invoicing", Grace)
    )


def _is_unpaid_as_asked(its: Sight, late: list[Charge], listed: datetime) -> bool:
    """Whether late charges are unpaid as they were asked for: what rose is asked for by the next invoice, and money that
    waits or pays for it counts for what is asked (INV-7).
    """
    asked: defaultdict[str, int] = defaultdict(int)
    void = {
        f"{line.policy}.{line.month}"
        for invoice in its.rows("invoicing", Invoice)
        if invoice.voided_on is not None
        for line in invoice.charges
    }
    for invoice in its.rows("invoicing", Invoice):
        if invoice.issued_at < listed and invoice.voided_on is None:
            for line in invoice.charges:
                asked[f"{line.policy}.{line.month}"] += line.net_cents
            for change in invoice.adjustments:
                asked[f"{change.policy}.{change.month}"] += change.cents
    shown = [each.issued_at for each in its.rows("invoicing", Invoice) if each.kind == "monthly"]
    last = max((each for each in shown if each < listed), default=None)
    for each in its.rows("invoicing", Charge):
        if each.binder is not None and each.rises:
            # What a binder fell by while it was not paid is on no invoice's adjustments (INV-3).
            since = [rise.before_cents for rise in each.rises if last is None or rise.at > last]
            asked[each.charge] = min([asked[each.charge], *since])
    # What rose and has fallen below what was asked since was unpaid for its rise then.
    risen = [
        each for each in its.rows("invoicing", Charge) if each.rises and each.cents != asked[each.charge]
    ]
    # What only void invoices asked for was never asked: what paid it could as well pay what is (OPS-5), but for what was
    # asked for later, by an invoice that knew it was paid.
    first_asked = min(each.invoiced_at for each in late if each.invoiced_at is not None)
    risen += [
        each
        for each in its.rows("invoicing", Charge)
        if each.charge in void
        and each.charge not in asked
        and (
            each.state == "open"  # money may wait for it
            or (each.settled_on is not None and each.settled_on >= local_date(first_asked))
            or any(again.at >= listed and again.paid_at >= first_asked for again in each.reopenings)
        )
    ]
    if not risen:
        return True
    payments = its.rows("invoicing", Payment)
    waits = sum(max(0, each.unapplied_cents) for each in payments)
    # What went back since was there then: for that, grace begins later (INV-14).
    waits += sum(each.cents for each in payments if each.returned_on and each.returned_on >= listed.date())
    gone = its.rows("invoicing", MoneyMoved)
    waits += sum(each.cents for each in gone if each.moved_on >= listed.date())
    pays = sum(each.cents for each in risen if each.state == "settled")
    return sum(min(each.cents, asked[each.charge]) for each in late) > waits + pays


def _assisted(its: Sight, grace: Grace) -> set[str]:
    """Return the policies that had assistance in a grace's first month by what had been said the day before (INV-8)."""
    first, known = grace.first_month, dict[str, bool]()
    for each in its.databases["enrollment"].emitted:
        event = each.event
        if each.record.occurred_at >= local(first.first_day) or each.record.household != its.household:
            continue
        if isinstance(event, PlansSelected | PlansRenewed):
            runs = [(policy.policy, run) for policy in event.policies for run in policy.months]
        elif isinstance(event, PolicyChanged | PolicyTerminated | PolicyReinstated):
            runs = [(event.policy, run) for run in event.months]
        else:
            continue
        for policy, run in runs:
            if run.first <= first <= run.last:
                known[policy] = (
                    run.aptc_cents + (0 if its.story.pack in _APTC_ALONE else run.subsidy_cents) > 0
                )
    return {policy for policy, assisted in known.items() if assisted and policy not in by_carriers(its)}


def _is_long(its: Sight, grace: Grace) -> bool:
    """Whether a grace must be the longer one: with assistance, and with a whole month of the year paid, for all policies
    (INV-8).
    """
    first, helped = grace.first_month.first_day, _assisted(its, grace)
    assisted = any(
        each.policy in helped
        and each.activated_on is not None
        and each.activated_on < first
        and each.effective <= first <= each.last_covered_day
        and not each.undone
        and each.lifecycle != "canceled"
        for each in its.rows("enrollment", Coverage)
    )
    billed = [
        each
        for each in its.rows("invoicing", Charge)
        if each.state != "reversed" and each.month.year == first.year
    ]
    unpaid = {
        each.month
        for each in billed
        if each.state == "open" or each.settled_on is None or each.settled_on >= first
    }
    return assisted and any(each.whole and each.month not in unpaid for each in billed)


def _could_be_listed(its: Sight, late: list[Charge], listed: datetime) -> bool:
    """Whether the policies owed for were covered and settled nothing anew since: then nothing excuses them.

    Nobody is delinquent by a policy that costs nothing, whatever it cost before (ENR-7), nor by one that has not begun:
    a carrier has nobody of it yet to be on its list of the 1st (CAR-3).
    """
    policies = {each.policy: each for each in its.rows("invoicing", Policy)}
    free = {each.policy for each in its.rows("enrollment", PolicyVersion) if not each.net_cents}
    moved = [
        each
        for each in its.rows("invoicing", Charge)
        if each.settled_on is not None and each.settled_on >= listed.date()
    ]
    return not moved and all(
        policies[each.policy].unpaid_through is None
        and policies[each.policy].restored_at is None
        and policies[each.policy].asked_through is None
        and policies[each.policy].effective <= listed.date() <= policies[each.policy].plan_year_ends
        and each.policy not in free
        for each in late
    )


def ends(its: Sight) -> list[str]:
    """Grace that ran out ends coverage on its last day, with assistance on the last day of its first month (INV-11)."""
    policies = {each.policy: each for each in its.rows("invoicing", Policy)}
    found: list[str] = []
    for grace in its.rows("invoicing", Grace):
        calm = its.troubled_at < its.now - timedelta(days=12)
        if grace.state == "open" and calm and grace.last_day < its.today - timedelta(days=10):
            found.append(
                f"money: {its.household}'s grace ran out on {grace.last_day}, and nothing came of it"
            )
        if grace.state != "expired":
            continue
        first = (grace.first_month.year, grace.first_month.month)
        through = date(*first, monthrange(*first)[1])
        found += [
            f"money: {its.household}'s coverage ended {policies[policy].unpaid_through}, not {through}"
            for policy in grace.ended_policies
            if policies[policy].unpaid_decision == grace.decision
            and policies[policy].unpaid_through not in (through, None)
        ]
        found += [
            f"money: {its.household}'s {each.plan} outlasts its grace that ran out on {grace.last_day}"
            for each in policies.values()
            if each.policy not in grace.ended_policies and each.last_day > through
            if each.released_at is not None and each.released_at < local(grace.first_month.first_day)
            if _was_unpaid(its, each, grace)
        ]
    return found


def _was_unpaid(its: Sight, policy: Policy, grace: Grace) -> bool:
    """Whether a policy's first month of a grace was past due in it, all the time: it is so still (INV-7, INV-11)."""
    return any(
        each.state == "open"
        and each.on_time_until is not None
        and each.on_time_until <= grace.last_day
        and all(rise.before_cents for rise in each.rises)
        and not each.reopenings
        for each in its.rows("invoicing", Charge)
        if (each.policy, each.month) == (policy.policy, grace.first_month)
    )


def remittances(its: Sight) -> list[str]:
    """What was settled and cleared before the last remittance is with its carrier, and what no longer stands is not."""
    issued = [each.business_date for each in its.rows("payments", Remittance)]
    last = max(issued, default=None)
    with_carriers: defaultdict[tuple[str, Month], int] = defaultdict(int)
    for line in its.rows("payments", RemittanceLine):
        with_carriers[line.policy, (line.month.year, line.month.month)] += line.cents
    if last is None or its.troubled_at >= datetime.combine(last, time(0), tzinfo=EXCHANGE_ZONE) - timedelta(
        days=7
    ):
        return []
    found = _left_with_carriers(its, with_carriers, before=last)
    cleared = {each.payment: each.cleared_on for each in its.rows("payments", Received)}
    groups: defaultdict[str, list[Charge]] = defaultdict(list)
    for charge in its.rows("invoicing", Charge):
        if charge.state == "settled" and charge.settled_as is not None:
            groups[charge.settled_as].append(charge)
    for group, members in groups.items():
        if all(_cleared_before(each, last, cleared) for each in members):
            found += [
                f"money: {its.household}'s {group} was settled {each.settled_on} and is not with its carrier on {last}"
                for each in members
                if with_carriers[each.policy, (each.month.year, each.month.month)] != _paid(each)
            ]
    return found


def _left_with_carriers(
    its: Sight, with_carriers: Mapping[tuple[str, Month], int], *, before: date
) -> list[str]:
    """What was undone before a remittance has been taken back from its carrier with it (PAY-7)."""
    undone = {
        each.charge: each.booked_on for each in its.rows("invoicing", Transfer) if each.kind == "unsettled"
    }
    return [
        f"PAY-7: {its.household}'s {each.month} was undone on {undone[each.charge]}, and its carrier has {cents}"
        for each in its.rows("invoicing", Charge)
        if each.state != "settled" and each.charge in undone and undone[each.charge] < before
        if (cents := with_carriers.get((each.policy, (each.month.year, each.month.month)), 0))
    ]


def _cleared_before(charge: Charge, day: date, cleared: Mapping[str, date | None]) -> bool:
    """Whether it was settled before a day, with money that had cleared by then."""
    if charge.settled_on is None or charge.settled_on >= day:
        return False
    days = [cleared.get(each.payment) for each in charge.funded_by]
    return all(each is not None and each <= day for each in days)


def _months(first: date, last: date) -> Iterable[Month]:
    month = (first.year, first.month)
    while date(*month, 1) <= last:
        yield month
        month = _next(month)


def _next(month: Month) -> Month:
    return (month[0] + month[1] // 12, month[1] % 12 + 1)
