"""A long run may be broken off: the years that held are passed over when it goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulation.sittings import Sittings
from stories.errors import StoryError

DRAWN = {"months": 12, "pack": "vermont-2016"}


def test_a_run_goes_on_after_the_years_that_held(tmp_path: Path) -> None:
    path = tmp_path / "runs" / "held.txt"
    first = Sittings(path, drawn=DRAWN)
    assert first.held == set()
    first.keep(3)
    first.keep(11)
    assert Sittings(path, drawn=DRAWN).held == {3, 11}
    assert path.read_text().splitlines() == ['{"months": 12, "pack": "vermont-2016"}', "3", "11"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            '{"months": 2, "pack": "vermont-2016"}\n3\n',
            ':1: its years are drawn by {"months": 2, "pack": "vermont-2016"}',
        ),
        ("", ":1: its years are drawn by , and not by"),
        ('{"months": 12, "pack": "vermont-2016"}\n3\nx\n', ":3: 'x' is no seed"),
    ],
    ids=["drawn in another way", "empty", "torn"],
)
def test_a_file_of_other_years_is_not_gone_on_with(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "held.txt"
    path.write_text(text)
    with pytest.raises(StoryError) as error:
        Sittings(path, drawn=DRAWN)
    assert str(error.value).startswith(f"{path}{told}")
    assert path.read_text() == text
