"""A Kubernetes of this machine, by kind: with an ingress controller, and the services' images."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import yaml

from bulkhead_local import kube_tools
from bulkhead_local.errors import LocalError, Missing
from bulkhead_local.progress import step
from bulkhead_local.services import SERVICES, STATUS
from bulkhead_local.state import REPOSITORY, State

CLUSTER = "bulkhead"
FILES = REPOSITORY / "deploy" / "local" / "kubernetes"
MODULE = FILES / "kind.module"
INGRESS = "http://127.0.0.1:8080"
"""Where the ingress controller listens, as `kind.yaml` says."""


def up(state: State, *, tag: str, node_image: str = "") -> Mapping[str, str]:
    """Bring the cluster up with what it needs, or what it still lacks; return the settings of a shell that uses it.

    ``node_image`` is kind's own choice if left out. Raises `LocalError` where Docker, kind, the services' images or a
    registry is missing.
    """
    _engine()
    images = [f"bulkhead/{service}:{tag}" for service in (*SERVICES, STATUS)]
    _made(images)
    kind, kubectl = _kind(state), kube_tools.kubectl(state)
    kubeconfig = state.root / "kubernetes" / "kubeconfig"
    kubeconfig.parent.mkdir(parents=True, exist_ok=True)
    if CLUSTER not in _run(kind, "get", "clusters").split():
        with step("kind: making a cluster"):
            chosen = ("--image", node_image) if node_image else ()
            _run(
                *(kind, "create", "cluster", "--config", FILES / "kind.yaml", "--wait", "5m"),
                *("--kubeconfig", kubeconfig, *chosen),
                do="see that this machine reaches a container registry, or name a node's image that is here"
                " (NODE_IMAGE=); that port 8080 is free; and that the engine has some 4 GiB",
            )
    _run(kind, "export", "kubeconfig", "--name", CLUSTER, "--kubeconfig", kubeconfig)
    with step("kind: loading the services' images"):
        _run(kind, "load", "docker-image", "--name", CLUSTER, *images)
    with step("kind: starting the ingress controller"):
        asked = (kubectl, "--kubeconfig", kubeconfig)
        _run(*asked, "apply", "--filename", FILES / "ingress.yaml")
        _run(
            *(*asked, "--namespace", "ingress", "rollout", "status", "deploy/traefik", "--timeout=5m"),
            do="`kubectl --namespace ingress describe pods` says what it waits for; its image comes from a registry",
        )
    return {"KUBECONFIG": str(kubeconfig), "INGRESS": INGRESS}


def version() -> str:
    """Return the version that the charts, and images of no other tag, have."""
    return str(
        yaml.safe_load((REPOSITORY / "deploy" / "helm" / "exchange" / "Chart.yaml").read_text())["appVersion"]
    )


def down(state: State) -> None:
    """Remove the cluster and all that is in it; one that is not there is gone already."""
    _engine()
    _run(_kind(state), "delete", "cluster", "--name", CLUSTER)


def _engine() -> None:
    if shutil.which("docker") is None:
        raise Missing(what="docker", how="install a Docker engine; the cluster is a container of it")
    _run("docker", "version", do="start the Docker engine, and let this user reach it")


def _made(images: list[str]) -> None:
    for image in images:
        try:
            _run("docker", "image", "inspect", image)
        except LocalError as error:
            raise LocalError(f"there is no image {image}.\n  What to do: `make images`") from error


def _kind(state: State) -> Path:
    """Return the kind program: the machine's own, else made by its Go at first use."""
    own = shutil.which("kind")
    if own is not None:
        return Path(own)
    if shutil.which("go") is None:
        raise Missing(
            what="kind", how="install it by this machine's package manager, or Go, which then makes it"
        )
    return state.fetched(state.root / "kubernetes" / "kind", by=MODULE, fetch=_make_kind) / "kind"


def _make_kind(folder: Path) -> None:
    with step("kind: making it of its Go module (once)"):
        _run(
            *("go", "install", MODULE.read_text().strip()),
            told={"GOBIN": str(folder), "CGO_ENABLED": "0"},
            do="see that this machine reaches a proxy of Go modules, or install kind",
        )


def _run(
    *command: str | Path,
    told: Mapping[str, str] | None = None,
    do: str = "read what it says above",
) -> str:
    """Return what a command says. Raises `LocalError` with its complaint and what to do."""
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **(told or {})}
    )
    if done.returncode:
        what = " ".join(str(part) for part in (Path(command[0]).name, *command[1:3]))
        raise LocalError(f"{what}: {done.stderr.strip()}\n  What to do: {do}")
    return done.stdout
