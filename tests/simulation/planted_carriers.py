"""Bugs planted in what carriers are told, and say."""

from __future__ import annotations

from unittest.mock import patch

import carrier_gateway.application.acknowledgements
import carrier_gateway.application.compare_books
import carrier_gateway.application.follow_policies
import carrier_gateway.application.follow_remittances
import carrier_gateway.application.take_books
import carrier_gateway.domain.discrepancies
import carrier_gateway.domain.remittances
import enrollment.application.follow_carrier_words
import enrollment.application.follow_carriers
import enrollment.application.settle_binders
import enrollment.domain.assistance
import enrollment.domain.eligibility
import enrollment.domain.months
import enrollment.domain.selections
import invoicing.application.policies
from carrier_gateway.domain.inbound import ACCEPTS
from carrier_gateway.domain.telling import NEXT
from enrollment.domain.carrier_words import ENDS
from simulation.planting import MANY, Planted, bug, instead


@bug("ENR-5", seed=5)
def the_dental_plan_is_not_held() -> Planted:
    """A carrier hears of the second plan before the binder is paid."""
    return instead(
        carrier_gateway.application.follow_policies.take_up_selection,
        "elif not fact.binder_required:",
        "elif not fact.binder_required or selected.kind == 'dental':",
    )


@bug("ENR-12: the first month is paid before coverage", seed=3)
def who_comes_over_pays_later() -> Planted:
    """Who comes over from a carrier needs no binder."""
    return instead(
        enrollment.domain.selections.select,
        "binder_required=binder.required",
        "binder_required=binder.required and carrier is None",
    )


@bug("ENR-10: what nobody confirmed in time gives no assistance", seed=8)
def what_runs_out_goes_on() -> Planted:
    """Verification that ran out changes no assistance."""
    return instead(
        enrollment.domain.eligibility.unconfirmed,
        "NO_ASSISTANCE if answer is None",
        "failed.assistance_on(since) if answer is None",
    )


@bug("ENR-10: the hub is asked until it answers", seed=16)
def the_hub_is_given_up() -> Planted:
    """Nobody is asked about any more once their time is over."""
    return instead(
        enrollment.domain.eligibility.ran_out,
        'event="run-out")',
        'event="run-out"), awaits_hub=False',
    )


@bug("ENR-10: who may not enroll is not covered", seed=10)
def doubt_about_who_may_enroll_ends_nothing() -> Planted:
    """Coverage goes on where no documents show that somebody may enroll."""
    return instead(
        enrollment.domain.eligibility.may_not_enroll,
        'parameters.unverified_coverage == "ends"',
        'parameters.unverified_coverage == "stays"',
    )


@bug("I4: carriers know what is so", seed=14)
def a_termination_is_not_told() -> Planted:
    """A carrier does not hear that coverage has ended."""
    return patch.dict(NEXT, {("covered", "ended"): None})  # pyright: ignore[reportArgumentType]


@bug("CAR-4: what is noted is what the carrier said", seed=2)
def a_TA1_is_taken_for_a_999() -> Planted:
    """What a carrier says of an interchange is noted of what is in it."""
    return instead(
        carrier_gateway.application.acknowledgements._Noting._note,  # pyright: ignore[reportPrivateUsage]
        "interchange = said.verdict",
        "group = said.verdict",
    )


@bug("CAR-5: each group has a 999", seed=5)
def a_group_is_not_answered() -> Planted:
    """A carrier hears nothing of what it sends."""
    return instead(
        carrier_gateway.application.acknowledgements._Answering.answer,  # pyright: ignore[reportPrivateUsage]
        "each.answer is not None and not refused",
        "each.answer is not None and refused",
    )


@bug("CAR-5", seed=None, most_households=MANY)
def an_effectuation_of_what_was_canceled_is_accepted() -> Planted:
    """A late effectuation is taken in although the policy was canceled."""
    return patch.dict(ACCEPTS, {("effectuation", "canceled"): "accepted"})  # pyright: ignore[reportArgumentType]


