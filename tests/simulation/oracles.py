"""What must be true of an exchange at every quiet moment, each as one question (architecture, I1 to I9).

These look into the services' own tables: they are asked hundreds of times a year. What can be seen from outside is
asked through the public surface at the end (`stories.invariants`).
"""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from typing import get_args

from bulkhead.duties.aside import DUTIES
from bulkhead.duties.tables import DutyRecord
from bulkhead.kernel.calendar import CoverageMonth, local, local_date
from bulkhead.messaging.partitioning import partition_of
from bulkhead.persistence.event_tables import ParkedEvent, StoppedPartition
from bulkhead.retries.retries import Retry
from carrier_gateway.domain.events import CoverageEffectuated
from carrier_gateway.domain.records import Policy as Told
from enrollment.domain.events import PolicyCanceled
from enrollment.domain.policies import Policy as Coverage
from invoicing.application.books import disagreeing_households, read_books
from invoicing.domain import events
from invoicing.domain.records import (
    Adjustment,
    Charge,
    ChargeLine,
    Grace,
    Invoice,
    LedgerAccount,
    ListDecision,
    MoneyMoved,
    MoneyRedated,
    Payment,
    Policy,
    Selection,
    Transfer,
    Watermark,
)
from payments.application.report_books import report_books
from payments.domain.remittances import RemittanceLine
from payments.domain.returns import PaymentReturn
from payments.domain.settlements import Settlement
from simulation import billed
from simulation.acknowledged import each_file_is_answered_once, each_is_as_its_carrier_said
from simulation.billed import by_carriers
from simulation.by_themselves import each_word_is_decided_once, what_is_not_taken_waits
from simulation.extended import cutoffs_moved_as_measured, long_days, nothing_before_a_moved_cutoff
from simulation.guarded import windows_are_guarded
from simulation.money import PERCENT_ENOUGH
from simulation.paid_back import much_goes_back_by_two
from simulation.sight import Sight
from stories.stages.memory import PARTITIONS
from stories.vocabulary import SERVICES

POSTMARK_MONTHS = 1


async def broken(sight: Sight) -> list[str]:
    """Return what is not as it must be, in words; nothing where all is well.

    What two services must agree on is asked only while both are there and nobody is late.
    """
    found = nothing_is_parked(sight)
    if sight.households:
        found += [*told_once(sight), *await every_cent_is_in_one_place(sight)]
        found += [*nothing_canceled_is_confirmed(sight), *cutoffs_moved_as_measured(sight)]
        found += nothing_before_a_moved_cutoff(sight)
        found += windows_are_guarded(sight)
        found += [*each_is_as_its_carrier_said(sight), *each_file_is_answered_once(sight)]
        found += what_is_not_taken_waits(sight)
        if sight.all_there:
            found += each_word_is_decided_once(sight)
    for household in sight.households:
        its = sight.of(household)
        found += [
            *one_charge_a_month(its),
            *each_month_remitted_once(its),
            *timely_money_is_honored(its),
            *nobody_is_judged_on_open_books(its),
            *only_credit_goes_back(its),
            *much_goes_back_by_two(its),
            *await the_ledger_is_the_truth(its),
        ]
        if sight.all_there:
            found += [*the_same_coverage(its), *nothing_in_limbo(its), *nothing_goes_before_the_binder(its)]
            found += billed.wrong(its)
    return found


def nothing_is_parked(sight: Sight) -> list[str]:
    """I9: no event was set aside, no partition stopped, no duty failed: nothing here is wrong with any of them."""
    found = [
        f"I9: {service} parked {each.type} of {each.household}"
        for service in SERVICES
        for each in sight.rows(service, ParkedEvent)
    ]
    found += [
        f"I9: {service} stopped {each.topic} {each.partition}"
        for service in SERVICES
        for each in sight.rows(service, StoppedPartition)
    ]
    found += [
        f"I9: {each.item} was left aside at {service} for {each.reason}"
        for service in SERVICES
        for each in sight.rows(service, Retry)
        if each.kind == DUTIES.kind
    ]
    return found + [
        f"I9: {each.duty} of {each.on_date} failed at {service} with {each.failure}"
        for service in SERVICES
        if sight.databases[service].table(DutyRecord).values("failure") - {None}
        for each in sight.rows(service, DutyRecord)
        if each.failure is not None
    ]


