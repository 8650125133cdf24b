"""Which commands supervisord runs in a child of its own, and until when."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from bulkhead_local.supervisord import ModuleRun, Shared


def test_a_module_run_by_this_very_python_is_one() -> None:
    command = [sys.executable, "-m", "payments", "all"]
    assert ModuleRun.of(command) == ModuleRun("payments", ("all",), 0)
    behind = ["/usr/bin/setpriv", "--pdeathsig", "TERM", "--", *command]
    assert ModuleRun.of(behind) == ModuleRun("payments", ("all",), signal.SIGTERM)


@pytest.mark.parametrize(
    "command",
    [
        ["/usr/bin/python3", "-m", "payments", "all"],
        [sys.executable, "-c", "import payments"],
        [sys.executable, "-X", "dev", "-m", "payments"],
        ["/usr/bin/setpriv", "--reuid", "postgres", "--", sys.executable, "-m", "payments"],
        ["java", "kafka.Kafka"],
    ],
)
def test_another_command_is_none(command: list[str]) -> None:
    assert ModuleRun.of(command) is None


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of a module that can be imported by its name."""
    monkeypatch.syspath_prepend(tmp_path)
    path = tmp_path / f"loaded_{tmp_path.name}.py".replace("-", "_")
    path.write_text("")
    return path


def test_what_is_loaded_holds_until_it_is_written_anew(module: Path) -> None:
    shared = Shared([module.stem])
    assert not shared.holds
    shared.load()
    assert shared.holds
    os.utime(module, ns=(0, module.stat().st_mtime_ns + 1))
    shared.load()
    assert not shared.holds


def test_what_is_loaded_does_not_hold_once_a_file_of_it_is_gone(module: Path) -> None:
    shared = Shared([module.stem])
    shared.load()
    module.unlink()
    assert not shared.holds


def test_what_cannot_be_loaded_does_not_hold(module: Path) -> None:
    module.write_text("raise KeyError")
    shared = Shared([module.stem])
    shared.load()
    assert not shared.holds
