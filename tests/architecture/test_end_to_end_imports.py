"""Whoever tests from outside knows the wire contracts and no service."""

from __future__ import annotations

import ast
from collections.abc import Collection
from pathlib import Path

import pytest
from plants import SERVICES

ROOT = Path(__file__).resolve().parents[2]


def services_imported(source: str, *, among: Collection[str] = SERVICES) -> set[str]:
    """Return the services that a module's text imports, wherever in it."""
    names: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            names.append(node.module)
    return {name.partition(".")[0] for name in names} & set(among)


@pytest.mark.parametrize("path", sorted((ROOT / "tests" / "e2e").rglob("*.py")), ids=lambda path: path.name)
def test_an_end_to_end_test_imports_no_service(path: Path) -> None:
    assert services_imported(path.read_text()) == set()


@pytest.mark.parametrize(
    "path", sorted((ROOT / "tests" / "recorder").glob("*.py")), ids=lambda path: path.name
)
def test_the_recorder_shares_no_code_with_what_it_checks(path: Path) -> None:
    assert services_imported(path.read_text(), among={*SERVICES, "bulkhead"}) == set()


@pytest.mark.parametrize(
    "planted", ["import invoicing.domain.money", "def late():\n    from payments.domain import records"]
)
def test_a_planted_import_of_a_service_is_found(planted: str) -> None:
    assert services_imported(planted) != set()
