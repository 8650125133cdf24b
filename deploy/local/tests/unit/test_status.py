"""Saying what runs, to people and to scripts."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from bulkhead_local import __main__ as program


@pytest.mark.parametrize(("arguments", "code"), [(["status"], 0), (["status", "--exit-code"], 3)])
def test_a_script_learns_from_the_exit_code_that_nothing_runs(
    arguments: list[str], code: int, tmp_path: Path
) -> None:
    told = CliRunner(env={"BULKHEAD_STATE": str(tmp_path)}).invoke(program.commands, arguments)
    assert (told.exit_code, told.output) == (code, "nothing is running; `make up` starts an exchange\n")
