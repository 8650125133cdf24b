"""Bugs planted in money that comes and goes, and in what is charged, settled and ended."""

from __future__ import annotations

from itertools import count
from typing import Any
from unittest.mock import patch

import bulkhead.kernel.webhooks
import enrollment.application.follow_carriers
import enrollment.application.rerate_policies
import enrollment.domain.assistance
import enrollment.domain.months
import enrollment.domain.selections
import invoicing.application.approve_refund
import invoicing.domain.billing
import invoicing.domain.grace
import invoicing.domain.groups
import invoicing.domain.money
import invoicing.domain.passing_on
import payments.application.clear_payments
import payments.application.close_books
import payments.application.derive_movements
import payments.application.draw_invoices
import payments.application.load_lockbox_files
import payments.application.load_return_files
import payments.application.pass_on_credit
import payments.application.remit_premiums
import payments.application.take_online_payment
import payments.application.take_processor_events
import payments.domain.ach_debits
import payments.domain.autopay
import payments.domain.bank_matching
import payments.domain.lockbox_bai
import payments.domain.moves
import payments.domain.nacha_debits
import payments.domain.payments
import payments.entrypoints.api.intake
from invoicing.application.decided import ClosedBooks
from invoicing.domain.allocation import _Pile
from invoicing.domain.extensions import Cutoffs, minutes_away
from invoicing.domain.records import Payment
from payments.application.pay_refunds import RefundPoller
from simulation.planting import MANY, ROUGH, Planted, bug, instead


@bug("PAY-2: no card is charged twice", seed=13, months=2, often=ROUGH)
def the_payment_has_an_id_of_its_own() -> Planted:
    """A payment's id does not come from its request's key."""
    ids = count()
    return patch.object(payments.entrypoints.api.intake, "_payment_id", lambda _key: f"payment-{next(ids)}")


@bug("PAY-1: money that the processor took after all is recorded", seed=13)
def what_counts_as_not_taken_is_not_asked_about() -> Planted:
    """What the processor says of a charge that it did not know twice is taken for known."""
    return instead(
        payments.application.take_processor_events._of_charge,
        "attempt.state in DECIDED",
        "attempt.state in (*DECIDED, 'not-taken')",
    )


@bug("PAY-1: an old call is refused", seed=2)
def an_old_call_is_taken() -> Planted:
    """A call is let in whenever it was signed."""
    return instead(
        bulkhead.kernel.webhooks.WebhookDoor.require_signed,
        "> self.window_seconds",
        "> 10**12",
    )


@bug("PAY-1: a forged call is refused", seed=2)
def a_forged_call_is_taken() -> Planted:
    """A call is let in whoever signed it."""
    return instead(bulkhead.kernel.webhooks.WebhookDoor.require_signed, "if not is_right:", "if False:")


@bug("PAY-8: a debit is in one file", seed=2, most_households=MANY)
def a_debit_that_is_sent_is_sent_again() -> Planted:
    """A debit that a file has is to be sent still: the next day's file has it too."""
    return instead(
        payments.domain.ach_debits.sent,
        'replace(debit, state="sent", file=file, trace=trace, asked_cents=cents)',
        "debit",
    )


@bug("PAY-8: a debit is in one file", seed=2, most_households=MANY)
def a_debit_is_drawn_twice() -> Planted:
    """A debit stands in its file twice, which the books do not show."""
    return instead(
        payments.domain.nacha_debits.write_debit_file,
        "of_batch.append(_entry(entry, trace=traces[place]))",
        "of_batch += [_entry(entry, trace=traces[place])] * 2",
    )


@bug("PAY-8: autopay draws what is left to pay", seed=2)
def what_was_paid_since_is_drawn_too() -> Planted:
    """Autopay asks for all of an invoice, whatever was paid of it since."""
    return instead(payments.domain.autopay.left_to_pay, "min(of_total, of_due)", "invoice.total_cents")


@bug("PAY-8: a draw takes nothing for coverage that does not go on", seed=15)
def what_ended_since_is_drawn_too() -> Planted:
    """Autopay asks for all that an invoice asked for, whatever coverage ended since."""
    return instead(payments.domain.autopay.left_to_pay, "min(of_total, of_due)", "of_total")


@bug("PAY-8: an invoice is drawn once", seed=14)
def each_try_to_draw_is_a_payment() -> Planted:
    """A draw that goes on asks the processor under another name."""
    return instead(
        payments.application.draw_invoices.order_of,
        "payment=draw.payment",
        "payment=f'{draw.payment}.{uow.now}'",
    )


@bug("PAY-2: no card is charged twice", seed=6)
def the_instant_is_in_the_id() -> Planted:
    """A payment's id comes from its request's key and from the clock."""
    return instead(
        payments.entrypoints.api.intake._take_online,
        "_online_order(household, body, key)",
        "__import__('dataclasses').replace(_online_order(household, body, key),"
        " payment=derived_id('payment', key.key, str(command.now)))",
    )


