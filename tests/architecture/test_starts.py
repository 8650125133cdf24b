"""What a service's process loads until it has started: nothing that only its commands, its tests or others need."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bulkhead_local.services import SERVICES, Place, environment
from bulkhead_local.state import State

LOADED = re.compile(r"^import time:[ 0-9]+\|[ 0-9]+\| +(\S+)$")
LATER = {
    "alembic": "for the command that migrates",
    "bulkhead_testing": "for tests",
    "hypothesis": "for tests",
    "holidays": "for tests: business days are computed (CAL-2)",
    "opentelemetry.exporter": "for a collector, where one is named",
    "opentelemetry.sdk": "for spans and measurements, where somebody wants them",
    "pytest": "for tests",
    "rich": "for help in colours",
}
"""What is not loaded at a start, and what it is for."""


def loaded(service: str, folder: Path) -> set[str]:
    """Return the modules that a process has loaded when it says that it has started, with nothing around it.

    A module that was looked for in vain is among them, but no module within it.
    """
    place = Place(
        state=State(folder),
        exchange="starts",
        pack="vermont-2016",
        simulation_start=None,
        partitions=8,
        kafka_bootstrap="127.0.0.1:1",
        files=folder / "files",
        told={},
    )
    settings = environment(SERVICES[service], place, database_url="postgresql://nobody@127.0.0.1:1/none")
    said: set[str] = set()
    with subprocess.Popen(
        [sys.executable, "-X", "importtime", "-m", SERVICES[service].package, "all"],
        env={**os.environ, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if match := LOADED.match(line):
                said.add(match[1])
            elif '"event": "started"' in line:
                process.kill()
                return said
    raise AssertionError(f"{service} did not start")


@pytest.mark.parametrize("service", SERVICES)
def test_a_starting_process_loads_nothing_that_is_for_later(service: str, tmp_path: Path) -> None:
    modules = loaded(service, tmp_path)
    assert "bulkhead.runtime.process" in modules
    packages = {name.rpartition(".")[0] for name in modules}
    assert {name: why for name, why in LATER.items() if name in packages} == {}
