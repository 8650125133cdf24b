"""Stories on a cluster: over the ingress and by files and mails; nothing of it is on this machine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from cluster.exchange import Installed
from stories.errors import ExchangeProblem
from stories.exchange import Answer, Place
from stories.language import KnownToHub
from stories.stages.live import OverHttp
from stories.vocabulary import SERVICES


class OnCluster(OverHttp):
    """An `Exchange` of releases. ``heard`` counts answers, and among them those that failed."""

    def __init__(self, installed: Installed) -> None:
        super().__init__(installed.addresses, token=installed.token, log=installed.log)
        self._installed = installed
        self.heard: Counter[str] = Counter()

    async def call(
        self,
        service: str,
        method: str,
        path: str,
        *,
        json: Any = None,
        role: str = "operator",
        household: str | None = None,
        key: str | None = None,
        by: str | None = None,
    ) -> Answer:
        """Return a service's answer, status 0 where it is the router's, and count it."""
        answer = await super().call(
            service, method, path, json=json, role=role, household=household, key=key, by=by
        )
        if answer.status == 404 and not isinstance(answer.body, dict):
            answer = Answer(status=0, body=None)  # the router's: it knows nobody of that host just now
        self.heard["asked"] += 1
        self.heard["failed"] += answer.status == 0 or answer.status >= 500
        return answer

    async def drop(self, place: Place, name: str, data: bytes) -> None:
        """Put a whole file into a folder that a service reads from."""
        await self._installed.outside.drop(place, name, data)

    async def tell_hub(self, household: str, known: KnownToHub) -> None:
        """Raise `ExchangeProblem`: only enrollment reaches the hub's sandbox here, which confirms everything."""
        raise ExchangeProblem(f"the hub of this stage cannot be told of {household}")

    async def call_back(self, token: str, *, about: str, way: str, times: int) -> Sequence[int]:
        """Raise `ExchangeProblem`: only payments reaches the processor's sandbox here, which calls back by itself."""
        raise ExchangeProblem(f"the processor of this stage cannot be told to call about {token}")

    async def mail_event(self, event: Mapping[str, Any]) -> Answer:
        """Raise `ExchangeProblem`: nobody delivers e-mail for this stage whose events it believes."""
        raise ExchangeProblem(f"nobody tells this stage of {event['type']}")

    async def files(self, place: Place, suffix: str = "") -> Mapping[str, bytes]:
        """Return the finished files in and below a folder."""
        return await self._installed.outside.files(place, suffix)

    async def mails(self) -> Sequence[bytes]:
        """Return every mail that was delivered."""
        return await self._installed.outside.mails()

    async def take_down(self, name: str) -> None:
        """Stop all pods of a service, or a server."""
        self.declared_down.add(name)
        await self._scale(name, 0)

    async def crash(self, name: str) -> None:
        """Kill all pods of a service or a server; no other takes their place."""
        self.declared_down.add(name)
        label = {"name": name} if name in SERVICES else {"component": name}
        for pod in await self._installed.namespace.pods(**label):
            await self._installed.namespace.kill(pod)
        await self._scale(name, 0)

    async def bring_up(self, name: str, now: datetime) -> None:
        """Start what is down, and tell a service the time."""
        await self._scale(name, 1)
        self.declared_down.discard(name)
        if name in SERVICES:
            await self.show(name, now)

    async def _scale(self, name: str, replicas: int) -> None:
        workload = f"deploy/{name}-api" if name in SERVICES else f"statefulset/{name}"
        await self._installed.namespace.kubectl("scale", workload, "--replicas", str(replicas))
        await self._installed.namespace.rolled_out(workload)
