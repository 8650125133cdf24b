"""Whether a fault is one household's or everybody's: the same one for many within a short time is nobody's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bulkhead.kernel.errors import TookTooLong
from bulkhead.messaging.arrivals import Arrival, kind_of, reason_of
from bulkhead.messaging.broker import Place
from bulkhead.messaging.parking import BEHIND
from bulkhead.persistence.event_tables import ParkedEvent, lane_of
from bulkhead.persistence.ports import UnitOfWork

MANY_HOUSEHOLDS = 10
"""So many households with the same fault within `WITHIN_SECONDS` (or `SLOW_WITHIN_SECONDS`) have it in common."""

WITHIN_SECONDS = 60.0
SLOW_WITHIN_SECONDS = 3600.0
"""The same for what took too long: it lasts minutes until each of them is found."""

_MOST_RECALLED = 1000


@dataclass(frozen=True, slots=True)
class Fault:
    """What went wrong with which type of event."""

    type: str
    says: str


class CommonFault(Exception):
    """The same fault befell many households: no more of them are parked for it, their partition is stopped."""

    def __init__(self, place: Place, *, offset: int, event_id: str, fault: Fault) -> None:
        super().__init__(f"{fault.type}: {fault.says}")
        self.place = place
        self.offset = offset
        self.event_id = event_id
        self.fault = fault


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parked:
    """Who was parked, when and for what: a `ParkedEvent` without what it says."""

    household: str
    topic: str
    partition: int
    type: str
    kind: str
    reason: str
    parked_at: datetime


@dataclass(slots=True)
class Faults:
    """The faults of late, and those found to be common, which stay so until they are overcome.

    Where somebody has released a partition, whom the fault befalls there is parked, however many.
    """

    elapsed_seconds: Callable[[], float]
    _seen: dict[Fault, dict[str, float]] = field(default_factory=dict[Fault, dict[str, float]])
    _common: set[Fault] = field(default_factory=set[Fault])
    _released: set[tuple[Place, Fault]] = field(default_factory=set[tuple[Place, Fault]])
    _recalled: bool = False

    async def recall(self, uow: UnitOfWork) -> None:
        """Go on from what was found before this began, by others too: count the households that were parked of late and
        still are. Asked again it does nothing: from then on this finds them itself.
        """
        if self._recalled:
            return
        of_late = await uow.records(ParkedEvent).select_as(
            _Parked,
            state="parked",
            kind__ne=BEHIND,
            parked_at__gt=uow.now - timedelta(seconds=SLOW_WITHIN_SECONDS),
            order_by=("-parked_at",),
            limit=_MOST_RECALLED,
        )
        now = self.elapsed_seconds()
        for each in of_late:
            if each.household != lane_of(each.topic, each.partition):
                seen = self._seen.setdefault(Fault(each.type, f"{each.kind}: {each.reason}"), {})
                seen[each.household] = now - (uow.now - each.parked_at).total_seconds()
        self._recalled = True

    def note(self, arrival: Arrival, error: BaseException) -> None:
        """Count a household's fault before it is parked for it; raises `CommonFault` where it is not to be."""
        if arrival.is_of_nobody:
            return  # a broadcast is in every partition: so many times one event, and no household's fault
        fault = _fault_of(arrival, error)
        if (arrival.incoming.place, fault) in self._released:
            return
        now = self.elapsed_seconds()
        within = SLOW_WITHIN_SECONDS if isinstance(error, TookTooLong) else WITHIN_SECONDS
        seen = {household: at for household, at in self._seen.get(fault, {}).items() if now - at < within}
        self._seen[fault] = seen
        if arrival.household in seen:
            return
        if fault in self._common or len(seen) + 1 >= MANY_HOUSEHOLDS:
            self._common.add(fault)
            raise _common_at(arrival, fault)
        seen[arrival.household] = now

    def know(self, fault: Fault) -> None:
        """Take a fault for a common one: it was found to be, and written down."""
        self._common.add(fault)

    def common_among(self, arrivals: Iterable[Arrival], error: BaseException) -> CommonFault | None:
        """Return the common fault that this error is of the first of these events, in one partition, that it may befall
        and that is not to be parked for it; None where it is common to none of them.
        """
        if not self._common:
            return None
        faults = ((each, _fault_of(each, error)) for each in arrivals if not each.is_of_nobody)
        found = [
            (each, fault)
            for each, fault in faults
            if fault in self._common
            and (each.incoming.place, fault) not in self._released
            and each.household not in self._seen.get(fault, {})
        ]
        first = min(found, key=lambda each: (each[0].incoming.place, each[0].incoming.offset), default=None)
        return None if first is None else _common_at(*first)

    def release(self, common: CommonFault) -> None:
        """Park from now on whom a fault befalls in its partition."""
        self._released.add((common.place, common.fault))

    def overcome(self, place: Place, fault: Fault, *, elsewhere: bool) -> None:
        """Take a fault for a household's own again where its partition goes on, unless it still stops others."""
        self._released.discard((place, fault))
        if not elsewhere:
            self._common.discard(fault)
            self._seen.pop(fault, None)


def _fault_of(arrival: Arrival, error: BaseException) -> Fault:
    return Fault(arrival.type, f"{kind_of(error)}: {reason_of(error)}")


def _common_at(arrival: Arrival, fault: Fault) -> CommonFault:
    incoming = arrival.incoming
    return CommonFault(incoming.place, offset=incoming.offset, event_id=arrival.event_id, fault=fault)
