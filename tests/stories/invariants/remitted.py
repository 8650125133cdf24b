"""I3: a policy-month is remitted once net, only when it is settled and cleared, together with all of its group."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from bulkhead.kernel.calendar import CoverageMonth
from stories.edi import Remittance820
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


async def carriers_are_told_what_they_are_paid(look: Lookout) -> list[str]:
    """I4: of each remittance its carrier has one 820, which adds up to what is paid; and of each policy's month all
    820s together say what payments says (PAY-6, PAY-7).
    """
    parts: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for event in await look.journal("payments"):
        if event["type"] == "RemittanceIssued":
            data = event["data"]
            parts[f"{data['carrier']} {data['business_date']} {data['sequence']}"].append(data)
    files: defaultdict[str, list[Remittance820]] = defaultdict(list)
    said, found = Counter[tuple[str | None, str]](), list[str]()
    again: set[tuple[str | None, str]] = set()
    for carrier, file in await look.remittance_files():
        files[file.trace].append(file)
        found += [f"I4: {carrier}'s 820 {file.trace} {each}" for each in _not_in_itself(file)]
        for each in file.amounts:
            key = each.policy, str(each.month)
            said[key] += each.cents if each.policy else 0
            again |= {key} if each.cents < 0 else set()
            if each.policy and (each.payment_type == "PREMADJ") != (key in again):
                found.append(f"I4: {file.trace} calls {each.cents} of {key} {each.payment_type}")
    for trace, told in parts.items():
        if len(told) < told[0]["parts"]:
            continue  # not told whole yet
        found += [f"I4: of {trace} there {each}" for each in _not_as_told(told, files.pop(trace, []))]
        for data in told:
            for line in data["lines"]:
                said[line["policy"], line["month"]] -= line["cents"]
    found += [f"I4: an 820 is of no remittance: {trace}" for trace in files]
    return found + [f"I4: 820s say {cents} too much of {key}" for key, cents in said.items() if cents]


def _not_in_itself(file: Remittance820) -> Iterable[str]:
    if sum(each.cents for each in file.amounts) != file.cents:
        yield f"pays {file.cents}, and its amounts make {sum(each.cents for each in file.amounts)}"
    if file.cents < 0 or (file.method == "NON") != (file.cents == 0):
        yield f"pays {file.cents} by {file.method}"


def _not_as_told(told: Sequence[Mapping[str, Any]], files: Sequence[Remittance820]) -> Iterable[str]:
    if len(files) != 1:
        yield f"are {len(files)} 820s"
        return
    lines = sum(line["cents"] for data in told for line in data["lines"])
    for_months = sum(each.cents for each in files[0].amounts if each.policy)
    if (files[0].cents, for_months) != (told[0]["total_cents"], lines):
        yield f"is an 820 of {files[0].cents} for {for_months}, not of {told[0]['total_cents']} for {lines}"


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
