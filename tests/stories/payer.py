"""Pays what a story says, online, over the counter or by check in a lockbox file; and has banks take it back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from bulkhead.kernel.calendar import local_date
from bulkhead.kernel.money import format_cents
from stories.bank_returns import return_file
from stories.clockwork import Clockwork
from stories.errors import StoryError
from stories.exchange import Exchange, Place
from stories.language import Deed
from stories.lockbox_files import COLUMNS, Check, bai_file, csv_file
from stories.lookout import SUSPENSE, Lookout
from stories.outcome import Outcome, Refusal
from stories.receipts import lockbox_refusals, return_refusals
from stories.requests import Requests, note

_ACCOUNT_NUMBER = "123456789"
_ONLINE = frozenset({"card", "bank"})
_WHY = {401: ("PAY-1",)}
"""By which rule the processor's call is refused: what it signed is believed alone."""
_CODES = {
    "nsf": "R01",
    "closed-account": "R02",
    "dishonored": "R68",
    "contested": "R73",
    "account-changed": "C01",
    "account-is-savings": "C05",
}
"""What a bank's file calls the reasons of a return; a card's issuer writes no such file. ``dishonored``: our bank does
not accept an earlier return. ``contested``: the other bank does not accept that. ``account-changed``: nothing went
back, and the account has another number; ``account-is-savings``: nothing went back, and it is a savings account.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """One payment as its payer makes it.

    ``names`` is the selection or the invoice it names, by its id; ``card`` what the processor does with a card;
    ``key`` marks the same submission: online the same request, of a check the same number. ``account`` is the id of a
    bank account that the exchange keeps, where it is paid from one. ``in_bai``: a check comes in
    a file of the bank's own format.
    """

    household: str
    cents: int
    by: str
    names: Mapping[str, str] = field(default_factory=lambda: dict[str, str]())
    received: date | None = None
    postmarked: date | None = None
    at_selection: bool = False
    key: str | None = None
    card: str = "ok"
    account: str | None = None
    in_bai: bool = False

    def body(self) -> dict[str, Any]:
        """Return the body that takes it at payments."""
        body: dict[str, Any] = {"amount_cents": self.cents, "method": self.by, **self.names}
        if self.by in _ONLINE:
            body["token"] = self.token
        if self.at_selection:
            body["at_selection"] = True
        if self.received is not None:
            body["received_on"] = self.received.isoformat()
        if self.postmarked is not None:
            body["postmarked_on"] = self.postmarked.isoformat()
        return body

    @property
    def token(self) -> str:
        """The processor's token of its card or bank account: each household has its own."""
        return self.account or f"tok_{self.by}_{self.card}.{self.household}"

    @property
    def role(self) -> str:
        """Who brings it in: its household online, staff at the counter, on the phone, or with dates of its own."""
        dated = self.received is not None or self.postmarked is not None
        return "member" if self.by in _ONLINE and not dated else "operator"


