"""The command line: ``python -m soak --minutes 10 --rate 50 [--seed N] [--every 20] [--keep]``.

Exit codes: 0 nothing was missing, doubled or contradicted; 1 something was; 4 the exchange could not be used.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import signal
import sys

from bulkhead_local import Exchange, LocalError
from recorder.book import Book
from soak.run import STARTS, Soaked, soak
from stories.errors import ExchangeProblem

NAME = "soak"


def main() -> int:
    """Read the arguments, soak, and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="soak", description="Load an exchange, kill its processes, look what it lost."
    )
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--rate", type=float, default=50.0, help="requests a second")
    parser.add_argument("--every", type=float, default=20.0, help="seconds between two kills, on the average")
    parser.add_argument(
        "--seed", type=int, default=None, help="who is killed and what is asked: the same again"
    )
    parser.add_argument("--keep", action="store_true", help="leave the exchange as it is, to look around")
    given = parser.parse_args()
    seed = secrets.randbelow(1_000_000) if given.seed is None else given.seed
    print(
        f"soak: SEED={seed} MINUTES={given.minutes:g} RATE={given.rate:g}, a kill about every {given.every:g} s",
        flush=True,
    )
    try:
        soaked = _soak(given, seed=seed)
    except (LocalError, ExchangeProblem) as error:
        print(f"soak: {error}", file=sys.stderr)
        return 4
    print("\n".join(["", *soaked.lines(), ""]))
    print(f"soak: {'nothing lost, nothing twice' if soaked.held else 'NOT as it must be'} (SEED={seed})")
    return 0 if soaked.held else 1


def _soak(given: argparse.Namespace, *, seed: int) -> Soaked:
    exchange = Exchange.create(NAME, simulation_start=STARTS, after_crash="starts-again")
    book = Book(exchange.state.root / "soak" / "book.sqlite")
    try:
        exchange.start()
        soaked = asyncio.run(_until_told(given, exchange, book, seed=seed))
    finally:
        book.close()
        if not given.keep:
            exchange.destroy()
    print(f"soak: every request and answer is in {book.file}")
    return soaked


async def _until_told(given: argparse.Namespace, exchange: Exchange, book: Book, *, seed: int) -> Soaked:
    """Soak; the first ^C ends the load and asks for the summary, the second one everything."""
    stop = asyncio.Event()

    def interrupted() -> None:
        asyncio.get_running_loop().remove_signal_handler(signal.SIGINT)
        print("\nsoak: ends now, and looks what came of it (^C again: not even that)", flush=True)
        stop.set()

    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, interrupted)
    return await soak(
        exchange,
        seconds=given.minutes * 60,
        rate=given.rate,
        every=given.every,
        seed=seed,
        book=book,
        say=lambda text: print(f"soak: {text}", flush=True),
        stop=stop,
    )


if __name__ == "__main__":
    sys.exit(main())