def timely_money_is_honored(sight: Sight) -> list[str]:
    """I1: where all money known to be on time covers all that was asked by the cut-off, nobody is out for it.

    Plain sums, without a look at what settled what: money is never short where there is enough of it. What a charge has
    risen by is asked for by the invoice that says so, and not before (INV-7).
    """
    charges, payments = sight.rows("invoicing", Charge), sight.rows("invoicing", Payment)
    policies = {each.policy: each for each in sight.rows("invoicing", Policy)}
    refunded = sum(each.cents for each in sight.rows("invoicing", Transfer) if each.kind == "refund-approved")

    every_invoice = sight.rows("invoicing", Invoice)
    invoices = [each for each in every_invoice if each.voided_on is None]
    void = {
        (line.policy, line.month) for each in every_invoice if each.voided_on for line in each.charges
    } - {(line.policy, line.month) for each in invoices for line in each.charges}

    def price(charge: Charge, cutoff: date, *, risen: bool) -> int:
        # What invoices asked for it by then: an upper bound is enough, for then less is claimed. An end in the past
        # that makes it less afterwards does not turn late money into timely money.
        shown = [
            line.net_cents if isinstance(line, ChargeLine) else max(0, line.cents)
            for invoice in invoices
            if local_date(invoice.issued_at) <= cutoff
            for line in (*invoice.charges, *invoice.adjustments)
            if (line.policy, line.month) == (charge.policy, charge.month)
        ]
        if shown or (charge.policy, charge.month) in void:
            # What only void invoices showed was never asked for; it is paid before a binder all the same, and what was
            # paid of it pays nothing else (OPS-5).
            return max(sum(shown), charge.cents * (risen or charge.settlement > 0))
        # What no invoice has shown is asked for at what it costs, or would if it stood.
        run = next(
            (run for run in policies[charge.policy].months if run.first <= charge.month <= run.last), None
        )
        return max(charge.cents, run.net_cents if run else 0, charge.invoiced_cents or 0)

    gone = {each.payment: each.recorded_at for each in sight.rows("payments", PaymentReturn)}
    elsewhere = sight.rows("invoicing", MoneyMoved)
    since = {each.payment: each.known_at for each in payments}
    for redated in sight.rows("invoicing", MoneyRedated):
        since[redated.payment] = max(since[redated.payment], redated.at)

    days = long_days(sight)

    def spent_since(cutoff: date) -> int:
        """What has settled months that were charged after the cut-off."""
        return sum(each.cents for each in charges if each.state == "settled" and each.charged_on > cutoff)

    def covered(cutoff: date, *, at: datetime, before_binders: bool = False, spent: int = 0) -> bool:
        """Whether what was there at an instant, and on time, is enough for all that was asked by the cut-off; for
        binders also for what months have risen by, which are paid before them (INV-5). ``spent`` of it is gone.
        """
        window = CoverageMonth.of(cutoff).plus(POSTMARK_MONTHS).last_day
        timely = [
            each
            for each in payments
            if days.counts_on(each) <= cutoff
            and each.received_on <= window
            and since[each.payment] <= at
            and (each.payment not in gone or gone[each.payment] > at)
        ]
        # What waits for the selection that its payer named decides with what was known by then; beside money that
        # became known afterwards it may wait a week more.
        moved = Counter[str]()
        for each in elsewhere:
            moved[each.payment] += each.cents * (each.at <= at)
        free = sum(each.cents - moved[each.payment] for each in timely if each.waits_until is None)
        known = sum(
            each.cents - moved[each.payment] for each in timely if local_date(each.known_at) <= cutoff
        )
        asked_for = sum(
            price(each, cutoff, risen=before_binders) for each in charges if each.charged_on <= cutoff
        )
        return max(free, known) - refunded - spent >= asked_for

    found = [
        f"I1: coverage ended for want of money though all was paid by {grace.last_day}"
        for grace in sight.rows("invoicing", Grace)
        if grace.state == "expired" and grace.ended_policies and covered(grace.last_day, at=sight.now)
        if any(policies[policy].unpaid_decision == grace.decision for policy in grace.ended_policies)
    ]
    found += [
        f"I1: in grace since {grace.first_month} though all was paid before"
        for grace in sight.rows("invoicing", Grace)
        # What became known to have gone back only since then was paid: for that, grace begins later (INV-14). But what
        # goes before other money becomes known was never there beside it.
        if grace.state == "open"
        if any(
            covered(cutoff, at=instant)
            for cutoff in [grace.first_month.first_day - timedelta(days=1)]
            for instant in {local(grace.first_month.first_day), *since.values()}
            if instant >= local(grace.first_month.first_day)
        )
    ]
    return found + [
        f"I1: a binder lapsed though all was paid by {selection.due}"
        for selection in sight.rows("invoicing", Selection)
        if selection.state == "lapsed" and selection.due and not _replaced(sight, selection)
        if covered(
            selection.due,
            at=sight.now,
            before_binders=True,
            # What other months took while another plan stood in its place stays with them when that is called off.
            spent=spent_since(selection.due) if _replaced(sight, selection, once=True) else 0,
        )
    ]


