"""How things stand, read when somebody asks for measurements, and at most so often: nobody's request waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from time import monotonic

from opentelemetry import metrics
from opentelemetry.metrics import CallbackOptions, Observation

from bulkhead.observability.logging import describe, get_logger
from bulkhead.observability.metrics import Metric, measure_failures

SECONDS_TO_WAIT = 2.0
"""How long who asks waits for what is read: what takes longer is told the next time."""
SECONDS_FOR_A_SOURCE = 30.0
"""How long a source may take."""
SECONDS_KEPT = 60.0
"""How long what was read is told after it should have been read again: what is older is not true any more."""

_log = get_logger("measure")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One value of a gauge, and its labels."""

    value: float
    labels: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where gauges are read together: ``read`` returns the readings of each by its name.

    It is asked every ``fresh_seconds`` at most, also where it failed, and once at a time.
    """

    name: str
    gauges: Sequence[Metric]
    read: Callable[[], Awaitable[Mapping[str, Sequence[Reading]]]]
    fresh_seconds: float = 5.0


@dataclass(slots=True)
class _Latest:
    at: float
    readings: Mapping[str, Sequence[Reading]]


class Readings:
    """The latest readings of some sources. What could not be read is not told: an old value would look like a new one.

    ``elapsed_seconds`` only ever grows.
    """

    def __init__(
        self, sources: Sequence[Source], *, elapsed_seconds: Callable[[], float] = monotonic
    ) -> None:
        self._sources = tuple(sources)
        self._elapsed_seconds = elapsed_seconds
        self._latest: dict[str, _Latest] = {}
        self._asked_at: dict[str, float] = {}
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._failing: set[str] = set()

    async def refresh(self) -> None:
        """Read what is no longer fresh, and wait `SECONDS_TO_WAIT` for it; raises nothing."""
        now = self._elapsed_seconds()
        for each in self._sources:
            asked_at = self._asked_at.get(each.name)
            if each.name not in self._under_way and (
                asked_at is None or now >= asked_at + each.fresh_seconds
            ):
                self._asked_at[each.name] = now
                self._under_way[each.name] = asyncio.create_task(self._read(each))
        if self._under_way:
            await asyncio.wait(self._under_way.values(), timeout=SECONDS_TO_WAIT)

    def observe(self) -> None:
        """Tell them as gauges whenever measurements are collected, from now on."""
        meter = metrics.get_meter("bulkhead")
        for source in self._sources:
            for gauge in source.gauges:
                meter.create_observable_gauge(
                    gauge.name,
                    callbacks=[partial(self._observed, source, gauge.name)],
                    unit=gauge.unit,
                    description=gauge.description,
                )

    def told(self, source: Source, gauge: str) -> Sequence[Reading]:
        """Return the latest readings of a gauge; none where they could not be read, or not for too long."""
        latest = self._latest.get(source.name)
        if latest is None or self._elapsed_seconds() > latest.at + source.fresh_seconds + SECONDS_KEPT:
            return ()
        return latest.readings.get(gauge, ())

    def _observed(self, source: Source, gauge: str, _options: CallbackOptions) -> Iterable[Observation]:
        return [Observation(each.value, dict(each.labels)) for each in self.told(source, gauge)]

    async def _read(self, source: Source) -> None:
        try:
            async with asyncio.timeout(SECONDS_FOR_A_SOURCE):
                readings = await source.read()
        except Exception as error:  # noqa: BLE001 - whatever it is, the others are told all the same
            self._latest.pop(source.name, None)
            if source.name not in self._failing:
                _log.warning("not_measured", source=source.name, **describe(error))
            self._failing.add(source.name)
            measure_failures.add(1, {"source": source.name})
        else:
            self._latest[source.name] = _Latest(self._elapsed_seconds(), readings)
            self._failing.discard(source.name)
        finally:
            del self._under_way[source.name]
