"""The page of settings says what the settings say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

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
