"""What became of a household's account, in order and by which rule: invoices, payments, changes, decisions."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal, TypeAlias

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from bulkhead.kernel.calendar import local, local_date
from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import NotFound
from bulkhead.kernel.explanations import Ground, facts_of
from bulkhead.web.commands import HouseholdPath, Query, queries
from bulkhead.web.explaining import GroundView, LanguageAsked, Telling, telling_of
from bulkhead.web.pagination import Page, PageRequest, Paging, foreign_cursor
from bulkhead.web.refusals import refusals
from invoicing.application.explain import grounds_as_of
from invoicing.application.ports import Parameters
from invoicing.application.timeline import Happened, Place, history_of, place_of
from invoicing.domain.decisions import Decided, Decision
from invoicing.domain.records import Adjustment, Invoice, MoneyMoved, MoneyRedated, Payment
from invoicing.domain.sources import SOURCES
from invoicing.domain.statements import rule_of_change

router = APIRouter(tags=["explanations"])

Look = Annotated[Query, Depends(queries("member", "assister", "operator"))]

What: TypeAlias = Literal["invoiced", "received", "moved-here", "moved-away", "redated", "adjusted"] | Decided


class HappenedView(BaseModel):
    """Something that became of an account: at an instant, counting for a date, with what it was and why.

    ``facts`` are its dates, amounts in cents and ids. Of a change of a charge the day alone is known.
    """

    at: datetime
    on: date
    what: What
    says: str
    facts: dict[str, str]
    because: list[GroundView]


@router.get(
    "/v1/households/{household}/timeline",
    response_model=Page[HappenedView],
    operation_id="listTimeline",
    summary="List what became of a household's account",
    responses=refusals(NotFound),
)
async def get_timeline(
    household: HouseholdPath, query: Look, paging: Paging, language: LanguageAsked = "en"
) -> Page[HappenedView]:
    """Return what was invoiced, received, changed and decided, when and by which rules, the oldest first."""
    query.require_household(household)
    after = _after(paging)
    async with query.begin() as uow:
        rows = await history_of(uow, household, after=after, limit=paging.limit + 1)
    telling, parameters = telling_of(query, language), query.dependencies.parameters
    return paging.page(
        rows, key=_cursor, view=lambda each: _view(each, telling=telling, parameters=parameters)
    )


def _cursor(happened: Happened) -> tuple[str, ...]:
    place = place_of(happened)
    return str(place.turn), str(place.decision)


def _after(paging: PageRequest) -> Place:
    if not paging.after:
        return Place()
    if len(paging.after) != 2 or not all(
        each.isascii() and each.isdigit() and len(each) < 10 for each in paging.after
    ):
        raise foreign_cursor()
    turn, decision = paging.after
    return Place(turn=int(turn), decision=int(decision))


def _view(happened: Happened, *, telling: Telling, parameters: Parameters) -> HappenedView:
    match happened:
        case Invoice():
            return _told(
                "invoiced", happened.issued_at, happened.dated, _of_invoice(happened), telling, parameters
            )
        case Payment():
            facts = facts_of(
                cents=happened.cents,
                method=happened.method,
                received_on=happened.received_on,
                postmarked_on=happened.postmarked_on,
                returned_on=happened.returned_on,
                payment=happened.payment,
                correction=happened.correction,
            )
            what = "received" if happened.correction is None else "moved-here"
            rule, citation = ("INV-5", "VHC §3") if happened.correction is None else ("PAY-11", "")
            reason = Reason(rule=rule, says="", citation=citation, facts=facts)
            return _told(what, happened.known_at, happened.received_on, reason, telling, parameters)
        case MoneyMoved():
            facts = facts_of(
                cents=happened.cents,
                received_on=happened.received_on,
                moved_on=happened.moved_on,
                payment=happened.payment,
                because=happened.because,
                correction=happened.correction,
                reverses=happened.reverses,
            )
            reason = Reason(rule="PAY-11", says="", citation=SOURCES["PAY-11"], facts=facts)
            return _told("moved-away", happened.at, happened.moved_on, reason, telling, parameters)
        case MoneyRedated():
            facts = facts_of(
                cents=happened.cents,
                received_on=happened.received_on,
                postmarked_on=happened.postmarked_on,
                received_before=happened.received_before,
                postmarked_before=happened.postmarked_before,
                redated_on=happened.redated_on,
                payment=happened.payment,
                because=happened.because,
                correction=happened.correction,
                reverses=happened.reverses,
            )
            reason = Reason(rule="PAY-12", says="", citation=SOURCES["PAY-12"], facts=facts)
            return _told("redated", happened.at, happened.redated_on, reason, telling, parameters)
        case Adjustment():
            facts = facts_of(
                cents=happened.cents,
                policy=happened.policy,
                month=str(happened.month),
                reason=happened.reason,
                invoice=happened.invoice,
            )
            reason = Reason(
                rule=rule_of_change(happened.reason),
                says="",
                citation=SOURCES[rule_of_change(happened.reason)],
                facts=facts,
            )
            return _told("adjusted", local(happened.made_on), happened.made_on, reason, telling, parameters)
        case Decision():
            grounds = grounds_as_of(parameters)(happened.reasons, min(happened.on, local_date(happened.at)))
            return _happened(
                happened.decided, happened.at, happened.on, dict(happened.facts), grounds, telling
            )


def _of_invoice(invoice: Invoice) -> Reason:
    facts = facts_of(
        invoice=invoice.invoice,
        dated=invoice.dated,
        due=invoice.due,
        on_time_until=invoice.on_time_until,
        total_cents=invoice.total_cents,
        kind=invoice.kind,
        voided_on=invoice.voided_on,
        correction=invoice.correction,
    )
    rule, citation = ("INV-1", "VHC §2") if invoice.kind == "initial" else ("INV-2", "VHC §3")
    return Reason(rule=rule, says="", citation=citation, facts=facts)


def _told(
    what: What, at: datetime, on: date, reason: Reason, telling: Telling, parameters: Parameters
) -> HappenedView:
    # As of when it was known here: a payment may be of a day before the pack's first.
    grounds = grounds_as_of(parameters)([reason], local_date(at))
    return _happened(what, at, on, dict(reason.facts), grounds, telling)


def _happened(
    what: What,
    at: datetime,
    on: date,
    facts: dict[str, str],
    grounds: tuple[Ground, ...],
    telling: Telling,
) -> HappenedView:
    return HappenedView(
        at=at,
        on=on,
        what=what,
        says=telling.sentences.say(f"happened-{what}", facts, language=telling.language),
        facts=facts,
        because=telling.grounds(grounds),
    )
