"""What carriers end, call off and reinstate by themselves (CAR-5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from bulkhead.service import Occasion
from enrollment.application.book import PolicyBook
from enrollment.application.facts import CoverageEndedByCarrier, CoverageReinstatedByCarrier
from enrollment.application.follow_prior_year import call_off_renewals, follow_prior_year, owe_renewals
from enrollment.application.ports import Parameters
from enrollment.domain.carrier_words import Outcome, carriers_own, judge_end, judge_reinstatement, last_day_of
from enrollment.domain.ends import Undoing
from enrollment.domain.events import CarrierRecordDecided, CarrierWordKind
from enrollment.domain.households import Household
from enrollment.domain.policies import Policy, call_off, end_asked, expire, restore
from enrollment.domain.restorations import RestorationBlocked, check_room, check_shown, check_somebody


def end_by_carrier(
    book: PolicyBook, fact: CoverageEndedByCarrier, occasion: Occasion, *, parameters: Parameters
) -> None:
    """End or call off what a carrier ended by itself, where that is so here too, and tell it what became of its word.

    What renews it falls with it (ENR-14).
    """
    policy, on = book.policy(fact.policy, household=fact.household), occasion.happened_on
    free_look_days = parameters.as_of(on).free_look_days
    through = last_day_of(policy, through=fact.through, because=fact.reason)
    judged = judge_end(policy, through=through, because=fact.reason, on=on, free_look_days=free_look_days)
    if judged.outcome == "taken-up":
        decision = book.decide(policy)
        if through is None:
            ended = call_off(
                policy, decision=decision, end_reason="carrier", reason=judged.reason, cause="carrier"
            )
        else:
            ended = end_asked(
                policy,
                decision=decision,
                through=through,
                end_reason="carrier",
                reason=judged.reason,
                cause="carrier",
            )
        book.change(policy, ended, on=on)
        follow_prior_year(book, fact.household, on=on)
        owe_renewals(book, fact.household, today=occasion.today)
    _answer(book, fact, judged, kind=fact.kind, through=fact.through, on=on)


def reinstate_by_carrier(
    book: PolicyBook, fact: CoverageReinstatedByCarrier, occasion: Occasion, *, parameters: Parameters
) -> None:
    """Let stand again what a carrier had ended by itself, where nothing here is in the way, and tell it what became of
    its word. What else ends it stays, and counts again.
    """
    policy, on = book.policy(fact.policy, household=fact.household), occasion.happened_on
    judged = judge_reinstatement(policy)
    if judged.outcome == "taken-up":
        own = carriers_own(policy)
        standing = restore(policy, undoes=[end.decision for end in own], reason=judged.reason)
        try:
            _check(book, standing, on=on, parameters=parameters)
        except RestorationBlocked as blocked:
            judged = Outcome(outcome="set-apart", reason=blocked.reasons[0])
        else:
            _stand(book, policy, standing, undoes=own[0].decision, occasion=occasion)
    _answer(book, fact, judged, kind="reinstatement", through=None, on=on)


def _check(book: PolicyBook, standing: Policy, *, on: date, parameters: Parameters) -> None:
    """Raise `RestorationBlocked` where nobody may be covered again on all these days."""
    last, members = standing.last_day_if_paid, book.members_of(standing.household)
    check_shown(book.get(Household, standing.household), parameters=parameters.as_of(on))
    if last is None:
        return
    check_somebody(standing, through=last, members=members)
    others = book.of_household(standing.household)
    check_room(replace(standing, coverage_ends=last), others=others, members=members)


def _stand(book: PolicyBook, was: Policy, now: Policy, *, undoes: str, occasion: Occasion) -> None:
    undoing = Undoing(decided_by="enrollment", decision=book.decide(was), undoes=undoes, ground="error")
    standing = book.change(was, now, on=occasion.happened_on, undoing=undoing)
    call_off_renewals(book, standing, on=occasion.happened_on)
    book.change(standing, expire(standing, today=occasion.today), on=occasion.today)
    follow_prior_year(book, was.household, on=occasion.happened_on)
    owe_renewals(book, was.household, today=occasion.today)


def _answer(
    book: PolicyBook,
    fact: CoverageEndedByCarrier | CoverageReinstatedByCarrier,
    judged: Outcome,
    *,
    kind: CarrierWordKind,
    through: date | None,
    on: date,
) -> None:
    decided = CarrierRecordDecided(
        household=fact.household,
        policy=fact.policy,
        record=fact.record,
        kind=kind,
        through=through,
        outcome=judged.outcome,
        rule=judged.reason.rule,
        says=judged.reason.says,
    )
    book.say(decided, household=fact.household, on=on, reasons=(judged.reason,))
