"""What must be true at every quiet moment of every story, whatever it is about (architecture, I1 to I8).

Asked through the public surface, like everything else here. Where a service or Kafka is away, what needs it is not
asked.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable

from bulkhead.kernel.calendar import CoverageMonth
from stories.exchange import Exchange
from stories.lookout import Lookout
from stories.vocabulary import SERVICES

_STILL_COVERED = frozenset({"active", "expired"})


class Invariants:
    """Looks at an exchange for what contradicts itself."""

    def __init__(self, exchange: Exchange, lookout: Lookout) -> None:
        self._exchange = exchange
        self._lookout = lookout

    async def broken(self) -> list[str]:
        """Return what is not as it must be, in words; an empty list where all is well."""
        checks: list[tuple[frozenset[str], Callable[[], Awaitable[list[str]]]]] = [
            (frozenset({"invoicing", "payments", "kafka"}), self._every_cent_is_in_one_place),
            (frozenset({"payments"}), self._a_month_is_remitted_once),
            (frozenset({*SERVICES, "kafka"}), self._carriers_know_what_is_so),
            (frozenset({"invoicing"}), self._a_month_is_charged_once),
            (frozenset(), self._everything_is_said_once),
        ]
        down = set(self._exchange.down)
        return [problem for needs, check in checks if not needs & down for problem in await check()]

    async def _every_cent_is_in_one_place(self) -> list[str]:
        payments = await self._lookout.get("payments", "/v1/books")
        invoicing = await self._lookout.get("invoicing", "/v1/books")
        not_applied = invoicing["held_cents"] + invoicing["credit_cents"]
        found: list[str] = []
        if not payments["balanced"]:
            found.append("I2: the books of payments do not balance")
        if not invoicing["ledger_nets_to_zero"]:
            found.append("I2: the ledger of invoicing does not net to zero")
        if payments["not_applied_cents"] != not_applied:
            found.append(
                f"I2: not applied are {payments['not_applied_cents']} at payments, {not_applied} at invoicing"
            )
        return found

    async def _a_month_is_remitted_once(self) -> list[str]:
        lines: defaultdict[tuple[str, CoverageMonth], list[int]] = defaultdict(list)
        for file in await self._lookout.remittances():
            for _household, policy, month, cents in file.lines:
                lines[policy, month].append(cents)
        return [
            f"I3: {month} of policy {policy} was remitted as {cents}"
            for (policy, month), cents in lines.items()
            if sum(each > 0 for each in cents) - sum(each < 0 for each in cents) not in (0, 1)
        ]

    async def _carriers_know_what_is_so(self) -> list[str]:
        """I4: the last a carrier heard of a policy is how it is. I5: of one whose binder is unpaid it heard nothing."""
        told: dict[str, tuple[str, str]] = {}
        for carrier in self._lookout.carriers:
            for each in await self._lookout.sets_of(carrier):
                told[each.policy or ""] = (each.kind, str(each.effective))
        found: list[str] = []
        for household in self._lookout.households:
            for policy in await self._lookout.items("enrollment", f"/v1/households/{household}/policies"):
                kind, day = told.get(policy["policy"], ("nothing", ""))
                fits = {
                    "nothing": policy["lifecycle"] in ("selected", "canceled"),
                    "initial": policy["lifecycle"] in _STILL_COVERED,
                    "reinstatement": policy["lifecycle"] in _STILL_COVERED,
                    "termination": policy["lifecycle"] in ("terminated", "expired")
                    and day == policy["through"],
                    "cancel": policy["lifecycle"] == "canceled",
                }
                if not fits.get(kind, False):
                    is_so = f"{household}'s {policy['plan']} is {policy['lifecycle']}"
                    found.append(f"I4: {is_so}, and its carrier was told {kind} {day}".rstrip())
        return found

    async def _a_month_is_charged_once(self) -> list[str]:
        charged: Counter[tuple[str, str]] = Counter()
        issued: Counter[tuple[str, str, str]] = Counter()
        for household in self._lookout.households:
            for invoice in await self._lookout.items("invoicing", f"/v1/households/{household}/invoices"):
                issued[household, invoice["kind"], invoice["dated"]] += 1
                charged.update((each["policy"], each["month"]) for each in invoice["charges"])
        twice = [
            f"I8: {month} of policy {policy} is charged twice"
            for (policy, month), n in charged.items()
            if n > 1
        ]
        return twice + [
            f"I8: {household} has {n} {kind} invoices of {dated}"
            for (household, kind, dated), n in issued.items()
            if n > 1
        ]

    async def _everything_is_said_once(self) -> list[str]:
        found: list[str] = []
        for service in SERVICES:
            ids = Counter(each["id"] for each in await self._lookout.journal(service))
            found.extend(
                f"I8: {service} said the event {event} {n} times" for event, n in ids.items() if n > 1
            )
        return found
