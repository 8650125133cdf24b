"""Where stories are played: every stage gives a story an exchange of its own."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Protocol, Self

from stories.exchange import Exchange
from stories.language import Story


class Stage(Protocol):
    """A place that can hold exchanges."""

    def exchange(self, story: Story) -> AbstractAsyncContextManager[Exchange]:
        """Return an empty exchange with the story's policy pack, at the story's clock."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def stage_of(name: str, *, keep: bool = False, seed: int = 1) -> Stage:
    """Return a stage by name: ``memory``, ``simulation`` or ``live``.

    What a stage stands on is imported only when it is asked for. ``keep`` leaves live exchanges running when their
    stories are over; ``seed`` decides what happens in simulation.
    """
    match name:
        case "live":
            from stories.stages import live

            return live.stage(keep=keep)
        case "simulation":
            from stories.stages import simulation

            return simulation.stage(seed=seed)
        case "memory":
            from stories.stages import memory

            return memory.stage()
        case _:
            raise ValueError(f"there is no stage {name}")
