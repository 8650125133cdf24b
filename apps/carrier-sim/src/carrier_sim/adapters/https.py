"""A drop-box that is reached by HTTPS, with a carrier's token."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import httpx2

from carrier_sim.application.ports import Outcome, Unreachable


class HttpsDoor:
    """A carrier's box behind the exchange's API. ``client`` has the address and the token."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client
        self._brought: dict[str, str] = {}

    async def names(self) -> list[str]:
        """Return the names of all that was ever sent: 834s, and what answers files of this carrier."""
        found = {each["file"] async for each in self._all("/v1/transmissions") if each["state"] == "sent"}
        found |= {each["file"] async for each in self._all("/v1/lists") if each["state"] == "written"}
        async for file in self._all("/v1/inbound-files"):
            found |= {each["file"] for each in file["acknowledged_by"] if each["state"] == "written"}
        return sorted(found)

    async def get(self, name: str) -> bytes:
        """Return a file that was sent."""
        return (await self._ask("GET", f"/v1/outbound-files/{quote(name, safe='')}")).content

    async def remove(self, name: str) -> None:
        """Leave a file: what was sent stays, and may be fetched again."""

    async def put(self, name: str, content: bytes) -> None:
        """Bring a file."""
        body = {"content": b64encode(content).decode("ascii")}
        answer = await self._ask("PUT", f"/v1/inbound-files/{quote(name, safe='')}", json=body)
        self._brought[name] = answer.json()["file"]

    async def outcome(self, name: str) -> Outcome | None:
        """Return what became of a file that was brought."""
        async for each in self._all("/v1/inbound-files"):
            if each["file"] == self._brought.get(name) and each["state"] != "stored":
                return each["state"]
        return None

    async def _all(self, path: str) -> AsyncIterator[dict[str, Any]]:
        cursor: str | None = None
        while True:
            page = (await self._ask("GET", path, params={"cursor": cursor} if cursor else {})).json()
            for each in page["items"]:
                yield each
            cursor = page.get("next_cursor")
            if not cursor:
                return

    async def _ask(self, method: str, path: str, **given: Any) -> httpx2.Response:
        try:
            answer = await self._client.request(method, path, **given)
        except httpx2.HTTPError as error:
            raise Unreachable(f"{method} {path}: {type(error).__name__}") from error
        if answer.status_code >= 400:
            raise Unreachable(f"{method} {path}: {answer.status_code} {answer.text[:500]}")
        return answer
