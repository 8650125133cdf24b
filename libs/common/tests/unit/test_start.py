"""How a service's program begins."""

from __future__ import annotations

import gc
import sys
from pathlib import Path

import pytest

from bulkhead.runtime.memory import made_to_stay
from bulkhead.runtime.start import start


def test_what_is_made_to_stay_is_looked_at_by_no_collector() -> None:
    before = gc.get_freeze_count()
    try:
        with made_to_stay():
            assert not gc.isenabled()
            kept = [[] for _ in range(100)]
        assert gc.isenabled()
        assert gc.get_freeze_count() >= before + len(kept)
    finally:
        gc.unfreeze()


def test_the_collector_is_back_after_an_error() -> None:
    try:
        with pytest.raises(KeyError), made_to_stay():
            raise KeyError
        assert gc.isenabled()
    finally:
        gc.unfreeze()


def test_a_program_begins_without_the_collector_and_without_colours_and_runs_with_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "someservice" / "entrypoints"
    folder.mkdir(parents=True)
    (folder / "cli.py").write_text(
        "import gc, importlib.util, sys\n"
        "def there(): return gc.isenabled(), importlib.util.find_spec('rich') is not None\n"
        "looks = [there()]\n"
        "def cli(): looks.append(there())\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    try:
        start("someservice")
    finally:
        gc.unfreeze()
    assert sys.modules["someservice.entrypoints.cli"].looks == [(False, False), (True, True)]