def nobody_is_judged_on_open_books(sight: Sight) -> list[str]:
    """INV-17: a list is decided, and a binder lapses, on books that are closed through the day before."""
    marks = {each.partition: each.closed_through for each in sight.rows("invoicing", Watermark)}
    through = marks.get(partition_of(sight.household, PARTITIONS), date.min)
    found = [
        f"INV-17: the list of {each.on} was decided on books closed through {through}"
        for each in sight.rows("invoicing", ListDecision)
        if through < each.on - timedelta(days=1)
    ]
    return found + [
        f"INV-17: a binder due {each.due} lapsed on books closed through {through}"
        for each in sight.rows("invoicing", Selection)
        if each.state == "lapsed" and each.due and through < each.due
    ]


def only_credit_goes_back(sight: Sight) -> list[str]:
    """INV-6: whoever owed something when a refund was approved had no credit."""
    owed, found = 0, list[str]()
    for row in sight.rows("invoicing", Transfer):
        if row.kind == "refund-approved" and owed:
            found.append(f"INV-6: {row.cents} went back on {row.booked_on} though {owed} was owed")
        owed += row.cents * ((row.debit == "receivable") - (row.credit == "receivable"))
    return found


def nothing_canceled_is_confirmed(sight: Sight) -> list[str]:
    """CAR-5: no carrier confirms a policy that was called off before, and that the gateway has heard of."""
    canceled = {
        each.policy
        for each in sight.rows("carrier-gateway", Told)
        if each.lifecycle == "canceled" and each.effectuated_on is not None
    }
    if not canceled:
        return []
    since = {
        each.event.policy: each.record.occurred_at
        for each in sight.databases["enrollment"].emitted
        if isinstance(each.event, PolicyCanceled)
    }
    return [
        f"CAR-5: {each.event.policy} was canceled on {since[each.event.policy]} and is confirmed all the same"
        for each in sight.databases["carrier-gateway"].emitted
        if isinstance(each.event, CoverageEffectuated) and each.event.policy in canceled & since.keys()
        if sight.troubled_at < since[each.event.policy] < each.record.occurred_at
    ]


def _replaced(sight: Sight, selection: Selection, *, once: bool = False) -> bool:
    """Whether another plan stands for days of a selection; ``once`` whether one did that was called off since."""
    policies = sight.rows("invoicing", Policy)
    mine = [each for each in policies if each.selection == selection.selection]
    return any(
        each.kind == other.kind
        and (
            other.canceled and not other.lapsed and other.plan_year_ends >= each.effective
            if once
            else other.stands and other.last_day >= each.effective
        )
        for each in mine
        for other in policies
        if other.selection != selection.selection
    )


