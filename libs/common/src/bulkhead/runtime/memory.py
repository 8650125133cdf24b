"""What the garbage collector is spared."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_OBJECTS_BEFORE_A_LOOK = 50_000


@contextmanager
def made_to_stay() -> Iterator[None]:
    """Make what the program consists of: modules, routes, tables. The collector looks at none of it, then or later.

    There are 300,000 objects in a service that has started, and a fifth of its start would be to look through them
    again and again. A hundredth are garbage, and stay too.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def spare_the_collector() -> None:
    """Leave what the program consists of out of the collector's sight, and let it look less often.

    Called once, when a process has started. What is there then stays until its end: in sight, each full collection
    stops the loop for up to 150 ms. The rows and events of a batch are tens of thousands, hold no cycles and go all
    at once: Python's own measure, 700, has them looked through again and again, and nothing is ever found.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS_BEFORE_A_LOOK, *gc.get_threshold()[1:])