@bug("PAY-2: no card is charged twice", seed=1)
def each_try_is_a_charge() -> Planted:
    """The processor is given another reference at each try."""
    return instead(
        payments.application.take_online_payment.ask_the_processor,
        "reference=order.payment",
        "reference=f'{order.payment}.{attempt.open_tries}'",
    )


@bug("INV-6", seed=76)
def more_goes_back_than_is_due() -> Planted:
    """The processor is asked for twice what a refund takes from a payment."""
    return instead(RefundPoller._give_back, "amount_cents=part.cents", "amount_cents=2 * part.cents")


@bug("INV-6", seed=87)
def held_money_is_refunded() -> Planted:
    """A refund may be more than the credit: what is held for a month as well."""
    return instead(invoicing.application.approve_refund._checked, "credit_cents, sum", "unapplied_cents, sum")


@bug("OPS-5", seed=None)
def a_refund_takes_one_person() -> Planted:
    """Any amount of credit is paid back by one person alone."""
    return instead(
        invoicing.application.approve_refund._takes_two,
        "command.amount_cents + max(by_operator, of_household)",
        "0",
    )


@bug("OPS-5", seed=4)
def later_money_stays_with_the_merged() -> Planted:
    """Credit of a household that was merged goes to the other on the day of the merge alone."""
    return instead(
        invoicing.domain.passing_on.pass_on_credit,
        "account.changed(Payment) or account.changed(Merged) or account.added(Payment)",
        "account.changed(Merged) or account.added(Merged)",
    )


@bug("OPS-5: a chain of merges", seed=55)
def money_passed_further_stays_there() -> Planted:
    """Of a merge that is taken back, what was passed on from where it had gone does not come back."""
    return instead(
        payments.application.pass_on_credit._there,
        "is_passed_on(each) or each.correction in reversals",
        "False",
    )


@bug("PAY-11", seed=1)
def moved_money_comes_today() -> Planted:
    """Money that is moved to another household counts there from the day it is moved on."""
    return instead(
        payments.domain.moves.arrive,
        "known_at=now",
        "known_at=now, received_on=now.date(), postmarked_on=None",
    )


@bug("PAY-3", seed=4)
def the_same_check_is_credited_again() -> Planted:
    """A check that comes in another file again is another payment."""

    async def none(*_of: object, **_more: object) -> set[Any]:
        return set()

    return patch.object(payments.application.load_lockbox_files, "_seen", none)


@bug("PAY-3", seed=4)
def the_bank_writes_a_check_in_dollars() -> Planted:
    """Of a check in the bank's own format the whole dollars alone are credited."""
    return instead(
        payments.domain.lockbox_bai._read_check,
        "amount_cents=cents,\n            reference",
        "amount_cents=cents // 100,\n            reference",
    )


@bug("PAY-3", seed=4)
def what_is_not_clear_in_a_return_file_is_passed_over() -> Planted:
    """What a bank's return file says and cannot be recorded is kept for nobody."""
    return instead(
        payments.application.load_return_files.record_entries,
        'items.append(waiting(item, reason or "unknown-payment"))',
        "pass",
    )


@bug("PAY-13", seed=1)
def what_went_back_is_no_movement() -> Planted:
    """Payments that went back are passed over where it is derived what moved on the trust account."""
    return instead(
        payments.application.derive_movements._went,
        "cents__gt=0, together=None",
        "cents=0, together=None",
    )


@bug("PAY-13", seed=1)
def a_match_counts_from_the_day_of_its_first_side() -> Planted:
    """What the bank has on a later day than the books counts as there on both sides from the earlier one."""
    day = payments.domain.bank_matching.Match.settled_on.fget
    return instead(day, "max((", "min((")


@bug("PAY-13", seed=2)
def any_amount_is_the_same_money() -> Planted:
    """What is booked near enough is matched, whatever its amount."""
    return instead(
        payments.domain.bank_matching._Left.pair_by_amount,
        "for each in amounts.get(entry.signed_cents, ()):",
        "for each in list(self.movements.values()):",
    )


@bug("I9", seed=5)
def a_refused_lockbox_file_is_nobodys() -> Planted:
    """A lockbox file that is refused stands in no list."""
    return instead(
        payments.application.load_lockbox_files.begin_lockbox_file, "refusal=read, waits=True", "refusal=read"
    )


@bug("PAY-4", seed=1)
def money_clears_at_once() -> Planted:
    """Money clears on the day of its receipt."""
    return instead(
        payments.domain.payments.receive,
        "clearing_date(received_on=tender.received_on, parameters=parameters)",
        "tender.received_on",
    )


@bug("PAY-6", seed=12)
def remitted_before_it_clears() -> Planted:
    """A carrier is paid with money that has not cleared."""
    return instead(payments.application.remit_premiums._cleared, ", cleared_on__le=by", "")


