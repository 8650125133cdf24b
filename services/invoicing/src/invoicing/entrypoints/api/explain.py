"""Why a household owes what it does, is in grace or on a list: by which rules, in data and in sentences."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path
from fastapi import Query as Parameter
from pydantic import BaseModel

from bulkhead.kernel.calendar import CoverageMonth, local_date
from bulkhead.kernel.errors import NotFound
from bulkhead.web.commands import HouseholdPath, Query, queries
from bulkhead.web.dates import PlainDate
from bulkhead.web.explaining import (
    LARGEST_NUMBER_OF_REFUSALS,
    ExplanationView,
    LanguageAsked,
    Refusals,
    Telling,
    refusals_explained,
    telling_of,
)
from bulkhead.web.fields import Id, Like
from bulkhead.web.pagination import LARGEST_PAGE
from bulkhead.web.refusals import refusals
from invoicing.application.explain import (
    explain_charge_of,
    explain_grace_of,
    explain_listing_of,
    grounds_as_of,
    statement_of,
)
from invoicing.domain.explaining import (
    ChargeExplained,
    GraceExplained,
    ListingExplained,
    explain_balance,
    line_sentence,
)
from invoicing.domain.statements import Line, LineKind, OwedFor, Statement
from invoicing.entrypoints.api.schemas import ListRowView

router = APIRouter(tags=["explanations"])

Look = Annotated[Query, Depends(queries("member", "assister", "operator"))]


Month = Annotated[
    str, Like(r"^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])$", "must be a month of these centuries, such as 2016-03")
]
"""A coverage month, written ``2016-03``."""


class LineView(BaseModel):
    """A line of a statement: ``cents`` more, or below zero less, to pay, and what it comes to with those before it."""

    number: int
    on: date | None
    kind: LineKind
    rule: str
    says: str
    cents: int
    balance_cents: int
    policy: str | None
    plan: str | None
    month: str | None
    payment: str | None
    method: str | None
    reason: str | None

    @classmethod
    def of(cls, line: Line, *, telling: Telling) -> LineView:
        """Return the view of a line."""
        name, facts = line_sentence(line)
        return cls(
            number=line.number,
            on=line.on,
            kind=line.kind,
            rule=line.rule,
            says=telling.sentences.say(name, facts, language=telling.language),
            cents=line.cents,
            balance_cents=line.balance_cents,
            policy=line.policy,
            plan=line.plan,
            month=None if line.month is None else str(line.month),
            payment=line.payment,
            method=line.method,
            reason=line.reason,
        )


class OwedForView(BaseModel):
    """A month of a policy that is not paid in full, and what of it is owed; ``void_invoice`` showed it and is void."""

    policy: str
    plan: str | None
    month: str
    cents: int
    owed_cents: int
    invoice: str | None
    void_invoice: str | None
    on_time_until: date | None

    @classmethod
    def of(cls, owed: OwedFor) -> OwedForView:
        """Return the view of what is owed for a month."""
        return cls(
            policy=owed.policy,
            plan=owed.plan,
            month=str(owed.month),
            cents=owed.cents,
            owed_cents=owed.owed_cents,
            invoice=owed.invoice,
            void_invoice=owed.void_invoice,
            on_time_until=owed.on_time_until,
        )


class StatementView(ExplanationView):
    """A balance as arithmetic: the lines add up to ``balance_cents`` to the cent, which is what is owed and owed back
    less what is held and credit. What is owed is owed for the months in ``owed_for``, which add up to it.
    """

    as_of: date
    balance_cents: int
    owed_cents: int
    held_cents: int
    credit_cents: int
    owed_back_cents: int
    to_pay_cents: int
    lines: list[LineView]
    owed_for: list[OwedForView]

    @classmethod
    def of(cls, statement: Statement, *, as_of: date, telling: Telling) -> StatementView:
        """Return the view of a statement."""
        position = statement.position
        return cls(
            **telling.explanation(explain_balance(statement)).model_dump(),
            as_of=as_of,
            balance_cents=statement.balance_cents,
            owed_cents=position.owed_cents,
            held_cents=position.held_cents,
            credit_cents=position.credit_cents,
            owed_back_cents=position.owed_back_cents,
            to_pay_cents=statement.to_pay_cents,
            lines=[LineView.of(each, telling=telling) for each in statement.lines],
            owed_for=[OwedForView.of(each) for each in statement.owed_for],
        )


class ChargeView(ExplanationView):
    """Why a policy's month costs what it does: its lines add up to what is still owed of it."""

    policy: str
    plan: str
    month: str
    state: Literal["open", "settled", "reversed"]
    cents: int
    paid_cents: int
    owed_cents: int
    invoice: str | None
    void_invoice: str | None
    due: date | None
    on_time_until: date | None
    lines: list[LineView]

    @classmethod
    def of(cls, found: ChargeExplained, *, telling: Telling) -> ChargeView:
        """Return the view of a charge explained."""
        charge = found.charge
        return cls(
            **telling.explanation(found.explanation).model_dump(),
            policy=charge.policy,
            plan=found.plan,
            month=str(charge.month),
            state=charge.state,
            cents=charge.cents,
            paid_cents=charge.paid_cents,
            owed_cents=charge.owed_cents,
            invoice=charge.invoice,
            void_invoice=charge.void_invoice,
            due=None if found.invoice is None else found.invoice.due,
            on_time_until=charge.on_time_until,
            lines=[LineView.of(each, telling=telling) for each in found.lines],
        )


