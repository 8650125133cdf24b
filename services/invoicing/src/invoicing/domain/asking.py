"""Coverage that ended for non-payment stands again because its household asked for that, and paid (INV-13, B)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal, TypeAlias

from bulkhead.kernel.calendar import local_date
from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Refused
from bulkhead.kernel.money import format_cents
from bulkhead.kernel.personal import Masked
from invoicing.domain.account import Account
from invoicing.domain.parameters import InvoicingParameters
from invoicing.domain.records import Charge, Grace, Payment, Policy, ReinstatementRequest
from invoicing.domain.reinstatement import ended_by, restored_charges, stand_again
from invoicing.domain.standing import (
    cents_that_pay_everything_invoiced,
    day_before,
    everything_invoiced_is_paid,
)

_Closed: TypeAlias = Literal["granted", "unpaid", "not-needed"]

_CITATION = "VHC §3; HBEE 64.06(b)"
_ANEW = "Plans are selected anew in open enrollment or after a qualifying event."


class NothingToReinstate(Refused):
    """The household has no coverage that ended for non-payment."""

    kind = "nothing-to-reinstate"


class HadAssistance(Refused):
    """The household had premium assistance when its grace began."""

    kind = "had-assistance"


class AskedTooLate(Refused):
    """More days than are given have passed since coverage ended."""

    kind = "asked-too-late"


class ReinstatedBefore(Refused):
    """Coverage of the plan year was reinstated on request before."""

    kind = "reinstated-before"


class PaidTooLate(Refused):
    """The last day on which everything could have been paid has passed."""

    kind = "paid-too-late"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of a request: it is granted, or waits for ``lacking_cents`` by its last day; and why."""

    request: ReinstatementRequest
    policies: tuple[str, ...]
    lacking_cents: int
    reason: Reason


def ask_to_stand_again(
    account: Account,
    grace: Grace | None,
    *,
    granted: Sequence[ReinstatementRequest],
    reason: Masked | None,
    books_closed_through: date,
    now: datetime,
    parameters: InvoicingParameters,
) -> Answer:
    """Grant a household's request, or have it wait for money; return which (INV-13).

    ``grace`` is the latest that ran out, ``granted`` are the household's requests that were. Asking again for what
    waits changes nothing. Nobody is refused for want of money before all that came in time is known (INV-17 alike).
    Raises the refusal of the first limit that fails: `NothingToReinstate`, `HadAssistance`, `AskedTooLate`,
    `ReinstatedBefore` or `PaidTooLate`; then nothing happened.
    """
    if grace is None or grace.decision is None or not (policies := _ended(account, grace)):
        raise NothingToReinstate(
            "no coverage of the household stands ended for non-payment",
            reasons=(_limit(f"Only such coverage is reinstated on request. {_ANEW}"),),
        )
    request = account.find(ReinstatementRequest, grace.decision)
    if request is None:
        request = _request(grace, account.household, grace.decision, reason, now=now, parameters=parameters)
        _check_unassisted(grace)
        _check_asked_in_time(grace, today=local_date(now), parameters=parameters)
        _check_not_before(request, granted, parameters=parameters)
    account.put(request)
    lacking = _lacking_cents(account, grace, request, now=now)
    if _is_paid(account, grace, request):
        lacking, why = 0, _grant(account, grace, request, now=now)
    elif account.cutoffs.span_of(request.pay_by)[1] <= books_closed_through:
        raise PaidTooLate(
            f"everything had to be paid by {request.pay_by}", reasons=(_lacked(request, lacking),)
        )
    else:
        why = _lacking(request, lacking)
    return Answer(
        request=account.get(ReinstatementRequest, request.decision),
        policies=tuple(each.policy for each in policies),
        lacking_cents=lacking,
        reason=why,
    )


def _request(
    grace: Grace,
    household: str,
    decision: str,
    reason: Masked | None,
    *,
    now: datetime,
    parameters: InvoicingParameters,
) -> ReinstatementRequest:
    """Return a request made now: all is to be paid before the last day of the month after the last one covered."""
    last = grace.first_month.plus(parameters.reinstatement_pay_months)
    return ReinstatementRequest(
        decision=decision,
        household=household,
        asked_at=now,
        reason=reason,
        plan_year=grace.first_month.year,
        pay_by=day_before(last.last_day),
        comes_by=last.plus(parameters.postmark_months).last_day,
        state="waiting",
    )


def reinstate_on_request(account: Account, *, now: datetime) -> None:
    """Reinstate what a household asked for and has paid in time, in whatever order the two became known (INV-13).

    What is known late counts as it did when it came. Call it before money that is free now goes elsewhere.
    """
    for request in account.rows(ReinstatementRequest):
        grace = _grace_of(account, request)
        if request.state not in ("waiting", "unpaid"):
            continue
        if grace is None or not _ended(account, grace):
            _close(account, request, "not-needed", now=now)
        elif _is_paid(account, grace, request):
            _grant(account, grace, request, now=now)


def close_unpaid_requests(account: Account, *, on: date, now: datetime) -> None:
    """Close the requests whose last day for money was before that day; those paid in time are granted (INV-13)."""
    reinstate_on_request(account, now=now)
    for request in account.rows(ReinstatementRequest):
        if request.state == "waiting" and request.pay_by < on:
            _close(account, request, "unpaid", now=now)


