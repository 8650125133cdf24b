"""How long to leave alone what just failed: longer each time, up to a limit, by a clock that always runs."""

from __future__ import annotations

from notifications.application.ports import Pace


class Patience:
    """Rests of things by name: doubled with each failure in a row, forgotten on success or restart."""

    def __init__(self, *, pace: Pace, first_seconds: float, longest_seconds: float) -> None:
        self._pace = pace
        self._first_seconds = first_seconds
        self._longest_seconds = longest_seconds
        self._rests: dict[
            str, tuple[float, float]
        ] = {}  # name -> (seconds of its last rest, when that is over)

    def rest(self, name: str) -> None:
        """Leave a thing alone for a while: twice as long as the last time."""
        last_seconds, _ = self._rests.get(name, (self._first_seconds / 2, 0.0))
        seconds = min(last_seconds * 2, self._longest_seconds)
        self._rests[name] = (seconds, self._pace() + seconds)

    def resting(self, name: str) -> bool:
        """Whether a thing is still to be left alone."""
        rest = self._rests.get(name)
        return rest is not None and self._pace() < rest[1]

    def all_resting(self) -> set[str]:
        """Return everything that is still to be left alone."""
        now = self._pace()
        return {name for name, (_, until) in self._rests.items() if now < until}

    def forget(self, name: str) -> None:
        """Start over with a thing: it succeeded, or is no longer there."""
        self._rests.pop(name, None)
