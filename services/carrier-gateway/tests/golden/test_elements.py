"""What becomes of each element of a sound file of each kind when it is changed, as was approved (CAR-5).

``GOLDEN=write`` in the environment writes the tables anew; the difference is then read like a change of rules.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from mutation.sound import sound_files
from mutation.table import NOBODY, table_of

TABLES = Path(__file__).parent / "elements"
KINDS = (
    *("effectuation-single", "cancellation", "termination", "reinstatement", "maintenance", "audit"),
    *("both", "interchange-rejected", "group-accepted-with-errors", "group-rejected"),
    *("ours-remittance", "book"),
)
"""Of each kind that is read, sound files that have all its elements between them."""


@pytest.mark.parametrize("name", KINDS)
async def test_CAR_5_each_element_is_refused_taken_up_or_ignored_on_purpose(name: str) -> None:
    sound = (await sound_files())[name]
    text = "\n".join(await table_of(sound)).rstrip() + "\n"
    shown = TABLES / f"{name}.txt"
    if os.environ.get("GOLDEN") == "write":
        shown.parent.mkdir(parents=True, exist_ok=True)
        shown.write_text(text, encoding="ascii")
    assert text == shown.read_text(encoding="ascii")
    assert NOBODY not in text


def test_every_table_is_one_of_a_kind_that_is_read() -> None:
    assert {path.stem for path in TABLES.iterdir()} == set(KINDS)
