"""Use case: say whether files are exchanged with carriers, by how the drop-boxes were found last (OPS-3, CAR-4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from bulkhead.persistence.ports import UnitOfWork
from carrier_gateway.application.waiting import DROP_BOXES, Side, carriers_of
from carrier_gateway.domain.records import MetCarrier

ExchangeOutcome: TypeAlias = Literal["ok", "no-carrier-reached"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeLook:
    """How many carriers there are, and which of them could not be reached the last time."""

    carriers: int
    away: tuple[str, ...]

    @property
    def outcome(self) -> ExchangeOutcome:
        """*no-carrier-reached* where no carrier could be: one that is away delays itself alone (CAR-4)."""
        return "no-carrier-reached" if self.away and len(self.away) >= self.carriers else "ok"

    @property
    def delivers(self) -> bool:
        """Whether some carrier could be reached."""
        return self.outcome == "ok"


async def look_at_exchange(uow: UnitOfWork) -> ExchangeLook:
    """Return how the drop-boxes stand. The worker looks into each one's inbound side again and again, and writes to the
    outbound side what is to be sent: where either fails, the carrier is away until it answers again. So it is where
    nothing can be delivered to its own host.
    """
    failing = await DROP_BOXES.waiting(uow)
    met = await uow.records(MetCarrier).select()
    sides: tuple[Side, ...] = ("inbound", "outbound", "host-outbound")
    failed = set[str]().union(*(carriers_of(failing, side) for side in sides))
    away = failed & {each.carrier for each in met}
    return ExchangeLook(carriers=len(met), away=tuple(sorted(away)))
