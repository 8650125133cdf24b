"""Staff who put right what was recorded: they move payments, void invoices, approve what others ask for, take it back
(OPS-5).
"""

from __future__ import annotations

from typing import Any

from stories.language import Deed
from stories.lookout import Lookout
from stories.outcome import Outcome, Refusal
from stories.requests import Requests, note


class Corrector:
    """Corrects payments and invoices for everybody in the story."""

    def __init__(self, lookout: Lookout, requests: Requests) -> None:
        self._lookout = lookout
        self._requests = requests

    async def move(self, deed: Deed, outcome: Outcome) -> None:
        """Move a household's nth payment in the order they became known, the latest of which anything is there if left
        out, whole or so much of it (PAY-11).
        """
        fields = deed.fields
        payment = await self._payment(deed, outcome)
        if payment is None:
            return
        cents = fields.get("amount", payment["amount_cents"] - payment["moved_cents"])
        body = {
            "because": "keying-error",
            "to": [{"household": fields["to"], "amount_cents": cents or payment["amount_cents"]}],
        }
        path = f"/v1/payments/{payment['payment']}/moves"
        note(outcome, await self._requests.ask("payments", path, body, by=fields.get("by")))

    async def redate(self, deed: Deed, outcome: Outcome) -> None:
        """Correct when a household's nth payment, else the latest, was received and postmarked (PAY-12)."""
        fields = deed.fields
        payment = await self._payment(deed, outcome)
        if payment is None:
            return
        body: dict[str, Any] = {"because": "keying-error", "received_on": payment["received_on"]}
        if "received" in fields:
            body["received_on"] = fields["received"].isoformat()
        if "postmarked" in fields:
            body["postmarked_on"] = fields["postmarked"].isoformat()
        path = f"/v1/payments/{payment['payment']}/dates"
        note(outcome, await self._requests.ask("payments", path, body, by=fields.get("by")))

    async def void(self, deed: Deed, outcome: Outcome) -> None:
        """Make a household's nth invoice void, else the latest (OPS-5)."""
        fields = deed.fields
        invoices = await self._lookout.items("invoicing", f"/v1/households/{fields['household']}/invoices")
        nth = fields.get("nth", len(invoices))
        found = invoices[nth - 1 : nth] if nth else []
        if not found:
            outcome.answered.append(Refusal(says=f"{fields['household']} has no such invoice"))
            return
        body = {"because": fields.get("because", "wrong-amount")}
        path = f"/v1/invoices/{found[0]['invoice']}/voids"
        note(outcome, await self._requests.ask("invoicing", path, body, by=fields.get("by")))

    async def _payment(self, deed: Deed, outcome: Outcome) -> dict[str, Any] | None:
        household = deed.fields["household"]
        payments = await self._lookout.items("payments", f"/v1/households/{household}/payments")
        there = [each for each in payments if each["moved_cents"] < each["amount_cents"]]
        nth = deed.fields.get("nth")
        found = there[-1:] if nth is None else payments[nth - 1 : nth]
        if not found:
            outcome.answered.append(Refusal(says=f"{household} has no such payment"))
            return None
        return found[0]

    async def decide(self, deed: Deed, outcome: Outcome) -> None:
        """Approve or decline what was asked for last of a household's payments, coverage, invoices or credit."""
        decision = {"decision": deed.fields["decision"]}
        await self._of_the_latest(deed, outcome, states=("requested",), what="decisions", body=decision)

    async def reverse(self, deed: Deed, outcome: Outcome) -> None:
        """Take back what was done last of a household's payments, coverage, or invoices, and still stands (OPS-5)."""
        because = {"because": "correction-in-error"}
        await self._of_the_latest(deed, outcome, states=("applied",), what="reversals", body=because)

    async def _of_the_latest(
        self, deed: Deed, outcome: Outcome, *, states: tuple[str, ...], what: str, body: dict[str, Any]
    ) -> None:
        household, service = deed.fields["household"], deed.fields.get("of", "payments")
        corrections = await self._lookout.items(service, "/v1/corrections")
        its = [
            each
            for each in sorted(corrections, key=lambda each: each["asked_at"])
            if each["state"] in states and household in _whose(each)
        ]
        if not its:
            outcome.answered.append(Refusal(says=f"{household} has no such correction"))
            return
        path = f"/v1/corrections/{its[-1]['correction']}/{what}"
        note(outcome, await self._requests.ask(service, path, body, by=deed.fields.get("by")))


def _whose(correction: dict[str, Any]) -> set[str]:
    """Return the households whose payments, coverage, or invoices a correction is of."""
    if "household" in correction:
        return {correction["household"]}
    redates = correction["redates"]
    return {move["household"] for move in correction["moves"]} | (
        {redates["household"]} if redates else set[str]()
    )
