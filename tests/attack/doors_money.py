"""Money: the same request many times at once, over two processes of payments that share a database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2

from attack.kept import charges_on
from attack.rows import Row
from attack.target import CARD, Target
from bulkhead_local.services import SERVICES, python, untold_environment

_AT_ONCE = 20
_SECONDS_TO_START = 180.0


@asynccontextmanager
async def a_second_replica(target: Target) -> AsyncIterator[httpx2.AsyncClient]:
    """Start another API of payments beside the one there is, and yield a client of it."""
    port = target.exchange.state.usable_port(f"{target.exchange.name}/payments-2")
    environment = {
        **untold_environment(),
        **target.exchange.environment("payments"),
        "BULKHEAD_HTTP_PORT": str(port),
    }
    with target.exchange.log("payments-2").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *python("-m", "payments", "api"),
            env=environment,
            cwd=SERVICES["payments"].folder,
            stdout=log,
            stderr=log,
        )
    try:
        async with httpx2.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False
        ) as client:

            async def ready() -> bool:
                try:
                    return (await client.get("/readyz")).status_code == 200
                except httpx2.TransportError:
                    return False

            if not await target.until("a second replica", ready, seconds=_SECONDS_TO_START):
                raise RuntimeError("a second process of payments does not get ready")
            yield client
    finally:
        process.terminate()
        await asyncio.wait_for(process.wait(), 60)


async def whoever_pays_twice(target: Target) -> Row:
    """Send one payment under one key many times at once to two replicas, also as two kinds of payment: one effect."""
    row = Row("money", "one key many times at once, over two replicas")
    async with a_second_replica(target) as second:
        both = (target.clients["payments"], second)
        for household, bodies in (
            ("racer", [_card("racer")]),
            (
                "two-ways",
                [_card("two-ways"), {"amount_cents": 50000, "method": "cash", "reference": "till-1"}],
            ),
        ):
            await target.register(household)
            key, path = target.key(), f"/v1/households/{household}/payments"
            headers = {"Authorization": f"Bearer {target.token('operator')}", "Idempotency-Key": key}
            answers = await asyncio.gather(
                *(
                    both[number % 2].post(path, json=bodies[number % len(bodies)], headers=headers)
                    for number in range(_AT_ONCE)
                )
            )
            said = sorted({each.status_code for each in answers})
            row.tried(
                held=all(each < 500 or each == 503 for each in said), what=f"{household}: answers {said}"
            )

            async def once(household: str = household) -> bool:
                shown = await target.done("payments", "GET", f"/v1/households/{household}/payments")
                return len(shown["items"]) == 1

            row.tried(
                held=await target.until("one payment", once, seconds=30), what=f"{household}: not one payment"
            )
            shown = await target.done("payments", "GET", f"/v1/households/{household}/payments")
            by_card = sum(each["method"] == "card" for each in shown["items"])
            charged = charges_on(target.exchange.folder / "processor", _card(household)["token"])
            compare_charges(row, household, charged=charged, by_card=by_card)
    return row


def compare_charges(row: Row, household: str, *, charged: int, by_card: int) -> None:
    """Note whether the processor took money once for each payment by card that the household has, and once at most."""
    row.tried(
        held=charged == by_card <= 1,
        what=f"{household}: the card was charged {charged} times, for {by_card} payments",
    )


def _card(household: str) -> dict[str, Any]:
    """Return a payment by a card of the household's own, whose charges the processor tells apart."""
    return {**CARD, "token": f"{CARD['token']}.{household}"}
