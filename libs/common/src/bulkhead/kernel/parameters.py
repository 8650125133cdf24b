"""What a regulator or a state can change, as use cases ask for it."""

from __future__ import annotations

from datetime import date
from typing import Protocol, TypeVar

T_co = TypeVar("T_co", covariant=True)


class DatedParameters(Protocol[T_co]):
    """A service's parameters, as its own dataclass, on any date."""

    def as_of(self, day: date) -> T_co:
        """Return the parameters in force on a date; raises `bulkhead.policy.PolicyError` where there are none."""
        ...