async def the_ledger_is_the_truth(sight: Sight) -> list[str]:
    """I2: every row nets to zero, and positions, charges and payments are what the ledger adds up to."""
    rows = sight.rows("invoicing", Transfer)
    sums = dict.fromkeys(get_args(LedgerAccount), 0)
    for row in rows:
        sums[row.debit] += row.cents
        sums[row.credit] -= row.cents
    found = ["I2: the ledger does not net to zero"] if sum(sums.values()) else []
    if [row.number for row in rows] != list(range(1, len(rows) + 1)):
        found.append("I2: the ledger has a gap")
    async with sight.databases["invoicing"].begin(now=sight.now) as uow:
        found += [f"I2: {each} disagrees" for each in await disagreeing_households(uow, [sight.household])]
    return found


async def every_cent_is_in_one_place(sight: Sight) -> list[str]:
    """I2: payments' books balance, and what is not applied is the same there and in invoicing (PAY-9)."""
    if "payments" in sight.away:
        return []
    async with sight.databases["payments"].begin(now=sight.now) as uow:
        theirs = await report_books(uow)
    found = [] if theirs.balanced else ["I2: payments' books do not balance"]
    if not sight.all_there:
        return found
    async with sight.databases["invoicing"].begin(now=sight.now) as uow:
        ours = await read_books(uow)
    if theirs.places.not_applied_cents != (
        here := ours.held_cents + ours.credit_cents - ours.owed_back_cents
    ):
        found.append(
            f"I2: not applied are {theirs.places.not_applied_cents} at payments, {here} at invoicing"
        )
    return found


def each_month_remitted_once(sight: Sight) -> list[str]:
    """I3: a policy's month is remitted at most once net, and a group that stands to all its carriers on one day.

    Where less than all of it may be enough, the rest is remitted once more (INV-15).
    """
    most = 2 if sight.story.pack in PERCENT_ENOUGH else 1
    net: Counter[tuple[str, str]] = Counter()
    # What costs otherwise since is unsettled, and settled anew, on the same day at times; what stands again only since
    # the rest was settled is settled by itself, that day or later.
    stand = {each.settlement for each in sight.rows("payments", Settlement) if each.unsettled_on is None}
    paid_on: dict[str, date] = {}
    for line in sight.rows("payments", RemittanceLine):
        net[line.policy, str(line.month)] += 1 if line.direction == "paid" else -1
        if line.direction == "paid" and line.settlement in stand:
            paid_on[line.settlement] = line.business_date
    together = [
        (
            each.event,
            {paid_on[premium.settlement] for premium in each.event.premiums if premium.settlement in paid_on},
        )
        for each in sight.databases["invoicing"].emitted
        if paid_on and each.record.household == sight.household
        if isinstance(each.event, events.PremiumsSettled)
    ]
    found = [
        f"I3: {month} of {policy} is remitted {n} times"
        for (policy, month), n in net.items()
        if not 0 <= n <= most
    ]
    return found + [
        f"I3: {sight.household}'s {settled.group} settled on {settled.settled_on} was remitted on {sorted(days)}"
        for settled, days in together
        if len(days) > 1
    ]


def one_charge_a_month(sight: Sight) -> list[str]:
    """I8: one charge per policy and month; one monthly invoice a day, one initial invoice a binder; each adjustment on one
    invoice. What is void is none (OPS-5).
    """
    charges = Counter((each.policy, each.month) for each in sight.rows("invoicing", Charge))
    stand = [each for each in sight.rows("invoicing", Invoice) if each.voided_on is None]
    invoices = Counter((each.kind, each.selection or each.dated) for each in stand)
    shown = Counter((line.policy, line.month) for each in stand for line in each.charges)
    adjusted = Counter((line.policy, line.month, line.cents) for each in stand for line in each.adjustments)
    adjusted.subtract(
        (each.policy, each.month, each.cents) for each in sight.rows("invoicing", Adjustment) if each.cents
    )
    found = [f"I8: {each} is adjusted on more invoices than it was" for each, n in adjusted.items() if n > 0]
    return found + [
        f"I8: {each} {n} times"
        for counts in (charges, invoices, shown)
        for each, n in counts.items()
        if n > 1
    ]


