"""What invoicing's use cases need besides a unit of work."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Protocol

from bulkhead.persistence.ports import UnitOfWork
from invoicing.domain.parameters import InvoicingParameters


class Parameters(Protocol):
    """The policy pack's parameters."""

    def as_of(self, day: date) -> InvoicingParameters:
        """Return the parameters in force on that date."""
        ...


class Partitions(Protocol):
    """How households are spread over the partitions of a topic."""

    async def __call__(self, uow: UnitOfWork) -> Callable[[str], int] | None:
        """Return what tells the partition a household's events travel on; None while that is not known yet."""
        ...
