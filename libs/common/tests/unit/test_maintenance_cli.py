"""What the command that schedules maintenance takes and what it says of the rest (OPS-2)."""

from __future__ import annotations

import pytest
import typer
from typer.testing import CliRunner

from bulkhead.runtime.maintenance_cli import add_maintenance
from bulkhead.runtime.settings import Settings
from bulkhead.service import Service


def built(settings: Settings) -> Service:
    """Refuse to begin: what is wrong with what was typed is known before there is a service."""
    raise AssertionError(settings)


def told(reason: str) -> tuple[int, str]:
    cli = typer.Typer()
    add_maintenance(cli, Settings, built)
    window = ["--from", "2015-12-10T01:00", "--to", "2015-12-10T03:00"]
    result = CliRunner().invoke(cli, ["maintenance", "schedule", *window, "--reason", reason])
    return result.exit_code, " ".join(result.output.replace("│", " ").split())


@pytest.mark.parametrize(
    ("reason", "says"),
    [
        ("", "must have at least this many characters: 1"),
        ("   ", "must not be blank"),
        ("a new\nversion", "must be one line without control characters"),
        ("x" * 201, "must have at most this many characters: 200"),
    ],
    ids=["empty", "blank", "two lines", "too long"],
)
def test_OPS_2_a_reason_is_taken_as_the_api_takes_it(reason: str, says: str) -> None:
    exit_code, output = told(reason)
    assert (exit_code, says in output, "--reason" in output) == (2, True, True), output