class GraceExplainedView(ExplanationView):
    """Why the household is or was in grace; ``month`` is the month of grace, ``to_pay_cents`` what ends it now."""

    state: Literal["none", "open", "exited", "expired", "reinstated"]
    first_month: str | None
    month: int | None
    of: int | None
    last_day: date | None
    ended_on: date | None
    assisted: bool | None
    to_pay_cents: int
    owed_for: list[OwedForView]

    @classmethod
    def of_grace(cls, found: GraceExplained, *, telling: Telling) -> GraceExplainedView:
        """Return the view of a grace explained."""
        grace = found.grace
        return cls(
            **telling.explanation(found.explanation).model_dump(),
            state="none" if grace is None else grace.state,
            first_month=None if grace is None else str(grace.first_month),
            month=found.month,
            of=None if grace is None else grace.months,
            last_day=None if grace is None else grace.last_day,
            ended_on=None if grace is None else grace.ended_on,
            assisted=None if grace is None else grace.assisted,
            to_pay_cents=found.to_pay_cents,
            owed_for=[OwedForView.of(each) for each in found.owed_for],
        )


class ListingView(ExplanationView):
    """Why the household is on carriers' lists of a 1st, with its row on each, or why it is on none.

    ``outcome`` is what was decided for that day, ``decided_on`` when; None while that is not decided.
    """

    on: date
    outcome: str | None
    decided_on: date | None
    rows: list[ListRowView]

    @classmethod
    def of(cls, found: ListingExplained, *, on: date, telling: Telling) -> ListingView:
        """Return the view of a listing explained."""
        return cls(
            **telling.explanation(found.explanation).model_dump(),
            on=on,
            outcome=None if found.decision is None else found.decision.outcome,
            decided_on=None if found.decision is None else found.decision.decided_on,
            rows=[ListRowView.of_row(each) for each in found.rows],
        )


@router.get(
    "/v1/households/{household}/balance/explain",
    response_model=StatementView,
    operation_id="explainBalance",
    summary="Explain what a household owes, line by line",
    responses=refusals(NotFound),
)
async def get_balance_explained(
    household: HouseholdPath,
    query: Look,
    limit: Annotated[
        int,
        Parameter(
            ge=1,
            le=LARGEST_PAGE,
            description="At most so many lines; what is before them is brought forward.",
        ),
    ] = 100,
    language: LanguageAsked = "en",
) -> StatementView:
    """Return what the household owes, or has with the exchange, as lines that add up to it (INV-16)."""
    query.require_household(household)
    async with query.begin() as uow:
        statement = await statement_of(uow, household, limit=limit)
    return StatementView.of(statement, as_of=local_date(query.now), telling=telling_of(query, language))


@router.get(
    "/v1/households/{household}/policies/{policy}/months/{month}/explain",
    response_model=ChargeView,
    operation_id="explainCharge",
    summary="Explain what a month of a policy costs",
    responses=refusals(NotFound),
)
async def get_charge_explained(
    household: HouseholdPath,
    policy: Annotated[Id, Path(description="The policy's id.")],
    month: Annotated[Month, Path(description="The coverage month, such as 2016-03.")],
    query: Look,
    language: LanguageAsked = "en",
) -> ChargeView:
    """Return why a month of a policy costs what it does, and what of it is paid (INV-3, INV-5)."""
    query.require_household(household)
    async with query.begin() as uow:
        found = await explain_charge_of(
            uow,
            household=household,
            policy=policy,
            month=CoverageMonth.parse(month),
            parameters=query.dependencies.parameters,
        )
    return ChargeView.of(found, telling=telling_of(query, language))


@router.get(
    "/v1/households/{household}/grace/explain",
    response_model=GraceExplainedView,
    operation_id="explainGrace",
    summary="Explain why a household is in grace",
    responses=refusals(NotFound),
)
async def get_grace_explained(
    household: HouseholdPath,
    query: Look,
    month: Annotated[
        Month | None, Parameter(description="A month of grace, such as 2016-05; else the latest grace.")
    ] = None,
    language: LanguageAsked = "en",
) -> GraceExplainedView:
    """Return why the household is in grace, or was, for how long, and what ends it (INV-7 to INV-11)."""
    query.require_household(household)
    async with query.begin() as uow:
        found = await explain_grace_of(
            uow,
            household,
            month=None if month is None else CoverageMonth.parse(month),
            parameters=query.dependencies.parameters,
        )
    return GraceExplainedView.of_grace(found, telling=telling_of(query, language))


@router.get(
    "/v1/households/{household}/delinquency-lists/{on}/explain",
    response_model=ListingView,
    operation_id="explainListing",
    summary="Explain why a household is on carriers' lists, or on none",
    responses=refusals(NotFound),
)
async def get_listing_explained(
    household: HouseholdPath,
    on: Annotated[PlainDate, Path(description="The 1st of a month that the lists are of.")],
    query: Look,
    language: LanguageAsked = "en",
) -> ListingView:
    """Return why the household is on carriers' delinquency lists of a 1st, or why it is not (INV-7, CAR-3)."""
    query.require_household(household)
    async with query.begin() as uow:
        found = await explain_listing_of(uow, household, on=on, parameters=query.dependencies.parameters)
    return ListingView.of(found, on=on, telling=telling_of(query, language))


@router.get(
    "/v1/households/{household}/refusals/explain",
    response_model=Refusals,
    operation_id="explainRefusals",
    summary="Explain what was asked for and not done",
    responses=refusals(NotFound),
)
async def get_refusals(
    household: HouseholdPath,
    query: Look,
    limit: Annotated[int, Parameter(ge=1, le=LARGEST_NUMBER_OF_REFUSALS)] = 10,
    language: LanguageAsked = "en",
) -> Refusals:
    """Return what was asked for the household lately and not done, and why, the last first (PAY-2)."""
    query.require_household(household)
    return await refusals_explained(
        query,
        household,
        limit=limit,
        telling=telling_of(query, language),
        grounds=grounds_as_of(query.dependencies.parameters),
    )
