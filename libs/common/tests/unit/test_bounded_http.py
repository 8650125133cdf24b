"""What a caller may send before anybody looks at who it is has an end: in bytes, and in time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

import pytest
import uvicorn
from uvicorn.server import ServerState

from bulkhead.runtime.bounded_http import MOST_HEAD_BYTES, SECONDS_TO_SEND, BoundedHttp


async def echo(_scope: Any, receive: Any, send: Any) -> None:
    """Answer with how long the body was."""
    length = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        length += len(message.get("body", b""))
        if not message.get("more_body"):
            break
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})
    await send({"type": "http.response.body", "body": str(length).encode()})


class Timers:
    """A loop whose timers go off when a test says so."""

    def __init__(self) -> None:
        self.waiting: list[tuple[float, Callable[[], object], asyncio.TimerHandle]] = []

    def call_later(self, seconds: float, call: Callable[[], object]) -> asyncio.TimerHandle:
        loop = asyncio.get_running_loop()
        handle = asyncio.TimerHandle(0.0, call, (), loop)
        self.waiting.append((seconds, call, handle))
        return handle

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio.get_running_loop(), name)

    def pass_(self, seconds: float) -> None:
        """Let time go by: what is due by then goes off."""
        due = [each for each in self.waiting if each[0] <= seconds and not each[2].cancelled()]
        self.waiting = [each for each in self.waiting if each not in due]
        for _, call, _ in due:
            call()


class Line(asyncio.Transport):
    """A connection that keeps what is written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return None if name else default

    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...


class Caller:
    """Somebody on a connection."""

    def __init__(self) -> None:
        self.timers, self.line = Timers(), Line()
        config = uvicorn.Config(echo, log_config=None, lifespan="off", timeout_keep_alive=120)
        config.load()
        self.protocol = BoundedHttp(
            config=config, server_state=ServerState(), app_state={}, _loop=cast(Any, self.timers)
        )
        self.protocol.connection_made(self.line)

    async def send(self, data: bytes) -> bytes:
        """Send something; return what was answered to it."""
        before = len(self.line.written)
        self.protocol.data_received(data)
        for _ in range(5):
            await asyncio.sleep(0)
        return self.line.written[before:]


HEAD = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\n"


async def test_requests_one_after_the_other_are_answered_however_long_the_caller_lives() -> None:
    caller = Caller()
    for _ in range(3):
        assert (await caller.send(HEAD + b"body")).endswith(b"\r\n\r\n4")
        caller.timers.pass_(SECONDS_TO_SEND)
        assert not caller.line.closed


async def test_a_head_that_does_not_end_is_refused() -> None:
    caller = Caller()
    assert await caller.send(b"GET / HTTP/1.1\r\nhost: x\r\nx-long: " + b"a" * (MOST_HEAD_BYTES - 100)) == b""
    answer = await caller.send(b"a" * 100)
    assert answer.startswith(
        b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: application/problem+json"
    )
    assert b'"detail": "a request\'s line and headers have at most 65536 bytes"' in answer
    assert caller.line.closed


async def test_the_head_of_a_second_request_is_bounded_too() -> None:
    caller = Caller()
    await caller.send(HEAD + b"body")
    await caller.send(b"GET / HTTP/1.1\r\nx-long: " + b"a" * MOST_HEAD_BYTES)
    assert b" 431 " in caller.line.written
    assert caller.line.closed


async def test_a_long_body_is_no_long_head() -> None:
    caller = Caller()
    body = b"b" * (3 * MOST_HEAD_BYTES)
    head = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % len(body)
    half = len(body) // 2
    assert await caller.send(head + body[:half]) == b""
    assert b" 200 " in await caller.send(body[half:])


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nhost: x\r\n"], ids=["nothing", "half a head"])
async def test_a_request_that_does_not_come_is_given_up(sent: bytes) -> None:
    caller = Caller()
    if sent:
        await caller.send(sent)
    caller.timers.pass_(SECONDS_TO_SEND - 1)
    assert not caller.line.closed
    caller.timers.pass_(SECONDS_TO_SEND)
    assert caller.line.written.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert caller.line.closed


async def test_a_body_that_does_not_come_is_given_up_without_a_word() -> None:
    caller = Caller()
    await caller.send(HEAD + b"bo")
    caller.timers.pass_(SECONDS_TO_SEND)
    assert (caller.line.written, caller.line.closed) == (b"", True)


async def test_after_an_answer_a_second_request_has_its_own_time() -> None:
    caller = Caller()
    await caller.send(HEAD + b"body")
    answered = len(caller.line.written)
    await caller.send(b"GET / HT")
    caller.timers.pass_(SECONDS_TO_SEND)
    assert caller.line.written[answered:].startswith(b"HTTP/1.1 408 ")


async def test_blank_lines_between_requests_keep_no_connection_open() -> None:
    caller = Caller()
    await caller.send(HEAD + b"body")
    await caller.send(b"\r\n")
    caller.timers.pass_(SECONDS_TO_SEND)
    assert caller.line.closed


async def test_a_connection_that_is_lost_is_waited_for_no_more() -> None:
    caller = Caller()
    caller.protocol.connection_lost(None)
    caller.timers.pass_(SECONDS_TO_SEND)
    assert caller.line.written == b""
