"""Lines that tell a waiting person what is being done, how far it is, and how long it took."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_SECONDS_BETWEEN_LINES = 3.0


def say(text: str) -> None:
    """Print one line to standard error, at once."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def step(what: str, *, how_far: Callable[[], str] | None = None) -> Iterator[None]:
    """Tell that a step begins, how far it is every few seconds, and how many seconds it took.

    A step of less than half a second tells only its end. ``how_far`` returns what to say meanwhile, such as
    "40 jars fetched"; without it only the seconds are told.
    """
    began = time.monotonic()
    ended = threading.Event()

    def keep_telling() -> None:
        if ended.wait(0.5):
            return
        say(f"  {what} ...")
        while not ended.wait(_SECONDS_BETWEEN_LINES):
            far = f"{how_far()}, " if how_far is not None else ""
            say(f"  {what}: {far}{time.monotonic() - began:.0f} s")

    teller = threading.Thread(target=keep_telling, daemon=True)
    teller.start()
    try:
        yield
    except BaseException:
        ended.set()
        teller.join()
        say(f"  {what}: failed after {time.monotonic() - began:.1f} s")
        raise
    ended.set()
    teller.join()
    say(f"  {what}: done in {time.monotonic() - began:.1f} s")
