"""Which cluster, which images, and how the test reaches them; and what of that is missing."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from bulkhead_local.state import REPOSITORY

HELM = REPOSITORY / "deploy" / "helm"
SERVICES = ("enrollment", "invoicing", "payments", "carrier-gateway", "notifications")


class ClusterProblem(Exception):
    """The cluster cannot be used, or does not do what it is told. The message ends with what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the test is told. ``bring`` is a command that makes images of this machine's engine known to the cluster."""

    kubeconfig: Path
    ingress: str
    registry: str
    tag: str
    python_image: str
    postgres_image: str
    kafka_image: str
    bring: str
    access_mode: str
    storage_class: str
    namespace: str

    def missing(self) -> list[str]:
        """Return what must be said before anything can begin, each with how; nothing where all is there."""
        found: list[str] = []
        if not self.kubeconfig.is_file():
            found.append(f"KUBECONFIG: there is no {self.kubeconfig}; name the cluster's")
        if not self.ingress.startswith(("http://", "https://")):
            found.append(
                "INGRESS: where does the cluster's ingress controller listen? INGRESS=http://127.0.0.1:18080"
            )
        if not self.bring and not self.registry:
            found.append(
                "BRING: the test makes later versions of a service; which command brings images into the cluster?"
                " BRING='kind load docker-image', or REGISTRY=..., to which it pushes them"
            )
        return found

    def image(self, service: str, tag: str = "") -> str:
        """Return the name by which the cluster finds a service's image; ``tag`` where it is not the tested one."""
        name = f"bulkhead/{service}:{tag or self.tag}"
        return f"{self.registry}/{name}" if self.registry else name

    @property
    def bringing(self) -> list[str]:
        """The command that brings images, which are named after it."""
        return shlex.split(self.bring) if self.bring else ["docker", "push"]
