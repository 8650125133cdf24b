"""Tries over HTTP whether money can be paid online, as a payment page would ask (OPS-3)."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Final, cast

import httpx2

from notifications.domain.outages import Trial

ANSWER_SECONDS: Final = 5.0
"""A page that takes longer, all in all, is one that people leave."""

MOST_BYTES: Final = 10_000
"""An answer that is longer is another page's."""

PATH: Final = "/v1/online-payment"


class PaymentDoor:
    """Online payment at the address at which front ends reach payments. A `Door`."""

    def __init__(self, url: str, *, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        # No connection is kept: whoever comes anew must be let in.
        self._client = httpx2.AsyncClient(
            base_url=url,
            headers={"Accept-Encoding": "identity"},
            timeout=None,  # of the steps: the whole try has a limit, which each of them could keep and it not
            limits=httpx2.Limits(max_keepalive_connections=0),
            transport=transport,
        )

    async def try_it(self) -> Trial:
        """Return how trying it ended."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS), self._client.stream("GET", PATH) as answer:
                body = await _read(answer) if answer.is_success else None
        except (TimeoutError, httpx2.TimeoutException):
            return Trial(result="shut", evidence=f"no answer within {ANSWER_SECONDS:.0f} seconds")
        except httpx2.HTTPError:
            return Trial(result="shut", evidence="no connection")
        except ValueError as problem:
            return Trial(result="shut", evidence=f"an answer that is {problem}")
        return trial_of(answer.status_code, body)


async def _read(answer: httpx2.Response) -> object:
    """Return what an answer says; raises `ValueError` that says what it is instead, in fixed words."""
    if "Content-Encoding" in answer.headers:  # what it is unpacked to has no limit
        raise ValueError("packed")
    text = b""
    async for part in answer.aiter_bytes():
        text += part
        if len(text) > MOST_BYTES:
            raise ValueError(f"longer than {MOST_BYTES} bytes")
    try:
        return json.loads(text)
    except ValueError as problem:
        raise ValueError("no JSON") from problem


def trial_of(status: int, body: object) -> Trial:
    """Return what an answer of the door means; ``body`` is what it says, None of one that is no success."""
    if not isinstance(body, dict):
        return Trial(result="shut", evidence=f"answered {status}")
    said = cast(dict[str, Any], body)
    if said.get("takes_payments") is True:
        return Trial(result="open", evidence="ok")
    if said.get("outcome") == "not-open":
        return Trial(result="not-open-yet", evidence="not-open")
    return Trial(result="shut", evidence=f"answers, and takes no payment: {_word(said.get('outcome'))}")


def _word(outcome: object) -> str:
    return outcome if isinstance(outcome, str) and len(outcome) <= 40 and outcome.isascii() else "no reason"
