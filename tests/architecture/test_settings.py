"""The page of settings says what the settings say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from tools.event_index import SERVICES
from tools.settings_index import settings_of, variable_of

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = REPOSITORY / "docs" / "settings.md"


def test_the_page_is_what_the_settings_say() -> None:
    check = [sys.executable, "-m", "tools.settings_index", "--check"]
    done = subprocess.run(check, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_row_says_the_variable_its_default_and_what_it_may_be() -> None:
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    assert (
        "| `BULKHEAD_HTTP_PORT` | `8000` | The port that the API listens at. At least 0. At most 65535. |"
        in rows
    )
    assert (
        "| `BULKHEAD_DATABASE_URL` | *needed* | The service's own PostgreSQL database, with the role that owns it."
        " A secret. |"
    ) in rows
    assert any(row.startswith("| `PAYMENTS_LOCKBOX_DIR` | *needed* |") for row in rows)


@pytest.mark.parametrize("given", ["notaurl", "ftp://x", "http://", " "])
def test_every_setting_that_is_an_address_is_refused_by_its_name_when_it_is_none(
    given: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = set[str]()
    for service in SERVICES:
        settings = settings_of(service)
        fields = {variable_of(*each): each[0] for each in settings.model_fields.items()}
        for variable in (each for each in fields if each.endswith("_URL")):
            monkeypatch.setenv(variable, given)
            with pytest.raises(ValidationError) as refused:
                settings.model_validate({})
            said = {str(each["loc"][0]): each["msg"] for each in refused.value.errors()}
            assert (said.get(variable) or said[fields[variable]]).startswith("Value error, must be")
            tried.add(variable)
    assert tried >= {"ENROLLMENT_HUB_URL", "PAYMENTS_PROCESSOR_URL", "NOTIFICATIONS_PAYMENTS_URL"}
