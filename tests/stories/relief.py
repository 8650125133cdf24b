"""Staff who move a cut-off for everybody, and take that back (OPS-4)."""

from __future__ import annotations

from stories.language import Deed
from stories.lookout import EXTENSIONS, Lookout
from stories.outcome import Outcome, Refusal
from stories.requests import Requests, note


class Reliever:
    """Declares extensions of cut-offs, and withdraws them."""

    def __init__(self, lookout: Lookout, requests: Requests) -> None:
        self._lookout = lookout
        self._requests = requests

    async def declare(self, deed: Deed, outcome: Outcome) -> None:
        """Let money through a later day be on time for a cut-off."""
        fields = deed.fields
        body = {
            "cutoff": fields["cutoff"].isoformat(),
            "until": fields["to"].isoformat(),
            "note": fields.get("reason", "as the story says"),
        }
        note(outcome, await self._requests.ask("invoicing", EXTENSIONS, body))

    async def withdraw(self, deed: Deed, outcome: Outcome) -> None:
        """Take back the extension of a cut-off that stands, whoever made it; the latest of several."""
        cutoff = deed.fields["cutoff"]
        standing = [
            each for each in await self._lookout.standing_extensions() if each["cutoff"] == str(cutoff)
        ]
        if not standing:
            outcome.answered.append(Refusal(says=f"no extension of {cutoff} stands"))
            return
        latest = max(standing, key=lambda each: each["recorded_at"])
        path = f"{EXTENSIONS}/{latest['extension']}/withdrawals"
        note(outcome, await self._requests.ask("invoicing", path, None))
