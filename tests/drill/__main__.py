"""The command line: ``python -m drill [--scale 1] [--only massachusetts] [--keep]``.

Exit codes: 0 all is as it must be; 1 something is not; 4 the exchange could not be used; 130 it was interrupted.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import time

import uvloop

from bulkhead_local import LocalError
from drill.run import HEADLINES, drill
from stories.errors import ExchangeProblem


def main() -> int:
    """Read the arguments, drill, and return the exit code."""
    parser = argparse.ArgumentParser(prog="drill", description="Live through three headlines.")
    parser.add_argument(
        "--scale", type=float, default=1.0, help="the share of the reported numbers, such as 0.01"
    )
    parser.add_argument(
        "--only", choices=sorted(HEADLINES), action="append", help="one headline; all if left out"
    )
    parser.add_argument("--keep", action="store_true", help="leave the exchanges as they are, to look around")
    given = parser.parse_args()
    try:
        return uvloop.run(_until_told(given))
    except (LocalError, ExchangeProblem) as error:
        print(f"drill: {error}", file=sys.stderr)
        return 4


async def _until_told(given: argparse.Namespace) -> int:
    stop = asyncio.Event()

    def interrupted() -> None:
        asyncio.get_running_loop().remove_signal_handler(signal.SIGINT)
        print("\ndrill: ends as soon as what is under way is answered (^C again: at once)", flush=True)
        stop.set()

    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, interrupted)
    began = time.monotonic()
    drilled = await drill(
        scale=given.scale,
        only=given.only or list(HEADLINES),
        keep=given.keep,
        stop=stop,
        say=lambda text: print(f"drill: {text}", flush=True),
    )
    if drilled is None:
        print("drill: interrupted")
        return 130
    print("\n".join(["", *drilled.lines(), ""]))
    print(f"drill: {time.monotonic() - began:.0f} s, the page is {drilled.page}")
    return 0 if drilled.held else 1


if __name__ == "__main__":
    sys.exit(main())
