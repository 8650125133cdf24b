"""Whatever aiokafka raises while Kafka goes and comes is waited out, and nothing else is."""

from __future__ import annotations

import asyncio

import pytest
from aiokafka.errors import ConsumerStoppedError, KafkaConnectionError

from bulkhead.kernel.errors import Retryable
from bulkhead.messaging.kafka_faults import reaching_kafka


@pytest.mark.parametrize(
    "error",
    [
        KafkaConnectionError(),
        TimeoutError(),
        OSError(),
        ConsumerStoppedError(),
        KeyError((1, 0)),
        AttributeError(),
        RuntimeError("unable to perform operation on <TCPTransport closed=True>; the handler is closed"),
    ],
)
def test_what_it_says_and_what_it_stumbles_over_is_waited_out(error: Exception) -> None:
    with pytest.raises(Retryable, match=type(error).__name__), reaching_kafka():
        raise error


def test_a_setting_it_does_not_take_is_a_bug() -> None:
    with pytest.raises(ValueError, match="no such mechanism"), reaching_kafka():
        raise ValueError("no such mechanism")


async def test_a_cancelled_task_of_its_own_is_waited_out() -> None:
    own = asyncio.create_task(asyncio.Event().wait())
    own.cancel()
    with pytest.raises(Retryable), reaching_kafka():
        await own


async def test_who_is_cancelled_meanwhile_ends() -> None:
    began = asyncio.Event()

    async def reach() -> None:
        with reaching_kafka():
            began.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(reach())
    await began.wait()
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