def told_once(sight: Sight) -> list[str]:
    """I8: nothing contradicts itself in what was said: each grace ends once, each lapse is undone at most once."""
    said = sight.databases["invoicing"].events
    ended = Counter(
        each.decision for each in said if isinstance(each, events.GraceExpired | events.BinderLapsed)
    )
    undone = Counter(each.undoes for each in said if isinstance(each, events.ReinstatementGranted))
    found = [f"I8: {each} was decided {n} times" for each, n in ended.items() if n > 1]
    return found + [f"I8: {each} was undone {n} times" for each, n in undone.items() if n > 1]


def the_same_coverage(sight: Sight) -> list[str]:
    """Ownership: enrollment and invoicing say the same of what is covered, from when, through when."""
    ours = {each.policy: each for each in sight.rows("invoicing", Policy)}
    found: list[str] = []
    for theirs in sight.rows("enrollment", Coverage):
        mine = ours.get(theirs.policy)
        if mine is None:
            found.append(f"ownership: invoicing has not heard of {theirs.plan}")
        elif (theirs.lifecycle != "canceled") != mine.stands:
            found.append(f"ownership: {theirs.plan} is {theirs.lifecycle}, invoicing: stands {mine.stands}")
        elif mine.stands and theirs.last_covered_day != mine.last_day:
            found.append(
                f"ownership: {theirs.plan} lasts to {theirs.last_covered_day}, invoicing: {mine.last_day}"
            )
        elif theirs.policy in by_carriers(sight):
            continue  # it begins with its carrier's word, which invoicing does not wait for (CAR-1)
        elif mine.stands and (theirs.lifecycle == "selected") == mine.released:
            found.append(
                f"ownership: {theirs.plan} is {theirs.lifecycle}, invoicing: released {mine.released}"
            )
    return found


def nothing_goes_before_the_binder(sight: Sight) -> list[str]:
    """I5: no carrier is told of a policy that is only selected (ENR-5), but of one that it bills for, in an act whose
    binder is not open (CAR-1).
    """
    told = {each.policy for each in sight.rows("carrier-gateway", Told) if each.told != "nothing"}
    held = {each.selection for each in sight.rows("invoicing", Selection) if each.state in ("open", "lapsed")}
    theirs = by_carriers(sight)
    return [
        f"I5: {each.carrier} was told of {each.plan}, whose binder is not paid"
        for each in sight.rows("enrollment", Coverage)
        if each.lifecycle == "selected" and each.policy in told
        if each.policy not in theirs or each.selection in held
    ]


def nothing_in_limbo(sight: Sight) -> list[str]:
    """I9: past its due date and on closed books no binder is undecided, and no selection either; for a week at most
    where money waits for a selection nobody has heard of.
    """
    waits = any(each.waits_until is not None for each in sight.rows("invoicing", Payment))
    days = long_days(sight)
    through = min((each.closed_through for each in sight.rows("invoicing", Watermark)), default=date.min)
    found = [
        f"I9: the binder of {each.selection}, due {each.due}, is neither paid nor lapsed"
        for each in sight.rows("invoicing", Selection)
        if each.state == "open"
        and each.due
        and days.last(each.due) <= through - timedelta(days=1)
        and not waits
    ]
    decided = {
        each.selection for each in sight.rows("invoicing", Selection) if each.state in ("satisfied", "lapsed")
    }
    return found + [
        f"I9: {each.plan} is still selected though its binder is decided"
        for each in sight.rows("enrollment", Coverage)
        if each.lifecycle == "selected" and each.selection in decided and not each.awaits_carrier
    ]
