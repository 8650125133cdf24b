"""The later versions: what of the tree is changed in each."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from bulkhead.persistence.migrations import configuration
from cluster.versions import NEW, OLD, SERVICE, VERSIONS, Version, copy_tree


def columns(folder: Path) -> set[str]:
    tables = folder / "services" / SERVICE / "src" / SERVICE / "adapters" / "postgres" / "tables.py"
    text = tables.read_text()
    return {each for each in (OLD, NEW) if f"    {each}: int" in text}


@pytest.mark.parametrize(
    ("version", "head", "known"),
    [
        ("expand", "next_expand", {OLD}),
        ("migrate", "next_expand", {NEW}),
        ("contract", "next_contract", {NEW}),
        ("failing", "next_failing", {NEW}),
    ],
)
def test_each_version_has_its_migrations_and_knows_one_of_the_columns(
    tmp_path: Path, version: Version, head: str, known: set[str]
) -> None:
    copy_tree(tmp_path / "tree", version)
    migrations = tmp_path / "tree" / "services" / SERVICE / "migrations"
    script = ScriptDirectory.from_config(configuration(url="postgresql://nowhere", directory=migrations))
    assert script.get_heads() == [head]
    assert columns(tmp_path / "tree") == known


def test_all_versions_are_tried() -> None:
    assert VERSIONS == ("expand", "migrate", "contract", "failing")