@bug("PAY-7", seed=9, months=6)
def nothing_is_taken_back() -> Planted:
    """A month that is reversed after its remittance stays with the carrier."""
    return instead(
        payments.application.remit_premiums.remit_premiums,
        "fallen = await",
        "fallen = [] and await",
    )


# What is charged, settled and ended


@bug("INV-5", seed=15)
def the_newest_month_is_settled_first() -> Planted:
    """Money goes to the newest open month."""
    return instead(_Pile.months_open, "each.key))", "each.key), reverse=True)")


@bug("INV-5", seed=21)
def a_month_is_settled_for_one_policy_alone() -> Planted:
    """Each policy's charge of a month is settled by itself."""
    return instead(
        invoicing.domain.groups.group_key,
        "month_key(charge.month)",
        "month_key(charge.month) + charge.policy",
    )


@bug("INV-3", seed=1)
def a_month_is_skipped() -> Planted:
    """The run passes over every second month."""
    return instead(invoicing.domain.money.next_to_bill, "plus(1)", "plus(2)")


@bug("INV-4", seed=20, months=6, most_households=MANY)
def an_adjustment_is_on_every_invoice() -> Planted:
    """An invoice does not remember which adjustments it has shown."""
    return instead(
        invoicing.domain.billing._monthly,
        "account.put(replace(each, invoice=identity, invoiced_at=run.now))",
        "account.rows(Adjustment)",
    )


@bug("INV-4: a binder is paid as its invoice asks", seed=6)
def a_binder_rises_after_its_invoice() -> Planted:
    """A first premium that has risen since its invoice is to be paid before anything is covered."""
    return instead(
        invoicing.domain.money.refresh_charges,
        "not is_month(group_key(account, charge)) and _is_invoiced(account, charge)",
        "False",
    )


@bug("INV-17", seed=None)
def an_invoice_asks_for_what_was_before_it() -> Planted:
    """What an invoice asks for now was asked for before it was made."""
    return instead(invoicing.domain.groups.as_asked, "not each.shown_by(at)", "each.invoice is None")


@bug("INV-8", seed=None)
def grace_is_as_long_as_assistance_lasts() -> Planted:
    """The length of grace follows from what assistance has become since its cut-off."""
    return instead(
        invoicing.domain.grace._decide_first, "policy.known_at(then).is_assisted", "policy.is_assisted"
    )


@bug("INV-18", seed=5)
def a_part_of_a_month_is_rounded_down() -> Planted:
    """The cents of a month that is covered in part are cut off."""
    return instead(
        enrollment.domain.months._part,
        "round_half_up(Fraction(sum(cents * days for cents, days in shares), of))",
        "sum(cents * days for cents, days in shares) // of",
    )


@bug("ENR-8", seed=1)
def the_subsidy_is_forgotten() -> Planted:
    """The state's subsidy lowers no premium."""
    return instead(enrollment.domain.assistance.lower_premiums, "min(subsidy, gross - used_aptc)", "0")


@bug("ENR-8: medical first, then dental", seed=6)
def assistance_stays_where_it_was() -> Planted:
    """What comes to stand, or goes away, leaves the others' premiums as they were."""
    return instead(enrollment.application.rerate_policies.follow_coverage, "if since is not None", "if False")


@bug("INV-8", seed=4)
def grace_is_a_month_with_assistance() -> Planted:
    """Grace lasts one month for everybody."""
    return instead(invoicing.domain.grace._decide_first, "if assisted and paid_a_month", "if not True")


@bug("INV-11", seed=None, months=6, most_households=MANY)
def coverage_ends_with_grace() -> Planted:
    """With assistance too coverage ends on the last day of grace."""
    return instead(
        invoicing.domain.grace._expire, "through = grace.first_month.last_day", "through = grace.last_day"
    )


@bug("INV-12", seed=1, most_households=MANY)
def the_postmark_is_ignored() -> Planted:
    """Money counts from its receipt."""
    came_on: Any = Payment.came_on
    return instead(came_on.fget, "if self.postmarked_on is None", "if True")


@bug("OPS-4", seed=1, months=3, most_households=MANY)
def money_of_a_long_day_counts_from_its_receipt() -> Planted:
    """What comes in the days that a cut-off was given is late all the same."""
    return instead(Cutoffs.counts_as_of, "if first < day <= last", "if False")


@bug("OPS-4", seed=1, months=3, most_households=MANY)
def lists_do_not_wait_for_a_cutoff_that_moved() -> Planted:
    """What is decided on a cut-off is decided once the books are closed through its own day."""
    return instead(ClosedBooks.cover, "self._cutoffs.last_day(day)", "day")


@bug("OPS-4", seed=1, months=3, most_households=MANY)
def an_outage_moves_nothing() -> Planted:
    """How long nobody could pay online is counted in days."""
    return instead(minutes_away, "away // _MINUTE", "away.days")
