"""Does what a story says: one function per word, each through a public door of the exchange."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import Message
from email.parser import BytesHeaderParser
from typing import Any

from bulkhead.kernel.calendar import EXCHANGE_ZONE, CoverageMonth
from bulkhead.kernel.money import format_cents
from bulkhead_testing.bounces import report_of
from stories.bank import Bank
from stories.books import Bookkeeper, Brought
from stories.clockwork import Clockwork
from stories.corrections import Corrector
from stories.coverage_corrections import CoverageCorrector
from stories.edi import Enrollment834, acknowledgement_of, effectuation_of, own_end_of, own_word_of
from stories.errors import StoryError
from stories.exchange import Exchange, Place
from stories.kinds import RENAMED
from stories.language import Deed, Household, Plan, Story, known_to_hub
from stories.lookout import Lookout
from stories.maintenance import Maintainer
from stories.outcome import Outcome, Refusal
from stories.payer import Payer, Payment
from stories.receipts import inbound_refusals
from stories.relief import Reliever
from stories.requests import Requests, note

_WHO_SELECTS: Mapping[str, str] = {
    "web": "member",
    "phone": "operator",
    "navigator": "assister",
    "paper": "operator",
}
TIERS = ("single", "couple", "parent", "family")


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """Something to be done when its time comes: a payment of that month's invoice."""

    at: datetime
    deed: Deed
    month: CoverageMonth


@dataclass(frozen=True, slots=True, kw_only=True)
class CameBack:
    """A mail of which it was reported at an instant, and taken, that it ``failed``, or is delayed; ``hard`` says
    whether its address takes none at all.
    """

    notice: str
    household: str
    at: datetime
    failed: bool
    hard: bool


