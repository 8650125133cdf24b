"""Does what a story says: one function per word, each through a public door of the exchange."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from bulkhead.kernel.calendar import EXCHANGE_ZONE, CoverageMonth, local_date
from bulkhead.kernel.money import format_cents
from stories.clockwork import Clockwork
from stories.edi import Enrollment834, effectuation_of
from stories.errors import ExchangeProblem, StoryError
from stories.exchange import Answer, Exchange, Place
from stories.language import Deed, Household, Story
from stories.lookout import Lookout
from stories.outcome import Outcome, Refusal
from stories.receipts import inbound_refusals, lockbox_refusals

_WHO_SELECTS: Mapping[str, str] = {
    "web": "member",
    "phone": "operator",
    "navigator": "assister",
    "paper": "operator",
}
TIERS = ("single", "couple", "parent", "family")
_TOKENS: Mapping[str, str] = {"card": "tok_card_ok", "bank": "tok_bank_ok"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """Something to be done when its time comes: a payment of that month's invoice."""

    at: datetime
    deed: Deed
    month: CoverageMonth


class Driver:
    """Acts for everybody in the story: members, staff, carriers, the bank's lockbox, and whoever pulls the plug."""

    def __init__(self, exchange: Exchange, story: Story, lookout: Lookout, clockwork: Clockwork) -> None:
        self._exchange = exchange
        self._story = story
        self.lookout = lookout
        self._clockwork = clockwork
        self._keys = 0
        self._checks = 0
        self._interchanges = 0
        self._sequence: dict[date, int] = {}
        self.later: list[Later] = []
        self._words: Mapping[str, Callable[[Deed, Outcome], Awaitable[None]]] = {
            "select": self._select,
            "pay": self._pay,
            "pay-each-invoice": self._pay_each_invoice,
            "refund": self._refund,
            "end-coverage": self._end_coverage,
            "carrier": self._carrier,
            "down": self._down,
            "up": self._up,
            "advance": self._advance,
        }

    async def set_up(self) -> None:
        """Fill the catalog, tell the gateway of its carriers, register the households: before the first step."""
        for plan in self._story.catalog:
            body = {
                "carrier": plan.carrier,
                "kind": plan.kind,
                "monthly_cents": all_tiers(plan.monthly_cents),
            }
            await self._must("enrollment", "PUT", f"/v1/plans/{plan.plan}", body)
        for number, carrier in enumerate(self._story.carriers, start=1):
            await self._must(
                "carrier-gateway", "PUT", f"/v1/carriers/{carrier}", carrier_profile(carrier, number)
            )
        for household in self._story.households:
            await self._must("enrollment", "POST", "/v1/households", registration(household), key=self._key())
        await self._clockwork.settle()

    async def do(self, deed: Deed) -> Outcome:
        """Do what a step says and return what came of it; the exchange is quiet afterwards."""
        outcome = Outcome(line=deed.line, word=deed.word)
        await self._words[deed.word](deed, outcome)
        await self._clockwork.settle()
        return outcome

    async def do_later(self, later: Later) -> Outcome:
        """Pay what the invoice dated in that month asks; nothing where there is none or it asks nothing."""
        household, by = later.deed.fields["household"], later.deed.fields["by"]
        outcome = Outcome(line=later.deed.line, word="pay")
        invoices = await self.lookout.items("invoicing", f"/v1/households/{household}/invoices")
        dated = [each for each in invoices if each["dated"][:7] == str(later.month)]
        if not dated or dated[-1]["total_cents"] <= 0:
            outcome.says = f"no invoice of {later.month} asks for anything"
            return outcome
        await self._take_payment(household, amount_cents=dated[-1]["total_cents"], by=by, outcome=outcome)
        await self._clockwork.settle()
        return outcome

    async def _select(self, deed: Deed, outcome: Outcome) -> None:
        fields = deed.fields
        via = fields.get("via", "web")
        body: dict[str, Any] = {"plans": list(fields["plans"]), "via": via}
        if "received" in fields:
            body["received_on"] = fields["received"].isoformat()
        if "event" in fields:
            body["event"] = {"kind": fields["event"]["kind"], "on": fields["event"]["on"].isoformat()}
        path = f"/v1/households/{fields['household']}/selections"
        answer = await self._ask(
            "enrollment", path, body, role=_WHO_SELECTS[via], household=fields["household"]
        )
        _note(outcome, answer)
        if answer.ok:
            outcome.says = f"effective {answer.body['effective']}"
            if "pays" in fields:
                pays = fields["pays"]
                await self._take_payment(
                    fields["household"],
                    amount_cents=pays["amount"],
                    by=pays["by"],
                    outcome=outcome,
                    at_selection=True,
                )

    async def _pay(self, deed: Deed, outcome: Outcome) -> None:
        fields = deed.fields
        payee = fields.get("for", "household")
        household = fields["household"] if payee == "household" else payee
        await self._take_payment(
            household,
            amount_cents=fields["amount"],
            by=fields["by"],
            outcome=outcome,
            received=fields.get("received"),
            postmarked=fields.get("postmarked"),
        )

    async def _take_payment(
        self,
        household: str,
        *,
        amount_cents: int,
        by: str,
        outcome: Outcome,
        received: date | None = None,
        postmarked: date | None = None,
        at_selection: bool = False,
    ) -> None:
        if by == "check":
            await self._drop_check(
                household, amount_cents, received=received, postmarked=postmarked, outcome=outcome
            )
            return
        body: dict[str, Any] = {"amount_cents": amount_cents, "method": by}
        if by in _TOKENS:
            body["token"] = _TOKENS[by]
        if at_selection:
            body["at_selection"] = True
        if received is not None:
            body["received_on"] = received.isoformat()
        if postmarked is not None:
            body["postmarked_on"] = postmarked.isoformat()
        by_staff = by not in _TOKENS or received is not None or postmarked is not None
        path = f"/v1/households/{household}/payments"
        answer = await self._ask(
            "payments", path, body, role="operator" if by_staff else "member", household=household
        )
        _note(outcome, answer)

    async def _drop_check(
        self,
        household: str,
        amount_cents: int,
        *,
        received: date | None,
        postmarked: date | None,
        outcome: Outcome,
    ) -> None:
        """Drop a lockbox file with one check in it: the exchange learns of it at the present time."""
        today = local_date(self._clockwork.now)
        self._checks += 1
        self._sequence[today] = self._sequence.get(today, 0) + 1
        account = "" if household == "unknown" else household
        row = [
            (received or today).isoformat(),
            "" if postmarked is None else postmarked.isoformat(),
            account,
            format_cents(amount_cents),
            "check",
            f"{1000 + self._checks}",
        ]
        lines = [
            f"lockbox,{today.isoformat()},{self._sequence[today]}",
            "received,postmarked,account,amount,instrument,reference",
            ",".join(row),
            f"total,1,{format_cents(amount_cents)}",
        ]
        name = f"LOCKBOX_{today.isoformat()}_{self._sequence[today]}.csv"
        await self._exchange.drop(Place.LOCKBOX, name, ("\n".join(lines) + "\n").encode("utf-8"))
        outcome.later = lambda: lockbox_refusals(self.lookout, name)

    async def _pay_each_invoice(self, deed: Deed, outcome: Outcome) -> None:
        fields = deed.fields
        now = self._clockwork.now
        for month in fields["from"].until(fields["until"]):
            day = min(month.last_day, month.first_day.replace(day=min(fields["day"], month.last_day.day)))
            at = datetime(
                day.year, day.month, day.day, now.hour, now.minute, now.second, tzinfo=EXCHANGE_ZONE
            )
            if at < now:
                raise StoryError(
                    f"the payment of {day} would be before this step", line=deed.line, file=self._story.file
                )
            self.later.append(Later(at=at, deed=deed, month=month))
        self.later.sort(key=lambda each: each.at)
        outcome.says = f"{len(self.later)} payments to come"

    async def _refund(self, deed: Deed, outcome: Outcome) -> None:
        path = f"/v1/households/{deed.fields['household']}/refunds"
        _note(outcome, await self._ask("invoicing", path, {"amount_cents": deed.fields["amount"]}))

    async def _end_coverage(self, deed: Deed, outcome: Outcome) -> None:
        fields = deed.fields
        body: dict[str, Any] = {"on": fields["on"].isoformat(), "reason": fields.get("reason", "requested")}
        if "plans" in fields:
            body["plans"] = list(fields["plans"])
        path = f"/v1/households/{fields['household']}/terminations"
        _note(outcome, await self._ask("enrollment", path, body))

    async def _carrier(self, deed: Deed, outcome: Outcome) -> None:
        fields = deed.fields
        carrier, dates = fields["carrier"], fields.get("dates", {})
        sent = await self._last_initial(carrier, fields["household"], fields.get("plan"))
        if sent is None:
            says = (
                f"{carrier} was never sent an enrollment of {fields['household']}: it has nothing to confirm"
            )
            outcome.answered.append(Refusal(says=says))
            return
        self._interchanges += 1
        data = effectuation_of(
            sent,
            number=self._interchanges,
            now=self._clockwork.now,
            begins=dates.get("from") or dates.get("begin") or dates.get("effective"),
            paid_through=dates.get("paid_through") or dates.get("through") or dates.get("end"),
        )
        name = f"EFFECTUATION_{self._interchanges:04d}.834"
        await self._exchange.drop(Place.CARRIERS, f"{carrier}/inbound/{name}", data)
        outcome.later = lambda: inbound_refusals(self.lookout, name)

    async def _last_initial(self, carrier: str, household: str, plan: str | None) -> Enrollment834 | None:
        policies = await self.lookout.items("enrollment", f"/v1/households/{household}/policies")
        wanted = {each["policy"] for each in policies if plan is None or each["plan"] == plan}
        sets = [
            each
            for each in await self.lookout.sets_of(carrier)
            if each.household == household and each.kind in ("initial", "reinstatement", "renewal")
        ]
        chosen = [each for each in sets if each.policy in wanted] if plan is not None else sets
        return chosen[-1] if chosen else None

    async def _down(self, deed: Deed, outcome: Outcome) -> None:
        name = deed.fields["service"]
        if name in self._exchange.down:
            outcome.says = f"{name} was down already"
            return
        await self.lookout.keep(name)
        await self._exchange.take_down(name)

    async def _up(self, deed: Deed, outcome: Outcome) -> None:
        name = deed.fields["service"]
        if name not in self._exchange.down:
            outcome.says = f"{name} was not down"
            return
        await self._exchange.bring_up(name, self._clockwork.now)
        await self._clockwork.settle()
        if name == "payments":
            await self._clockwork.catch_up_payments()

    async def _advance(self, deed: Deed, outcome: Outcome) -> None:
        """Time itself is moved by the runner, which has other things to do on the way."""

    async def _ask(
        self, service: str, path: str, body: Any, *, role: str = "operator", household: str | None = None
    ) -> Answer:
        return await self._exchange.call(
            service, "POST", path, json=body, role=role, household=household, key=self._key()
        )

    async def _must(self, service: str, method: str, path: str, body: Any, *, key: str | None = None) -> None:
        answer = await self._exchange.call(service, method, path, json=body, key=key)
        if not answer.ok:
            raise ExchangeProblem(
                f"{service} answered {answer.status} to {method} {path}: {problem_of(answer)}"
            )

    def _key(self) -> str:
        self._keys += 1
        return f"story-{self._keys}"


