"""What helm makes of a chart and its values."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from bulkhead_local import kube_tools
from bulkhead_local.services import SERVICES as KINDS
from bulkhead_local.state import REPOSITORY, State

HELM = REPOSITORY / "deploy" / "helm"
EXAMPLES = HELM / "examples"

SERVICES = tuple(KINDS)
ALL = (*SERVICES, "status")
"""The services, and the status page that looks at them."""

Object = Mapping[str, Any]

PODS = ("Deployment", "StatefulSet", "Job")
"""The kinds that ask for pods."""


@dataclass(frozen=True, slots=True)
class Case:
    """A chart with values: files, and single ones as ``--set`` takes them."""

    chart: str
    files: tuple[Path, ...] = ()
    values: tuple[str, ...] = field(default=())

    @property
    def command(self) -> list[str | Path]:
        """The arguments of helm that name them."""
        named = [part for file in self.files for part in ("--values", file)]
        return [HELM / self.chart, *named, *(part for value in self.values for part in ("--set", value))]


def example(name: str, service: str) -> Case:
    """Return a service's chart with one of the examples, and what it needs besides where that is so."""
    own = EXAMPLES / "own" / f"{service}.yaml"
    return Case(service, (EXAMPLES / f"{name}.yaml", *([own] if own.exists() else [])))


NAMES = tuple(sorted(path.stem for path in EXAMPLES.glob("*.yaml")))
_KEYS = "global.exchange.auth.keySet=keys"
CASES: Mapping[str, Case] = {
    **{f"{service}-{name}": example(name, service) for service in SERVICES for name in NAMES},
    "carrier-gateway-sftp": Case(
        "carrier-gateway",
        example("production", "carrier-gateway").files,
        (
            "sftp.enabled=true",
            "sftp.hostKeysSecret=carrier-gateway-sftp",
            "sftp.callers[0].ipBlock.cidr=203.0.113.0/24",
            "sftp.service.type=LoadBalancer",
        ),
    ),
    "carrier-gateway-courier": Case(
        "carrier-gateway",
        example("production", "carrier-gateway").files,
        (
            "courier.enabled=true",
            "courier.keysSecret=carrier-gateway-courier",
            "networkPolicy.carrierHosts.to[0].ipBlock.cidr=198.51.100.0/24",
        ),
    ),
    "status": Case("status", (EXAMPLES / "own" / "status.yaml",)),
    "exchange": Case("exchange", (), (_KEYS,)),
    "exchange-simulated": Case("exchange", (), (_KEYS, "global.exchange.simulation.start=2015-12-01")),
    "exchange-payment-intents": Case("exchange", (), (_KEYS, "payments.processor.protocol=payment-intents")),
    "exchange-without-services": Case("exchange", (), tuple(f"services.{each}=false" for each in ALL)),
    "observability": Case("observability"),
}


class NotRendered(Exception):
    """Helm refused; its message is what it said."""


def helm(*arguments: str | Path) -> str:
    """Run helm and return what it writes. Raises `NotRendered`."""
    program = kube_tools.helm(State.here())
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotRendered(re.sub(r"(?m)^level=INFO.*\n", "", done.stderr))
    return done.stdout


@cache
def rendered(case: Case) -> tuple[Object, ...]:
    """Return the objects of a release of the chart's name, of an exchange's named `main`. Raises `NotRendered`."""
    text = helm(
        "template",
        "main" if case.chart == "exchange" else case.chart,
        *case.command,
        "--namespace",
        "exchange",
    )
    # The parser in C: it is a tenth of the time of all these tests.
    return tuple(each for each in yaml.load_all(text, Loader=yaml.CSafeLoader) if each is not None)


def of_kind(objects: tuple[Object, ...], kind: str) -> list[Object]:
    """Return the objects of a kind."""
    return [each for each in objects if each["kind"] == kind]


def named(objects: tuple[Object, ...], kind: str, name: str) -> Object:
    """Return the one object of a kind and name."""
    (found,) = [each for each in of_kind(objects, kind) if each["metadata"]["name"] == name]
    return found


def pods(objects: tuple[Object, ...]) -> Iterator[tuple[str, Object]]:
    """Return every pod that is asked for: kind and name of who asks, and the pod's spec."""
    for each in objects:
        if each["kind"] in PODS:
            yield f"{each['kind']}/{each['metadata']['name']}", each["spec"]["template"]["spec"]


def containers(pod: Object) -> list[Object]:
    """Return a pod's containers, those that run first included."""
    return [*pod.get("initContainers", []), *pod["containers"]]


def environment(container: Object) -> dict[str, Any]:
    """Return a container's variables: a value, or where it comes from."""
    return {each["name"]: each.get("value", each.get("valueFrom")) for each in container.get("env", [])}
