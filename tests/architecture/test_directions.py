"""The contracts on who may import whom hold, and each of them can fail."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path.append(str(HERE))

from planting import NOTHING  # noqa: E402
from plants import FOLDERS, PLANTS, Plant  # noqa: E402


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """Which contracts each plant breaks, tried one at a time in a copy of the shipped code."""
    copy = tmp_path_factory.mktemp("copy")
    for folder in (*FOLDERS.values(), "tools"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    sources = [str((copy / folder).parent) for folder in FOLDERS.values()]
    done = subprocess.run(
        [sys.executable, str(HERE / "planting.py"), str(copy / "cache")],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(copy), *sources])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_the_shipped_code_breaks_no_contract(broken: dict[str, list[str]]) -> None:
    assert broken[NOTHING] == []


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.name)
def test_a_planted_violation_breaks_its_contract(plant: Plant, broken: dict[str, list[str]]) -> None:
    assert plant.breaks in broken[plant.name]


def test_every_contract_has_a_plant_that_breaks_it() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contracts = {contract["id"] for contract in settings["tool"]["importlinter"]["contracts"]}
    assert contracts == {plant.breaks for plant in PLANTS}
