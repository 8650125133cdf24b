"""What services keep, looked at behind their APIs: the rows of their databases, and the processor's own charges."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from contextlib import closing
from pathlib import Path

import asyncpg

_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"


async def tables_with(url: str, marks: Collection[str]) -> list[str]:
    """Return the tables of a database that have one of these texts in a row, as text or as bytes."""
    wanted = [*marks, *(each.encode().hex() for each in marks)]
    connection = await asyncpg.connect(url)
    try:
        found = list[str]()
        for (table,) in await connection.fetch(_TABLES):
            query = (
                f'SELECT EXISTS (SELECT FROM "{table}" AS its_row, unnest($1::text[]) AS its_mark'
                " WHERE position(its_mark IN its_row::text) > 0)"
            )
            if await connection.fetchval(query, wanted):
                found.append(table)
        return found
    finally:
        await connection.close()


def charges_on(processor: Path, token: str) -> int:
    """Return how often the sandbox of the processor took money on a token, by what it keeps in its folder."""
    # Read only, and never made anew: a folder that is not its own is an error, and not one without charges.
    with closing(
        sqlite3.connect(f"{(processor / 'processor.sqlite').as_uri()}?mode=ro", uri=True)
    ) as database:
        query = "SELECT count(*) FROM kept_charges WHERE token = ? AND status = 'approved'"
        return int(database.execute(query, (token,)).fetchone()[0])