@bug("CAR-5", seed=None, most_households=MANY)
def an_effectuation_revives() -> Planted:
    """A policy that has ended stands again because its carrier confirms it."""
    return instead(
        enrollment.application.follow_carriers.note_effectuation,
        'acknowledge(before, event="effectuate")',
        "__import__('dataclasses').replace(acknowledge(before, event='effectuate'), lifecycle='active', ends=())",
    )


@bug("INV-11: the exchange bills", seed=3, most_households=MANY)
def a_carrier_ends_for_non_payment() -> Planted:
    """Coverage ends because its carrier says that it is not paid."""
    never = (("non-payment", "to-come"), ("non-payment", "gone-by"))
    return patch.dict(ENDS, dict.fromkeys(never, "taken-up"))  # pyright: ignore[reportArgumentType]


@bug("CAR-1: the carrier bills", seed=12)
def both_bill() -> Planted:
    """The exchange charges for what the carrier bills for as well."""
    return instead(
        invoicing.application.policies._months,  # pyright: ignore[reportPrivateUsage]
        "if billed_by_carrier is not None:",
        "if billed_by_carrier == '':",
    )


@bug("CAR-1: what the carrier bills for begins with its word", seed=12)
def a_carrier_is_not_waited_for() -> Planted:
    """Coverage stands before the carrier that bills for it says so."""
    return instead(
        enrollment.application.settle_binders.satisfy_binder,
        "if before.awaits_carrier:",
        "if before.awaits_carrier and before.kind == 'medical':",
    )


@bug("CAR-5: each word of a carrier is decided once", seed=3, most_households=MANY)
def a_carrier_is_not_answered() -> Planted:
    """Enrollment says nothing to what a carrier reinstated."""
    return instead(
        enrollment.application.follow_carrier_words.reinstate_by_carrier,
        '_answer(book, fact, judged, kind="reinstatement", through=None, on=on)',
        "pass",
    )


@bug("I4: of each month 820s say what payments says", seed=1)
def the_month_after_is_named() -> Planted:
    """An 820 says that a premium is of the month after."""
    return instead(
        carrier_gateway.domain.remittances.shares_of,
        "month=line.month, cents",
        "month=line.month.plus(1), cents",
    )


@bug("PAY-7: what takes the place of a month that was taken back is an adjustment", seed=1)
def what_is_paid_again_is_a_premium_as_any() -> Planted:
    """An 820 does not say that what it pays takes the place of what was taken back."""
    return instead(
        carrier_gateway.domain.remittances.shares_of,
        "line.cents < 0 or (line.policy, line.month) in taken_back",
        "line.cents < 0",
    )


@bug("PAY-6: whoever is paid for somebody is told", seed=1)
def who_only_goes_on_owing_hears_nothing() -> Planted:
    """Nothing is told of a remittance that only carries a debt on."""
    return instead(
        carrier_gateway.application.follow_remittances.keep_remittances,
        "heads = [_head_of(each, uow) for each in issued]",
        "issued = [each for each in issued if each.lines]; heads = [_head_of(each, uow) for each in issued]",
    )


@bug("CAR-6: what the last book shows no more is put right", seed=21, months=6)
def what_a_carrier_put_right_stays_on_the_list() -> Planted:
    """A difference that a carrier's next book no longer shows stays open."""
    return instead(
        carrier_gateway.application.compare_books._end,  # pyright: ignore[reportPrivateUsage]
        'state="open", file__ne=book.file',
        'state="open", file=""',
    )


@bug("CAR-6: each difference is named", seed=21, months=6)
def who_is_missing_in_a_book_is_not_missed() -> Planted:
    """Nobody notices whom a carrier's book leaves out."""
    return instead(
        carrier_gateway.domain.discrepancies.compare,
        "if not stands_on(policy, as_of):",
        "if stands_on(policy, as_of):",
    )


@bug("CAR-6: a book of a day before that of the last one is refused", seed=21, months=6)
def an_older_book_is_compared() -> Planted:
    """What comes late closes what a book of a later day has found."""
    return instead(
        carrier_gateway.application.take_books._compared_later,  # pyright: ignore[reportPrivateUsage]
        "as_of__gt=as_of",
        "as_of__gt=date.max",
    )
