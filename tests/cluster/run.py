"""The whole test, in parts: both exhibits, each on an exchange of its own, then everything that happens under load."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from bulkhead_local import kube_tools
from bulkhead_local.state import REPOSITORY, State
from cluster import runbooks
from cluster.exchange import Installed, Shape
from cluster.kube import Namespace
from cluster.load import Beside
from cluster.settings import SERVICES, ClusterProblem, Settings
from cluster.stage import OnCluster
from cluster.steps import Steps
from cluster.table import Row
from cluster.versions import Next
from stories.language import read_story_file
from stories.runner import play, report

Part: TypeAlias = Literal["exhibit-3", "exhibit-4", "load"]
PARTS: tuple[Part, ...] = get_args(Part)
SCENARIOS = REPOSITORY / "scenarios"


class Run:
    """One run of the test; ``rows`` are what is told at the end."""

    def __init__(
        self,
        settings: Settings,
        *,
        seed: int,
        rate: float,
        keep: bool,
        folder: Path,
        say: Callable[[str], None],
    ) -> None:
        self._settings = settings
        self._seed = seed
        self._rate = rate
        self._keep = keep
        self._folder = folder
        self._say = say
        self._random = random.Random(f"cluster {seed}")
        self.rows: list[Row] = []

    async def play(self, parts: Sequence[Part]) -> None:
        """Play the parts, or all. Raises `ClusterProblem` where the cluster cannot be used."""
        self._say(f"SEED={self._seed}")
        for part in parts or PARTS:
            if part == "load":
                await self._under_load()
            else:
                await self._exhibit(part)

    async def _exhibit(self, name: str) -> None:
        installed = await self._installed(name, shape="one process")
        stage = OnCluster(installed)
        began = time.monotonic()
        story = read_story_file(SCENARIOS / f"{name}.yaml")
        played = await play(story, stage, hear=lambda entry: self._say(f"  {entry}"))
        await stage.close()
        told = report(played)
        (self._folder / f"{name}.txt").write_text("\n".join(told) + "\n", encoding="utf-8")
        for line in told[-1:] if played.held else told[-40:]:
            self._say(f"  {line}")
        self.rows.append(
            Row(
                step=f"{name}, live",
                seconds=time.monotonic() - began,
                requests=stage.heard["asked"],
                failed=stage.heard["failed"],
                wrong="" if played.held else told[-1],
            )
        )
        await self._done_with(installed)

    async def _installed(self, name: str, *, shape: Shape) -> Installed:
        """Return an exchange whose five releases were installed one by one in an order of chance, and are ready."""
        tools = await asyncio.to_thread(kube_tools.fetched, State.here())
        namespace = Namespace(
            name=f"{self._settings.namespace}-{name}", kubeconfig=self._settings.kubeconfig, tools=tools
        )
        installed = Installed(namespace, self._settings, shape=shape, folder=self._folder)
        order = self._random.sample(SERVICES, len(SERVICES))
        self._say(f"{name}: installing servers, then {', '.join(order)}")
        began = time.monotonic()
        await installed.install_servers()
        for service in order:
            await installed.install(service)
            self._say(f"  {service} is ready, {time.monotonic() - began:.0f} s")
        await installed.outside.begin()
        self.rows.append(Row(step=f"five releases, one by one ({name})", seconds=time.monotonic() - began))
        return installed

    async def _done_with(self, installed: Installed) -> None:
        if self._keep:
            self._say(f"left as it is: the namespace {installed.namespace.name}")
        else:
            await installed.namespace.remove()

    async def _under_load(self) -> None:
        later = Next(self._settings, self._say)
        await later.make()
        installed = await self._installed("load", shape="apart")
        beside = Beside(installed, seed=self._seed, rate=self._rate, folder=self._folder)
        steps = Steps(installed=installed, beside=beside, later=later, random=self._random, say=self._say)
        try:
            async with beside.going():
                await self._take(steps, beside)
            self._say("all is asked; looking for everything that was accepted")
            table = await beside.settled(say=self._say)
        finally:
            self.rows.extend(beside.tally.rows)
            await beside.close()
        for line in (*beside.tally.failures[:20], *table.lines()):
            self._say(f"  {line}")
        if not table.right and all(row.held for row in beside.tally.rows):
            self.rows.append(Row(step="what nobody asked for", seconds=0.0, wrong="see the recorder's table"))
        await self._runbooks(installed)
        await self._done_with(installed)

    async def _runbooks(self, installed: Installed) -> None:
        """Type what the runbooks say, on an exchange that nobody uses any more."""
        self._say("runbooks")
        began = time.monotonic()
        typed = await runbooks.type_all(installed, tag=self._settings.tag, say=self._say)
        wrong = "; ".join(f"{each.page}: {each.command} {each.wrong}" for each in typed if each.wrong)
        self.rows.append(
            Row(step=f"runbooks, {len(typed)} commands", seconds=time.monotonic() - began, wrong=wrong)
        )

    async def _take(self, steps: Steps, beside: Beside) -> None:
        """Take one step after the other, also where one before could not be taken."""
        for name, do in steps.all():
            self._say(name)
            with beside.step(name) as row:
                try:
                    await do(row)
                except ClusterProblem as problem:
                    row.wrong = str(problem)
                    self._say(f"  NOT taken: {problem}")
            self._say(
                f"  {row.seconds:.0f} s, {row.requests} requests, {row.failed} failed of services left alone"
            )
