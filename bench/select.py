"""Selections a second that enrollment takes over HTTP: durable, idempotent, authenticated, its worker running.

make bench NAME=select OPTIONS="--requests 1000"
"""

from __future__ import annotations

import argparse
import asyncio
import json
import secrets
import urllib.error
import urllib.request
from collections.abc import Generator
from datetime import date

from bench._intake import ROUNDS, WARM_UP, Exchange, Post, compare, post_all

TIERS = ("single", "couple", "parent", "family")
PLANS = {"SILVER": ("medical", 50_000), "TEETH": ("dental", 4_000)}


def offer(exchange: Exchange, token: str) -> None:
    """Put the plans into the catalog."""
    for plan, (kind, cents) in PLANS.items():
        request = urllib.request.Request(
            f"{exchange.urls['enrollment']}/v1/plans/{plan}",
            data=json.dumps(
                {"carrier": "MVP", "kind": kind, "monthly_cents": dict.fromkeys(TIERS, cents)}
            ).encode(),
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
            method="PUT",
        )
        try:
            urllib.request.urlopen(request).close()
        except urllib.error.HTTPError as refused:
            raise SystemExit(f"bench: {plan} is not taken: {refused.read().decode()}") from refused


def households(token: str, count: int) -> list[Post]:
    """Return the applications of so many households."""
    member = {"name": "June Doe", "born": "1980-06-01", "relation": "self"}
    return [
        Post(
            path="/v1/households",
            body={"household": f"household-{number:06d}", "members": [member]},
            token=token,
            key=f"household-{number:06d}",
        )
        for number in range(count)
    ]


def posts(token: str, count: int) -> Generator[Post]:
    """Give selections of a medical and a dental plan, each of another household."""
    run = secrets.token_hex(4)
    for number in range(count):
        yield Post(
            path=f"/v1/households/household-{number:06d}/selections",
            body={"plans": list(PLANS), "via": "web"},
            token=token,
            key=f"{run}-{number}",
        )


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--requests", type=int, default=1000)
    requests = parser.parse_args().requests
    exchange = Exchange.create("bench-select", simulation_start=date(2015, 12, 1))
    try:
        exchange.start_service("enrollment")
        token = exchange.token(roles=["operator"])
        offer(exchange, token)
        wanted = WARM_UP + ROUNDS * requests
        asyncio.run(post_all(exchange.urls["enrollment"], households(token, wanted)))
        compare(
            what="select",
            exchange=exchange,
            service="enrollment",
            posts=posts(token, wanted),
            requests=requests,
        )
    finally:
        exchange.destroy()


if __name__ == "__main__":
    main()
