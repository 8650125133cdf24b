"""The command line: ``python -m matrix [OUTAGE...]``; without a name all of them.

Exit codes: 0 everything is as the table promises, and all facts are those of the calm; 1 something is not; 2 there is
no such outage; 4 the exchange could not be used.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bulkhead_local import LocalError
from matrix.acts import BEGINS, OVER, before
from matrix.comparing import differences
from matrix.expected import wrong
from matrix.outages import OUTAGES, Away
from matrix.page import page, table
from matrix.run import CALM, Row, row
from stories.errors import ExchangeProblem
from stories.stages.live import LiveStage

PAGE = Path(".local") / "matrix.html"
MOST_DAYS_LATE = (OVER - BEGINS).days


def main() -> int:
    """Read the arguments, play the rows, and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="matrix", description="Each thing away, and each thing asked meanwhile."
    )
    parser.add_argument("outages", nargs="*", metavar="OUTAGE", help=f"one of: {', '.join(OUTAGES)}")
    parser.add_argument("--page", type=Path, default=PAGE, help="where the page is written")
    given = parser.parse_args()
    unknown = [each for each in given.outages if each not in OUTAGES]
    if unknown:
        print(
            f"matrix: there is no outage '{unknown[0]}'. Name one of: {', '.join(OUTAGES)}", file=sys.stderr
        )
        return 2
    try:
        rows = asyncio.run(_rows(given.outages or OUTAGES))
    except (LocalError, ExchangeProblem) as error:
        print(f"matrix: {error}", file=sys.stderr)
        return 4
    return _tell(rows, given.page)


async def _rows(outages: Sequence[str]) -> list[Row]:
    found: list[Row] = []
    for outage in (CALM, *outages):
        began = time.monotonic()
        stage = LiveStage(
            prefix=f"matrix-{OUTAGES.index(outage) if outage in OUTAGES else 'calm'}-", make=Away
        )
        async with stage.exchange(before()) as exchange:
            found.append(await row(exchange, outage, say=lambda text: print(f"  {text}", flush=True)))
        held = not faults_of(found[-1], calm=found[0])
        said = "as promised" if held else "NOT as promised"
        print(f"matrix: {outage} away, {said}, {time.monotonic() - began:.0f} s", flush=True)
    return found


def faults_of(found: Row, *, calm: Row) -> list[str]:
    """Return what of a row is not as promised, and where its facts are not those of the calm."""
    cells = [fault for cell in found.cells.values() for fault in wrong(cell)]
    facts = differences(calm.facts, found.facts, most_days_late=MOST_DAYS_LATE)
    return [*cells, *(f"{found.outage} away, afterwards: {each}" for each in facts)]


def _tell(rows: Sequence[Row], file: Path) -> int:
    calm = rows[0]
    differing = {
        each.outage: differences(calm.facts, each.facts, most_days_late=MOST_DAYS_LATE) for each in rows
    }
    faults = [fault for each in rows for fault in faults_of(each, calm=calm)]
    print("\n".join(["", *table(rows), "", *faults]))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(page(rows, differing, made_at=datetime.now(UTC)), encoding="utf-8")
    print(
        f"matrix: {'as promised' if not faults else f'{len(faults)} things NOT as promised'}; timelines in {file}"
    )
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
