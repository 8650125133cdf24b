"""A transaction of one unit of work: begun where something has to hold until its end, committed once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from bulkhead.kernel.errors import Retryable
from bulkhead.persistence.connections import Connection
from bulkhead.persistence.questions import Question
from bulkhead.persistence.statements import Inserts, Row, write

A = TypeVar("A")

_MAKE_LOCKS = "INSERT INTO household_locks (household) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING"
_TAKE_LOCKS = """
SELECT household FROM household_locks WHERE household = ANY ($1::text[]) ORDER BY household FOR UPDATE
"""

# The same for one, whose row is made where it is new: then there is nothing to wait for any more.
_TAKE_LOCK = """
WITH known AS (SELECT household FROM household_locks WHERE household = $1 FOR UPDATE),
made AS (
    INSERT INTO household_locks (household) SELECT $1 WHERE NOT EXISTS (SELECT FROM known)
    ON CONFLICT DO NOTHING RETURNING household
)
SELECT household FROM known UNION ALL SELECT household FROM made
"""


class Transaction:
    """What one unit of work's statements run on.

    PostgreSQL is told of it with the first statement that changes something, or to take locks. Before, each statement
    sees what is committed by then, as it does inside: so who only looks begins nothing and ends nothing, and what is
    written in one statement at the end is one transaction by itself.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._begun = False

    async def lock(self, households: list[str]) -> None:
        """Take these households' locks; waits for whoever has one of them."""
        if not households:
            return
        await self._begin()
        if len(households) == 1 and await self._connection.fetch(_TAKE_LOCK, households[0]):
            return
        if len(await self._connection.fetch(_TAKE_LOCKS, households)) < len(households):
            # Some are new here. Their rows are made in a transaction of their own, so that this one still has no
            # transaction id while it waits for a lock.
            await self._connection.execute("ROLLBACK")
            await self._connection.execute(_MAKE_LOCKS, households)
            await self._connection.execute("BEGIN")
            if len(await self._connection.fetch(_TAKE_LOCKS, households)) < len(households):
                raise Retryable("a household's lock row vanished")

    async def ask(self, question: Question[A]) -> A:
        """Run the statement of a question and return its answer."""
        if not question.reads:
            await self._begin()
        return (await question.answered(self._connection, ()))[0]

    async def read(self, query: str, *args: Any) -> list[Any]:
        """Run a statement that changes and locks nothing, and return its rows."""
        return await self._connection.fetch(query, *args)

    async def fetch(self, query: str, *args: Any) -> list[Any]:
        """Run a statement and return its rows."""
        await self._begin()
        return await self._connection.fetch(query, *args)

    async def execute(self, query: str, *args: Any) -> str:
        """Run a statement that writes."""
        await self._begin()
        return await self._connection.execute(query, *args)

    async def copy_records_to_table(
        self, table_name: str, *, records: Iterable[tuple[Any, ...]], columns: Sequence[str]
    ) -> str:
        """Insert rows by binary COPY."""
        await self._begin()
        return await self._connection.copy_records_to_table(table_name, records=records, columns=columns)

    async def committed(self, rows: Mapping[Inserts, Sequence[Row]]) -> None:
        """Write these rows and commit, with all that was written here."""
        await write(self._connection, rows)
        if self._begun:
            await self._connection.execute("COMMIT")

    async def _begin(self) -> None:
        if not self._begun:
            await self._connection.execute("BEGIN")
            self._begun = True
