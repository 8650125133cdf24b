"""A bank's lockbox file, beside COPY of the same rows into the same tables.

Each check of the file is of another household, known here. The file is stored whole, as the poller does, then read:
its frame, then 500 checks in a transaction, which are payments, their numbers and events, committed. What was written
is copied out, and copied by one COPY a table, two at a time, into a database as it was before. At the end the file is
read again, with nothing left to do. How long the loop was held at most is told too: others wait so long for it.

    make bench NAME=lockbox OPTIONS="--checks 100000 --runs 3"
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path

import asyncpg
import uvloop

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "deploy/local"))

from bench._copies import Server, beside_copy, run_workers, work_when_told  # noqa: E402
from bench._intake import machine  # noqa: E402
from bulkhead.kernel.calendar import local  # noqa: E402
from bulkhead.persistence.migrations import migrate  # noqa: E402
from bulkhead.persistence.postgres import PostgresDatabase  # noqa: E402
from bulkhead.runtime.memory import spare_the_collector  # noqa: E402
from bulkhead_local import Backing as LocalBacking  # noqa: E402
from payments.application.load_lockbox_files import store_lockbox_file  # noqa: E402
from payments.application.lockbox_poller import load_stored  # noqa: E402
from payments.domain.lockbox import LockboxContent, LockboxFile  # noqa: E402
from services.payments.tests.builders import PARAMETERS, World  # noqa: E402
from services.payments.tests.lockbox import Check, bai_lockbox_file  # noqa: E402

ON = date(2015, 12, 3)
A_BATCH = 999
"""So many checks a batch can have: its items are numbered in three digits."""
WRITTEN = {
    "payments": "known_at::date = $1::date",
    "payment_counts": "$1::date IS NOT NULL",
    "outbox": "business_date = $1::date",
}
"""What is written for each check, and which rows of the table those are."""


def database_at(url: str) -> PostgresDatabase:
    """Return payments' database at this URL."""
    return PostgresDatabase.for_service(World().service, url=url)


async def fill(url: str, checks: int) -> None:
    """Keep so many known households, and a stored file with a check of each."""
    connection = await asyncpg.connect(url)
    households = "SELECT 'h' || lpad(n::text, 8, '0') AS household FROM generate_series(1, $1::integer) AS n"
    await connection.execute(
        f"INSERT INTO known_accounts SELECT household, now() FROM ({households}) AS h", checks
    )
    await connection.execute(f"INSERT INTO household_locks {households}", checks)
    all_checks = [Check(account=f"h{each:08}", number=str(each)) for each in range(1, checks + 1)]
    content = bai_lockbox_file(*[all_checks[first : first + A_BATCH] for first in range(0, checks, A_BATCH)])
    database = database_at(url)
    async with database.begin(now=local(ON, 10)) as uow:
        await store_lockbox_file(uow, name="bench.bai", content=content)
    await database.close()
    await connection.execute("VACUUM ANALYZE")
    await connection.close()


async def read_again(url: str) -> None:
    """Have the file read once more: all of its checks are recorded."""
    connection = await asyncpg.connect(url)
    await connection.execute("UPDATE lockbox_files SET state = 'stored'")
    await connection.close()


@asynccontextmanager
async def loop_watched() -> AsyncGenerator[None]:
    """Tell how long the loop was held at most meanwhile, in processor time: what else the machine does is not in it."""
    longest = 0.0

    async def watch() -> None:
        nonlocal longest
        while True:
            before = time.thread_time()
            await asyncio.sleep(0)
            longest = max(longest, time.thread_time() - before)

    watching = asyncio.create_task(watch())
    yield
    watching.cancel()
    print(
        f"  the loop was held for {longest * 1000:.0f} ms of processor time at most",
        file=sys.stderr,
        flush=True,
    )


async def work(url: str) -> None:
    """Read the stored file."""
    database = database_at(url)
    async with database.begin(now=local(ON, 10)) as uow:
        [file] = await uow.records(LockboxFile).select()
        [kept] = await uow.records(LockboxContent).select()
    spare_the_collector()

    async def load() -> None:
        async with loop_watched():
            await load_stored(database, file.file, kept.content, parameters=PARAMETERS, now=local(ON, 10))

    await work_when_told(load)
    await database.close()


def run(url: str) -> tuple[float, int]:
    """Read the file in a process of its own; return its seconds and its memory in MiB."""
    return run_workers(["-m", "bench.lockbox", "--work", url], workers=1)


async def measure(server: Server, given: argparse.Namespace, folder: Path) -> None:
    """Run everything and print the figures."""
    fed = await server.copy_of()
    await asyncio.to_thread(migrate, url=fed, directory=REPOSITORY / "services/payments/migrations")
    await fill(fed, given.checks)
    print(f"{given.checks:,} checks, each of another household, {machine()}", flush=True)
    await beside_copy(
        server,
        fed,
        folder,
        on=ON,
        runs=given.runs,
        households=given.checks,
        run=run,
        workers=1,
        written=WRITTEN,
        forget=read_again,
    )


def main() -> None:
    """Read the arguments; take part in a run, or measure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--checks", "--households", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--work", help=argparse.SUPPRESS)
    given = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        if given.work:
            runner.run(work(given.work))
            return
        server = Server(LocalBacking.ensure().postgres_url)
        try:
            with tempfile.TemporaryDirectory() as folder:
                runner.run(measure(server, given, Path(folder)))
        finally:
            runner.run(server.drop_all())


if __name__ == "__main__":
    main()