class Driver:
    """Acts for everybody in the story: members, staff, carriers, the bank's lockbox, and whoever pulls the plug."""

    def __init__(self, exchange: Exchange, story: Story, lookout: Lookout, clockwork: Clockwork) -> None:
        self._exchange = exchange
        self._story = story
        self.lookout = lookout
        self._clockwork = clockwork
        self._requests = Requests(exchange)
        self._payer = Payer(exchange, lookout, clockwork, self._requests, file=story.file)
        self._corrector = Corrector(lookout, self._requests)
        self._bookkeeper = Bookkeeper(exchange, lookout, clockwork, self._requests)
        coverage = CoverageCorrector(story, lookout, self._requests)
        bank = Bank(exchange, lookout, self._requests)
        reliever = Reliever(lookout, self._requests)
        maintainer = Maintainer(lookout, self._requests)
        self._interchanges = 0
        self.later: list[Later] = []
        self.came_back: list[CameBack] = []
        self._words: Mapping[str, Callable[[Deed, Outcome], Awaitable[None]]] = {
            "change-plan": self._select,
            "apply": self._apply,
            "select": self._select,
            "transfer-in": self._select,
            "pay": self._payer.pay,
            "pay-each-invoice": self._pay_each_invoice,
            "autopay": self._payer.autopay,
            "call-back": self._payer.call_back,
            "return-payment": self._payer.give_back,
            "dismiss-return": self._payer.dismiss_return,
            "statement": bank.statement,
            "note-entry": bank.note_entry,
            "move-payment": self._corrector.move,
            "redate-payment": self._corrector.redate,
            "void-invoice": self._corrector.void,
            "redate-selection": coverage.redate_selection,
            "redate-end": coverage.redate_end,
            "redate-departure": coverage.redate_departure,
            "correct-birth-date": coverage.correct_birth_date,
            "rerate": coverage.rerate,
            "merge-households": coverage.merge,
            "decide-correction": self._corrector.decide,
            "reverse-correction": self._corrector.reverse,
            "refund": self._refund,
            "assign-suspense": self._payer.assign_suspense,
            "ask-reinstatement": self._ask_reinstatement,
            "reinstate-error": self._reinstate_error,
            "end-coverage": self._end_coverage,
            "change": self._change,
            "member": self._member,
            "tobacco": self._tobacco,
            "medicaid": self._medicaid,
            "renew": self._renew,
            "carrier": self._carrier,
            "acknowledge": self._acknowledge,
            "send-again": self._send_again,
            "decide-record": self._decide_record,
            "book": self._bookkeeper.bring,
            "decide-difference": self._bookkeeper.decide,
            "down": self._down,
            "up": self._up,
            "kill": self._kill,
            "attest": self._attest,
            "accept-documents": self._accept_documents,
            "lockbox": self._payer.lockbox,
            "third-party": self._payer.pay_for_many,
            "return-third-party": self._payer.give_back_for_many,
            "stop-notices": self._stop_notices,
            "resume-notices": self._resume_notices,
            "bounce": self._bounce,
            "relief": reliever.declare,
            "maintenance": maintainer.schedule,
            "withdraw-maintenance": maintainer.withdraw,
            "end-maintenance": maintainer.end,
            "withdraw-relief": reliever.withdraw,
            "advance": self._advance,
        }

    @property
    def turned_away(self) -> Sequence[str]:
        """Which enrollments and payments were not taken by a service that was up (I7)."""
        return self._requests.turned_away

    @property
    def books_brought(self) -> Sequence[Brought]:
        """The books that carriers brought, in order."""
        return self._bookkeeper.brought

    async def set_up(self) -> None:
        """Fill the catalog, tell the gateway of its carriers, register the households: before the first step.

        A household that applies in a step of its own is registered there.
        """
        for plan in self._story.catalog:
            await self._requests.must("enrollment", "PUT", f"/v1/plans/{plan.plan}", offer(plan))
        bills_from = self._story.bills_from
        for carrier, year in bills_from.items():
            await self._requests.must(
                "enrollment", "PUT", f"/v1/carriers/{carrier}", billed_by_carrier(carrier, year)
            )
        for number, carrier in enumerate(self._story.carriers, start=1):
            profile = carrier_profile(carrier, number, bills_from=bills_from.get(carrier))
            await self._requests.must("carrier-gateway", "PUT", f"/v1/carriers/{carrier}", profile)
        deeds = [step.deed for step in self._story.steps if step.deed is not None]
        applying = {each.fields["household"] for each in deeds if each.word == "apply"}
        for household in self._story.households:
            if household.hub is not None:
                await self._exchange.tell_hub(household.household, household.hub)
            if household.household not in applying:
                body, role = registration(household), _who_registers(household)
                name = household.household
                await self._requests.must(
                    "enrollment", "POST", "/v1/households", body, role=role, household=name
                )
        await self._clockwork.settle()

    async def do(self, deed: Deed) -> Outcome:
        """Do what a step says and return what came of it; the exchange is quiet afterwards."""
        outcome = Outcome(line=deed.line, word=deed.word)
        await self._words[deed.word](deed, outcome)
        await self._clockwork.settle()
        return outcome

    async def do_later(self, later: Sequence[Later]) -> list[Outcome]:
        """Pay what several invoices ask, at one time; return what came of each. The exchange is quiet afterwards."""
        outcomes = [await self._pay_invoice(each) for each in later]
        await self._clockwork.settle()
        return outcomes

    async def _pay_invoice(self, later: Later) -> Outcome:
        """Pay what the invoice dated in that month asks; nothing where there is none or it asks nothing."""
        household, by = later.deed.fields["household"], later.deed.fields["by"]
        outcome = Outcome(line=later.deed.line, word="pay")
        invoices = await self.lookout.items("invoicing", f"/v1/households/{household}/invoices")
        dated = [each for each in invoices if each["dated"][:7] == str(later.month)]
        if not dated or dated[-1]["total_cents"] <= 0:
            outcome.says = f"no invoice of {later.month} asks for anything"
            return outcome
        payment = Payment(household=household, cents=dated[-1]["total_cents"], by=by)
        await self._payer.take(payment, outcome)
        return outcome

    async def _apply(self, deed: Deed, outcome: Outcome) -> None:
        """Register a household now: it is accepted on what it attests."""
        name = deed.fields["household"]
        household = next(each for each in self._story.households if each.household == name)
        answer = await self._requests.ask(
            "enrollment",
            "/v1/households",
            registration(household),
            role=_who_registers(household),
            household=name,
        )
        note(outcome, answer)
        self._requests.expect_taken("enrollment", answer, outcome)

    async def _select(self, deed: Deed, outcome: Outcome) -> None:
        """Select plans, also as one who comes over from the carrier that is named, or change what there is."""
        fields = deed.fields
        via = fields.get("via", "web")
        body: dict[str, Any] = {"plans": list(fields["plans"]), "via": via}
        if "received" in fields:
            body["received_on"] = fields["received"].isoformat()
        if "event" in fields:
            body["event"] = {name: str(value) for name, value in fields["event"].items()}
        if "carrier" in fields:
            body["transferred_from"] = fields["carrier"]
        act = "plan-changes" if deed.word == "change-plan" else "selections"
        path = f"/v1/households/{fields['household']}/{act}"
        answer = await self._requests.ask(
            "enrollment", path, body, role=_WHO_SELECTS[via], household=fields["household"]
        )
        note(outcome, answer)
        self._requests.expect_taken("enrollment", answer, outcome)
        if answer.ok:
            outcome.says = f"effective {answer.body['effective']}"
            self._payer.selections[fields["household"]] = answer.body["selection"]
            if "pays" in fields:
                payment = Payment(
                    household=fields["household"],
                    cents=fields["pays"]["amount"],
                    by=fields["pays"]["by"],
                    names={"selection": answer.body["selection"]},
                    at_selection=True,
                )
                await self._payer.take(payment, outcome)

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
        body, by = {"amount_cents": deed.fields["amount"]}, deed.fields.get("by")
        note(outcome, await self._requests.ask("invoicing", path, body, by=by))

    async def _ask_reinstatement(self, deed: Deed, outcome: Outcome) -> None:
        """Ask, as the household itself, that its ended coverage stand again."""
        household = deed.fields["household"]
        body = {"reason": deed.fields["reason"]} if "reason" in deed.fields else {}
        answer = await self._requests.ask(
            "invoicing",
            f"/v1/households/{household}/reinstatement-requests",
            body,
            role="member",
            household=household,
        )
        note(outcome, answer)
        if answer.ok:
            lacking = format_cents(answer.body["lacking_cents"])
            outcome.says = f"{answer.body['state']}: {lacking} to pay by {answer.body['pay_by']}"

    async def _reinstate_error(self, deed: Deed, outcome: Outcome) -> None:
        fields = deed.fields
        body: dict[str, Any] = {"reason": fields["reason"]}
        if "plans" in fields:
            body["plans"] = list(fields["plans"])
        path = f"/v1/households/{fields['household']}/reinstatements"
        note(outcome, await self._requests.ask("enrollment", path, body, by=fields.get("by")))

    async def _end_coverage(self, deed: Deed, outcome: Outcome) -> None:
        fields = deed.fields
        body: dict[str, Any] = {"on": fields["on"].isoformat(), "reason": fields.get("reason", "requested")}
        if "plans" in fields:
            body["plans"] = list(fields["plans"])
        path = f"/v1/households/{fields['household']}/terminations"
        note(outcome, await self._requests.ask("enrollment", path, body))

    async def _change(self, deed: Deed, outcome: Outcome) -> None:
        """State a household's assistance from a month on, what is left out stays as it is today; or where it lives."""
        fields = deed.fields
        if "address" in fields:
            body = {"from": fields["from"].isoformat(), "address": fields["address"]}
            path = f"/v1/households/{fields['household']}/address-changes"
            note(outcome, await self._requests.ask("enrollment", path, body))
            return
        known = await self.lookout.get("enrollment", f"/v1/households/{fields['household']}")
        if known is None:
            outcome.answered.append(Refusal(says="nobody answers: the service is down"))
            return
        body = {
            "from": fields["from"].isoformat(),
            "aptc_cents": fields.get("aptc", known["aptc_cents"]),
            "subsidy_cents": fields.get("subsidy", known["subsidy_cents"]),
        }
        path = f"/v1/households/{fields['household']}/assistance-changes"
        note(outcome, await self._requests.ask("enrollment", path, body))

    async def _tobacco(self, deed: Deed, outcome: Outcome) -> None:
        """State whether somebody uses tobacco from a day on."""
        fields = deed.fields
        known = await self.lookout.get("enrollment", f"/v1/households/{fields['household']}")
        if known is None:
            outcome.answered.append(Refusal(says="nobody answers: the service is down"))
            return
        named = [each["member"] for each in known["members"] if each["name"] == fields["name"]]
        if not named:
            raise StoryError("nobody of that name is known", line=deed.line, file=self._story.file)
        path = f"/v1/households/{fields['household']}/members/{named[-1]}/tobacco-uses"
        body = {"from": fields["from"].isoformat(), "uses_tobacco": fields["uses"]}
        note(outcome, await self._requests.ask("enrollment", path, body))

    async def _member(self, deed: Deed, outcome: Outcome) -> None:
        """Tell, as the household itself, who comes into it or goes out of it."""
        fields = deed.fields
        path = f"/v1/households/{fields['household']}/members"
        body: dict[str, Any] = {"on": fields["on"].isoformat()}
        if "adds" in fields:
            body["kind"] = fields["adds"]
            body["person"] = {
                "name": fields["name"],
                "born": fields.get("born", fields["on"]).isoformat(),
                "relation": fields.get("relation", "spouse" if fields["adds"] == "marriage" else "child"),
            }
        elif "leaves" in fields:
            known = await self.lookout.get("enrollment", f"/v1/households/{fields['household']}")
            if known is None:
                outcome.answered.append(Refusal(says="nobody answers: the service is down"))
                return
            named = [each["member"] for each in known["members"] if each["name"] == fields["name"]]
            if not named:
                raise StoryError("nobody of that name is known", line=deed.line, file=self._story.file)
            path = f"{path}/{named[-1]}/departures"
            body["kind"] = fields["leaves"]
        else:
            raise StoryError("a member comes (adds) or goes (leaves)", line=deed.line, file=self._story.file)
        if "responsible" in fields:
            body["responsible"] = {"name": fields["responsible"]}
        answer = await self._requests.ask(
            "enrollment", path, body, role="member", household=fields["household"]
        )
        note(outcome, answer)

    async def _medicaid(self, deed: Deed, outcome: Outcome) -> None:
        """State who is eligible for Medicaid, and from when; or after which last day they are not."""
        fields = deed.fields
        household = fields["household"]
        known = await self.lookout.get("enrollment", f"/v1/households/{household}")
        if known is None:
            outcome.answered.append(Refusal(says="nobody answers: the service is down"))
            return
        body: dict[str, Any] = {}
        if "members" in fields:
            by_name = {each["name"]: each["member"] for each in known["members"]}
            body["members"] = [by_name.get(name, name) for name in fields["members"]]
        if ("from" in fields) == ("ends" in fields):
            raise StoryError("Medicaid begins (from) or ends (ends)", line=deed.line, file=self._story.file)
        if "from" in fields:
            path, body["from"] = "determinations", fields["from"].isoformat()
        else:
            path, body["through"] = "endings", fields["ends"].isoformat()
        note(
            outcome,
            await self._requests.ask("enrollment", f"/v1/households/{household}/medicaid-{path}", body),
        )

    async def _renew(self, deed: Deed, outcome: Outcome) -> None:
        """Say what becomes of each plan, where the story does, and have a plan year's renewals made."""
        year, given = deed.fields["year"], deed.fields.get("crosswalk")
        if given is not None:
            body = {"entries": [self._crosswalk_entry(plan, becomes) for plan, becomes in given.items()]}
            answer = await self._requests.put("enrollment", f"/v1/renewals/{year}/crosswalk", body)
            note(outcome, answer)
            if not answer.ok:
                return
        act = {"act": deed.fields.get("act", "run")}
        note(outcome, await self._requests.ask("enrollment", f"/v1/renewals/{year}/runs", act))

    def _crosswalk_entry(self, plan: str, becomes: str) -> dict[str, Any]:
        if becomes in ("discontinued", "carrier-leaving"):
            return {"plan": plan, "because": becomes}
        if becomes.startswith(RENAMED):
            return {"plan": plan, "next_plan": becomes.removeprefix(RENAMED), "because": "same-plan"}
        carriers = {each.plan: each.carrier for each in self._story.catalog}
        same = carriers[plan] == carriers.get(becomes)
        because = "same-plan" if plan == becomes else "discontinued" if same else "carrier-leaving"
        return {"plan": plan, "next_plan": becomes, "because": because}

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
        number, now = self._interchanges, self._clockwork.now
        match sends := fields["sends"]:
            case "cancel" | "termination":
                data = own_end_of(
                    sent,
                    sends=sends,
                    because=fields.get("because", "other"),
                    ends=dates.get("through") or dates.get("end") or sent.effective or now.date(),
                    number=number,
                    now=now,
                )
            case "reinstatement" | "maintenance":
                data = own_word_of(sent, sends=sends, number=number, now=now)
            case _:
                data = effectuation_of(
                    sent,
                    number=number,
                    now=now,
                    begins=dates.get("from") or dates.get("begin") or dates.get("effective"),
                    paid_through=dates.get("paid_through") or dates.get("through") or dates.get("end"),
                )
        name = f"{sends.upper()}_{number:04d}.834"
        await self._exchange.drop(Place.CARRIERS, f"{carrier}/inbound/{name}", data)
        outcome.later = lambda: inbound_refusals(self.lookout, name)

    async def _acknowledge(self, deed: Deed, outcome: Outcome) -> None:
        """Have a carrier drop a TA1 or a 999 about the last set of a household that lies in its drop-box."""
        fields = deed.fields
        carrier, household = fields["carrier"], fields["household"]
        sets = [each for each in await self.lookout.sets_of(carrier) if each.household == household]
        if not sets:
            says = f"{carrier} was never sent a set of {household}: it has nothing to acknowledge"
            outcome.answered.append(Refusal(says=says))
            return
        self._interchanges += 1
        kind = fields.get("with", "999")
        data = acknowledgement_of(
            sets[-1], kind=kind, says=fields["says"], number=self._interchanges, now=self._clockwork.now
        )
        name = f"{kind}_{self._interchanges:04d}.edi"
        await self._exchange.drop(Place.CARRIERS, f"{carrier}/inbound/{name}", data)
        outcome.later = lambda: inbound_refusals(self.lookout, name)

    async def _send_again(self, deed: Deed, outcome: Outcome) -> None:
        """Have the first set of a household that its carrier rejected sent again, or where there is none the last."""
        fields = deed.fields
        path = f"/v1/transmissions?carrier={fields['carrier']}&household={fields['household']}"
        sent = [each for each in await self.lookout.items("carrier-gateway", path) if each["state"] == "sent"]
        wanted = [each for each in sent if each["answer"] == "rejected"] or sent[-1:]
        if not wanted:
            says = f"{fields['carrier']} was sent nothing of {fields['household']}"
            outcome.answered.append(Refusal(says=says))
            return
        body = {"decision": "send-again", "reason": fields.get("reason", "the carrier asks for it")}
        answer = await self._requests.ask(
            "carrier-gateway", f"/v1/transmissions/{wanted[0]['transmission']}/decisions", body
        )
        note(outcome, answer)

    async def _decide_record(self, deed: Deed, outcome: Outcome) -> None:
        """Decide about the first thing that a carrier said of a household and that waits."""
        fields = deed.fields
        path = f"/v1/inbound-records?waits=true&carrier={fields['carrier']}&household={fields['household']}"
        waiting = await self.lookout.items("carrier-gateway", path)
        if not waiting:
            says = f"nothing that {fields['carrier']} said of {fields['household']} waits"
            outcome.answered.append(Refusal(says=says))
            return
        body = {"decision": fields["decision"], "reason": fields.get("reason", "seen to")}
        answer = await self._requests.ask(
            "carrier-gateway", f"/v1/inbound-records/{waiting[0]['record']}/decisions", body
        )
        note(outcome, answer)

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

    async def _kill(self, deed: Deed, outcome: Outcome) -> None:
        name = deed.fields["service"]
        if name in self._exchange.down:
            outcome.says = f"{name} was down already"
            return
        await self._exchange.crash(name)
        await self._exchange.bring_up(name, self._clockwork.now)

    async def _stop_notices(self, deed: Deed, outcome: Outcome) -> None:
        """Stop all notices of a type."""
        body = {"type": deed.fields["type"], "because": "wrong-wording"}
        note(outcome, await self._requests.ask("notifications", "/v1/notice-stops", body))

    async def _resume_notices(self, deed: Deed, outcome: Outcome) -> None:
        """Let notices of a type go on, where they are stopped."""
        stops = await self.lookout.items("notifications", "/v1/notice-stops")
        standing = [
            each for each in stops if (each["type"], each["resumed_at"]) == (deed.fields["type"], None)
        ]
        for stop in standing:
            path = f"/v1/notice-stops/{stop['stop']}/resumptions"
            note(outcome, await self._requests.ask("notifications", path, None))

    async def _bounce(self, deed: Deed, outcome: Outcome) -> None:
        """Tell that a household's latest mail, or its latest of a type, came back: by a report at the API or in the
        sender's maildir, or by an event of the provider.
        """
        household, kind = deed.fields["household"], deed.fields.get("type")
        mails = [
            (sent, raw)
            for raw in await self._exchange.mails()
            if (sent := BytesHeaderParser().parsebytes(raw))["X-Bulkhead-Household"] == household
            and kind in (None, sent["X-Bulkhead-Notice-Type"])
        ]
        if not mails:
            outcome.says = "nothing was mailed"
            return
        sent, raw = mails[-1]
        status, action = deed.fields.get("status", "5.1.1"), deed.fields.get("action", "failed")
        failed = action == "failed"
        told_at, hard = self._clockwork.now, failed and status.startswith("5")
        report = report_of(raw, action=action, status=status)
        match deed.fields.get("by", "api"):
            case "maildir":
                await self._exchange.drop(
                    Place.RETURNED_MAIL, f"new/{len(self.came_back)}.{household}", report
                )
                outcome.says = "delivered"
            case "provider":
                event = _mail_event(sent, failed=failed, hard=hard)
                for _ in range(2):  # it tells each twice
                    answer = await self._exchange.mail_event(event)
                    note(outcome, answer)
                    if not answer.ok:
                        return
                    outcome.says = outcome.says or str(answer.body["followed"])
            case _:
                body = {"report": base64.b64encode(report).decode("ascii")}
                answer = await self._requests.ask("notifications", "/v1/bounces", body)
                note(outcome, answer)
                if not answer.ok:
                    return
                outcome.says = str(answer.body["followed"])
        self.came_back.append(
            CameBack(
                notice=sent["X-Bulkhead-Notice"], household=household, at=told_at, failed=failed, hard=hard
            )
        )

    async def _attest(self, deed: Deed, outcome: Outcome) -> None:
        """Attest another income, of which the hub says what is given, else what it said before."""
        household, hub = deed.fields["household"], known_to_hub(deed.fields.get("hub"))
        if hub is not None:
            await self._exchange.tell_hub(household, hub)
        body = {"income_cents": deed.fields["income"]}
        answer = await self._requests.ask(
            "enrollment", f"/v1/households/{household}/attestations", body, role="member", household=household
        )
        note(outcome, answer)
        if answer.ok:
            outcome.says = str(answer.body["verification"])

    async def _accept_documents(self, deed: Deed, outcome: Outcome) -> None:
        body = {"confirmed": list(deed.fields["confirmed"])}
        path = f"/v1/households/{deed.fields['household']}/verifications"
        answer = await self._requests.ask("enrollment", path, body)
        note(outcome, answer)
        if answer.ok:
            outcome.says = str(answer.body["verification"])

    async def _advance(self, deed: Deed, outcome: Outcome) -> None:
        """Time itself is moved by the runner, which has other things to do on the way."""


