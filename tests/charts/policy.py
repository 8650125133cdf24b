"""What every object of ours must be, besides valid: each rule says what is against it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from charts.rendering import PODS, Object, containers, environment, of_kind, pods

Objects = tuple[Object, ...]
Rule = Callable[[Objects], Iterator[str]]

_SECRET = re.compile(r"PASSWORD|SECRET|TOKEN|KEY$|DATABASE_URL")


def nobody_is_root(objects: Objects) -> Iterator[str]:
    """The "restricted" standard, and a root that cannot be written to."""
    for name, pod in pods(objects):
        context = pod.get("securityContext", {})
        if not (context.get("runAsNonRoot") and context.get("runAsUser", 0) > 0):
            yield f"{name} may run as root"
        if context.get("seccompProfile", {}).get("type") != "RuntimeDefault":
            yield f"{name} has no seccomp profile"
        if pod.get("automountServiceAccountToken") is not False:
            yield f"{name} gets a token of the cluster"
        for container in containers(pod):
            own = container.get("securityContext", {})
            if own.get("allowPrivilegeEscalation") is not False or own.get("capabilities") != {
                "drop": ["ALL"]
            }:
                yield f"{name}/{container['name']} may gain rights"
            if own.get("readOnlyRootFilesystem") is not True:
                yield f"{name}/{container['name']} may write to its root"


def images_are_named(objects: Objects) -> Iterator[str]:
    """A tag or a digest, and never one that means another image tomorrow."""
    for name, pod in pods(objects):
        for container in containers(pod):
            image, at, digest = container["image"].partition("@")
            tag = image.rpartition("/")[2].partition(":")[2]
            if not (at and digest.startswith("sha256:")) and tag in ("", "latest"):
                yield f"{name}/{container['name']} runs {container['image']}"


def resources_are_said(objects: Objects) -> Iterator[str]:
    """What is set aside is said, and memory has a limit."""
    for name, pod in pods(objects):
        for container in containers(pod):
            resources = container.get("resources", {})
            if not {"cpu", "memory"} <= resources.get("requests", {}).keys():
                yield f"{name}/{container['name']} does not say what it needs"
            if "memory" not in resources.get("limits", {}):
                yield f"{name}/{container['name']} may take all memory"


def secrets_are_secret(objects: Objects) -> Iterator[str]:
    """No secret stands in a pod."""
    for name, pod in pods(objects):
        for container in containers(pod):
            for variable, value in environment(container).items():
                if isinstance(value, str) and value and _SECRET.search(variable):
                    yield f"{name}/{container['name']} has {variable} in its text"


def the_workers_secrets_are_the_workers(objects: Objects) -> Iterator[str]:
    """Who does no work of a worker needs the database's secret alone, so no other keeps it from starting; and what
    requests are answered with: our key at a processor of payment intents, and the keys that the database is sealed by.
    """
    for name, pod in pods(objects):
        if not name.startswith("Deployment/"):
            continue
        works = pod["containers"][0]["args"][0] in ("worker", "all")
        for container in containers(pod):
            if works and container in pod["containers"]:
                continue
            for variable, value in environment(container).items():
                secret: dict[str, Any] = (
                    {} if isinstance(value, str) else (value or {}).get("secretKeyRef", {})
                )
                if (
                    variable
                    not in ("BULKHEAD_DATABASE_URL", "PAYMENTS_PROCESSOR_KEY", "CARRIER_GATEWAY_FILE_KEYS")
                    and secret
                    and not secret.get("optional")
                ):
                    yield f"{name}/{container['name']} is told {variable}"
        if not works:
            for volume in pod.get("volumes", []):
                if "secret" in volume:
                    yield f"{name} mounts the secret {volume['secret']['secretName']}"


def who_serves_is_probed(objects: Objects) -> Iterator[str]:
    """Every process that goes on has the three probes, each at its own path; one that speaks no HTTP is reached, and
    one at which nobody knocks has no port: it ends where it fails.
    """
    for each in of_kind(objects, "Deployment"):
        name = each["metadata"]["name"]
        for container in each["spec"]["template"]["spec"]["containers"]:
            if "ports" not in container and container["name"] == "courier":
                continue
            if "http" not in [port["name"] for port in container.get("ports", [])]:
                for probe in ("liveness", "readiness"):
                    if "tcpSocket" not in container.get(f"{probe}Probe", {}):
                        yield f"{name}/{container['name']} is not reached for its {probe}"
                continue
            for probe, path in (("startup", "/startupz"), ("liveness", "/livez"), ("readiness", "/readyz")):
                asked = container.get(f"{probe}Probe", {}).get("httpGet", {}).get("path")
                if asked != path:
                    yield f"{name}/{container['name']} is asked at {asked} for its {probe}"


def no_request_is_lost(objects: Objects) -> Iterator[str]:
    """An API serves on until routers know, then has time to end; a worker has time to finish what it has in hand."""
    for each in of_kind(objects, "Deployment"):
        name, pod = each["metadata"]["name"], each["spec"]["template"]["spec"]
        container = pod["containers"][
            0
        ]  # a door beside it ends what is open at once: whoever sends sends again
        waits = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
        if container["name"] == "api" and waits < 3:
            yield f"{name} ends before routers know"
        ends = int(environment(container)["BULKHEAD_GRACE_SECONDS"])
        if pod.get("terminationGracePeriodSeconds", 0) < waits + ends + 1:
            yield f"{name} is killed while it ends"
        rolling = each["spec"]["strategy"].get("rollingUpdate")
        if container["name"] == "api" and (rolling is None or rolling["maxUnavailable"] != 0):
            yield f"{name} is fewer while it is replaced"


def disruptions_are_bounded(objects: Objects) -> Iterator[str]:
    """Every deployment has a disruption budget for just its pods, which lets a node be drained."""
    budgets = [each["spec"] for each in of_kind(objects, "PodDisruptionBudget")]
    for each in of_kind(objects, "Deployment"):
        found = [budget for budget in budgets if budget["selector"] == each["spec"]["selector"]]
        if [budget.get("maxUnavailable") for budget in found] != [1]:
            yield f"{each['metadata']['name']} has no disruption budget of one pod"


def pods_are_spread(objects: Objects) -> Iterator[str]:
    """Over zones and nodes, as far as there are any."""
    for each in of_kind(objects, "Deployment"):
        spread = each["spec"]["template"]["spec"].get("topologySpreadConstraints", [])
        keys = {constraint["topologyKey"] for constraint in spread}
        if keys != {"topology.kubernetes.io/zone", "kubernetes.io/hostname"}:
            yield f"{each['metadata']['name']} is not spread"


def every_pod_is_fenced_in(objects: Objects) -> Iterator[str]:
    """One policy for both directions for every pod; no rule lets anybody in unnamed, or names another service."""
    policies = of_kind(objects, "NetworkPolicy")
    for each in objects:
        if each["kind"] in PODS:
            labels = each["spec"]["template"]["metadata"]["labels"]
            fences = [
                policy["spec"]["policyTypes"]
                for policy in policies
                if policy["spec"]["podSelector"]["matchLabels"].items() <= labels.items()
            ]
            if fences != [["Ingress", "Egress"]]:
                yield f"{each['metadata']['name']} is not fenced in by one policy"
    for policy in policies:
        for rule in policy["spec"].get("ingress", []):
            if not rule.get("from"):
                yield f"{policy['metadata']['name']} lets everybody in"
        if any(not rule.get("ports") for rule in policy["spec"]["egress"]):
            yield f"{policy['metadata']['name']} lets out to every port"


RULES: tuple[Rule, ...] = (
    nobody_is_root,
    images_are_named,
    resources_are_said,
    secrets_are_secret,
    the_workers_secrets_are_the_workers,
    who_serves_is_probed,
    no_request_is_lost,
    disruptions_are_bounded,
    pods_are_spread,
    every_pod_is_fenced_in,
)
