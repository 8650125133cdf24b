"""Several units of work in one transaction: begun together, written together, committed once (ADR 0019)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator, Hashable, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from bulkhead.kernel.errors import BulkheadError
from bulkhead.persistence.connections import Connection, Connections
from bulkhead.persistence.faults import translated
from bulkhead.persistence.ports import NotShared
from bulkhead.persistence.questions import Question
from bulkhead.persistence.statements import Inserts, Row, write

T = TypeVar("T")
A = TypeVar("A")

TRANSACTIONS_AT_ONCE = 2
"""How many shared transactions there are at once: whoever comes meanwhile shares the next one."""

LARGEST = 16
"""How many units of work share one transaction at most."""

# Whoever does make them wait, such as one who makes the same household known, holds up no more than this.
_BEGIN = "BEGIN; SET LOCAL lock_timeout = 100"

# Nobody waits for one household's lock while holding those of others: what somebody has is passed over.
_TAKE_FREE_LOCKS = """
WITH free AS (
    SELECT household FROM household_locks WHERE household = ANY ($1::text[])
    ORDER BY household FOR UPDATE SKIP LOCKED
),
made AS (
    INSERT INTO household_locks (household)
    SELECT wanted.household FROM unnest($1::text[]) AS wanted(household)
    WHERE NOT EXISTS (SELECT FROM household_locks AS known WHERE known.household = wanted.household)
    ORDER BY household
    ON CONFLICT DO NOTHING RETURNING household
)
SELECT household FROM free UNION ALL SELECT household FROM made
"""


class Share:
    """One unit of work's part of a transaction: what its statements run on.

    Each raises `NotShared` where one has failed.
    """

    def __init__(self, transaction: _Transaction) -> None:
        self._transaction = transaction
        self._wrote = False

    async def ask(self, question: Question[A]) -> A:
        """Run the statement of a question, together with what others here ask alike, and return its answer."""
        self._wrote = self._wrote or not question.reads
        return await self._transaction.ask(question)

    async def read(self, query: str, *args: Any) -> list[Any]:
        """Run a statement that changes and locks nothing, and return its rows."""
        return await self._transaction.run(lambda connection: connection.fetch(query, *args))

    async def fetch(self, query: str, *args: Any) -> list[Any]:
        """Run a statement and return its rows."""
        self._wrote = self._wrote or not query.startswith("SELECT")
        return await self._transaction.run(lambda connection: connection.fetch(query, *args))

    async def execute(self, query: str, *args: Any) -> str:
        """Run a statement that writes."""
        self._wrote = True
        return await self._transaction.run(lambda connection: connection.execute(query, *args))

    async def copy_records_to_table(
        self, table_name: str, *, records: Iterable[tuple[Any, ...]], columns: Sequence[str]
    ) -> str:
        """Insert rows by binary COPY."""
        self._wrote = True
        return await self._transaction.run(
            lambda connection: connection.copy_records_to_table(table_name, records=records, columns=columns)
        )

    async def committed(self, rows: Mapping[Inserts, Sequence[Row]]) -> None:
        """Return when these rows are committed, with all that was written here; raises `NotShared`."""
        self._transaction.add(rows)
        await self._transaction.left()

    async def given_up(self) -> None:
        """Return when what was seen here is committed; raises `NotShared` where it is not, or something was written.

        What one has written cannot be taken back alone.
        """
        self._leave()
        await self._transaction.left()

    def abandoned(self) -> None:
        """Take no further part, and wait for nothing."""
        self._leave()
        self._transaction.leave()

    def _leave(self) -> None:
        if self._wrote:
            self._transaction.spoil()


class _Transaction:
    """One transaction. Its statements run one at a time, and one that fails ends it for everybody."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._shares = 0
        self._all_left = asyncio.Event()
        self._all_left.set()
        self._one_statement = asyncio.Lock()
        self._spoiled = False
        self._rows: dict[Inserts, list[Row]] = {}
        self._asked: dict[Hashable, list[_Asked]] = {}
        self._committed: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def share(self) -> Share:
        self._shares += 1
        self._all_left.clear()
        return Share(self)

    async def run(self, statement: Callable[[Connection], Awaitable[T]]) -> T:
        async with self._one_statement:
            if self._spoiled:
                raise NotShared
            try:
                return await statement(self._connection)
            except Exception as error:
                self._spoiled = True
                raise NotShared from error
            except BaseException:
                self._spoiled = True
                raise

    async def ask(self, question: Question[A]) -> A:
        """Ask what others ask alike in one statement: those who come before its turn has come (ADR 0019)."""
        alike = question.alike
        if alike is None or self._shares == 1:
            return (await self.run(lambda connection: question.answered(connection, ())))[0]
        if alike in self._asked:
            asked = _Asked(question, asyncio.get_running_loop().create_future())
            self._asked[alike].append(asked)
            return await asked.answer
        with self._asking(alike) as others:
            await asyncio.sleep(0)  # whoever was begun together with this one is about to ask
            answers = await self.run(lambda connection: self._ask_now(connection, question, alike))
            for each, answer in zip(others, answers[1:], strict=True):
                each.tell(answer)
        return answers[0]

    def _ask_now(
        self, connection: Connection, question: Question[A], alike: Hashable
    ) -> Awaitable[Sequence[A]]:
        return question.answered(connection, [each.question for each in self._asked.pop(alike)])

    @contextmanager
    def _asking(self, alike: Hashable) -> Generator[list[_Asked]]:
        """Give the list that others join until their question is asked; who has no answer by the end gets none."""
        others = self._asked[alike] = []
        try:
            yield others
        finally:
            if self._asked.get(alike) is others:
                del self._asked[alike]
            for each in others:
                each.fail()

    def spoil(self) -> None:
        self._spoiled = True

    def add(self, rows: Mapping[Inserts, Sequence[Row]]) -> None:
        for inserts, each in rows.items():
            self._rows.setdefault(inserts, []).extend(each)

    def leave(self) -> None:
        self._shares -= 1
        if not self._shares:
            self._all_left.set()

    async def left(self) -> None:
        """Leave, and return when all is committed; raises `NotShared` where it is not."""
        self.leave()
        if not await asyncio.shield(self._committed):
            raise NotShared

    async def commit(self) -> None:
        """Commit when all have left; raises `NotShared` where it cannot be."""
        await self._all_left.wait()
        if self._spoiled:
            raise NotShared
        with translated():
            await write(self._connection, self._rows)
            await self._connection.execute("COMMIT")
        self._committed.set_result(True)

    def end(self) -> None:
        """Let nobody wait any more: what is not committed by now is not."""
        self._spoiled = True
        if not self._committed.done():
            self._committed.set_result(False)


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """Who waits for an answer that somebody else asks for."""

    question: Question[Any]
    answer: asyncio.Future[Any]

    def tell(self, answer: Any) -> None:
        if not self.answer.done():
            self.answer.set_result(answer)

    def fail(self) -> None:
        if not self.answer.done():
            self.answer.set_exception(NotShared())