def _note(outcome: Outcome, answer: Answer) -> None:
    if answer.ok:
        return
    if answer.status == 0:
        outcome.answered.append(Refusal(says="nobody answers: the service is down"))
    elif answer.status in (401, 403) or (answer.status >= 500 and answer.status != 503):
        raise ExchangeProblem(
            f"line {outcome.line}: {outcome.word} was answered {answer.status}: {problem_of(answer)}"
        )
    else:
        outcome.answered.append(Refusal(says=problem_of(answer), rules=answer.rules))


def problem_of(answer: Answer) -> str:
    """Return a problem in one line: its detail, and each field that is wrong."""
    errors = answer.body.get("errors", ()) if isinstance(answer.body, dict) else ()
    parts = [answer.says, *(f"{each.get('field')}: {each.get('problem')}" for each in errors)]
    return "; ".join(part for part in parts if part)


def registration(household: Household) -> dict[str, Any]:
    """Return the body that registers a household under its own name in the story."""
    body: dict[str, Any] = {
        "household": household.household,
        "members": [
            {"name": each.name, "born": each.born.isoformat(), "relation": each.relation}
            | ({} if each.ssn is None else {"ssn": each.ssn})
            for each in household.members
        ],
        "language": household.language,
        "aptc_cents": household.aptc_cents,
        "subsidy_cents": household.subsidy_cents,
    }
    reached_by = {"email": household.email, "address": household.address, "phone": household.phone}
    return body | {name: value for name, value in reached_by.items() if value is not None}


def all_tiers(monthly_cents: Mapping[str, int]) -> dict[str, int]:
    """Return a premium for every tier: where a story leaves one out nobody selects it, so the highest given will do."""
    most = max(monthly_cents.values())
    return {tier: monthly_cents.get(tier, most) for tier in TIERS}


def carrier_profile(carrier: str, number: int) -> dict[str, Any]:
    """Return a carrier's profile as the gateway takes it: made-up identifiers, the common variations."""
    return {
        "name": carrier,
        "receiver_id": f"{carrier[:9]}{number:02d}",
        "qhp_id": f"{77000 + number}VT0010001",
    }
