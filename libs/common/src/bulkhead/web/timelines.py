"""`GET /v1/households/{household}/timeline`, which every service offers alike: what became of a household, in order."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime
from typing import Annotated, TypeAlias

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from bulkhead.kernel.calendar import in_exchange_time
from bulkhead.kernel.errors import NotFound
from bulkhead.kernel.explanations import Ground, Sentences
from bulkhead.kernel.timelines import About, Happened, placed
from bulkhead.web.commands import HouseholdPath, Query, queries
from bulkhead.web.explaining import GroundView, InForceView, LanguageAsked, Telling
from bulkhead.web.pagination import Page, Paging, foreign_cursor
from bulkhead.web.refusals import refusals

Read: TypeAlias = Callable[[Query, str], Awaitable[Sequence[Happened]]]
"""What reads all that became of a household that the caller may see: a query a table, by the household's key."""


class HappenedView(BaseModel):
    """Something that became of a household: at an instant, counting for a date, with what it was and why."""

    at: datetime = Field(
        description="When it was. Where the day alone is kept: the earliest that it can have been, that day's beginning"
        " or what it came after."
    )
    on: date = Field(description="The exchange's local date that it counts for.")
    service: str
    what: str = Field(description="A stable code, one of the service's.")
    about: About
    subject: str = Field(description="The id of what it is about.")
    amount_cents: int | None
    marked: bool = Field(description="Whether a correction caused it (OPS-5).")
    says: str | None = Field(
        description="A sentence in the language asked for; null where the service has none."
    )
    facts: dict[str, str] = Field(description="Its dates, its amounts in cents and its ids, as texts.")
    because: list[GroundView] = Field(
        description="By which rules. Where the service has no sentences, `says` is as it was recorded, in English."
    )


def timeline_router(
    service: str, *, read: Read, sentences: Callable[[Query], Sentences] | None = None
) -> APIRouter:
    """Return the route of a service's timeline; ``sentences`` finds what it is put into words with, where it is."""
    router = APIRouter(tags=["timeline"])

    @router.get(
        "/v1/households/{household}/timeline",
        response_model=Page[HappenedView],
        operation_id="listTimeline",
        summary="List what became of a household, as far as this service has it",
        responses=refusals(NotFound),
    )
    async def get_timeline(  # pyright: ignore[reportUnusedFunction] - FastAPI has it
        household: HouseholdPath,
        query: Annotated[Query, Depends(queries("member", "assister", "operator"))],
        paging: Paging,
        language: LanguageAsked = "en",
    ) -> Page[HappenedView]:
        """Return what became of the household, when and by which rules, the newest last.

        All five services answer so; together, by instant, theirs is the household's whole timeline.
        """
        query.require_household(household)
        if len(paging.after) not in (0, 2):
            raise foreign_cursor()
        happened = placed(await read(query, household))
        telling = None if sentences is None else Telling(sentences=sentences(query), language=language)
        return paging.page_of(
            happened,
            key=lambda each: each[0],
            view=lambda each: _view(each[1], service=service, telling=telling),
        )

    return router


def _view(happened: Happened, *, service: str, telling: Telling | None) -> HappenedView:
    says = None
    if telling is not None and happened.sentence is not None:
        says = telling.sentences.say(happened.sentence, happened.facts, language=telling.language)
    return HappenedView(
        at=in_exchange_time(happened.at),
        on=happened.on,
        service=service,
        what=happened.what,
        about=happened.about,
        subject=happened.subject,
        amount_cents=happened.cents,
        marked=happened.marked,
        says=says,
        facts=dict(happened.facts),
        because=_as_recorded(happened.grounds) if telling is None else telling.grounds(happened.grounds),
    )


def _as_recorded(grounds: Sequence[Ground]) -> list[GroundView]:
    return [
        GroundView(
            rule=each.reason.rule,
            says=each.reason.says,
            citation=each.reason.citation,
            facts=dict(each.reason.facts),
            in_force=[InForceView.of(value) for value in each.in_force],
            recorded=each.reason.says or None,
        )
        for each in grounds
    ]
