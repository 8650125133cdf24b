"""A reader of X12 that is not ours (pyx12), as a referee of what we write. Of 820s of exchanges it has no map."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
import pyx12.map_if
from pyx12.errors import X12Error
from pyx12.map_if import load_map_file
from pyx12.params import params
from pyx12.x12n_document import x12n_document


@contextmanager
def maps_read_once() -> Iterator[None]:
    """Let the referee read a map once, and not anew for every file, which takes it longer than the file does."""
    read = cache(lambda file: load_map_file(file, params()))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pyx12.map_if, "load_map_file", lambda file, _params, _path=None: read(file))
        yield


def accepted(data: bytes, folder: Path) -> bool:
    """Return whether the referee accepts a file, which is written into a folder; what it raises is a refusal."""
    source = folder / "file"
    source.write_bytes(data)
    try:
        return bool(
            x12n_document(
                param=params(), src_file=str(source), fd_997=io.StringIO(), fd_html=None, fd_json=None
            )
        )
    except (X12Error, UnicodeDecodeError):
        return False
