"""The story as it happened: who, when, what, by which rule; one line each, in time order.

Lines are made of ids, dates and amounts. Names, addresses and whatever else a person typed never come here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bulkhead.kernel.calendar import EXCHANGE_ZONE
from bulkhead.kernel.money import format_cents
from stories.clockwork import instant
from stories.language import Deed
from stories.vocabulary import DO

_WIDTH = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of a timeline. ``rank`` orders what happened at the same time."""

    at: datetime
    rank: tuple[int, int, int]
    who: str
    what: str
    rules: tuple[str, ...] = ()

    def __str__(self) -> str:
        rules = f"  [{', '.join(self.rules)}]" if self.rules else ""
        return f"{self.at.astimezone(EXCHANGE_ZONE):%Y-%m-%d %H:%M}  {self.who.ljust(_WIDTH)}  {self.what}{rules}"


def in_order(entries: list[Entry]) -> list[Entry]:
    """Return the entries in time order."""
    return sorted(entries, key=lambda each: (instant(each.at), each.rank))


def say_deed(deed: Deed) -> str:
    """Return something done in words: the word and its fields as the story gives them."""
    if deed.word not in DO:
        return deed.word
    shown: list[str] = []
    for name, value in deed.fields.items():
        if isinstance(value, dict):
            kind = "{" + ", ".join(f"{key}: {_show_plain(key, each)}" for key, each in value.items()) + "}"
            shown.append(f"{name} {kind}")
        elif name != "household":
            shown.append(f"{name} {DO[deed.word].shape.fields[name].kind.show(value)}")
    who = f"{deed.fields['household']}: " if "household" in deed.fields else ""
    return f"{who}{deed.word} {', '.join(shown)}".rstrip()


def _show_plain(name: str, value: Any) -> str:
    return format_cents(value) if name == "amount" else str(value)


