"""Tries over HTTP whether money can be paid online, plans selected, carriers reached, the hub asked (OPS-3)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

import httpx2

from bulkhead.answers import read_json
from notifications.domain.outages import SeenWindow, Trial

ANSWER_SECONDS: Final = 5.0
"""A page that takes longer, all in all, is one that people leave."""

MOST_BYTES: Final = 10_000
"""An answer that is longer is another page's."""

MOST_NAME: Final = 100
"""A window's name that is longer is none."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a door: where, the field that says whether it ``takes`` anything, and what."""

    path: str
    takes: str
    what: str


PAYMENT: Final = Asked("/v1/online-payment", "takes_payments", "payment")
SELECTION: Final = Asked("/v1/online-selection", "takes_selections", "selection")
CARRIERS: Final = Asked("/v1/carrier-exchange", "delivers", "file")
HUB: Final = Asked("/v1/federal-hub", "answers", "question")


class OnlineDoor:
    """A way in, at the address at which front ends reach the service behind it. A `Door`."""

    def __init__(self, url: str, asked: Asked, *, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        self._asked = asked
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
            async with (
                asyncio.timeout(ANSWER_SECONDS),
                self._client.stream("GET", self._asked.path) as answer,
            ):
                body = await read_json(answer, most_bytes=MOST_BYTES) if answer.is_success else None
        except (TimeoutError, httpx2.TimeoutException):
            return Trial(result="shut", evidence=f"no answer within {ANSWER_SECONDS:.0f} seconds")
        except httpx2.HTTPError:
            return Trial(result="shut", evidence="no connection")
        except ValueError as problem:
            return Trial(result="shut", evidence=f"an answer that is {problem}")
        return trial_of(self._asked, answer.status_code, body)


def trial_of(asked: Asked, status: int, body: object) -> Trial:
    """Return what an answer of the door means; ``body`` is what it says, None of one that is no success."""
    if not isinstance(body, dict):
        return Trial(result="shut", evidence=f"answered {status}")
    said = cast(dict[str, Any], body)
    if said.get(asked.takes) is True:
        return Trial(result="open", evidence="ok")
    if said.get("outcome") == "not-open":
        return Trial(result="not-open-yet", evidence="not-open")
    evidence = f"answers, and takes no {asked.what}: {_word(said.get('outcome'))}"
    return Trial(result="shut", evidence=evidence, window=_window(said.get("maintenance")))


def _window(said: object) -> SeenWindow | None:
    """Return the announced window that a door says it is shut by; None where it says none that can be understood."""
    if not isinstance(said, dict):
        return None
    fields = cast(dict[str, Any], said)
    try:
        begins_at, ends_at = (datetime.fromisoformat(str(fields[name])) for name in ("begins_at", "ends_at"))
        name = str(fields["maintenance"])
    except (KeyError, ValueError):
        return None
    if len(name) > MOST_NAME or begins_at.tzinfo is None or ends_at.tzinfo is None or ends_at < begins_at:
        return None
    return SeenWindow(maintenance=name, begins_at=begins_at, ends_at=ends_at)


def _word(outcome: object) -> str:
    return outcome if isinstance(outcome, str) and len(outcome) <= 40 and outcome.isascii() else "no reason"
