"""Servers in containers: of one version everywhere, and where none can be, that is said."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from bulkhead_local import jars
from bulkhead_local.compose import environment_file
from bulkhead_local.state import REPOSITORY, State
from bulkhead_testing.containers import KAFKA_IMAGE, POSTGRES_IMAGE, Containers

LOCAL = REPOSITORY / "deploy" / "local"


def test_compose_and_tests_run_the_same_images_and_processes_the_same_kafka() -> None:
    composed = YAML(typ="safe").load(LOCAL / "docker-compose.yaml")["services"]
    assert composed["postgres"]["image"] == POSTGRES_IMAGE
    assert composed["kafka"]["image"] == KAFKA_IMAGE
    version = KAFKA_IMAGE.partition(":")[2]
    assert f"org.apache.kafka:kafka_2.13:{version}" in jars.wanted()


def composed() -> dict[str, Any]:
    return YAML(typ="safe").load(LOCAL / "docker-compose.yaml")


def test_in_containers_nobody_is_root_or_may_become_it_or_write_beside_what_is_theirs() -> None:
    for name, service in composed()["services"].items():
        assert str(service["user"]).partition(":")[0] not in ("", "0", "root"), name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert not service.get("privileged"), name
        assert all(each.startswith("127.0.0.1:") for each in service.get("ports", ())), name
    writing = [name for name, each in composed()["services"].items() if not each["read_only"]]
    assert writing == ["kafka"]


def test_no_password_and_no_key_of_a_container_is_known(tmp_path: Path) -> None:
    text = (LOCAL / "docker-compose.yaml").read_text()
    needed = set(re.findall(r"\$\{(\w+):\?", text))
    first, again, other = (
        environment_file(State(tmp_path / each)).read_text() for each in ("here", "here", "there")
    )
    assert first == again
    made, else_made = (dict(line.split("=", 1) for line in each.splitlines()) for each in (first, other))
    assert set(made) == needed
    assert [each for each in made if made[each] == else_made[each]] == ["RUN_AS"]
    assert made["RUN_AS"].partition(":")[0] != "0"
    assert len(set(made.values())) == len(made)
    assert (tmp_path / "here" / "compose" / ".env").stat().st_mode & 0o077 == 0
    told = [
        (variable, str(value))
        for service in composed()["services"].values()
        for variable, value in service.get("environment", {}).items()
        if re.search("PASSWORD|SECRET|KEY|DATABASE_URL", variable)
    ]
    assert len(told) > 10
    assert [variable for variable, value in told if not re.search(r"\$\{\w+:\?", value)] == []


def test_each_role_of_the_database_gets_its_own_password(tmp_path: Path) -> None:
    script = (LOCAL / "docker" / "create-databases.sh").read_text()
    script = script.replace("/create-databases.sql", str(LOCAL / "docker" / "create-databases.sql"))
    script = script.replace("psql --set ON_ERROR_STOP=1 --username postgres", "cat")
    settings = dict(line.split("=", 1) for line in environment_file(State(tmp_path)).read_text().splitlines())
    said = subprocess.run(
        ["sh", "-c", script], env={**os.environ, **settings}, capture_output=True, text=True, check=True
    ).stdout
    roles = ("enrollment", "invoicing", "payments", "carrier_gateway", "notifications")
    for role in roles:
        assert f"CREATE ROLE {role} LOGIN PASSWORD '{settings[f'{role.upper()}_PASSWORD']}';" in said
    assert "'local'" not in said
    assert said.count("CREATE DATABASE") == len(roles)


def test_without_an_engine_the_session_ends_and_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody")
    with pytest.raises(pytest.exit.Exception, match=r"(?s)no Docker engine answers.*What to do: install one"):
        Containers()
