"""What goes wrong in aiokafka while Kafka goes and comes: all of it is waited out, none of it ends a process."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from aiokafka.errors import ConsumerStoppedError, IllegalOperation, KafkaError

from bulkhead.kernel.errors import Retryable
from bulkhead.observability.logging import describe, get_logger

_log = get_logger("kafka")

# What aiokafka raises on purpose when it cannot reach Kafka, or Kafka cannot do it now.
_SAYS_SO = (KafkaError, OSError, TimeoutError)

# What it stumbles over when a broker goes in the middle of something: a connection that is gone from its table
# (KeyError), a cluster without a controller (AttributeError), a client closed meanwhile.
_STUMBLES = (
    ConsumerStoppedError,
    IllegalOperation,
    LookupError,
    AttributeError,
    AssertionError,
)
_BROKEN_CONNECTION = "handler is closed"
"""What uvloop says in a RuntimeError of a write to a connection that broke just then. Any other is a bug."""


@contextmanager
def reaching_kafka() -> Iterator[None]:
    """Turn what aiokafka raises inside, on purpose or not, into `Retryable`.

    So too where it was one of aiokafka's own tasks that was cancelled, and nobody cancelled ours.
    """
    try:
        yield
    except _SAYS_SO as error:
        raise Retryable(f"Kafka is away ({type(error).__name__})") from None
    except (*_STUMBLES, RuntimeError) as error:
        if isinstance(error, RuntimeError) and _BROKEN_CONNECTION not in str(error):
            raise
        _log.warning("aiokafka stumbled", **describe(error))
        raise Retryable(f"Kafka is away ({type(error).__name__})") from error
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise Retryable("Kafka is away (a task of aiokafka's was cancelled)") from None
