"""What is true of each thing a story can expect: for every word, the facts found, field by field.

A found fact has the same field names as the word; it meets an expectation when every field given agrees.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime
from typing import Any, TypeAlias

from bulkhead.kernel.calendar import CoverageMonth
from stories.exchange import Exchange, Place
from stories.explained import Explained
from stories.lookout import SUSPENSE, Lookout, policy_months
from stories.maintenance import ANNOUNCED
from stories.outcome import Outcome
from stories.vocabulary import SERVICES

Found: TypeAlias = dict[str, Any]
"""One fact, by field name."""


class Facts:
    """Finds facts for expectations."""

    def __init__(self, exchange: Exchange, lookout: Lookout) -> None:
        self._exchange = exchange
        self._lookout = lookout
        self._explained = Explained(lookout)
        self._find: Mapping[str, Callable[[Mapping[str, Any], Outcome | None], Awaitable[list[Found]]]] = {
            "effective": self._effective,
            "refused": self._refused,
            "accepted": self._accepted,
            "invoice": self._invoice,
            "balance": self._balance,
            "settled": self._settled,
            "grace": self._grace,
            "coverage": self._coverage,
            "renewal": self._renewal,
            "listed": self._listed,
            "sent": self._sent,
            "acknowledged": self._acknowledged,
            "work": self._work,
            "answered": self._answered,
            "remitted": self._remitted,
            "remittance": self._remittance,
            "remittance-file": self._remittance_file,
            "notice": self._notice,
            "books": self._books,
            "bank-day": self._bank_day,
            "unexplained": self._unexplained,
            "channel": self._channel,
            "explain": self._explain,
            "policy-month": self._policy_month,
            "facts": self._four_facts,
            "verification": self._verification,
            "suspense": self._suspense,
            "autopay": self._autopay,
            "debited": self._debited,
            "extended": self._extended,
            "conflicts": self._conflicts,
            "announced": self._announced,
            "difference": self._difference,
            "reconciled": self._reconciled,
        }

    async def find(self, word: str, fields: Mapping[str, Any], before: Outcome | None) -> list[Found]:
        """Return the facts a word could mean; ``before`` is the outcome of the step before."""
        return await self._find[word](fields, before)

    def _households(self, fields: Mapping[str, Any]) -> tuple[str, ...]:
        return (fields["household"],) if "household" in fields else self._lookout.households

    async def _policies(self, fields: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        return [
            (household, policy)
            for household in self._households(fields)
            for policy in await self._lookout.items("enrollment", f"/v1/households/{household}/policies")
        ]

    async def _effective(self, fields: Mapping[str, Any], _before: Outcome | None) -> list[Found]:
        return [
            {"household": household, "plan": policy["plan"], "on": _day(policy["effective"])}
            for household, policy in await self._policies(fields)
        ]

    async def _refused(self, _fields: Mapping[str, Any], before: Outcome | None) -> list[Found]:
        if before is None:
            return []
        refusals = await before.refusals()
        rules = [rule for refusal in refusals for rule in refusal.rules]
        if refusals and not rules:
            return [{"rule": None}]
        until = {
            each["rule"]: datetime.fromisoformat(each["facts"]["until"])
            for refusal in refusals
            for each in refusal.reasons
            if "T" in each["facts"].get("until", "")
        }
        return [{"rule": rule, "until": until.get(rule)} for rule in dict.fromkeys(rules)]

    async def _conflicts(self, _fields: Mapping[str, Any], before: Outcome | None) -> list[Found]:
        """Return the deadlines that a window was refused for: each by its day, what it is, and whom it concerns."""
        refusals = [] if before is None else await before.refusals()
        facts = [each["facts"] for refusal in refusals for each in refusal.reasons]
        deadlines = [
            f"{each['on']} {each['deadline']} {each.get('households', 'unknown')}"
            for each in facts
            if "deadline" in each
        ]
        return [{"deadlines": tuple(deadlines)}] if deadlines else []

    async def _announced(self, fields: Mapping[str, Any], _before: Outcome | None) -> list[Found]:
        services = (fields["service"],) if "service" in fields else SERVICES
        return [
            {
                "service": service,
                "from": datetime.fromisoformat(each["begins_at"]),
                "to": datetime.fromisoformat(each["ends_at"]),
            }
            for service in services
            for each in await self._lookout.items(service, ANNOUNCED)
        ]

    async def _accepted(self, _fields: Mapping[str, Any], before: Outcome | None) -> list[Found]:
        return [{}] if before is not None and not await before.refusals() else []

    async def _invoice(self, fields: Mapping[str, Any], _before: Outcome | None) -> list[Found]:
        notices = await self._lookout.notices() if "mailed" in fields else []
        mailed = {each.invoice for each in notices if each.type == "invoice"}
        return [
            {
                "household": household,
                "kind": invoice["kind"],
                "dated": _day(invoice["dated"]),
                "due": _day(invoice["due"]),
                "total": invoice["total_cents"],
                "charges": _by_month(invoice["charges"]),
                "mailed": invoice["invoice"] in mailed,
                "void": invoice["voided_on"] is not None,
            }
            for household in self._households(fields)
            for invoice in await self._lookout.items("invoicing", f"/v1/households/{household}/invoices")
        ]

    async def _balance(self, fields: Mapping[str, Any], _before: Outcome | None) -> list[Found]:
        found: list[Found] = []
        for household in self._households(fields):
            balance = await self._lookout.get("invoicing", f"/v1/households/{household}/balance")
            if balance is not None:
                amounts = {name: balance[f"{name}_cents"] for name in ("owed", "held", "credit", "owed_back")}
                found.append({"household": household, **amounts})
        return found

    async def _settled(self, fields: Mapping[str, Any], _before: Outcome | None) -> list[Found]:
        return [
            {"household": household, "month": CoverageMonth.parse(month["month"])}
            for household in self._households(fields)
            for month in await self._lookout.items("invoicing", f"/v1/households/{household}/months")
            if month["settled"]
        ]

    async def _grace(self, fields: Mapping[str, Any], _before: Outcome | None) -> list[Found]:
        found: list[Found] = []
        for household in self._households(fields):
            grace = await self._lookout.get("invoicing", f"/v1/households/{household}/grace") or {}
            if grace.get("in_grace"):
                found.append(
                    {"household": household, "month": grace["month"], "of": grace["of"], "none": False}
                )
            elif "none" in fields:
                found.append({"household": household, "month": None, "of": None, "none": True})
        return found

    async def _renewal(self, fields: Mapping[str, Any], _before: Outcome | None) -> list[Found]:
        years = (
            [fields["year"]] if "year" in fields else [self._lookout.today.year + ahead for ahead in (0, 1)]
        )
        return [
            {
                "household": renewal["household"],
                "plan": renewal["plan"],
                "year": year,
                "is": renewal["state"],
                "because": renewal["obstacle"],
                "to": renewal["next_plan"],
                "net": renewal["net_cents"],
            }
            for year in years
            for renewal in await self._lookout.items("enrollment", f"/v1/renewals/{year}/policies")
        ]

    async def _coverage(self, fields: Mapping[str, Any], _before: Outcome | None) -> list[Found]:
        return [
            {
                "household": household,
                "plan": policy["plan"],
                "is": policy["lifecycle"],
                "from": _day(policy["from"]),
                "through": _last_covered_day(policy),
                "reason": policy["end_reason"],
            }
            for household, policy in await self._policies(fields)
        ]

    async def _listed(self, fields: Mapping[str, Any], _before: Outcome | None) -> list[Found]:
        return [
            {
                "carrier": row["carrier"],
                "on": _day(row["on"]),
                "household": row["household"],
                "month": row["month"],
                "of": row["of"],
                "past_due": row["past_due_cents"],
                "pay_by": _day(row["pay_by"]),
                "claims": row["claims"],
                "action": row["action"],
                "effective": _day(row["effective"]),
            }
            for row in await self._lookout.delinquency_rows(
                carrier=fields.get("carrier"), on=fields.get("on")
            )
        ]

    async def _sent(self, fields: Mapping[str, Any], _before: Outcome | None) -> list[Found]:
        carriers = (fields["carrier"],) if "carrier" in fields else self._lookout.carriers
        return [
            {
                "carrier": carrier,
                "household": each.household,
                "kind": each.kind,
                "effective": each.effective,
                "via": "834",
                "tobacco": ", ".join(f"{member} {says}" for member, says in each.tobacco.items()) or "nobody",
            }
            for carrier in carriers
            for each in await self._lookout.sets_of(carrier)
        ]

    async def _acknowledged(self, fields: Mapping[str, Any], _before: Outcome | None) -> list[Found]:
        carriers = (fields["carrier"],) if "carrier" in fields else self._lookout.carriers
        found: list[Found] = []
        for carrier in carriers:
            for each in await self._lookout.items("carrier-gateway", f"/v1/transmissions?carrier={carrier}"):
                said = {one["kind"]: one["verdict"] for one in each["acknowledgements"]}
                found.append(
                    {
                        "carrier": carrier,
                        "household": each["household"],
                        "kind": each["kind"],
                        "answer": each["answer"],
                        "ta1": said.get("TA1", "none"),
                        "group": said.get("999", "none"),
                    }
                )
        return found

    async def _work(self, fields: Mapping[str, Any], _before: Outcome | None) -> list[Found]:
        """Return what carriers said that was not taken, a set each: whether it waits, and what was decided last."""
        records = [
            each
            for outcome in ("refused", "set-apart")
            for each in await self._lookout.items("carrier-gateway", f"/v1/inbound-records?outcome={outcome}")
        ]
        return [
            {
                "carrier": each["carrier"],
                "household": each["household"],
                "kind": each["kind"],
                "is": each["outcome"],
                "waits": each["waits_since"] is not None,
                "decision": each["decisions"][-1]["decision"] if each["decisions"] else "none",
            }
            for each in records
            if each["waits_since"] is not None or each["decisions"]
        ]

    async def _difference(self, _fields: Mapping[str, Any], _before: Outcome | None) -> list[Found]:
        """Return in what carriers' books differ, or did."""
        found = [
            each
            for state in ("closed", "open")
            for each in await self._lookout.items("carrier-gateway", f"/v1/discrepancies?state={state}")
        ]
        return [
            {
                "carrier": each["carrier"],
                "household": each["household"] or "nobody",
                "field": each["kind"],
                "ours": each["ours"],
                "theirs": each["theirs"],
                "wins": each["wins"],
                "is": each["state"],
                "left": each["is_left"],
                "since": date.fromisoformat(each["open_since"]),
                "times": each["times"],
                "decision": each["decisions"][-1]["decision"] if each["decisions"] else "none",
            }
            for each in found
        ]

    async def _reconciled(self, fields: Mapping[str, Any], _before: Outcome | None) -> list[Found]:
        """Return carriers' books that were answered, with what the answer in the drop-box says."""
        files = await self._exchange.files(Place.CARRIERS, ".txt")
        carriers = (fields["carrier"],) if "carrier" in fields else self._lookout.carriers
        return [
            {
                "carrier": carrier,
                "of": None if each["as_of"] is None else date.fromisoformat(each["as_of"]),
                "is": "refused" if each["state"] == "returned" else each["state"],
                "agreeing": each["agreeing"],
                "differing": each["differing"],
                "unreadable": each["bad_rows"],
                "says": files[f"{carrier}/outbound/{each['answer']}"].decode(),
            }
            for carrier in carriers
            for each in await self._lookout.items("carrier-gateway", f"/v1/books?carrier={carrier}")
            if f"{carrier}/outbound/{each['answer']}" in files
        ]

    async def _answered(self, fields: Mapping[str, Any], _before: Outcome | None) -> list[Found]:
        carriers = (fields["carrier"],) if "carrier" in fields else self._lookout.carriers
        return [
            {"carrier": carrier, "with": each.kind, "says": each.says}
            for carrier in carriers
            for each in await self._lookout.answers_to(carrier)
        ]

    async def _remitted(self, _fields: Mapping[str, Any], _before: Outcome | None) -> list[Found]:
        """A household's month may be in a file as several lines: of several policies, or taken back and paid again.

        What counts is each line, and what all lines of one sign make together.
        """
        found: list[Found] = []
        for file in await self._lookout.remittances():
            by_month: defaultdict[tuple[str, CoverageMonth], list[int]] = defaultdict(list)
            for household, _policy, month, cents in file.lines:
                by_month[household, month].append(cents)
            for (household, month), cents in by_month.items():
                paid, back = sum(each for each in cents if each > 0), sum(each for each in cents if each < 0)
                for amount in dict.fromkeys(each for each in (paid, back, *cents) if each):
                    found.append(
                        {
                            "carrier": file.carrier,
                            "on": file.issued_on,
                            "household": household,
                            "month": month,
                            "amount": amount,
                        }
                    )
        return found

    async def _remittance(self, _fields: Mapping[str, Any], _before: Outcome | None) -> list[Found]:
        return [
            {
                "carrier": file.carrier,
                "on": file.issued_on,
                "total": file.total_cents,
                "carried": file.carried_cents,
            }
            for file in await self._lookout.remittances()
        ]

    async def _remittance_file(self, _fields: Mapping[str, Any], _before: Outcome | None) -> list[Found]:
        """Each amount of each 820; one that has none, such as where only a debt is carried on, is there by itself."""
        found: list[Found] = []
        for carrier, file in await self._lookout.remittance_files():
            head = {
                "carrier": carrier,
                "on": file.paid_on,
                "total": file.cents,
                "paid": {"ACH": "ach", "NON": "nothing"}.get(file.method, file.method),
                "balance": sum(each.cents for each in file.amounts if each.policy is None),
            }
            months = [each for each in file.amounts if each.policy is not None]
            found += [
                head
                | {
                    "household": each.household,
                    "month": each.month,
                    "type": each.payment_type,
                    "amount": each.cents,
                }
                for each in months
            ] or [head]
        return found

    async def _notice(self, fields: Mapping[str, Any], _before: Outcome | None) -> list[Found]:
        asked = [name for name in ("says", "never_says") if name in fields]
        return [
            {"household": each.household, "type": each.type, "by": each.by, "on": each.on}
            | dict.fromkeys(asked, each.text if asked else "")
            for each in await self._lookout.notices()
        ]

    async def _books(self, _fields: Mapping[str, Any], _before: Outcome | None) -> list[Found]:
        """The books balance when payments' do, invoicing's ledger nets to zero and is what its positions say, and
        both say the same of what is not applied (PAY-9, INV-16)."""
        payments = await self._lookout.get("payments", "/v1/books")
        invoicing = await self._lookout.get("invoicing", "/v1/books")
        if payments is None or invoicing is None:
            return []
        here = invoicing["held_cents"] + invoicing["credit_cents"] - invoicing["owed_back_cents"]
        same = payments["not_applied_cents"] == here
        sound = invoicing["positions_agree"]
        return [{"balanced": bool(payments["balanced"] and sound and same)}]

    async def _bank_day(self, fields: Mapping[str, Any], _before: Outcome | None) -> list[Found]:
        day: date = fields["day"]
        found = await self._lookout.get("payments", f"/v1/bank-days/{day.isoformat()}")
        if found is None:
            return []
        return [
            {
                "day": day,
                "agrees": found["agrees"],
                "ledger": found["ledger_cents"],
                "bank": found["closing_cents"],
                "difference": found["difference_cents"],
                "unseen": found["not_on_statement_cents"],
                "unknown": found["not_in_books_cents"],
            }
        ]

    async def _unexplained(self, _fields: Mapping[str, Any], _before: Outcome | None) -> list[Found]:
        """What is on one side alone: the kind of an entry is that it came or went."""
        entries = await self._lookout.items("payments", "/v1/bank-entries?state=open")
        movements = await self._lookout.items("payments", "/v1/trust-movements?state=open")
        return [
            *(
                {"side": "bank", "amount": each["amount_cents"], "kind": each["direction"]}
                for each in entries
            ),
            *({"side": "books", "amount": each["amount_cents"], "kind": each["kind"]} for each in movements),
        ]

    async def _channel(self, _fields: Mapping[str, Any], _before: Outcome | None) -> list[Found]:
        channels = await self._lookout.items("notifications", "/v1/channels")
        return [{each["channel"]: each["state"] for each in channels}]

    async def _explain(self, fields: Mapping[str, Any], _before: Outcome | None) -> list[Found]:
        what = fields.get("what", "timeline")
        if what in ("effective-date", "end"):
            return [
                found
                for household, policy in await self._policies(fields)
                if fields.get("plan", policy["plan"]) == policy["plan"]
                for found in await self._explained.of_policy(household, policy, what, fields)
            ]
        if what == "timeline":
            return [
                found
                for household in self._households(fields)
                for service in ("enrollment", "invoicing")
                for found in await self._explained.timeline(household, service)
            ]
        by = self._explained.of_merge if what == "merge" else self._explained.of_account
        return [found for household in self._households(fields) for found in await by(household, what)]

    async def _policy_month(self, fields: Mapping[str, Any], _before: Outcome | None) -> list[Found]:
        return [
            {
                "household": household,
                "plan": policy["plan"],
                "month": CoverageMonth.parse(month["month"]),
                "members": await self._called(household, month["members"], fields),
                **{name: month[f"{name}_cents"] for name in ("gross", "aptc", "subsidy", "net")},
            }
            for household, policy in await self._policies(fields)
            if fields.get("plan", policy["plan"]) == policy["plan"]
            for month in await self._lookout.items("enrollment", policy_months(household, policy["policy"]))
        ]

    async def _called(self, household: str, members: list[str], fields: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the members' names where a story asks for names, else their ids."""
        if not isinstance(fields.get("members"), tuple):
            return tuple(members)
        found = await self._lookout.get("enrollment", f"/v1/households/{household}") or {"members": []}
        names = {each["member"]: str(each["name"]) for each in found["members"]}
        return tuple(names.get(each, each) for each in members)

    async def _four_facts(self, fields: Mapping[str, Any], _before: Outcome | None) -> list[Found]:
        return [
            {
                "household": household,
                "plan": policy["plan"],
                "lifecycle": policy["lifecycle"],
                "acknowledgement": policy["acknowledgement"],
                "standing": _standing(policy["payment_standing"]),
                "verification": policy["verification"],
            }
            for household, policy in await self._policies(fields)
        ]

    async def _verification(self, fields: Mapping[str, Any], _before: Outcome | None) -> list[Found]:
        found: list[Found] = []
        for household in self._households(fields):
            shown = await self._lookout.get("enrollment", f"/v1/households/{household}")
            if shown is not None:
                found.append(
                    {
                        "household": household,
                        "is": shown["verification"],
                        "until": _day(shown["verification_until"]),
                        "wanted": tuple(shown["documents_wanted"]),
                        "aptc": shown["aptc_cents"],
                        "subsidy": shown["subsidy_cents"],
                    }
                )
        return found

    async def _autopay(self, fields: Mapping[str, Any], _before: Outcome | None) -> list[Found]:
        found: list[Found] = []
        for household in self._households(fields):
            autopay = await self._lookout.get("payments", f"/v1/households/{household}/autopay")
            if autopay is None:
                continue
            draw = autopay["next_draw"] or {"on": None, "amount_cents": None}
            found.append(
                {
                    "household": household,
                    "is": "on" if autopay["on"] else "off",
                    "on": draw["on"] and _day(draw["on"]),
                    "amount": draw["amount_cents"],
                }
            )
        return found

    async def _debited(self, fields: Mapping[str, Any], _before: Outcome | None) -> list[Found]:
        debits = await self._lookout.debits()
        found: list[Found] = []
        for household in self._households(fields):
            payments = await self._lookout.items("payments", f"/v1/households/{household}/payments")
            called = {each["identification"] for each in payments}
            found += [
                {
                    "household": household,
                    "on": each.made_on,
                    "amount": each.cents,
                    "account": each.account,
                    "type": each.account_type,
                }
                for each in debits
                if each.identification in called
            ]
        return found

    async def _extended(self, _fields: Mapping[str, Any], _before: Outcome | None) -> list[Found]:
        return [
            {"cutoff": _day(each["cutoff"]), "to": _day(each["until"])}
            for each in await self._lookout.standing_extensions()
        ]

    async def _suspense(self, _fields: Mapping[str, Any], _before: Outcome | None) -> list[Found]:
        return [
            {"amount": item["amount_cents"], "reason": item["reason"]}
            for item in await self._lookout.items("payments", SUSPENSE)
            if item["state"] == "open"
        ]


def _standing(standing: Mapping[str, Any]) -> str:
    month = standing["month"]
    return standing["state"] if month is None else f"{standing['state']} {month}"


def _last_covered_day(policy: Mapping[str, Any]) -> date | None:
    """Return the last covered day: of coverage that nothing ends earlier, the plan year's (CAL-3)."""
    if policy["lifecycle"] == "canceled":
        return None
    return _day(policy["through"] or policy["coverage_ends"])


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _by_month(charges: list[dict[str, Any]]) -> dict[CoverageMonth, int]:
    amounts: defaultdict[CoverageMonth, int] = defaultdict(int)
    for charge in charges:
        amounts[CoverageMonth.parse(charge["month"])] += charge["net_cents"]
    return dict(amounts)
