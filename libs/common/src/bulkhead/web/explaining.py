"""How answers to "why?" are shown: as data, and as sentences in the language that is asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Annotated, Any

import msgspec
from fastapi import Query as Parameter
from pydantic import BaseModel, Field

from bulkhead.kernel.calendar import local_date
from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.explanations import Explanation, Ground, InForce, Language, Sentences
from bulkhead.web.commands import Query
from bulkhead.web.idempotency import KEPT_FOR
from bulkhead.web.problems import Problem
from bulkhead.web.tables import IdempotencyRecord

LARGEST_NUMBER_OF_REFUSALS = 100

LanguageAsked = Annotated[Language, Parameter(description="The language of the sentences.")]
"""Which language an answer is to be in."""


class InForceView(BaseModel):
    """A parameter of the policy pack as it was in force for the decision, and the pack's own citation."""

    parameter: str
    value: Any
    citation: str

    @classmethod
    def of(cls, value: InForce) -> InForceView:
        """Return the view of a parameter."""
        plain = msgspec.to_builtins(value.value, enc_hook=_plain)
        return cls(parameter=value.parameter, value=plain, citation=value.citation)


def _plain(value: Any) -> Any:
    if isinstance(value, Fraction):
        return float(value)
    raise TypeError(f"a parameter holds a {type(value).__name__}, which has no form in JSON")


class GroundView(BaseModel):
    """A reason, in the language asked for: its rule, where that comes from, the facts used, the values in force.

    ``recorded`` is how the decision put it when it was made, in English; None where it is only worked out now.
    """

    rule: str
    says: str
    citation: str
    facts: dict[str, str]
    in_force: list[InForceView]
    recorded: str | None


class ExplanationView(BaseModel):
    """Why something is so: in one or two sentences, and by which rules."""

    says: str
    because: list[GroundView]


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """Puts explanations into the words of one language."""

    sentences: Sentences
    language: Language

    def says(self, explanation: Explanation) -> str:
        """Return the sentence that answers."""
        return self.sentences.say(explanation.sentence, explanation.facts, language=self.language)

    def explanation(self, explanation: Explanation) -> ExplanationView:
        """Return the view of an explanation."""
        return ExplanationView(says=self.says(explanation), because=self.grounds(explanation.grounds))

    def grounds(self, grounds: Sequence[Ground]) -> list[GroundView]:
        """Return the views of grounds, in order."""
        return [self._ground(each) for each in grounds]

    def _ground(self, ground: Ground) -> GroundView:
        reason = ground.reason
        return GroundView(
            rule=reason.rule,
            says=self.sentences.say(reason.rule, reason.facts, language=self.language),
            citation=reason.citation,
            facts=dict(reason.facts),
            in_force=[InForceView.of(each) for each in ground.in_force],
            recorded=reason.says or None,
        )


class RefusalView(BaseModel):
    """Something asked for a household that was not done. ``recorded`` is what its caller was told, in English."""

    refused_at: datetime
    method: str
    path: str
    kind: str
    fields: list[str]
    says: str
    recorded: str
    because: list[GroundView]


class Refusals(BaseModel):
    """The latest refusals, the last one first; ``kept_days`` is how long each is kept, as its answer is (PAY-2)."""

    items: list[RefusalView]
    kept_days: int = Field(description="For how many days a refusal is kept.")


def telling_of(query: Query, language: Language) -> Telling:
    """Return what puts a service's explanations into the words of a language."""
    return Telling(sentences=query.dependencies.sentences, language=language)


async def refusals_explained(
    query: Query,
    household: str,
    *,
    limit: int,
    telling: Telling,
    grounds: Callable[[Sequence[Reason], date], tuple[Ground, ...]],
) -> Refusals:
    """Return the latest answers that refused a household something, the last one first.

    ``grounds`` gives reasons the parameters that were in force on a day.
    """
    async with query.begin() as uow:
        refused = await uow.records(IdempotencyRecord).select(
            household=household, order_by=("-created_at", "scope", "key"), limit=limit
        )
    return Refusals(
        items=[_refusal(each, telling=telling, grounds=grounds) for each in refused], kept_days=KEPT_FOR.days
    )


def _refusal(
    record: IdempotencyRecord,
    *,
    telling: Telling,
    grounds: Callable[[Sequence[Reason], date], tuple[Ground, ...]],
) -> RefusalView:
    problem = msgspec.json.decode(record.body, type=Problem)
    _, method, path = record.scope.rsplit(" ", 2)
    explained = Explanation(
        sentence="refused", grounds=grounds(problem.reasons, local_date(record.created_at))
    )
    return RefusalView(
        refused_at=record.created_at,
        method=method,
        path=path,
        kind=problem.type.rpartition(":")[2],
        fields=[each.field for each in problem.errors],
        says=telling.says(explained),
        recorded=problem.detail,
        because=telling.grounds(explained.grounds),
    )
