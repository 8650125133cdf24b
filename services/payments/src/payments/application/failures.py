"""Items that fail by themselves: what is kept of the failure, and how others go on (I9)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from bulkhead.kernel.errors import BulkheadError, Retryable
from payments.application.ports import Processor, ProcessorSilent, ProcessorUnreachable

Item = TypeVar("Item")


def failure_of(error: Exception) -> str:
    """Return why something failed: our own words, or a foreign error's type, whose text may quote anything."""
    return str(error) if isinstance(error, BulkheadError) else type(error).__qualname__


async def ask_one_by_one(
    items: Iterable[Item],
    *,
    processor: Processor,
    ask: Callable[[Item], Awaitable[int]],
    on_failure: Callable[[Item, Exception], Awaitable[None]],
) -> int:
    """Ask a processor about each item and return how much that did.

    A processor that is away ends it: all others would wait for the same answer. An item that fails in any other
    way fails alone. Raises `Retryable` while the database is away.
    """
    done = 0
    for item in items:
        try:
            done += await ask(item)
        except ProcessorUnreachable:
            break
        except ProcessorSilent as silent:
            if not await processor.is_reachable():
                break
            await on_failure(item, silent)
        except Retryable:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this item's alone
            await on_failure(item, error)
    return done
