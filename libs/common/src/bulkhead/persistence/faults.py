"""What a database's errors mean to us: wait and try again, took too long, taken already, or a bug. Never with values
in the text.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

import asyncpg

from bulkhead.kernel.errors import BulkheadError, Retryable, TookTooLong
from bulkhead.persistence.ports import AlreadyExists

_UNIQUE_VIOLATION = "23505"
_CANCELED = "57014"

# Classes and states after which the same attempt may succeed: connection, rollback, resources, operator,
# system; a wait for a lock that took too long; a transaction left idle; a plan made before a
# migration; a database that is not made yet, takes no connections while it is seen to, or may not be written to (a
# standby, or one that is behind what its service has said).
_RETRYABLE_CLASSES = ("08", "40", "53", "57", "58")
_RETRYABLE_STATES = frozenset(("55P03", "25P03", "25P04", "25006", "0A000", "3D000", "55000"))


class StorageFault(BulkheadError):
    """The database refused what no correct program asks: a missing value, a broken constraint."""


def meaning_of(error: BaseException) -> BulkheadError | None:
    """Return what an error of asyncpg means here; None for one that is not its own.

    A driver's own text can quote a row, and a row can hold personal data: only names are kept of it.
    """
    if isinstance(error, _AWAY):
        return Retryable(f"the database is away ({type(error).__name__})")
    if isinstance(error, asyncpg.PostgresError):
        return _meaning_of_state(error)
    if isinstance(error, asyncpg.InterfaceError):
        return _meaning_of_interface(error)
    return None


def _meaning_of_state(error: asyncpg.PostgresError) -> BulkheadError:
    told: dict[str, str | None] = error.as_dict()
    state = told.get("sqlstate") or ""
    named = " ".join(
        name for key in ("table_name", "column_name", "constraint_name") if (name := told.get(key))
    )
    what = f"{type(error).__name__} {state} {named}".rstrip()
    if state == _UNIQUE_VIOLATION:
        return AlreadyExists(f"a record with the same key is there already ({named})")
    if state == _CANCELED:
        return TookTooLong(f"the database gave up a statement that took too long ({what})")
    if state[:2] in _RETRYABLE_CLASSES or state in _RETRYABLE_STATES:
        return Retryable(f"the database cannot do this now ({what})")
    return StorageFault(what)


def _meaning_of_interface(error: asyncpg.InterfaceError) -> BulkheadError:
    # A connection that broke says so in words only.
    if "connection" in str(error):
        return Retryable(f"the database is away ({type(error).__name__})")
    return StorageFault(f"the driver cannot do this ({type(error).__name__})")


# What says by its type alone that the server cannot be reached. asyncpg's InternalClientError is what a
# connection says that broke between two statements.
_AWAY = (OSError, TimeoutError, asyncpg.InternalClientError)

# Everything the driver and its pool raise.
_RAISED = (*_AWAY, asyncpg.PostgresError, asyncpg.InterfaceError)


class _Translated:
    # Each statement passes here, and what `contextmanager` makes would be a generator each time.
    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, _RAISED):
            raise meaning_of(error) or error from None


_TRANSLATED = _Translated()


def translated() -> AbstractContextManager[None]:
    """Turn what the driver raises inside into `Retryable`, also `TookTooLong`, `AlreadyExists` or `StorageFault`."""
    return _TRANSLATED
