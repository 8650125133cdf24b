"""What a regulator or a state can change, as use cases ask for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol, TypeVar, runtime_checkable

T_co = TypeVar("T_co", covariant=True)


class DatedParameters(Protocol[T_co]):
    """A service's parameters, as its own dataclass, on any date."""

    def as_of(self, day: date) -> T_co:
        """Return the parameters in force on a date; raises `bulkhead.policy.PolicyError` where there are none."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterFault:
    """A parameter whose value cannot be meant, alone or beside another: why, what would do, and by which rule.

    ``key`` is the key that is meant of a value with keys, None where the whole value is.
    """

    parameter: str
    problem: str
    rule: str
    key: str | None = None


@runtime_checkable
class Checked(Protocol):
    """Parameters that know what of them cannot be meant."""

    def faults(self) -> Sequence[ParameterFault]:
        """Return what is wrong with these values, empty where nothing is."""
        ...


def outside(parameters: Any, rule: str, *names: str, least: int, most: int) -> list[ParameterFault]:
    """Return a fault for each named parameter that is not from ``least`` to ``most``."""
    return [
        ParameterFault(parameter=name, problem=f"is {value}: it must be {least} to {most}", rule=rule)
        for name in names
        if not least <= (value := getattr(parameters, name)) <= most
    ]
