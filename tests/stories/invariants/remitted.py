"""I3: a policy-month is remitted once net, only when it is settled and cleared, together with all of its group."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from bulkhead.kernel.calendar import CoverageMonth
from stories.lookout import Lookout


async def a_month_is_remitted_once(look: Lookout) -> list[str]:
    """No month of a policy is paid on twice, or taken back before it was paid on, as the files say it.

    What was settled for less may be paid on once, and the rest of it once more (INV-15).
    """
    lines: defaultdict[tuple[str, CoverageMonth], list[int]] = defaultdict(list)
    for file in await look.remittances():
        for _household, policy, month, cents in file.lines:
            lines[policy, month].append(cents)
    short = await _settled_for_less(look)
    return [
        f"I3: {month} of policy {policy} was remitted as {cents}"
        for (policy, month), cents in lines.items()
        if not 0
        <= sum(each > 0 for each in cents) - sum(each < 0 for each in cents)
        <= (2 if (policy, month) in short else 1)
    ]


async def _settled_for_less(look: Lookout) -> set[tuple[str, CoverageMonth]]:
    """Return the months of policies that were ever settled though something of them was owed still."""
    return {
        (premium["policy"], CoverageMonth.parse(premium["month"]))
        for event in await look.journal("invoicing")
        if event["type"] == "PremiumsSettled"
        for premium in event["data"]["premiums"]
        if premium.get("rest_cents")
    }


async def a_group_goes_out_whole(look: Lookout) -> list[str]:
    """A binder or month goes to all carriers on one day, once every payment that settled any of it has cleared
    (PAY-6). What was undone before it went out is no part of it, and what is settled anew goes by itself."""
    said = await look.journal("payments")
    cleared = {each["data"]["payment"]: _at(each) for each in said if each["type"] == "PaymentCleared"}
    issued = dict(_issued(said))
    receivables = await look.journal("invoicing")
    undone = {
        each["data"]["settlement"]: _at(each) for each in receivables if each["type"] == "PremiumUnsettled"
    }
    known: set[str] = set()
    found: list[str] = []
    for event in receivables:
        if event["type"] == "PremiumsSettled":
            new = [each for each in event["data"]["premiums"] if each["settlement"] not in known]
            known.update(each["settlement"] for each in new)
            whole = [each for each in new if each["cents"] and each["settlement"] not in undone]
            found.extend(_torn(event, whole, issued))
            found.extend(_hasty(event, new, issued, cleared, undone))
    return found


def _issued(said: Iterable[Mapping[str, Any]]) -> Iterable[tuple[str, tuple[str, datetime]]]:
    """Yield each settlement that was paid on, with the business date and the time of it."""
    for event in said:
        if event["type"] == "RemittanceIssued":
            for line in event["data"]["lines"]:
                if line["cents"] > 0:
                    yield line["settlement"], (event["data"]["business_date"], _at(event))


def _torn(
    event: Mapping[str, Any],
    premiums: Sequence[Mapping[str, Any]],
    issued: Mapping[str, tuple[str, datetime]],
) -> Iterable[str]:
    days = {issued[each["settlement"]][0] if each["settlement"] in issued else "not yet" for each in premiums}
    if len(days) > 1:
        yield f"I3: {event['household']}'s {event['data']['group']} went out in parts: {', '.join(sorted(days))}"


def _hasty(
    event: Mapping[str, Any],
    premiums: Sequence[Mapping[str, Any]],
    issued: Mapping[str, tuple[str, datetime]],
    cleared: Mapping[str, datetime],
    undone: Mapping[str, datetime],
) -> Iterable[str]:
    times = [issued[each["settlement"]][1] for each in premiums if each["settlement"] in issued]
    if not times:
        return
    went = min(times)
    payments = {
        each["payment"]
        for premium in premiums
        if premium["settlement"] not in undone or undone[premium["settlement"]] >= went
        for each in premium["funded_by"]
    }
    for payment in sorted(payments):
        if payment not in cleared or cleared[payment] > went:
            yield f"I3: {event['household']}'s {event['data']['group']} went out before payment {payment} cleared"


def _at(event: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(event["occurred_at"])
