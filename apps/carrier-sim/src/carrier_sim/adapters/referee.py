"""Somebody else's reader of X12 (pyx12), where it is installed: ``pip install './apps/carrier-sim[referee]'``."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from pathlib import Path

from carrier_sim.domain.checklist import UnfitList


def referee() -> Callable[[str], bool]:
    """Return what says whether it accepts a file. Raises `UnfitList` where it is not installed."""
    try:
        from pyx12.errors import X12Error
        from pyx12.params import params
        from pyx12.x12n_document import x12n_document
    except ImportError as error:
        raise UnfitList("pyx12 is not installed: pip install './apps/carrier-sim[referee]'") from error

    def accepts(content: str) -> bool:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "file"
            path.write_text(content, encoding="utf-8", newline="")
            try:
                return bool(
                    x12n_document(
                        param=params(), src_file=str(path), fd_997=io.StringIO(), fd_html=None, fd_json=None
                    )
                )
            except (X12Error, UnicodeDecodeError):
                return False

    return accepts
