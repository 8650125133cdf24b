"""The command line: ``python -m attack [--door kafka] [--every N]``, on an exchange of its own that is gone afterwards.

Exit codes: 0 all attacks held; 1 something broke; 4 the exchange could not be used.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from datetime import date

from attack.rows import Row, held, lines_of
from attack.run import DOORS, attacked
from bulkhead_local import Exchange, LocalError

NAME = "attack"
STARTS = date(2015, 12, 1)


def main() -> int:
    """Read the arguments, attack, print the table, and return the exit code."""
    parser = argparse.ArgumentParser(prog="attack", description="Attack an exchange of this machine.")
    parser.add_argument("--every", type=int, default=1, help="of the operations, only one in so many")
    parser.add_argument(
        "--door", choices=DOORS, action="append", help="only this one, or several; all if left out"
    )
    given = parser.parse_args()
    try:
        exchange = Exchange.create(NAME, simulation_start=STARTS)
        try:
            exchange.start()
            rows = asyncio.run(_rows(exchange, doors=given.door or DOORS, every=given.every))
        finally:
            exchange.destroy()
    except (LocalError, RuntimeError) as error:
        print(f"attack: {error}", file=sys.stderr)
        return 4
    print("\n".join(["", *lines_of(rows), ""]))
    print(f"attack: {'everything held' if held(rows) else 'NOT as it must be'}")
    return 0 if held(rows) else 1


async def _rows(exchange: Exchange, *, doors: Sequence[str], every: int) -> list[Row]:
    rows = list[Row]()
    began = time.monotonic()
    async for row in attacked(exchange, doors=doors, every=every):
        rows.append(row)
        print(
            f"  {row.door}: {row.attack}: {row.tries} tries, {time.monotonic() - began:.0f} s",
            file=sys.stderr,
        )
    return rows


if __name__ == "__main__":
    sys.exit(main())
