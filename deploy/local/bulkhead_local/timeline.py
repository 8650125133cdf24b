"""A household's whole timeline: the five services are asked side by side, and what they tell is put in order."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from typing import Any, Protocol, TypeAlias
from urllib.parse import quote, urlencode, urlsplit

Told: TypeAlias = Mapping[str, Any]
"""One thing of a timeline, as a service tells it."""

IN_ORDER = ("enrollment", "payments", "invoicing", "carrier-gateway", "notifications")
"""The five, in the order in which they hear of what happens at one instant."""

_PAGE = 500
_SECONDS_TO_ANSWER = 30
_LONGEST_SUBJECT = 20
_LONGEST_SAYING = 100


class Asked(Protocol):
    """An exchange that runs, as far as this asks of it: `bulkhead_local.exchange.Exchange`."""

    @property
    def urls(self) -> Mapping[str, str]:
        """The base URL of each service."""
        ...

    def token(self, *, roles: Sequence[str]) -> str:
        """Return a bearer token for its services."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A service whose part is not there, and why."""

    service: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """What became of a household, the newest last, and whose part of it is missing."""

    happened: tuple[Told, ...]
    missing: tuple[Missing, ...]


def ask(exchange: Asked, household: str, *, language: str = "en") -> Timeline:
    """Return a household's timeline as the five tell it now, asked at the same time.

    A service that does not answer, or knows no such household, is among those that are ``missing``.
    """
    token = exchange.token(roles=["operator"])
    with ThreadPoolExecutor(max_workers=len(IN_ORDER)) as pool:
        asked = [
            pool.submit(_pages_of, exchange.urls[service], service, household, language, token)
            for service in IN_ORDER
        ]
        answers = [each.result() for each in asked]
    return Timeline(
        happened=in_order([each for each in answers if not isinstance(each, Missing)]),
        missing=tuple(each for each in answers if isinstance(each, Missing)),
    )


def in_order(parts: Iterable[Sequence[Told]]) -> tuple[Told, ...]:
    """Return the parts of a timeline as one, by instant: each is in order, and stays so. Of one instant the first
    part's comes first.
    """
    return tuple(merge(*parts, key=lambda each: datetime.fromisoformat(each["at"])))


def table(timeline: Timeline) -> str:
    """Return a timeline as lines to read, with those first whose part is missing."""
    lines = [f"MISSING: the part of {each.service}: {each.why}" for each in timeline.missing]
    rows = [_row(each) for each in timeline.happened]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(len(_HEAD) - 1)]
    widths = [max(width, len(head)) for width, head in zip(widths, _HEAD, strict=False)]
    lines += [_line(row, widths) for row in (_HEAD, *rows)] if rows else [_NOTHING[bool(timeline.missing)]]
    return "\n".join(lines)


_NOTHING = {False: "nothing became of this household", True: "the others tell of nothing"}
_HEAD = ("when", "service", "what", "of", "amount", "rules", "")


def _row(told: Told) -> tuple[str, ...]:
    cents = told["amount_cents"]
    subject = str(told["subject"])
    if len(subject) > _LONGEST_SUBJECT:
        subject = f"{subject[:8]}…"
    facts = ", ".join(f"{name} {text}" for name, text in told["facts"].items())
    says = told["says"] or facts
    if len(says) > _LONGEST_SAYING:
        says = f"{says[: _LONGEST_SAYING - 1]}…"
    return (
        datetime.fromisoformat(told["at"]).strftime("%Y-%m-%d %H:%M"),
        told["service"],
        f"{told['what']} *" if told["marked"] else told["what"],
        f"{told['about']} {subject}",
        "" if cents is None else f"{cents / 100:.2f}",
        " ".join(dict.fromkeys(each["rule"] for each in told["because"])),
        says,
    )


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [
        text.rjust(width) if head == "amount" else text.ljust(width)
        for text, width, head in zip(row, widths, _HEAD, strict=False)
    ]
    return "  ".join([*cells, row[-1]]).rstrip()


def _pages_of(url: str, service: str, household: str, language: str, token: str) -> list[Told] | Missing:
    found, cursor = list[Told](), ""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=_SECONDS_TO_ANSWER)
    try:
        while True:
            asked = {"limit": _PAGE, "language": language} | ({"cursor": cursor} if cursor else {})
            path = f"/v1/households/{quote(household, safe='')}/timeline?{urlencode(asked)}"
            connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
            answer = connection.getresponse()
            body = json.loads(answer.read())
            if answer.status != http.HTTPStatus.OK:
                return Missing(service=service, why=f"it answers {answer.status}, {body['detail']}")
            found += body["items"]
            cursor = body["next_cursor"]
            if cursor is None:
                return found
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Missing(service=service, why=f"it does not answer ({type(error).__name__})")
    finally:
        connection.close()
