"""What is done to an exchange while people go on using it, one thing after the other."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from cluster.exchange import Installed
from cluster.kube import Refused
from cluster.load import Beside
from cluster.settings import SERVICES, ClusterProblem
from cluster.table import Row
from cluster.versions import SERVICE as UPGRADED
from cluster.versions import Next, Version

HOUR = 60.0
"""Seconds that an hour of the exchange's time takes (`soak.run.SPEED`)."""

KILLS = 6
SECONDS_UNTIL_ROUTED = 5.0
"""How long the router may take to learn who is there, once a pod is ready."""

SECONDS_BETWEEN_TRIES = 3.0

_SECONDS_CORDONED = 15.0
_SECONDS_TO_DRAIN = 600.0
_SECONDS_AFTER = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """All steps on one exchange, with the load beside them. ``say`` tells how far they are."""

    installed: Installed
    beside: Beside
    later: Next
    random: random.Random
    say: Callable[[str], None]

    def all(self) -> list[tuple[str, Callable[[Row], Awaitable[None]]]]:
        """Return the steps in their order, with their names."""
        return [
            ("only the load", self.only_the_load),
            ("upgrade one alone: expand", lambda _: self.upgrade("expand")),
            ("upgrade one alone: migrate", lambda _: self.upgrade("migrate")),
            ("upgrade one alone: contract", lambda _: self.upgrade("contract")),
            ("a failing migration", self.failing_migration),
            ("roll back", self.roll_back),
            ("payments at zero for an hour", self.payments_at_zero),
            ("pods killed at random", self.kill_some),
            ("a node drained", self.drain),
            ("Kafka's pod replaced", self.replace_kafka),
            ("two replicas of every worker", self.two_workers),
        ]

    async def only_the_load(self, _: Row) -> None:
        """Let people use it for a while: what comes later falls on an exchange in use."""
        await asyncio.sleep(30)

    async def upgrade(self, version: Version) -> None:
        """Upgrade one service alone; the others stay as they are."""
        tag = self.later.tag(version)
        await self.installed.change(UPGRADED, f"image.tag={tag}")
        await self._must_run(tag)
        await asyncio.sleep(_SECONDS_AFTER)

    async def failing_migration(self, _: Row) -> None:
        """Upgrade to a version whose migration fails: Helm must say so, and the old version must serve on."""
        before = await self.installed.images(UPGRADED)
        try:
            await self.installed.change(UPGRADED, f"image.tag={self.later.tag('failing')}", minutes=3)
        except Refused as refused:
            self.say(f"  helm: {str(refused).splitlines()[-1][-200:]}")
        else:
            raise ClusterProblem("a migration that fails did not stop the upgrade")
        if await self.installed.images(UPGRADED) != before:
            raise ClusterProblem("after a migration that failed, pods of another version run")
        await asyncio.sleep(_SECONDS_AFTER)

    async def roll_back(self, _: Row) -> None:
        """Go back to the version before the contracted schema, as the runbook says; the database stays ahead."""
        tag = self.later.tag("migrate")
        revisions = await self.installed.revisions(UPGRADED)
        last = max(int(each["revision"]) for each in revisions)
        # The failed one is the last, before it is `contract`, and before that the one to go back to.
        await self.installed.namespace.helm("rollback", UPGRADED, str(last - 2), "--wait", "--timeout", "5m")
        await self._must_run(tag)
        await asyncio.sleep(_SECONDS_AFTER)

    async def _must_run(self, tag: str) -> None:
        running = await self.installed.images(UPGRADED)
        if {each.rpartition(":")[2] for each in running} != {tag}:
            raise ClusterProblem(f"{UPGRADED} should run {tag} alone, and runs {', '.join(sorted(running))}")

    async def payments_at_zero(self, _: Row) -> None:
        """Take payments away for an hour of the exchange's time; people enroll meanwhile."""
        with self.beside.tally.taken("payments"):
            await self.installed.namespace.scale("payments-worker", 0)
            await self.installed.namespace.scale("payments-api", 0)
            began = self.beside.now
            await asyncio.sleep(HOUR)
            self.say(f"  away from {began:%H:%M} to {self.beside.now:%H:%M} of the exchange's time")
            # The API first: it is told the time, and the worker must know it before it looks for files.
            await self.installed.namespace.scale("payments-api", 2)
            await asyncio.sleep(SECONDS_UNTIL_ROUTED)
            await self.installed.namespace.scale("payments-worker", 1)
        await asyncio.sleep(_SECONDS_AFTER)

    async def kill_some(self, row: Row) -> None:
        """Kill pods of services at random, each once the one before is replaced."""
        parts = [(service, part) for service in SERVICES for part in ("api", "worker")]
        for service, part in self.random.sample(parts, KILLS):
            await self._kill_one(service, part)
            row.kills += 1

    async def _kill_one(self, service: str, part: str) -> None:
        namespace = self.installed.namespace
        pod = self.random.choice(await namespace.pods(name=service, component=part))
        self.say(f"  killed: {pod}")
        with self.beside.tally.taken(*([service] if part == "api" else [])):
            await namespace.kill(pod)
            await namespace.rolled_out(f"deploy/{service}-{part}")
            await asyncio.sleep(SECONDS_UNTIL_ROUTED)

    async def drain(self, row: Row) -> None:
        """Evict all pods of services from a node, as `kubectl drain` does, but those of this exchange alone.

        PostgreSQL and Kafka, of which a trial has one pod each, stay. Where there is no other node, what is evicted
        waits until this one takes pods again, and a budget holds back each API's second pod until its first is back.
        """
        node, pods, others = await self._fullest_node()
        self.say(f"  {len(pods)} pods on {node}, {others} other nodes")
        await self.installed.namespace.kubectl("cordon", node)
        try:
            evicting = asyncio.gather(*(self._evict(pod) for pod in pods))
            if not others:
                await asyncio.sleep(_SECONDS_CORDONED)
                await self.installed.namespace.kubectl("uncordon", node)
            held_back = sum(await evicting)
            self.say(f"  evicted all; {held_back} of them were held back by a budget")
        finally:
            await self.installed.namespace.kubectl("uncordon", node)
        for service in SERVICES:
            for part in ("api", "worker"):
                await self.installed.namespace.rolled_out(f"deploy/{service}-{part}")
        row.kills += len(pods)
        await asyncio.sleep(_SECONDS_AFTER)

    async def _fullest_node(self) -> tuple[str, list[str], int]:
        """Return the node with the most pods of services, those pods, and how many other nodes take pods."""
        on: dict[str, list[str]] = {}
        for service in SERVICES:
            for pod in await self.installed.namespace.items("pods", name=service, instance=service):
                if pod["status"]["phase"] == "Running" and "deletionTimestamp" not in pod["metadata"]:
                    on.setdefault(pod["spec"]["nodeName"], []).append(pod["metadata"]["name"])
        nodes = json.loads(await self.installed.namespace.kubectl("get", "nodes", "--output", "json"))
        free = [each for each in nodes["items"] if not each["spec"].get("unschedulable")]
        node, pods = max(on.items(), key=lambda each: len(each[1]))
        return node, pods, len(free) - 1

    async def _evict(self, pod: str) -> bool:
        """Evict a pod as soon as its budget allows it; return whether it had to wait. Raises `ClusterProblem`."""
        namespace = self.installed.namespace
        eviction: dict[str, Any] = {
            "apiVersion": "policy/v1",
            "kind": "Eviction",
            "metadata": {"name": pod, "namespace": namespace.name},
        }
        path = f"/api/v1/namespaces/{namespace.name}/pods/{pod}/eviction"
        until, waited = time.monotonic() + _SECONDS_TO_DRAIN, False
        while True:
            try:
                await namespace.kubectl(
                    "create", "--raw", path, "--filename", "-", given=json.dumps(eviction).encode()
                )
                return waited
            except Refused as refused:
                if "not found" in str(refused).lower():
                    return waited
                if "disruption budget" not in str(refused) or time.monotonic() > until:
                    raise
            waited = True
            await asyncio.sleep(SECONDS_BETWEEN_TRIES)

    async def replace_kafka(self, row: Row) -> None:
        """Delete Kafka's pod; its data stays on its volume."""
        await self.installed.namespace.kubectl("delete", "pod", "kafka-0")
        await self.installed.namespace.rolled_out("statefulset/kafka")
        row.kills += 1
        await asyncio.sleep(3 * _SECONDS_AFTER)

    async def two_workers(self, row: Row) -> None:
        """Let two workers of every service share the work, and kill one of each."""
        for service in SERVICES:
            await self.installed.change(service, "worker.replicas=2")
        await asyncio.sleep(_SECONDS_AFTER)
        for service in SERVICES:
            await self._kill_one(service, "worker")
            row.kills += 1
        await asyncio.sleep(_SECONDS_AFTER)