@dataclass(frozen=True, slots=True, eq=False)
class _Member:
    """Who waits for a share in a transaction."""

    households: frozenset[str]
    share: asyncio.Future[Share]


class Sharing:
    """Puts those who come at the same time, each with other households, into one transaction."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._waiting: list[_Member] = []
        self._running: set[asyncio.Task[None]] = set()

    async def join(self, households: Iterable[str]) -> Share:
        """Return a share in a transaction that holds these households' locks.

        Raises `NotShared` where somebody holds one of them, and while the database is away.
        """
        member = _Member(frozenset(households), asyncio.get_running_loop().create_future())
        self._waiting.append(member)
        self._begin()
        try:
            return await member.share
        except asyncio.CancelledError:
            if member.share.done() and not member.share.cancelled() and member.share.exception() is None:
                member.share.result().abandoned()
            raise

    def _begin(self) -> None:
        if self._waiting and len(self._running) < TRANSACTIONS_AT_ONCE:
            task = asyncio.get_running_loop().create_task(self._share())
            self._running.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._begin()

    def _next_members(self) -> list[_Member]:
        chosen, left, households = list[_Member](), list[_Member](), set[str]()
        for member in self._waiting:
            if len(chosen) < LARGEST and households.isdisjoint(member.households):
                chosen.append(member)
                households |= member.households
            else:
                left.append(member)
        self._waiting = left
        return chosen

    async def _share(self) -> None:
        members = self._next_members()  # not before it runs: by then others may have come
        if not members:
            return
        try:
            async with self._connections.one() as connection:
                with translated():
                    await connection.execute(_BEGIN)
                    wanted = sorted({household for member in members for household in member.households})
                    locked = {row[0] for row in await connection.fetch(_TAKE_FREE_LOCKS, wanted)}
                transaction = _Transaction(connection)
                try:
                    for member in members:
                        if member.households <= locked and not member.share.done():
                            member.share.set_result(transaction.share())
                    await transaction.commit()
                finally:
                    transaction.end()
        except BulkheadError:
            pass  # each does its work again alone, and hears there what was wrong
        finally:
            for member in members:
                if not member.share.done():
                    member.share.set_exception(NotShared())
