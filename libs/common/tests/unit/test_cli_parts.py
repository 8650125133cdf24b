"""What commands are made with."""

from __future__ import annotations

import os

import pytest

from bulkhead.runtime.cli_parts import who_asks


def test_who_runs_a_command_is_known_by_number_where_the_machine_has_no_name_of_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As in the images, whose numeric user stands in no list of users."""
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 4_000_001)
    assert who_asks() == "uid 4000001"
    monkeypatch.setenv("LOGNAME", "ada")
    assert who_asks() == "ada"
