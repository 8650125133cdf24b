"""The monthly invoice run, beside COPY of the same rows into the same tables.

Every household has two policies and months behind it: invoiced, paid, settled. One is lived through in memory by the
use cases themselves; PostgreSQL makes the others after its pattern. Then so many workers run the duty of the 5th:
charges, invoices, transfers, positions and events, committed. What they wrote is copied out, and copied by one COPY a
table, two at a time, into a database as it was before the run. At the end the run is done again,
with nothing left to do.

    make bench NAME=invoice-run HOUSEHOLDS=30000 OPTIONS="--months 6 --workers 2 --runs 5"
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import asyncpg
import uvloop

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "deploy/local"))

from bench._copies import (  # noqa: E402
    MARK,
    Server,
    beside_copy,
    multiply,
    run_workers,
    work_when_told,
)
from bench._intake import machine  # noqa: E402
from bulkhead.duties.runner import DutyRunner  # noqa: E402
from bulkhead.kernel.calendar import CoverageMonth, local  # noqa: E402
from bulkhead.persistence.migrations import migrate  # noqa: E402
from bulkhead.persistence.postgres import PostgresDatabase  # noqa: E402
from bulkhead.policy import PolicyPack  # noqa: E402
from bulkhead.runtime.memory import spare_the_collector  # noqa: E402
from bulkhead_local import Backing as LocalBacking  # noqa: E402
from invoicing.bootstrap import assemble  # noqa: E402
from invoicing.domain import records  # noqa: E402
from services.invoicing.tests.builders import Book  # noqa: E402

PACK = "vermont-2016"
NET = {"silver": 50_000, "dental": 4_000}
LIVED: dict[str, type[Any]] = {
    "selections": records.Selection,
    "policies": records.Policy,
    "positions": records.Position,
    "invoices": records.Invoice,
    "payments": records.Payment,
    "charges": records.Charge,
    "transfers": records.Transfer,
}
"""The tables of a household's life, all of which a run reads or writes, and their rows."""
NAMED = ("charge", "payment", "invoice", "decision")
"""Columns of ids that are made of a hash."""


def service() -> Any:
    """Return invoicing as it runs."""
    return assemble(pack=PolicyPack.named(PACK, directory=REPOSITORY / "policy"))


def database_at(url: str) -> PostgresDatabase:
    """Return invoicing's database at this URL."""
    return PostgresDatabase.for_service(service(), url=url)


# --- the households -----------------------------------------------------------------------------------------


async def live(url: str, months: int) -> date:
    """Live through one household's months, and keep it in a database; return the day of the run that is next."""
    book = Book(starts=date(2015, 12, 1))
    await book.advance(date(2015, 12, 3), 10)
    await renew(book, 2016)
    await book.pay(f"h{MARK}", sum(NET.values()))
    month = CoverageMonth(2016, 1)
    for _ in range(months - 1):
        await book.advance(month.first_day.replace(day=20))
        await book.pay(f"h{MARK}", sum(NET.values()))
        month = month.plus(1)
        if month.month == 12:
            await renew(book, month.year + 1)
    await book.advance(month.first_day.replace(day=4))
    database = database_at(url)
    async with database.begin(now=book.now) as uow:
        for kind in LIVED.values():
            await uow.records(kind).add(book.database.rows(kind))
    await database.close()
    return month.first_day.replace(day=5)


async def renew(book: Book, year: int) -> None:
    """Select the plans of a year, with a binder the first time."""
    await book.select(
        f"h{MARK}",
        net={f"{plan}-{year}": cents for plan, cents in NET.items()},
        selection=f"s{year}",
        effective=date(year, 1, 1),
        binder_required=year == 2016,
    )


# --- the run ------------------------------------------------------------------------------------------------


async def work(url: str, on: date) -> None:
    """Take part in the run until it is done."""
    database = database_at(url)
    runner = DutyRunner(service().duties, database)
    spare_the_collector()
    await work_when_told(lambda: runner.run_now("monthly-invoices", on_date=on, now=local(on, 2)))
    await database.close()


def run(url: str, on: date, workers: int) -> tuple[float, int]:
    """Do the run with so many workers; return its seconds and the largest worker's memory in MiB."""
    arguments = ["-m", "bench.invoice_run", "--work", url, "--on", on.isoformat()]
    return run_workers(arguments, workers=workers)


async def forget(url: str) -> None:
    """Let the run not have been done, so that it is done once more over what it wrote."""
    connection = await asyncpg.connect(url)
    await connection.execute("DELETE FROM duties; DELETE FROM duty_calendars")
    await connection.close()


# --- the measurement ----------------------------------------------------------------------------------------

WRITTEN = {
    "charges": "month = to_char($1::date + interval '1 month', 'YYYY-MM')",
    "invoices": "dated = $1::date",
    "transfers": "booked_on = $1::date",
    "outbox": "business_date = $1::date",
}
"""What a run writes, and which rows of the table those are."""


async def measure(server: Server, given: argparse.Namespace, folder: Path) -> None:
    """Run everything and print the figures."""
    pattern, fed = await server.copy_of(), await server.copy_of()
    for url in (pattern, fed):
        await asyncio.to_thread(migrate, url=url, directory=REPOSITORY / "services/invoicing/migrations")
    on = await live(pattern, given.months)
    print(
        f"{given.households:,} households, two policies and {given.months} months each, {machine()}",
        flush=True,
    )
    await multiply(pattern, fed, given.households, lived=LIVED, named=NAMED, one="positions")
    await beside_copy(
        server,
        fed,
        folder,
        on=on,
        runs=given.runs,
        households=given.households,
        run=lambda url: run(url, on, given.workers),
        workers=given.workers,
        written=WRITTEN,
        forget=forget,
    )


def main() -> None:
    """Read the arguments; take part in a run, or measure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--households", type=int, default=30_000)
    parser.add_argument("--months", type=int, default=6)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--work", help=argparse.SUPPRESS)
    parser.add_argument("--on", type=date.fromisoformat, help=argparse.SUPPRESS)
    given = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        if given.work:
            runner.run(work(given.work, given.on))
            return
        server = Server(LocalBacking.ensure().postgres_url)
        try:
            with tempfile.TemporaryDirectory() as folder:
                runner.run(measure(server, given, Path(folder)))
        finally:
            runner.run(server.drop_all())


if __name__ == "__main__":
    main()
