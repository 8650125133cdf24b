"""Every letter is PDF/UA-1, by a checker that has nothing to do with what sets them (veraPDF).

`make letters` says where it or Java cannot be had, and skips; ``CI_LETTERS=needed`` fails instead.
"""

from __future__ import annotations

import os
import subprocess
from datetime import date
from pathlib import Path

import pytest

from bulkhead.kernel.calendar import local
from bulkhead_local import programs
from bulkhead_local.errors import LocalError
from bulkhead_local.jars import fetched_by
from bulkhead_local.state import State
from services.notifications.tests.golden.test_notices import CASES, LANGUAGES
from services.notifications.tests.office import PRESS, WRITER

LOCK = Path(__file__).with_name("verapdf.lock")
CLASS = "org.verapdf.apps.GreenfieldCliWrapper"

pytestmark = [pytest.mark.slow]


@pytest.fixture(scope="module")
def verapdf() -> list[str]:
    """The command that checks, without what it is to check."""
    state = State.here()
    try:
        jars = fetched_by(LOCK, state, state.root / "verapdf", what="verapdf: fetching it (9 MB, once)")
        return [str(programs.java()), "-cp", f"{jars}/*", CLASS, "--flavour", "ua1", "--format", "text"]
    except LocalError as missing:
        if os.environ.get("CI_LETTERS") == "needed":
            raise
        pytest.skip(f"not here: {missing}")


def passed_of(verapdf: list[str], folder: Path) -> dict[str, bool]:
    """Return which of the files of a folder are what they claim, by name."""
    command = [*verapdf, *map(str, sorted(folder.iterdir()))]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    said = [line.split() for line in ran.stdout.splitlines() if line.startswith(("PASS ", "FAIL "))]
    return {Path(each[1]).name: each[0] == "PASS" for each in said}


def test_NOT_1_each_letter_in_each_language_is_accessible(verapdf: list[str], tmp_path: Path) -> None:
    printed_at = local(date(2016, 6, 5), 2)
    for case, make in CASES.items():
        for language in LANGUAGES:
            content = make(language)
            letter = PRESS.letter(content, WRITER.write(content), printed_at=printed_at)
            (tmp_path / f"{case}.{language}.pdf").write_bytes(letter.pdf)
    found = passed_of(verapdf, tmp_path)
    assert sorted(found) == sorted(path.name for path in tmp_path.iterdir())
    assert [name for name, passed in found.items() if not passed] == []


def test_NOT_1_a_letter_that_claims_what_it_is_not_is_found(verapdf: list[str], tmp_path: Path) -> None:
    content = CASES["receipt"]("en")
    letter = PRESS.letter(content, WRITER.write(content), printed_at=local(date(2016, 6, 5), 2))
    untagged = letter.pdf.replace(b"/StructTreeRoot", b"/StructTreeNone")
    assert untagged != letter.pdf
    (tmp_path / "untagged.pdf").write_bytes(untagged)
    assert passed_of(verapdf, tmp_path) == {"untagged.pdf": False}