def entries_of_events(journals: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[Entry]:
    """Return the lines for what the services said; what only keeps the books of time is not told.

    Of events at the same time, one that led to another comes before it.
    """
    causes = {str(each["id"]): each.get("causation_id") for events in journals.values() for each in events}
    entries: list[Entry] = []
    for service, events in journals.items():
        for event in events:
            if event["type"] not in UNTOLD:
                rank = (1, _depth(event, causes), len(entries))
                entries.append(_entry_of(service, event, rank=rank))
    return entries


def _depth(event: Mapping[str, Any], causes: Mapping[str, str | None]) -> int:
    depth, seen, cause = 0, {str(event["id"])}, event.get("causation_id")
    while cause is not None and cause in causes and cause not in seen:
        depth += 1
        seen.add(cause)
        cause = causes[cause]
    return depth


def _entry_of(service: str, event: Mapping[str, Any], *, rank: tuple[int, int, int]) -> Entry:
    data: Mapping[str, Any] | None = event["data"]
    say = SAYINGS.get(event["type"])
    what = say(data) if say is not None and data is not None else _plainly(event["type"])
    household = f"{event['household']}: " if event["household"] else ""
    return Entry(
        at=datetime.fromisoformat(event["occurred_at"]),
        rank=rank,
        who=service,
        what=f"{household}{what}",
        rules=tuple(dict.fromkeys(str(each["rule"]) for each in event["reasons"])),
    )


UNTOLD = frozenset({"BooksClosed", "ContactKeySet", "DelinquencyListClosed"})
"""Events that tell services how far things are, and people nothing."""


def _plainly(name: str) -> str:
    """Return an event type's name in small words."""
    return "".join(f" {each.lower()}" if each.isupper() else each for each in name).strip()


def _money(data: Mapping[str, Any], name: str = "cents") -> str:
    return format_cents(int(data[name]))


def _selected(data: Mapping[str, Any]) -> str:
    plans = ", ".join(
        f"{each['plan']} {format_cents(each['net_cents'])} a month" for each in data["policies"]
    )
    binder = "" if data["binder_required"] else ", no binder needed"
    came = "" if data["transferred_from"] is None else f" (comes from {data['transferred_from']})"
    return f"selected {plans}{came}, effective {data['effective']}{binder}"


def _invoiced(data: Mapping[str, Any]) -> str:
    months = ", ".join(dict.fromkeys(str(each["month"]) for each in data["charges"]))
    mailed = "" if data["mail"] else ", not to be mailed"
    return (
        f"{data['kind']} invoice of {data['dated']} for {months}: {_money(data, 'total_cents')}"
        f" due {data['due']}{mailed}"
    )


def _listed(data: Mapping[str, Any]) -> str:
    grace = "" if data["month"] is None else f"month {data['month']} of {data['of']}, "
    effective = "" if data["effective"] is None else f", effective {data['effective']}"
    pay_by = "" if data["pay_by"] is None else f", pay by {data['pay_by']}"
    return (
        f"on {data['carrier']}'s list of {data['on']}: {grace}{_money(data, 'past_due_cents')} past due{pay_by},"
        f" claims {data['claims']}, {data['action']}{effective}"
    )


def _settled(data: Mapping[str, Any]) -> str:
    premiums = [f"{_money(each)} of {each['month']} for {each['carrier']}" for each in data["premiums"]]
    return f"{data['group'].partition(':')[0]} settled, {', '.join(premiums)}"


def _decided(data: Mapping[str, Any]) -> str:
    if data["covered_through"] is not None:
        return f"verification {data['verification']}, coverage through {data['covered_through']}"
    if data["changes_on"] is None:
        return f"verification {data['verification']}"
    aptc, subsidy = _money(data, "aptc_cents"), _money(data, "subsidy_cents")
    return (
        f"verification {data['verification']}, {aptc} APTC and {subsidy} subsidy from {data['changes_on']} on"
    )


SAYINGS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "HouseholdRegistered": lambda _data: "registered",
    "PlansSelected": _selected,
    "PlansRenewed": lambda data: "; ".join(
        f"{each['plan_before']} goes on as {each['plan']} in {data['plan_year']}, {_money(each, 'net_cents')} a month"
        for each in data["policies"]
    ),
    "CoverageNotRenewed": lambda data: ", ".join(
        f"{each['plan']} ends with {each['coverage_ends']} ({each['because']})" for each in data["policies"]
    ),
    "ChildrenAgeOut": lambda data: f"{len(data['members'])} child(ren) too old after {data['through']}",
    "MedicaidBegun": lambda data: f"{len(data['members'])} in Medicaid from {data['begins']}",
    "MedicaidEnded": lambda data: f"{len(data['members'])} in Medicaid through {data['through']}",
    "PolicyActivated": lambda data: f"{data['plan']} stands from {data['effective']}",
    "PolicyCanceled": lambda data: f"{data['plan']} canceled, never began ({data['reason']})",
    "PolicyTerminated": lambda data: (
        f"{data['plan']} ended, covered through {data['through']} ({data['reason']})"
    ),
    "PolicyEndAsked": lambda data: (
        f"{data['plan']} is to end with {data['through']} if it stands again ({data['reason']})"
    ),
    "PolicyReinstated": lambda data: (
        f"{data['plan']} stands again from {data['effective']} ({data['reason']})"
    ),
    "PolicyChanged": lambda data: (
        f"{data['plan']} is {_money(data['versions'][0], 'net_cents')} a month from {data['since']} ({data['changed']})"
    ),
    "VerificationWanted": lambda data: (
        f"documents wanted by {data['until']}: {', '.join(data['wanted'])}{' (reminder)' if data['reminder'] else ''}"
    ),
    "VerificationDecided": _decided,
    "InvoiceIssued": _invoiced,
    "AmountDueChanged": lambda data: (
        f"{_money(data, 'due_cents')} of the invoice is still to be paid ({data['because']})"
    ),
    "InvoiceVoided": lambda data: f"{data['kind']} invoice of {data['dated']} is void ({data['because']})",
    "InvoiceRestored": lambda data: (
        f"{data['kind']} invoice stands again, {_money(data, 'due_cents')} to be paid ({data['because']})"
    ),
    "DeadlineMoved": lambda data: (
        f"{', '.join(map(str, data['cutoffs']))} moved to {data['until']} ({data['ground']})"
    ),
    "DeadlineMovedBack": lambda data: f"{', '.join(map(str, data['cutoffs']))} moved no more",
    "BinderSatisfied": lambda data: f"binder paid, {_money(data, 'paid_cents')}",
    "BinderLapsed": lambda data: f"binder not paid by {data['due']}",
    "PremiumsSettled": _settled,
    "PremiumUnsettled": lambda data: f"{data['month']} no longer settled, {_money(data)} ({data['reason']})",
    "GraceEntered": lambda data: f"grace begins, {data['months']} month(s), through {data['last_day']}",
    "GraceAdvanced": lambda data: f"grace goes on, month {data['month']} of {data['months']}",
    "GraceExited": lambda data: f"grace is over, all invoiced is paid (began {data['first_month']})",
    "GraceExpired": lambda data: f"grace ran out, decided for {data['decided_for']}",
    "DelinquencyListed": _listed,
    "ReinstatementGranted": lambda data: f"to stand again ({data['reason']})",
    "RefundApproved": lambda data: f"refund of {_money(data)} approved",
    "PaymentReceived": lambda data: (
        f"paid {_money(data)} by {data['method']}, received {data['received_on']}"
    ),
    "PaymentReturned": lambda data: f"payment of {_money(data)} returned ({data['kind']})",
    "PaymentCleared": lambda data: f"payment of {_money(data)} cleared",
    "PaymentRefunded": lambda data: f"refunded {_money(data)}",
    "PaymentMoved": lambda data: (
        f"{_money(data)} of a payment moved to another household ({data['because']})"
    ),
    "HouseholdMerged": lambda data: f"merged into {data['into']}",
    "MergeReversed": lambda data: f"stands for itself again, not merged into {data['into']} any more",
    "CreditPassedOn": lambda data: f"credit of {_money(data)} goes to {data['into']}",
    "CreditCalledBack": lambda data: f"what went to {data['into']} comes back",
    "AutopayBegan": lambda data: f"autopay began, by {data['method']}",
    "AutopayEnded": lambda data: f"autopay ended ({data['because']})",
    "DrawDeclined": lambda data: (
        f"autopay of {_money(data)} declined ({data['decline']})"
        + (f", again on {data['again_on']}" if data["again_on"] else ", not tried again")
    ),
    "PaymentRedated": lambda data: (
        f"a payment of {data['received_before']} was received {data['received_on']}"
        + (f", postmarked {data['postmarked_on']}" if data["postmarked_on"] else "")
        + f" ({data['because']})"
    ),
    "RefundWithdrawn": lambda data: f"refund of {_money(data)} withdrawn, its payment was returned",
    "RemittanceIssued": lambda data: (
        f"remittance to {data['carrier']}: {_money(data, 'total_cents')},"
        f" carried {_money(data, 'carried_cents')}, {len(data['lines'])} line(s)"
    ),
    "TransmissionSent": lambda data: f"834 {data['kind']} to {data['carrier']}, {data['effective']}",
    "CoverageEffectuated": lambda data: f"{data['carrier']} confirms coverage from {data['effective']}",
    "CoverageEndedByCarrier": lambda data: (
        f"{data['carrier']} ended coverage by itself ({data['reason']}),"
        f" {'all of it' if data['through'] is None else 'with ' + data['through']}"
    ),
    "CoverageReinstatedByCarrier": lambda data: f"{data['carrier']} takes back its end of coverage",
    "CarrierRecordDecided": lambda data: f"what its carrier said ({data['kind']}) is {data['outcome']}",
    "NoticeSent": lambda data: f"notice {data['notice_type']} by {data['by']}",
    "ChannelDown": lambda data: f"{data['channel']} is shut",
    "ChannelUp": lambda data: f"{data['channel']} is open again, was shut since {data['since']}",
    "MaintenanceScheduled": lambda data: (
        f"{data['service']} will be taken out from {data['begins_at']} to {data['ends_at']}"
        + (", on a deadline" if data["touches_deadlines"] else "")
    ),
    "MaintenanceWithdrawn": lambda data: f"{data['service']} will not be taken out after all",
    "MaintenanceStarted": lambda data: f"{data['service']} is taken out until {data['ends_at']}",
    "MaintenanceConcerns": lambda data: (
        f"has something to pay by {', '.join(data['cutoffs'])}, which maintenance"
        f" {'touches no more' if data['withdrawn'] else 'touches'}"
    ),
    "MaintenanceEnded": lambda data: f"{data['service']} is back",
    "ContactRecorded": lambda _data: "contact recorded",
}
