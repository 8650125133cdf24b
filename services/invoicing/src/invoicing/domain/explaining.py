"""Why a household owes what it does, why it is in grace, and why it is on a carrier's list: by which rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import NotFound
from bulkhead.kernel.explanations import Explanation, Ground, facts_of, in_force
from invoicing.domain.decisions import Decision
from invoicing.domain.parameters import InvoicingParameters
from invoicing.domain.records import Charge, Grace, Invoice, ListDecision, ListRow, Policy
from invoicing.domain.sources import SOURCES
from invoicing.domain.statements import Line, OwedFor, Statement

_PARAMETERS: Final[Mapping[str, tuple[str, ...]]] = {
    "INV-1": ("binder_due_days",),
    "INV-2": ("run_day", "due_day"),
    "INV-8": ("grace_months_assisted", "grace_months_unassisted", "grace_assistance"),
    "INV-12": ("postmark_months",),
    "INV-13": ("reinstatement_ask_days", "reinstatement_pay_months", "reinstatements_a_year"),
    "INV-15": ("payment_threshold",),
    "INV-17": ("first_listing_latest_day",),
}
"""The parameters by which a rule decides."""


def grounds(reasons: Iterable[Reason], *, parameters: InvoicingParameters) -> tuple[Ground, ...]:
    """Return reasons with the parameters that decided them; ``parameters`` are those in force then."""
    return tuple(
        Ground(reason=each, in_force=in_force(parameters, _PARAMETERS.get(each.rule, ()))) for each in reasons
    )


def _ground(rule: str, parameters: InvoicingParameters, **facts: date | int | str | None) -> Ground:
    """Return a ground that is worked out now."""
    reason = Reason(rule=rule, says="", citation=SOURCES[rule], facts=facts_of(**facts))
    return grounds([reason], parameters=parameters)[0]


def explain_balance(statement: Statement) -> Explanation:
    """Return in one sentence what a balance is; its lines are the grounds."""
    position = statement.position
    match position:
        case _ if position.owed_cents and position.held_cents:
            name = "balance-owed-and-held"
        case _ if position.owed_cents:
            name = "balance-owed"
        case _ if position.owed_back_cents:
            name = "balance-owed-back"
        case _ if position.credit_cents:
            name = "balance-credit"
        case _:
            name = "balance-even"
    return Explanation(
        sentence=name,
        facts=facts_of(
            owed_cents=position.owed_cents,
            held_cents=position.held_cents,
            credit_cents=position.credit_cents,
            owed_back_cents=position.owed_back_cents,
            to_pay_cents=statement.to_pay_cents,
        ),
    )


def line_sentence(line: Line) -> tuple[str, dict[str, str]]:
    """Return the name of the sentence that says a line, and the facts that fill it."""
    facts = facts_of(
        cents=line.cents,
        on=line.on,
        plan=line.plan or line.policy,
        month=None if line.month is None else str(line.month),
        method=line.method,
        reason=line.reason,
    )
    return f"line-{line.kind}", facts


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeExplained:
    """A charge, the lines that come to what is still owed of it, the invoice that asks for it first, and why."""

    charge: Charge
    plan: str
    lines: tuple[Line, ...]
    invoice: Invoice | None
    explanation: Explanation


def nothing_charged(policy: Policy | None) -> NotFound:
    """Return the refusal of a month of which there is no charge; ``policy`` is None where the household has no such
    one. It says who is paid where that is the policy's carrier (CAR-1).
    """
    if policy is None or policy.billed_by_carrier is None:
        return NotFound("nothing was charged to the household for that policy and month")
    reason = Reason(
        rule="CAR-1",
        says=f"{policy.billed_by_carrier} bills for {policy.plan} itself: its premium is paid there.",
        citation=SOURCES["CAR-1"],
        facts=facts_of(plan=policy.plan, carrier=policy.carrier),
    )
    return NotFound("the policy's carrier bills for it", reasons=(reason,))


def explain_charge(
    charge: Charge,
    *,
    plan: str,
    lines: tuple[Line, ...],
    invoice: Invoice | None,
    parameters: InvoicingParameters,
) -> ChargeExplained:
    """Return why a month costs what it does and what of it is owed; ``parameters`` are those of when it was charged."""
    found = [
        _ground(
            "INV-2" if charge.binder is None else "INV-1",
            parameters,
            month=str(charge.month),
            dated=None if invoice is None else invoice.dated,
            due=None if invoice is None else invoice.due,
            on_time_until=charge.on_time_until,
        )
    ]
    if charge.void_invoice is not None and charge.cents:
        found.append(_ground("OPS-5", parameters, void_invoice=charge.void_invoice))
    if charge.cents and not charge.whole:
        found.append(_ground("INV-18", parameters, month=str(charge.month)))
    if charge.rest_cents:
        found.append(_ground("INV-15", parameters, rest_cents=charge.rest_cents))
    if charge.reopenings:
        found.append(_ground("INV-14", parameters, month=str(charge.month)))
    owed = charge.owed_cents
    name = "reversed" if charge.state == "reversed" else "owed" if owed else "paid"
    return ChargeExplained(
        charge=charge,
        plan=plan,
        lines=lines,
        invoice=invoice,
        explanation=Explanation(
            sentence=f"charge-{name}",
            facts=facts_of(month=str(charge.month), plan=plan, cents=charge.cents, owed_cents=owed),
            grounds=tuple(found),
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class GraceExplained:
    """A grace period in a month, None where there is none; what ends it now, and the charges it is about."""

    grace: Grace | None
    month: int | None
    to_pay_cents: int
    owed_for: tuple[OwedFor, ...]
    explanation: Explanation


def explain_grace(
    grace: Grace | None,
    *,
    month: CoverageMonth | None,
    decisions: Sequence[Decision],
    to_pay_cents: int,
    owed: tuple[OwedFor, ...],
    decided: Mapping[int, InvoicingParameters],
    now: InvoicingParameters,
) -> GraceExplained:
    """Return why a household is or was in grace; ``month`` is the one asked about, None for the latest.

    ``decisions`` are those on this grace, ``decided`` the parameters in force for each, by its number. An open grace
    ends when what is invoiced and not paid comes to nothing (INV-9).
    """
    if grace is None:
        return GraceExplained(
            grace=None,
            month=None,
            to_pay_cents=0,
            owed_for=(),
            explanation=Explanation(sentence="grace-none", grounds=(_ground("INV-7", now),)),
        )
    # No further than it has come: a month to come may still be left.
    number = grace.month if month is None else min(grace.month, len(list(grace.first_month.until(month))))
    found = [
        ground for each in decisions for ground in grounds(each.reasons, parameters=decided[each.number])
    ]
    if grace.state == "open":
        found.append(_ground("INV-9", now, to_pay_cents=to_pay_cents, last_day=grace.last_day))
    return GraceExplained(
        grace=grace,
        month=number,
        to_pay_cents=to_pay_cents if grace.state == "open" else 0,
        owed_for=owed if grace.state == "open" else (),
        explanation=Explanation(
            sentence=f"grace-{grace.state}",
            facts=facts_of(
                first_month=str(grace.first_month),
                month=number,
                months=grace.months,
                last_day=grace.last_day,
                ended_on=grace.ended_on,
                to_pay_cents=to_pay_cents,
            ),
            grounds=tuple(found),
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingExplained:
    """What was decided of a household for the list of a 1st, and its row on each carrier's list."""

    decision: ListDecision | None
    rows: tuple[ListRow, ...]
    explanation: Explanation