class Payer:
    """Pays for everybody in the story. ``selections`` holds each household's latest selection."""

    def __init__(
        self, exchange: Exchange, lookout: Lookout, clockwork: Clockwork, requests: Requests, *, file: str
    ) -> None:
        self._exchange = exchange
        self._lookout = lookout
        self._clockwork = clockwork
        self._requests = requests
        self._file = file
        self._checks: dict[str, int] = {}
        self._lockbox_files: dict[date, int] = {}
        self._return_files: dict[date, int] = {}
        self._tokens: dict[str, str] = {}
        self.selections: dict[str, str] = {}

    async def pay(self, deed: Deed, outcome: Outcome) -> None:
        """Pay as a step says."""
        fields = deed.fields
        payee = fields.get("for", "household")
        household = fields["household"] if payee == "household" else payee
        payment = Payment(
            household=household,
            cents=fields["amount"],
            by=fields["by"],
            names=await self._named(household, fields.get("names"), line=deed.line),
            received=fields.get("received"),
            postmarked=fields.get("postmarked"),
            key=fields.get("key"),
            card=fields.get("card", "ok"),
            account=await self._account(household) if "account" in fields else None,
            in_bai=fields.get("in") == "bai",
        )
        await self.take(payment, outcome)

    async def autopay(self, deed: Deed, outcome: Outcome) -> None:
        """Agree, as a household, that its invoices are drawn, or end that (PAY-8)."""
        fields = deed.fields
        household, by = fields["household"], fields.get("by", "card")
        path = f"/v1/households/{household}/autopay"
        body: dict[str, Any] | None = None
        if fields["is"] == "on":
            kept = await self._account(household) if "account" in fields else None
            token = kept or f"tok_{by}_{fields.get('card', 'ok')}"
            body = {"method": by, "token": token, "consent": "v1", "language": "en"}
        answer = await self._requests.ask(
            "payments",
            path if body is not None else f"{path}/ends",
            body,
            role="member",
            household=household,
        )
        note(outcome, answer)
        if answer.ok and answer.body["next_draw"] is not None:
            draw = answer.body["next_draw"]
            outcome.says = f"draws {format_cents(draw['amount_cents'])} on {draw['on']}"

    async def _account(self, household: str) -> str:
        """Return the id of the account that a household gave the exchange to keep; it gives it here the first time, and
        anew where nothing is drawn from it any more.
        """
        path = f"/v1/households/{household}/bank-accounts"
        given = await self._lookout.items("payments", path)
        for each in given:
            if each["closed_at"] is None:
                return each["account"]
        body = {
            "routing_number": "091000019",
            "account_number": _ACCOUNT_NUMBER,
            "account_type": "checking",
            "holder": f"{household.title()} Example",
            "consent": "debit-v1",
            "language": "en",
        }
        answer = await self._requests.ask("payments", path, body, role="member", household=household)
        # What cannot be kept is paid from all the same, and refused for what it is.
        return answer.body["account"] if answer.ok else f"acct_{'a' * 32}"

    async def _named(self, household: str, what: str | None, *, line: int) -> dict[str, str]:
        """Return what a payer names (INV-5): the household's latest selection in the story, or its latest invoice."""
        if what is None:
            return {}
        if what == "selection":
            found = self.selections.get(household)
        else:
            invoices = await self._lookout.items("invoicing", f"/v1/households/{household}/invoices")
            found = max(invoices, key=lambda each: each["number"])["invoice"] if invoices else None
        if found is None:
            raise StoryError(f"{household} has no {what} to name", line=line, file=self._file)
        return {what: found}

    async def take(self, payment: Payment, outcome: Outcome) -> None:
        """Make a payment."""
        if payment.by == "check":
            await self._drop_check(payment, outcome)
            return
        if payment.by in _ONLINE:
            self._tokens[payment.household] = payment.token
        answer = await self._requests.ask(
            "payments",
            f"/v1/households/{payment.household}/payments",
            payment.body(),
            role=payment.role,
            household=payment.household,
            key=None if payment.key is None else f"story-key-{payment.key}",
        )
        note(outcome, answer)
        needs_processor = payment.by in _ONLINE
        if not (needs_processor and "processor" in self._exchange.down) and payment.card in (
            "ok",
            "declined",
        ):
            self._requests.expect_taken("payments", answer, outcome)

    async def _drop_check(self, payment: Payment, outcome: Outcome) -> None:
        """Drop a lockbox file with one check in it: the exchange learns of it at the present time."""
        received = payment.received or local_date(self._clockwork.now)
        check = Check(
            received=received,
            postmarked=payment.postmarked,
            account="" if payment.household == "unknown" else payment.household,
            cents=payment.cents,
            number=self._check_number(payment.key),
            names=payment.names,
        )
        day = self._clockwork.day_of_file(received)
        # In the bank's format a check has no day of its own: it was received on that of its deposit.
        in_bai = payment.in_bai and day == received
        number = self._next_file(day)
        data = (bai_file if in_bai else csv_file)(check, day=day, number=number)
        await self._drop_file(
            f"LOCKBOX_{day.isoformat()}_{number}.{'bai' if in_bai else 'csv'}", data, outcome
        )

    def _check_number(self, key: str | None) -> int:
        """Return the number on a check: a new one, or that of the check that came under the same key before."""
        return self._checks.setdefault(key or f"check {len(self._checks)}", 1001 + len(self._checks))

    def _next_file(self, day: date) -> int:
        """Return the number of that day's next lockbox file."""
        number = self._lockbox_files[day] = self._lockbox_files.get(day, 0) + 1
        return number

    async def _drop_file(self, name: str, data: bytes, outcome: Outcome) -> None:
        """Drop a lockbox file."""
        await self._exchange.drop(Place.LOCKBOX, name, data)
        outcome.later = lambda: lockbox_refusals(self._lookout, name)

    async def lockbox(self, deed: Deed, outcome: Outcome) -> None:
        """Say of a day that its lockbox file comes late, comes broken, or does not come at all (PAY-10)."""
        day = deed.fields["day"]
        match deed.fields["file"]:
            case "absent":
                await self._clockwork.declare_absent(day)
            case "late":
                self._clockwork.await_file(day)
            case _:
                self._clockwork.await_file(day)
                number = self._next_file(day)
                data = f"lockbox,{day.isoformat()},{number}\n{','.join(COLUMNS)}\ntotal,1,0.00\n".encode()
                await self._drop_file(f"LOCKBOX_{day.isoformat()}_{number}.csv", data, outcome)

    async def give_back(self, deed: Deed, outcome: Outcome) -> None:
        """Have the bank take a payment back: the household's nth in the order they became known, the latest if left
        out (PAY-5).
        """
        fields = deed.fields
        household = fields["household"]
        payments = await self._lookout.items("payments", f"/v1/households/{household}/payments")
        nth = fields.get("nth", len(payments))
        if not 0 < nth <= len(payments):
            outcome.answered.append(Refusal(says=f"{household} has {len(payments)} payments"))
            return
        payment = payments[nth - 1]
        changes = fields["reason"].startswith("account-")
        cents: int = fields.get("amount", 0 if changes else payment["amount_cents"])
        on: date = fields.get("on", local_date(self._clockwork.now))
        if fields.get("by") == "file":
            await self._drop_return(payment, fields["reason"], cents=cents, on=on, outcome=outcome)
            return
        body = {
            "amount_cents": cents,
            "kind": fields["reason"],
            "on": on.isoformat(),
            "reference": f"story-{payment['payment']}",
        }
        path = f"/v1/payments/{payment['payment']}/returns"
        note(outcome, await self._requests.ask("payments", path, body))

    async def pay_for_many(self, deed: Deed, outcome: Outcome) -> None:
        """Have a third party pay for several households with one check, as finance records it (PAY-1)."""
        fields = deed.fields
        pays: Mapping[str, int] = fields["pays"]
        body = {
            "payer": fields["payer"],
            "payer_kind": fields["kind"],
            "means": "check",
            "number": str(self._check_number(None)),
            "received_on": local_date(self._clockwork.now).isoformat(),
            "total_cents": fields.get("total", sum(pays.values())),
            "lines": [{"account": household, "amount_cents": cents} for household, cents in pays.items()],
        }
        answer = await self._requests.ask("payments", "/v1/third-party-payments", body)
        note(outcome, answer)
        if answer.ok:
            outcome.later = lambda: lockbox_refusals(self._lookout, answer.body["name"])

    async def give_back_for_many(self, deed: Deed, outcome: Outcome) -> None:
        """Have the bank take back the check of a third party that was recorded last, whole (PAY-5)."""
        payer, reason = deed.fields["payer"], deed.fields["reason"]
        sums = await self._lookout.items("payments", "/v1/third-party-payments")
        found = [each for each in sums if each["payer"] == payer]
        if not found:
            outcome.answered.append(Refusal(says=f"{payer} paid nothing"))
            return
        latest = max(found, key=lambda each: (each["recorded_at"], each["file"]))
        body = {
            "kind": reason,
            "on": local_date(self._clockwork.now).isoformat(),
            "reference": f"story-{latest['number']}",
        }
        path = f"/v1/third-party-payments/{latest['file']}/returns"
        note(outcome, await self._requests.ask("payments", path, body))

    async def _drop_return(
        self, payment: Mapping[str, Any], reason: str, *, cents: int, on: date, outcome: Outcome
    ) -> None:
        """Drop the bank's file that says that a payment from a bank account came back."""
        called, code = payment["identification"], _CODES.get(reason)
        if called is None or code is None:
            outcome.answered.append(
                Refusal(says="a bank's file takes back what it was asked to debit, and no card")
            )
            return
        made_on = local_date(self._clockwork.now)
        number = self._return_files[made_on] = self._return_files.get(made_on, 0) + 1
        name = f"RETURNS_{made_on.isoformat()}_{number}.ach"
        data = return_file(
            identification=called, cents=cents, code=code, made_on=made_on, settled_on=on, number=number
        )
        await self._exchange.drop(Place.RETURNS, name, data)
        outcome.later = lambda: return_refusals(self._lookout, name)

    async def call_back(self, deed: Deed, outcome: Outcome) -> None:
        """Have the processor call back about the latest of what a household paid online: what was late is taken now."""
        fields = deed.fields
        token = self._tokens.get(fields["household"])
        if token is None or "processor" in self._exchange.down:
            outcome.answered.append(
                Refusal(says="nobody calls: the processor is down, or was asked for nothing")
            )
            return
        statuses = await self._exchange.call_back(
            token,
            about=fields.get("about", "charge"),
            way=fields.get("way", "signed"),
            times=fields.get("times", 1),
        )
        outcome.says = (
            f"answered {', '.join(map(str, statuses))}" if statuses else "knows of nothing to call about"
        )
        for status in statuses:
            if not 200 <= status < 300:
                outcome.answered.append(
                    Refusal(says=f"payments answered {status}", rules=_WHY.get(status, ()))
                )
                break

    async def dismiss_return(self, deed: Deed, outcome: Outcome) -> None:
        """Say of the oldest of what waits of return files about a household that there is nothing to record (PAY-5)."""
        household = deed.fields["household"]
        items = await self._lookout.items("payments", "/v1/return-items?state=open")
        waiting = sorted(
            (each["recorded_at"], each["item"]) for each in items if each["household"] == household
        )
        if not waiting:
            outcome.answered.append(Refusal(says=f"nothing of {household} waits of a return file"))
            return
        path = f"/v1/return-items/{waiting[0][1]}/dismissals"
        note(outcome, await self._requests.ask("payments", path, {}))

    async def assign_suspense(self, deed: Deed, outcome: Outcome) -> None:
        """Say whose the money in suspense is (PAY-3)."""
        household, cents = deed.fields["household"], deed.fields["amount"]
        items = await self._lookout.items("payments", SUSPENSE)
        waiting = [each for each in items if (each["state"], each["amount_cents"]) == ("open", cents)]
        if not waiting:
            outcome.answered.append(Refusal(says=f"nothing of {format_cents(cents)} is in suspense"))
            return
        path = f"{SUSPENSE}/{waiting[0]['item']}/assignments"
        note(outcome, await self._requests.ask("payments", path, {"household": household}))
