"""Staff who take a service out for a while, approve that, take it back or end it early (OPS-2)."""

from __future__ import annotations

from typing import Any, Final

from stories.language import Deed
from stories.lookout import Lookout
from stories.outcome import Outcome, Refusal
from stories.requests import Requests, note

WINDOWS: Final = "/v1/maintenance-windows"
ANNOUNCED: Final = "/v1/maintenance"
_ASKS: Final = "ops-one"


class Maintainer:
    """Schedules maintenance windows, and closes them."""

    def __init__(self, lookout: Lookout, requests: Requests) -> None:
        self._lookout = lookout
        self._requests = requests

    async def schedule(self, deed: Deed, outcome: Outcome) -> None:
        """Ask for a window; where there is an override, the second person then approves it."""
        fields = deed.fields
        override: dict[str, Any] | None = fields.get("override")
        body = {
            "begins_at": fields["from"].isoformat(),
            "ends_at": fields["to"].isoformat(),
            "reason": fields.get("reason", "as the story says"),
        }
        by = _ASKS
        if override is not None:
            by = override.get("by", _ASKS)
            body["override"] = override.get("reason", "as the story says")
        asked = await self._requests.ask(fields["service"], WINDOWS, body, by=by)
        note(outcome, asked)
        if not asked.ok or override is None or "second" not in override:
            return
        path = f"{WINDOWS}/{asked.body['maintenance']}/decisions"
        decision = {"decision": "approve"}
        note(outcome, await self._requests.ask(fields["service"], path, decision, by=override["second"]))

    async def withdraw(self, deed: Deed, outcome: Outcome) -> None:
        """Withdraw the next window that is asked for or announced."""
        await self._close(deed.fields["service"], "withdrawals", ("requested", "scheduled"), outcome)

    async def end(self, deed: Deed, outcome: Outcome) -> None:
        """End the window that is under way."""
        await self._close(deed.fields["service"], "ends", ("under-way",), outcome)

    async def _close(self, service: str, step: str, phases: tuple[str, ...], outcome: Outcome) -> None:
        windows = [each for each in await self._lookout.items(service, WINDOWS) if each["phase"] in phases]
        if not windows:
            outcome.answered.append(Refusal(says=f"no window of {service} is {' or '.join(phases)}"))
            return
        path = f"{WINDOWS}/{windows[0]['maintenance']}/{step}"
        note(outcome, await self._requests.ask(service, path, None, by=_ASKS))