def _check_unassisted(grace: Grace) -> None:
    if grace.assisted:
        raise HadAssistance(
            "coverage with premium assistance is not reinstated on request",
            reasons=(
                _limit(
                    "The household had premium assistance when its grace began. Its coverage stands again only where "
                    f"everything turns out to have been received or postmarked by {grace.last_day} (INV-12), or where "
                    f"staff finds that it ended in error. {_ANEW}",
                    grace_began=str(grace.first_month.first_day),
                ),
            ),
        )


def _check_asked_in_time(grace: Grace, *, today: date, parameters: InvoicingParameters) -> None:
    # An end that an outage let be decided late is known only since then: its household has as many days as others.
    known = day_before(grace.ended_on) if grace.ended_on else grace.first_month.last_day
    ended = max(grace.first_month.last_day, known)
    ask_by = ended + timedelta(days=parameters.reinstatement_ask_days)
    if today > ask_by:
        raise AskedTooLate(
            f"this had to be asked for by {ask_by}",
            reasons=(
                _limit(
                    f"Coverage ended on {ended}; its household had {parameters.reinstatement_ask_days} days to ask. "
                    f"{_ANEW}",
                    ended=str(ended),
                    ask_by=str(ask_by),
                ),
            ),
        )


def _check_not_before(
    request: ReinstatementRequest,
    granted: Sequence[ReinstatementRequest],
    *,
    parameters: InvoicingParameters,
) -> None:
    before = [each for each in granted if each.plan_year == request.plan_year]
    if len(before) >= parameters.reinstatements_a_year:
        raise ReinstatedBefore(
            "coverage is reinstated on request once in a plan year",
            reasons=(
                _limit(
                    f"That may be granted {parameters.reinstatements_a_year} time(s) in a plan year, and was in "
                    f"{request.plan_year}. {_ANEW}",
                    plan_year=str(request.plan_year),
                    granted_on=" ".join(str(each.decided_on) for each in before),
                ),
            ),
        )


def _is_paid(account: Account, grace: Grace, request: ReinstatementRequest) -> bool:
    """Whether everything invoiced is paid in time, reversed charges included, judged when it was asked for or when
    money came since, by what was invoiced then (INV-9 alike).
    """
    restored = _asked_for(account, grace)
    came = [each.arrived_at for each in account.payments() if _counts(each, request)]
    return any(
        everything_invoiced_is_paid(account, at=at, on_time_by=request.pay_by, restored=restored)
        for at in [request.asked_at, *(each for each in came if each > request.asked_at)]
    )


def _asked_for(account: Account, grace: Grace) -> list[Charge]:
    """Return the reversed charges that must be paid: those invoiced by the last day of grace. What was invoiced since,
    because an outage let the end be decided late, is not asked for now (INV-12 alike).
    """
    charges = restored_charges(account, ended_by(account, grace))
    return [each for each in charges if each.invoiced_through(grace.last_day)]


def _counts(payment: Payment, request: ReinstatementRequest) -> bool:
    """Whether money was in time, and came while a postmark still counts (INV-12 alike)."""
    return payment.on_time_date <= request.pay_by and payment.received_on <= request.comes_by


def _lacking_cents(account: Account, grace: Grace, request: ReinstatementRequest, *, now: datetime) -> int:
    """Return what must come still, in time, so that everything invoiced is paid, reversed charges included: by the
    function that judges it (INV-15).
    """
    return cents_that_pay_everything_invoiced(
        account, at=now, on_time_by=request.pay_by, restored=_asked_for(account, grace)
    )


def _grant(account: Account, grace: Grace, request: ReinstatementRequest, *, now: datetime) -> Reason:
    reason = _limit(
        f"It was asked for, and everything invoiced was received or postmarked by {request.pay_by}: coverage stands "
        "again without a gap.",
        asked_on=str(local_date(request.asked_at)),
        pay_by=str(request.pay_by),
        plan_year=str(request.plan_year),
    )
    stand_again(account, grace, ended_by(account, grace), ground="asked", reason=reason, now=now)
    _close(account, request, "granted", now=now)
    return reason


def _close(account: Account, request: ReinstatementRequest, state: _Closed, *, now: datetime) -> None:
    account.put(replace(request, state=state, decided_on=local_date(now)))


def _ended(account: Account, grace: Grace) -> list[Policy]:
    """Return the policies a grace's end took coverage from, none where undoing it would cover no further day."""
    if grace.state != "expired":
        return []
    policies = ended_by(account, grace)
    return policies if any(each.last_day > grace.first_month.last_day for each in policies) else []


def _grace_of(account: Account, request: ReinstatementRequest) -> Grace | None:
    return next((each for each in account.rows(Grace) if each.decision == request.decision), None)


def _lacking(request: ReinstatementRequest, cents: int) -> Reason:
    return _limit(
        f"Coverage stands again without a gap once {format_cents(cents)} is received or postmarked by "
        f"{request.pay_by}, before the last day of the month after the last one covered.",
        pay_by=str(request.pay_by),
        lacking=format_cents(cents),
    )


def _lacked(request: ReinstatementRequest, cents: int) -> Reason:
    return _limit(
        f"Of what was invoiced {format_cents(cents)} was not received or postmarked by {request.pay_by}, before the "
        f"last day of the month after the last one covered. {_ANEW}",
        pay_by=str(request.pay_by),
        lacking=format_cents(cents),
    )


def _limit(says: str, **facts: str) -> Reason:
    return Reason(rule="INV-13", says=says, citation=_CITATION, facts=facts)