def _who_registers(household: Household) -> str:
    """Return who registers a household: itself, or the service that determines the assistance it is granted."""
    return "service" if household.aptc_cents + household.subsidy_cents > 0 else "member"


def registration(household: Household) -> dict[str, Any]:
    """Return the body that registers a household under its own name in the story."""
    body: dict[str, Any] = {
        "household": household.household,
        "members": [
            {"name": each.name, "born": each.born.isoformat(), "relation": each.relation}
            | {
                name: value
                for name, value in (("latin_name", each.latin_name), ("ssn", each.ssn))
                if value is not None
            }
            | ({"uses_tobacco": True} if each.uses_tobacco else {})
            for each in household.members
        ],
        "language": household.language,
        "aptc_cents": household.aptc_cents,
        "subsidy_cents": household.subsidy_cents,
    }
    if household.income_cents is not None:
        body["income_cents"] = household.income_cents
    reached_by = {"email": household.email, "address": household.address, "phone": household.phone}
    return body | {name: value for name, value in reached_by.items() if value is not None}


def offer(plan: Plan) -> dict[str, Any]:
    """Return what a plan of the catalog is put into it with."""
    body: dict[str, Any] = {"carrier": plan.carrier, "kind": plan.kind, "plan_year": plan.sold_for}
    if plan.ages:
        ages = [
            {"plan_year": year, "rating_area": area, "monthly_cents": all_ages(rates)}
            | _by_tobacco(plan.tobacco.get(year, {}).get(area, {}))
            for year, areas in plan.ages.items()
            for area, rates in areas.items()
        ]
        return body | {"rated_by": "age", "ages": ages}
    years = [{"plan_year": year, "monthly_cents": all_tiers(monthly)} for year, monthly in plan.years.items()]
    return body | {"monthly_cents": all_tiers(plan.monthly_cents), "years": years}


