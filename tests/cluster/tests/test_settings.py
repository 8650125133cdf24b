"""What the test is told, and what it says is missing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cluster.exchange import images_that_are_missing
from cluster.kube import what_it_complains_of
from cluster.settings import Settings


@pytest.fixture
def told(tmp_path: Path) -> Settings:
    kubeconfig = tmp_path / "config"
    kubeconfig.touch()
    return Settings(
        kubeconfig=kubeconfig, ingress="http://127.0.0.1:18080", registry="", tag="0.1.0",
        python_image="python:3.11-slim", postgres_image="", kafka_image="", bring="kind load docker-image --name x",
        access_mode="ReadWriteOnce", storage_class="", namespace="bulkhead-test",
    )  # fmt: skip


def test_nothing_is_missing_where_all_is_told(told: Settings) -> None:
    assert told.missing() == []


def test_it_names_everything_that_is_missing_at_once(told: Settings) -> None:
    empty = replace(told, kubeconfig=Path("/nowhere/config"), ingress="", bring="")
    assert [each.partition(":")[0] for each in empty.missing()] == ["KUBECONFIG", "INGRESS", "BRING"]


def test_images_are_pushed_to_a_registry_where_nothing_else_is_told(told: Settings) -> None:
    pushed = replace(told, bring="", registry="registry.test")
    assert pushed.missing() == []
    assert pushed.bringing == ["docker", "push"]
    assert pushed.image("payments", "0.1.0-next") == "registry.test/bulkhead/payments:0.1.0-next"


def test_an_image_of_the_cluster_itself_has_no_registry(told: Settings) -> None:
    assert told.image("payments") == "bulkhead/payments:0.1.0"
    assert told.bringing == ["kind", "load", "docker-image", "--name", "x"]


def waiting(image: str, reason: str) -> dict[str, Any]:
    return {"status": {"containerStatuses": [{"image": image, "state": {"waiting": {"reason": reason}}}]}}


def test_it_names_the_images_that_the_cluster_does_not_find() -> None:
    pods = [
        waiting("bulkhead/payments:1", "ErrImagePull"),
        waiting("bulkhead/payments:1", "ImagePullBackOff"),
        waiting("bulkhead/invoicing:1", "ContainerCreating"),
        {"status": {"phase": "Pending"}},
    ]
    assert images_that_are_missing(pods) == ["bulkhead/payments:1"]


def test_what_helm_only_mentions_is_not_what_it_complains_of() -> None:
    said = b'level=INFO msg="found symbolic link in path."\nError: UPGRADE FAILED: pre-upgrade hooks failed\n'
    assert what_it_complains_of(said) == "Error: UPGRADE FAILED: pre-upgrade hooks failed"
