"""The bank of a story, and the operator who looks at what it says (PAY-13)."""

from __future__ import annotations

from datetime import date

from bulkhead.kernel.money import format_cents
from stories.bank_statements import Booked, bai2, camt
from stories.exchange import Exchange, Place
from stories.language import Deed
from stories.lookout import Lookout
from stories.outcome import Outcome, Refusal
from stories.receipts import statement_refusals
from stories.requests import Requests, note


class Bank:
    """Writes statements as a story says, each opening with what the one before it closed with."""

    def __init__(self, exchange: Exchange, lookout: Lookout, requests: Requests) -> None:
        self._exchange = exchange
        self._lookout = lookout
        self._requests = requests
        self._closed_with = 0

    async def statement(self, deed: Deed, outcome: Outcome) -> None:
        """Drop the statement of a day: these amounts came to the account, and those went."""
        fields = deed.fields
        day: date = fields["day"]
        booked = [Booked(cents=each) for each in fields.get("came", ())]
        booked += [Booked(cents=-each) for each in fields.get("went", ())]
        opening: int = fields.get("opening", self._closed_with)
        self._closed_with = opening + sum(each.cents for each in booked)
        in_camt = fields.get("in") == "camt.053"
        name = f"STATEMENT_{day.isoformat()}.{'xml' if in_camt else 'bai'}"
        data = (camt if in_camt else bai2)(booked, day=day, opening=opening)
        await self._exchange.drop(Place.STATEMENTS, name, data)
        outcome.says = f"closes with {format_cents(self._closed_with)}"
        outcome.later = lambda: statement_refusals(self._lookout, name)

    async def note_entry(self, deed: Deed, outcome: Outcome) -> None:
        """Say why the bank has an entry of such an amount alone, the oldest of them."""
        cents = deed.fields["amount"]
        items = await self._lookout.items("payments", "/v1/bank-entries?state=open")
        waiting = sorted(
            (each["booked_on"], each["entry"]) for each in items if each["amount_cents"] == cents
        )
        if not waiting:
            outcome.answered.append(Refusal(says=f"no entry of {format_cents(cents)} waits"))
            return
        body = {"because": deed.fields.get("because", "other"), "entries": [waiting[0][1]]}
        answer = await self._requests.ask("payments", "/v1/bank-notes", body, by=deed.fields.get("by"))
        note(outcome, answer)
