"""A cluster by kind: what it is made with, and what is said where something is missing.

Docker, kind, kubectl and Go are stand-ins here: what is shown is how they are called.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from bulkhead_local import kind
from bulkhead_local.errors import LocalError, Missing
from bulkhead_local.state import State


class Machine:
    """A machine that has some programs only; each writes down how it was called."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._calls = folder / "calls"

    def has(self, name: str, *, does: str = "true") -> None:
        """Install a program that does this piece of shell."""
        program = self._folder / name
        program.write_text(f'#!/bin/sh\necho "{name} $*" >> {self._calls}\n{does}\n')
        program.chmod(0o755)

    @property
    def calls(self) -> list[str]:
        """What was called, in order."""
        return self._calls.read_text().splitlines()


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine with no program at all."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return Machine(folder)


@pytest.fixture
def state(tmp_path: Path) -> State:
    """A state folder of its own."""
    return State(tmp_path / "state")


def test_without_docker_it_says_what_to_install(machine: Machine, state: State) -> None:
    with pytest.raises(Missing, match="docker is missing"):
        kind.up(state, tag="1.2.3")


def test_an_engine_that_does_not_run_is_told(machine: Machine, state: State) -> None:
    machine.has("docker", does="echo 'Cannot connect' >&2; exit 1")
    with pytest.raises(LocalError, match=r"Cannot connect\n.*start the Docker engine"):
        kind.up(state, tag="1.2.3")


def test_images_that_were_not_made_are_named(machine: Machine, state: State) -> None:
    machine.has("docker", does='case "$*" in *inspect*payments*) exit 1;; esac')
    with pytest.raises(LocalError, match=r"no image bulkhead/payments:1\.2\.3.*\n.*make images"):
        kind.up(state, tag="1.2.3")


def test_without_kind_and_go_it_says_what_to_install(machine: Machine, state: State) -> None:
    machine.has("docker")
    with pytest.raises(Missing, match=r"kind is missing.*\n.*or Go"):
        kind.up(state, tag="1.2.3")


def test_with_go_kind_is_made_of_its_module_once(machine: Machine, state: State) -> None:
    machine.has("docker")
    machine.has("go", does='printf "#!/bin/sh\n" > "$GOBIN/kind"; /bin/chmod 755 "$GOBIN/kind"')
    kind.down(state)
    kind.down(state)
    assert [call for call in machine.calls if call.startswith("go ")] == [
        f"go install {kind.MODULE.read_text().strip()}"
    ]


def test_without_a_registry_it_says_so(machine: Machine, state: State) -> None:
    machine.has("docker")
    machine.has("kubectl")
    machine.has("kind", does='case "$*" in create*) echo "failed to pull image" >&2; exit 1;; esac')
    with pytest.raises(LocalError, match=r"failed to pull image\n.*container registry.*NODE_IMAGE="):
        kind.up(state, tag="1.2.3")


def test_a_cluster_gets_images_and_an_ingress_controller(machine: Machine, state: State) -> None:
    machine.has("docker")
    machine.has("kubectl")
    machine.has("kind")
    told = kind.up(state, tag="1.2.3", node_image="node:1")
    kubeconfig = str(state.root / "kubernetes" / "kubeconfig")
    assert told == {"KUBECONFIG": kubeconfig, "INGRESS": "http://127.0.0.1:8080"}
    images = " ".join(
        f"bulkhead/{each}:1.2.3"
        for each in ("enrollment", "invoicing", "payments", "carrier-gateway", "notifications", "status")
    )
    assert [call for call in machine.calls if not call.startswith("docker")] == [
        "kind get clusters",
        f"kind create cluster --config {kind.FILES}/kind.yaml --wait 5m --kubeconfig {kubeconfig} --image node:1",
        f"kind export kubeconfig --name bulkhead --kubeconfig {kubeconfig}",
        f"kind load docker-image --name bulkhead {images}",
        f"kubectl --kubeconfig {kubeconfig} apply --filename {kind.FILES}/ingress.yaml",
        f"kubectl --kubeconfig {kubeconfig} --namespace ingress rollout status deploy/traefik --timeout=5m",
    ]


def test_one_that_is_there_is_not_made_again(machine: Machine, state: State) -> None:
    machine.has("docker")
    machine.has("kubectl")
    machine.has("kind", does='[ "$1" = get ] && echo bulkhead; true')
    kind.up(state, tag="1.2.3")
    assert not [call for call in machine.calls if "create" in call]


def test_its_port_is_the_one_that_is_told() -> None:
    told = yaml.safe_load((kind.FILES / "kind.yaml").read_text())
    (mapped,) = told["nodes"][0]["extraPortMappings"]
    controller = [*yaml.safe_load_all((kind.FILES / "ingress.yaml").read_text())][-1]
    ports = controller["spec"]["template"]["spec"]["containers"][0]["ports"]
    assert f"http://{mapped['listenAddress']}:{mapped['hostPort']}" == kind.INGRESS
    assert mapped["containerPort"] in [port.get("hostPort") for port in ports]
    assert told["name"] == kind.CLUSTER
