"""Files that are large are read beside the loop, which goes on meanwhile: requests are answered, other work is done."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar

LARGE_BYTES: Final = 256 * 1024
"""A smaller file is read at once: that takes less than a tenth of a second."""

T = TypeVar("T")


async def aside(read: Callable[[], T], content: bytes) -> T:
    """Return what reading a file returns: in a thread of its own where the file is large. Raises what reading does."""
    return read() if len(content) < LARGE_BYTES else await asyncio.to_thread(read)
