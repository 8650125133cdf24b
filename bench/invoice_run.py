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
import json
import resource
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import asyncpg
import uvloop

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "deploy/local"))

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
MARK = "~"
"""What the pattern's ids end with: each household has its number there instead."""
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


async def multiply(pattern_url: str, url: str, households: int) -> None:
    """Fill a database with households after the pattern of the one in another."""
    pattern, target = await asyncpg.connect(pattern_url), await asyncpg.connect(url)
    rows = {
        table: [row[0] for row in await pattern.fetch(f"SELECT to_jsonb(t)::text FROM {table} AS t")]
        for table in LIVED
    }
    ids = sorted(_ids(rows.values()), key=len, reverse=True)
    for table, texts in rows.items():
        marked = [_marked(text, ids) for text in texts]
        await target.execute(
            f"""
            INSERT INTO {table}
            SELECT made.* FROM unnest($1::text[]) AS pattern, generate_series(1, $2::integer) AS n,
                jsonb_populate_record(NULL::{table}, replace(pattern, '{MARK}', lpad(n::text, 8, '0'))::jsonb) AS made
            """,
            marked,
            households,
        )
    await target.execute("INSERT INTO household_locks SELECT household FROM positions")
    await target.execute("VACUUM ANALYZE")
    await pattern.close()
    await target.close()


def _ids(tables: Iterable[list[str]]) -> set[str]:
    """Return the ids in rows that have no mark of their own: those made of a hash."""
    named = ("charge", "payment", "invoice", "decision")
    found = {
        value
        for rows in tables
        for row in rows
        for name, value in json.loads(row).items()
        if name in named and isinstance(value, str) and value and MARK not in value
    }
    return found


def _marked(text: str, ids: Iterable[str]) -> str:
    for each in ids:
        text = text.replace(each, each + MARK)
    return text


# --- the run ------------------------------------------------------------------------------------------------


async def work(url: str, on: date) -> None:
    """Take part in the run until it is done."""
    database = database_at(url)
    runner = DutyRunner(service().duties, database)
    spare_the_collector()
    print(json.dumps({"ready": True}), flush=True)
    sys.stdin.readline()
    began = time.time()
    await runner.run_now("monthly-invoices", on_date=on, now=local(on, 2))
    ended = time.time()
    await database.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"began": began, "ended": ended, "peak_mib": peak}), flush=True)


def run(url: str, on: date, workers: int) -> tuple[float, int]:
    """Do the run with so many workers; return its seconds and the largest worker's memory in MiB."""
    command = [sys.executable, "-m", "bench.invoice_run", "--work", url, "--on", on.isoformat()]
    processes = [
        subprocess.Popen(command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(workers)
    ]
    for process in processes:
        assert process.stdout is not None
        if not process.stdout.readline():
            raise SystemExit("bench: a worker ended before it began")
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    told = [json.loads(process.communicate()[0]) for process in processes]
    seconds = max(each["ended"] for each in told) - min(each["began"] for each in told)
    return seconds, max(each["peak_mib"] for each in told)


async def forget(url: str) -> None:
    """Let the run not have been done, so that it is done once more over what it wrote."""
    connection = await asyncpg.connect(url)
    await connection.execute("DELETE FROM duties; DELETE FROM duty_calendars")
    await connection.close()


# --- COPY ---------------------------------------------------------------------------------------------------

WRITTEN = {
    "charges": "month = to_char($1::date + interval '1 month', 'YYYY-MM')",
    "invoices": "dated = $1::date",
    "transfers": "booked_on = $1::date",
    "outbox": "business_date = $1::date",
}
"""What a run writes, and which rows of the table those are."""


async def copy_out(url: str, on: date, folder: Path) -> int:
    """Copy the rows that the run wrote into files; return how many there are."""
    connection = await asyncpg.connect(url)
    count = 0
    for table, written in WRITTEN.items():
        done = await connection.copy_from_query(
            f"SELECT * FROM {table} WHERE {written}", on, output=folder / table, format="binary"
        )
        count += int(done.rpartition(" ")[2])
    await connection.close()
    return count


async def copy_in(url: str, folder: Path) -> float:
    """Copy the files into the same tables of a database as it was, two tables at a time; return the seconds."""
    left = sorted(WRITTEN, key=lambda table: -(folder / table).stat().st_size)

    async def copy() -> None:
        connection = await asyncpg.connect(url)
        while left:
            table = left.pop(0)
            await connection.copy_to_table(table, source=folder / table, format="binary")
        await connection.close()

    began = time.perf_counter()
    await asyncio.gather(copy(), copy())
    return time.perf_counter() - began


# --- the measurement ----------------------------------------------------------------------------------------


class Server:
    """The PostgreSQL server: databases made as copies of another."""

    def __init__(self, administrator_url: str) -> None:
        self._administrator_url = administrator_url
        self._made: list[str] = []

    async def copy_of(self, name: str | None = None) -> str:
        """Return the URL of a new database: a copy, or an empty one."""
        made = f"bench_{secrets.token_hex(4)}"
        template = f'"{name.rpartition("/")[2]}"' if name else "template0 LC_COLLATE 'C' LC_CTYPE 'C'"
        await self._execute(f'CREATE DATABASE "{made}" TEMPLATE {template} STRATEGY file_copy')
        self._made.append(made)
        return f"{self._administrator_url.rpartition('/')[0]}/{made}"

    async def drop(self, *urls: str) -> None:
        """Drop databases made here."""
        for url in urls:
            name = url.rpartition("/")[2]
            await self._execute(f'DROP DATABASE "{name}" WITH (FORCE)')
            self._made.remove(name)

    async def drop_all(self) -> None:
        """Drop every database made here."""
        for name in self._made:
            await self._execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        self._made.clear()

    async def _execute(self, statement: str) -> None:
        connection = await asyncpg.connect(self._administrator_url)
        await connection.execute(statement)
        await connection.close()


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
    await multiply(pattern, fed, given.households)
    ratios = list[float]()
    for number in range(1, given.runs + 1):
        ours = await server.copy_of(fed)
        seconds, peak = await asyncio.to_thread(run, ours, on, given.workers)
        rows = await copy_out(ours, on, folder)
        await forget(ours)
        again, _ = await asyncio.to_thread(run, ours, on, given.workers)
        beside = await server.copy_of(fed)
        copied = await copy_in(beside, folder)
        await server.drop(ours, beside)
        ratios.append(copied / seconds)
        print(
            f"  run {number}: {rows:,} rows in {seconds:.1f} s ({given.households / seconds:,.0f} households/s,"
            f" {given.workers} workers, {peak} MiB each at most), COPY {copied:.1f} s, run again {again:.1f} s",
            flush=True,
        )
    print(
        f"ratio: {statistics.median(ratios):.2f} of COPY"
        f" ({min(ratios):.2f} … {max(ratios):.2f} of {given.runs} runs)"
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
