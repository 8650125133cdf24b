"""Payments a second that payments takes over HTTP: durable, idempotent, authenticated, its worker running.

make bench NAME=pay OPTIONS="--requests 2000"
"""

from __future__ import annotations

import argparse
import secrets
from collections.abc import Generator

from bench._intake import Exchange, Post, compare


def posts(token: str) -> Generator[Post]:
    """Give checks, each of another household."""
    run = secrets.token_hex(4)
    number = 0
    while True:
        number += 1
        yield Post(
            path=f"/v1/households/household-{number:06d}/payments",
            body={"amount_cents": 12345, "method": "check"},
            token=token,
            key=f"{run}-{number}",
        )


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--requests", type=int, default=2000)
    requests = parser.parse_args().requests
    exchange = Exchange.create("bench-pay")
    try:
        exchange.start_service("payments")
        token = exchange.token(roles=["operator"])
        compare(what="pay", exchange=exchange, service="payments", posts=posts(token), requests=requests)
    finally:
        exchange.destroy()


if __name__ == "__main__":
    main()
