"""What invoicing's use cases need besides a unit of work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from bulkhead.kernel.explanations import Sentences
from bulkhead.kernel.parameters import DatedParameters
from bulkhead.persistence.ports import UnitOfWork
from invoicing.domain.parameters import InvoicingParameters

Parameters: TypeAlias = DatedParameters[InvoicingParameters]
"""The policy pack's parameters."""


class Partitions(Protocol):
    """How households are spread over the partitions of a topic."""

    async def __call__(self, uow: UnitOfWork) -> Callable[[str], int] | None:
        """Return what tells the partition a household's events travel on; None while that is not known yet."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependencies:
    """What requests need besides a unit of work."""

    parameters: Parameters
    partitions: Partitions
    sentences: Sentences
