"""An exchange on the cluster: servers of the chart `exchange`, and five services, each a release of its own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeAlias

from bulkhead_local import tokens
from bulkhead_local.state import State
from cluster.kube import Namespace
from cluster.outside import Outside, claim, claims
from cluster.settings import HELM, SERVICES, ClusterProblem, Settings

STARTS = date(2015, 12, 1)
PARTITIONS = 8

Shape: TypeAlias = Literal["one process", "apart"]
"""How a service runs on a simulated clock. In one process, which can tell how far it is (`simulation.start` of the
charts); or API and workers apart (`simulation.apart`), as they are in production, and nobody can tell."""

_NOT_FOUND = ("ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName")
_SECONDS_BETWEEN_LOOKS = 3.0
_WITH_FILES = ("payments", "carrier-gateway", "notifications")
_OWN: Mapping[str, Mapping[str, Any]] = {
    "enrollment": {"hub": {"url": "http://hub:8000"}, "networkPolicy": {"hub": {"port": 8000}}},
    "payments": {
        "processor": {
            "url": "http://processor:8000",
            "webhookSecrets": {"name": "processor-webhooks"},
            "secretKey": {"name": "processor-key"},
        },
        "networkPolicy": {"processor": {"port": 8000}},
    },
    "notifications": {
        "sender": "Exchange <mail@exchange.test>",
        "smtp": {"host": "mail", "port": 1025, "tls": "none"},
        "networkPolicy": {"smtp": {"port": 1025}},
    },
}


class Installed:
    """An exchange in a namespace of its own, reached through the ingress."""

    def __init__(self, namespace: Namespace, settings: Settings, *, shape: Shape, folder: Path) -> None:
        self.namespace = namespace
        self._settings = settings
        self._shape: Shape = shape
        self._folder = folder
        self.domain = f"{namespace.name}.test"
        self.token = partial(tokens.mint, State.here())
        self.works = "api" if shape == "one process" else "worker"
        self.outside = Outside(
            namespace, image=settings.image("payments"), works=self.works, partitions=PARTITIONS
        )

    @property
    def addresses(self) -> dict[str, tuple[str, Mapping[str, str]]]:
        """Where each service's API is: the ingress, with the host by which it tells them apart."""
        return {name: (self._settings.ingress, {"Host": f"{name}.{self.domain}"}) for name in SERVICES}

    def log(self, service: str) -> str:
        """Return where a service's log is found."""
        return f"kubectl --namespace {self.namespace.name} logs deploy/{service}-{self.works}"

    async def install_servers(self) -> None:
        """Make the namespace, the volumes and the servers, and wait until these are ready."""
        await self.namespace.make()
        mode, storage = self._settings.access_mode, self._settings.storage_class
        await self.namespace.create(*claims(access_mode=mode, storage_class=storage))
        await self._install("servers", HELM / "exchange", self._servers())

    def _servers(self) -> Mapping[str, Any]:
        images = {"postgres": self._settings.postgres_image, "kafka": self._settings.kafka_image}
        simulation = {"start": STARTS.isoformat(), "apart": self._shape == "apart"}
        return {
            "services": dict.fromkeys([*SERVICES, "status"], False),
            **{name: {"image": image} for name, image in images.items() if image},
            "mail": {"enabled": False},
            "processor": {"callsBack": "http://payments-api/v1/processor-events"},
            # The sandboxes of the hub and of the card processor run in these services' images.
            **{name: {"image": self._image()} for name in ("enrollment", "payments")},
            "global": {"exchange": {"simulation": simulation}},
        }

    async def install(self, service: str) -> None:
        """Install a service's release, and wait until it is ready."""
        await self._install(service, HELM / service, self.values(service), "--values", _example("trial"))

    def values(self, service: str) -> dict[str, Any]:
        """Return what a service's chart is told besides the example for trials."""
        requests = {"requests": {"cpu": "20m", "memory": "128Mi"}}
        told: dict[str, Any] = {
            **_OWN.get(service, {}),
            "domain": self.domain,
            "image": self._image(),
            "auth": {"keySet": tokens.key_set_file(State.here()).read_text()},
            "api": {"replicas": 1 if self._shape == "one process" else 2, "resources": requests},
            "worker": {"resources": requests},
            "migration": {"resources": requests},
        }
        if service in _WITH_FILES:
            # Several workers reach it: by the mode of its claim, or because they are on one node.
            told["files"] = {"existingClaim": claim(service), "accessModes": ["ReadWriteMany"]}
        told["simulation"] = {"start": STARTS.isoformat(), "apart": self._shape == "apart"}
        return told

    def _image(self) -> Mapping[str, str]:
        return {"registry": self._settings.registry, "tag": self._settings.tag}

    async def _install(
        self, release: str, chart: Path, values: Mapping[str, Any], *options: str | Path
    ) -> None:
        told = self._folder / f"{self.namespace.name}-{release}.json"
        told.parent.mkdir(parents=True, exist_ok=True)
        told.write_text(json.dumps(values, indent=2))
        helm = asyncio.create_task(
            self.namespace.helm(
                *("upgrade", "--install", release, chart, *options, "--values", told),
                *("--wait", "--timeout", "10m"),
            )
        )
        while not helm.done():
            await asyncio.wait([helm], timeout=_SECONDS_BETWEEN_LOOKS)
            if not helm.done() and (missing := images_that_are_missing(await self.namespace.items("pods"))):
                helm.cancel()
                raise ClusterProblem(
                    f"the cluster does not find {', '.join(missing)}.\n"
                    "  What to do: `make images`, bring them there, and see REGISTRY and TAG in tests/cluster/README.md"
                )
        await helm

    async def change(self, service: str, *values: str, minutes: int = 5) -> None:
        """Upgrade a service's release with a few values changed, as the runbook says; raises `Refused`."""
        changed = [part for value in values for part in ("--set", value)]
        await self.namespace.helm(
            *("upgrade", service, HELM / service, "--reset-then-reuse-values", *changed),
            *("--wait", "--timeout", f"{minutes}m"),
        )

    async def revisions(self, service: str) -> Sequence[Mapping[str, Any]]:
        """Return a release's revisions, oldest first."""
        said = await self.namespace.helm("history", service, "--output", "json")
        return json.loads(said)

    async def images(self, service: str) -> set[str]:
        """Return the images that a service's pods run."""
        pods = await self.namespace.items("pods", name=service, instance=service)
        return {
            container["image"]
            for pod in pods
            if pod["status"]["phase"] == "Running" and "deletionTimestamp" not in pod["metadata"]
            for container in pod["spec"]["containers"]
        }


def images_that_are_missing(pods: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the images that pods wait for because nobody has them."""
    return sorted(
        {
            status["image"]
            for pod in pods
            for kind in ("initContainerStatuses", "containerStatuses")
            for status in pod["status"].get(kind, ())
            if status.get("state", {}).get("waiting", {}).get("reason") in _NOT_FOUND
        }
    )


def _example(name: str) -> Path:
    return HELM / "examples" / f"{name}.yaml"
