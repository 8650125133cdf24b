"""What is in an image, under which licence, and what is known to be wrong with it."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tools.advisories import Known, advisories, known_of, pinned
from tools.sbom import bom_of, is_allowed, licence_of
from tools.service_images import LOCK


def test_a_bom_names_the_service_and_each_package_of_the_lock_with_its_licence() -> None:
    bom = bom_of("payments")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(bom)) is None
    assert bom["metadata"]["component"]["name"] == "bulkhead-payments"
    named = {each["name"]: each for each in bom["components"]}
    assert {name: each["version"] for name, each in named.items()} == pinned(LOCK)
    assert named["fastapi"]["licenses"] == [{"expression": "MIT"}]
    assert named["fastapi"]["purl"].startswith("pkg:pypi/fastapi@")
    assert "pytest" not in named


@pytest.mark.parametrize(
    ("licence", "allowed"),
    [
        ("MIT", True),
        ("EPL-2.0 OR GPL-2.0-or-later", True),
        ("MIT AND PSF-2.0", True),
        ("MIT AND GPL-3.0-only", False),
        ("AGPL-3.0-only", False),
        ("Proprietary", False),
        ("", False),
    ],
)
def test_of_licences_to_choose_from_one_is_enough_and_of_those_that_all_hold_each(
    licence: str, *, allowed: bool
) -> None:
    assert is_allowed(licence) is allowed


def test_a_licence_is_what_the_package_says_of_itself() -> None:
    assert licence_of(distribution("uvloop")) == "MIT"
    assert licence_of(distribution("anyascii")) == "ISC"


def advisory(*events: Mapping[str, str], **more: Any) -> dict[str, Any]:
    """Return an advisory about a package called Some_Package."""
    affected = {
        "package": {"ecosystem": "PyPI", "name": "Some_Package"},
        "ranges": [{"type": "ECOSYSTEM", "events": list(events)}],
    }
    return {"id": "OSV-1", "summary": "it leaks", "affected": [{**affected, **more}]}


@pytest.mark.parametrize(
    ("version", "events", "affected"),
    [
        ("1.2", [{"introduced": "0"}], True),
        ("1.2", [{"introduced": "0"}, {"fixed": "1.2"}], False),
        ("1.2", [{"introduced": "0"}, {"fixed": "1.10"}], True),
        ("1.2", [{"introduced": "1.2rc1"}, {"last_affected": "1.2"}], True),
        ("1.3", [{"introduced": "1.2rc1"}, {"last_affected": "1.2"}], False),
        ("1.1", [{"introduced": "1.2"}], False),
        ("3.0", [{"introduced": "1.0"}, {"fixed": "1.5"}, {"introduced": "2.0"}], True),
    ],
)
def test_a_version_is_affected_between_what_brought_a_fault_and_what_took_it_away(
    version: str, events: list[dict[str, str]], *, affected: bool
) -> None:
    found = known_of({"some-package": version}, [advisory(*events)])
    assert found == ([Known("some-package", version, "OSV-1", "it leaks")] if affected else [])


def test_a_version_that_is_named_is_affected_and_what_was_withdrawn_is_not() -> None:
    named = advisory(versions=["1.2"])
    assert known_of({"some-package": "1.2"}, [named]) == [Known("some-package", "1.2", "OSV-1", "it leaks")]
    assert known_of({"some-package": "1.2"}, [{**named, "withdrawn": "2026-01-01T00:00:00Z"}]) == []
    other = {
        **named,
        "affected": [{"package": {"ecosystem": "npm", "name": "some-package"}, "versions": ["1.2"]}],
    }
    assert known_of({"some-package": "1.2"}, [other]) == []


def test_advisories_are_read_from_files_archives_and_folders(tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text(json.dumps({"id": "one"}))
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "list.json").write_text(json.dumps([{"id": "two"}, {"id": "three"}]))
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("four.json", json.dumps({"id": "four"}))
    read = advisories([tmp_path, tmp_path / "all.zip"])
    assert [each["id"] for each in read] == ["two", "three", "one", "four"]
