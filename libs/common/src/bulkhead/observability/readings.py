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

SECONDS_FOR_A_SOURCE = 2.0
"""How long a source may take: it is asked again the next time."""
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

    It is asked every ``fresh_seconds`` at most, and once at a time.
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
        self._reading = asyncio.Lock()

    async def refresh(self) -> None:
        """Read what is no longer fresh, each source within `SECONDS_FOR_A_SOURCE`; raises nothing."""
        async with self._reading:
            now = self._elapsed_seconds()
            stale = [each for each in self._sources if not self._is_fresh(each, now)]
            await asyncio.gather(*map(self._read, stale))

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

    def _is_fresh(self, source: Source, now: float) -> bool:
        latest = self._latest.get(source.name)
        return latest is not None and now < latest.at + source.fresh_seconds

    async def _read(self, source: Source) -> None:
        try:
            async with asyncio.timeout(SECONDS_FOR_A_SOURCE):
                readings = await source.read()
        except Exception as error:  # noqa: BLE001 - whatever it is, the others are told all the same
            if self._latest.pop(source.name, None) is not None:
                _log.warning("not_measured", source=source.name, **describe(error))
            measure_failures.add(1, {"source": source.name})
        else:
            self._latest[source.name] = _Latest(self._elapsed_seconds(), readings)
