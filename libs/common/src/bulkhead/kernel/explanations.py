"""Answers to "why?": a sentence by its name, the facts it is filled with, and the grounds it rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, Literal, Protocol, TypeAlias, get_args

from bulkhead.kernel.decisions import Reason

Language: TypeAlias = Literal["en", "es", "fr"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
"""The languages decisions are explained in."""


class Sentences(Protocol):
    """What explanations are put into words with: by name, which for a reason is the id of its rule."""

    def say(self, name: str, facts: Mapping[str, str], *, language: Language) -> str:
        """Return a sentence in a language, filled with these facts; raises `KeyError` where none has the name."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """A dated parameter as it was in force for a decision, and where the policy pack has it from."""

    parameter: str
    value: Any
    citation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """One reason of a decision, with the parameters by which it was decided."""

    reason: Reason
    in_force: tuple[InForce, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why something is so. ``sentence`` names the sentence that says it, ``facts`` are what fills it."""

    sentence: str
    facts: Mapping[str, str] = field(default_factory=lambda: dict[str, str]())
    grounds: tuple[Ground, ...] = ()


def facts_of(**facts: date | int | str | None) -> dict[str, str]:
    """Return facts as reasons have them: texts, dates in ISO form, amounts in cents; what is None is left out."""
    return {name: str(value) for name, value in facts.items() if value is not None}


def in_force(parameters: Any, names: Sequence[str]) -> tuple[InForce, ...]:
    """Return these parameters as they are in a service's own dataclass, which has ``citations`` by name."""
    return tuple(
        InForce(parameter=name, value=getattr(parameters, name), citation=parameters.citations.get(name, ""))
        for name in names
    )