def _by_tobacco(rates: Mapping[int, int]) -> dict[str, Any]:
    return {"tobacco_monthly_cents": all_ages(rates)} if rates else {}


def all_ages(rates: Mapping[int, int]) -> dict[str, int]:
    """Return a rate for every age, as CMS's Rate PUF names them: each counts from its age on; before the first one that
    is named the lowest will do, as nobody is so young. Of a plan of which one age is named the age curve makes the
    others.
    """
    bands = {"0-14": 14} | {str(age): age for age in range(15, 64)} | {"64 and over": 64}
    if len(rates) == 1:
        ((named, cents),) = rates.items()
        return {band: cents for band, age in bands.items() if age == max(named, 14)}
    return {
        band: rates[max((each for each in rates if each <= age), default=min(rates))]
        for band, age in bands.items()
    }


def all_tiers(monthly_cents: Mapping[str, int]) -> dict[str, int]:
    """Return a premium for every tier: where a story leaves one out nobody selects it, so the highest given will do."""
    most = max(monthly_cents.values())
    return {tier: monthly_cents.get(tier, most) for tier in TIERS}


def billed_by_carrier(carrier: str, year: int) -> dict[str, Any]:
    """Return what enrollment is told of a carrier that bills for its plans from a plan year on."""
    return {"name": carrier, "phone": "800-555-0142", "billing": [{"plan_year": year, "billing": "carrier"}]}


def carrier_profile(carrier: str, number: int, *, bills_from: int | None = None) -> dict[str, Any]:
    """Return a carrier's profile as the gateway takes it: made-up identifiers, the common variations."""
    bills = {} if bills_from is None else {"options": {"billing": "carrier", "billing_from": bills_from}}
    return bills | {
        "name": carrier,
        "receiver_id": f"{carrier[:9]}{number:02d}",
        "qhp_id": f"{77000 + number}VT0010001",
    }


def _mail_event(sent: Message, *, failed: bool, hard: bool) -> dict[str, Any]:
    """Return what a provider of e-mail tells of a mail that it could not deliver, or not yet."""
    data: dict[str, Any] = {"message_id": sent["Message-ID"], "to": [sent["To"]]}
    if failed:
        data["bounce"] = {"type": "Permanent" if hard else "Transient"}
    return {"type": "email.bounced" if failed else "email.delivery_delayed", "data": data}
