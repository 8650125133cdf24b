"""Servers in containers: of one version everywhere, and where none can be, that is said."""

from __future__ import annotations

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from bulkhead_local import jars
from bulkhead_local.state import REPOSITORY
from bulkhead_testing.containers import KAFKA_IMAGE, POSTGRES_IMAGE, Containers

LOCAL = REPOSITORY / "deploy" / "local"


def test_compose_and_tests_run_the_same_images_and_processes_the_same_kafka() -> None:
    composed = YAML(typ="safe").load(LOCAL / "docker-compose.yaml")["services"]
    assert composed["postgres"]["image"] == POSTGRES_IMAGE
    assert composed["kafka"]["image"] == KAFKA_IMAGE
    version = KAFKA_IMAGE.partition(":")[2]
    assert f"org.apache.kafka:kafka_2.13:{version}" in jars.wanted()


def test_without_an_engine_the_session_ends_and_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody")
    with pytest.raises(pytest.exit.Exception, match=r"(?s)no Docker engine answers.*What to do: install one"):
        Containers()
