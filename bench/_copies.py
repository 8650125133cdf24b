"""What measurements of bulk work share: households after the pattern of one, and COPY of what was written."""

from __future__ import annotations

import asyncio
import json
import resource
import secrets
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import asyncpg

REPOSITORY = Path(__file__).resolve().parents[1]
MARK = "__"
"""What the pattern's ids end with: each household has its number there instead."""


async def multiply(
    pattern_url: str, url: str, households: int, *, lived: Collection[str], named: Collection[str], one: str
) -> None:
    """Fill a database with households after the pattern of the one in another: ``lived`` are the tables of a
    household's life, ``named`` their columns with ids that are made of a hash, ``one`` has one row a household.
    """
    pattern, target = await asyncpg.connect(pattern_url), await asyncpg.connect(url)
    rows = {
        table: [row[0] for row in await pattern.fetch(f"SELECT to_jsonb(t)::text FROM {table} AS t")]
        for table in lived
    }
    ids = sorted(_ids(rows.values(), named), key=len, reverse=True)
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
    await target.execute(f"INSERT INTO household_locks SELECT household FROM {one}")
    await target.execute("VACUUM ANALYZE")
    await pattern.close()
    await target.close()


def _ids(tables: Iterable[list[str]], named: Collection[str]) -> set[str]:
    """Return the ids in rows that have no mark of their own: those made of a hash."""
    return {
        value
        for rows in tables
        for row in rows
        for name, value in json.loads(row).items()
        if name in named and isinstance(value, str) and value and MARK not in value
    }


def _marked(text: str, ids: Iterable[str]) -> str:
    for each in ids:
        text = text.replace(each, each + MARK)
    return text


async def work_when_told(do: Callable[[], Awaitable[Any]]) -> None:
    """Do something once the measurement says so, and tell it from when to when, and with how much memory at most."""
    print(json.dumps({"ready": True}), flush=True)
    sys.stdin.readline()
    began = time.time()
    await do()
    ended = time.time()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"began": began, "ended": ended, "peak_mib": peak}), flush=True)


def run_workers(arguments: Sequence[str], *, workers: int) -> tuple[float, int]:
    """Let so many processes `work_when_told`, all at once.

    Return the seconds from the first one's begin to the last one's end, and the largest one's memory in MiB.
    """
    processes = [
        subprocess.Popen(
            [sys.executable, *arguments],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
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


async def beside_copy(
    server: Server,
    fed: str,
    folder: Path,
    *,
    on: date,
    runs: int,
    households: int,
    run: Callable[[str], tuple[float, int]],
    workers: int,
    written: Mapping[str, str],
    refers: Mapping[str, Collection[str]] | None = None,
    forget: Callable[[str], Awaitable[None]] | None = None,
) -> None:
    """Do a day's work in copies of a database, each time beside COPY of the rows that it wrote; print the figures.

    ``run`` does it in so many ``workers``, and returns its seconds and the largest one's memory in MiB. It is done once
    more with nothing left to do, after ``forget`` where it would not be done again by itself.
    """
    ratios = list[float]()
    for number in range(1, runs + 1):
        ours = await server.copy_of(fed)
        seconds, peak = await asyncio.to_thread(run, ours)
        rows = await copy_out(ours, on, folder, written=written)
        if forget is not None:
            await forget(ours)
        again, _ = await asyncio.to_thread(run, ours)
        beside = await server.copy_of(fed)
        copied = await copy_in(beside, folder, tables=written, refers=refers)
        await server.drop(ours, beside)
        ratios.append(copied / seconds)
        print(
            f"  run {number}: {rows:,} rows in {seconds:.1f} s ({households / seconds:,.0f} households/s,"
            f" {workers} workers, {peak} MiB each at most), COPY {copied:.1f} s, run again {again:.1f} s",
            flush=True,
        )
    print(
        f"ratio: {statistics.median(ratios):.2f} of COPY ({min(ratios):.2f} … {max(ratios):.2f} of {runs} runs)"
    )


async def copy_out(url: str, on: date, folder: Path, *, written: Mapping[str, str]) -> int:
    """Copy what a run wrote on a day into files, a table each; return how many rows there are.

    ``written`` says by table which rows those are: a condition on ``$1``, the day.
    """
    connection = await asyncpg.connect(url)
    count = 0
    for table, condition in written.items():
        done = await connection.copy_from_query(
            f"SELECT * FROM {table} WHERE {condition}", on, output=folder / table, format="binary"
        )
        count += int(done.rpartition(" ")[2])
    await connection.close()
    return count


async def copy_in(
    url: str, folder: Path, *, tables: Iterable[str], refers: Mapping[str, Collection[str]] | None = None
) -> float:
    """Copy the files into these tables of a database as it was, two tables at a time; return the seconds.

    The largest comes first, but for one that ``refers`` to others: it comes after them, and waits for them.
    """
    left = sorted(tables, key=lambda table: -(folder / table).stat().st_size)
    waits = {table: tuple((refers or {}).get(table, ())) for table in left}
    left.sort(key=lambda table: len(waits[table]))
    done = {table: asyncio.Event() for table in left}

    async def copy() -> None:
        connection = await asyncpg.connect(url)
        while left:
            table = left.pop(0)
            for each in waits[table]:
                await done[each].wait()
            await connection.copy_to_table(table, source=folder / table, format="binary")
            done[table].set()
        await connection.close()

    began = time.perf_counter()
    await asyncio.gather(copy(), copy())
    return time.perf_counter() - began


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
