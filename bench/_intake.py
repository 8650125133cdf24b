"""Requests a second that a service takes durably, beside the least that could: what `pay` and `select` share.

Each round asks the bare application of `_bare` first and then ours, over the same number of connections, from the
same program, on the same PostgreSQL. Ours runs as it does in production, with its worker, which publishes what was
taken.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import uvloop

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "deploy/local"))

from bulkhead_local import Exchange  # noqa: E402

CONNECTIONS = 32
ROUNDS = 5
WARM_UP = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One request."""

    path: str
    body: dict[str, object]
    token: str = ""
    key: str = ""

    def sent(self, host: str) -> bytes:
        """Return its bytes."""
        body = json.dumps(self.body).encode()
        lines = [
            f"POST {self.path} HTTP/1.1",
            f"Host: {host}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
        ]
        if self.token:
            lines.append(f"Authorization: Bearer {self.token}")
        if self.key:
            lines.append(f"Idempotency-Key: {self.key}")
        return "\r\n".join([*lines, "", ""]).encode() + body


async def post_all(url: str, posts: Sequence[Post]) -> float:
    """Post them over `CONNECTIONS` connections; return how many were answered a second. All must be answered 201."""
    where = urlsplit(url)
    waiting = iter([post.sent(where.netloc) for post in posts])

    async def one_connection() -> None:
        reader, writer = await asyncio.open_connection(where.hostname, where.port)
        for request in waiting:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0])
            answer = await reader.readexactly(length)
            status = head.split(b" ", 2)[1].decode()
            if status != "201":
                raise SystemExit(f"bench: answered {status}: {answer.decode()}")
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(one_connection() for _ in range(CONNECTIONS)))
    return len(posts) / (time.perf_counter() - began)


@contextmanager
def bare(exchange: Exchange) -> Generator[str]:
    """Run the bare application on the exchange's server; give its URL."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable, "-m", "uvicorn", "bench._bare:app", "--host", "127.0.0.1", "--port", str(port),
        "--log-level", "warning", "--no-access-log",
    ]  # fmt: skip
    environ = {**os.environ, "BENCH_DATABASE_URL": exchange.database_url("enrollment")}
    process = subprocess.Popen(command, cwd=REPOSITORY, env=environ)
    try:
        _wait_for(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _wait_for(port: int) -> None:
    for _ in range(200):
        with socket.socket() as trying:
            if trying.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit("bench: the bare application does not start")


def compare(*, what: str, exchange: Exchange, service: str, posts: Iterable[Post], requests: int) -> None:
    """Measure so many requests a round on both sides, and print the figures. ``posts`` never ends."""
    ours_at = exchange.urls[service]
    ours, bares = list[float](), list[float]()
    given = iter(posts)

    def next_posts(count: int) -> list[Post]:
        return [next(given) for _ in range(count)]

    def bare_posts(count: int) -> list[Post]:
        body: dict[str, object] = {"amount_cents": 12345, "method": "check"}
        return [Post(path=f"/households/h{number}/payments", body=body) for number in range(count)]

    print(f"{what}: {requests:,} requests a round, {CONNECTIONS} connections, {machine()}")
    with bare(exchange) as bare_at, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(post_all(bare_at, bare_posts(WARM_UP)))
        runner.run(post_all(ours_at, next_posts(WARM_UP)))
        for number in range(1, ROUNDS + 1):
            bares.append(runner.run(post_all(bare_at, bare_posts(requests))))
            ours.append(runner.run(post_all(ours_at, next_posts(requests))))
            print(f"  round {number}: {service} {ours[-1]:,.0f}/s, bare {bares[-1]:,.0f}/s", flush=True)
    ratios = [mine / theirs for mine, theirs in zip(ours, bares, strict=True)]
    print(
        f"ratio: {statistics.median(ratios):.2f} of bare FastAPI + asyncpg insert"
        f" ({min(ratios):.2f} … {max(ratios):.2f} of {ROUNDS} runs)"
    )


def machine() -> str:
    """Return what this runs on, as cores and GHz."""
    speeds = [
        float(line.partition(":")[2])
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("cpu MHz")
    ]
    speed = f" of {max(speeds) / 1000:.1f} GHz" if speeds else ""
    return f"{os.cpu_count()} cores{speed}"