_NOT_LISTED: Final[Mapping[str, str]] = {
    "not-delinquent": "INV-7",
    "nothing-past-due": "INV-9",
    "too-late": "INV-17",
}
"""The rule by which a household is on no list, by what was decided."""


def explain_listing(
    decision: ListDecision | None,
    rows: tuple[ListRow, ...],
    *,
    on: date,
    decisions: Sequence[Decision],
    parameters: InvoicingParameters,
) -> ListingExplained:
    """Return why a household is on the lists of a 1st, or why not. ``decisions`` are those that count for that day,
    ``parameters`` those in force then.
    """
    if rows:
        row = rows[0]
        name = "listed-to-end" if row.month is None else "listed"
        facts = facts_of(
            on=on,
            month=row.month,
            of=row.of,
            past_due_cents=row.past_due_cents,
            pay_by=row.pay_by,
            effective=row.effective,
        )
        found = grounds([each for made in decisions for each in made.reasons], parameters=parameters)
    else:
        outcome = "undecided" if decision is None else decision.outcome
        name, facts = f"listed-{outcome}" if outcome in _NOT_LISTED else "listed-undecided", facts_of(on=on)
        found = (_ground(_NOT_LISTED.get(outcome, "INV-7"), parameters, on=on),)
    explanation = Explanation(sentence=name, facts=facts, grounds=found)
    return ListingExplained(decision=decision, rows=rows, explanation=explanation)
