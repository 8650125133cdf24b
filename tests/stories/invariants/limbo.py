"""I9: whatever was begun comes to an end by its deadline, or stands in a list that a person is alarmed to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from stories.lookout import Lookout
from stories.vocabulary import SERVICES

_LONG_PAST = timedelta(days=7)
"""How far past its dates a selection must be before nobody can be about to decide it."""

_LONGEST_WAIT = timedelta(days=5)
"""How long a duty may wait while nothing is down: over a weekend with a holiday, for books to close."""


_WITH_A_PERSON = (
    "suspense",
    "correction",
    "renewal",
    "lockbox-file-refused",
    "return-file-refused",
    "bank-file-refused",
    "bank-statement",
    "bank-entry",
    "trust-movement",
    "bank-decision",
    "transmission-rejected",
    "inbound-record",
    "discrepancy",
    "carrier-silent",
)
"""What stands in a list until a person decides: whose money it is, a correction, what becomes of a plan, what became of
a file that was refused, what bank and books differ by, what a carrier rejected, said and was refused, or never said,
and in what its book differs.
"""


async def parked(look: Lookout, services: Sequence[str]) -> list[str]:
    """Return the events that services could not take."""
    return [
        f"I9: {service} parked {each['type']}"
        for service in services
        for each in await look.items(service, "/v1/parked")
    ]


async def overdue(look: Lookout) -> list[str]:
    """Return what services say is overdue, but for what is with a person, however long."""
    return [
        f"I9: {service} says of {each['kind']} {each['id']} of {each['household']} that it is overdue since"
        f" {each['deadline']}: {each['says']}"
        for service in SERVICES
        for each in await look.items(service, "/v1/overdue")
        if each["kind"] not in _WITH_A_PERSON
    ]


async def selections_nobody_decides(look: Lookout) -> list[str]:
    """Return selections that are neither active nor canceled long after they should have begun and been paid."""
    long_ago = look.today - _LONG_PAST
    asked = {
        event["data"]["selection"]: date.fromisoformat(event["data"]["entered_on"])
        for event in await look.journal("enrollment")
        if event["type"] == "PlansSelected"
    }
    found: list[str] = []
    for household in look.households:
        for invoice in await look.items("invoicing", f"/v1/households/{household}/invoices"):
            if invoice["kind"] == "initial" and invoice["voided_on"] is None:
                asked[invoice["selection"]] = date.fromisoformat(invoice["due"])
        for policy in await look.items("enrollment", f"/v1/households/{household}/policies"):
            begins = date.fromisoformat(policy["effective"])
            decided_by = max(begins, asked.get(policy["selection"], begins))
            # Whether what a carrier bills for begins is for the carrier to say (CAR-1).
            with_carrier = policy.get("billed_by_carrier") and policy["acknowledgement"] != "unsent"
            if policy["lifecycle"] == "selected" and decided_by < long_ago and not with_carrier:
                found.append(f"I9: {household}'s {policy['plan']} of {begins} is still only selected")
    return found


async def duties_that_wait(look: Lookout) -> list[str]:
    """Return duties that wait for something though nothing is down."""
    long_ago = look.today - _LONGEST_WAIT
    return [
        f"I9: {service} has waited since {each['on']} to do {each['duty']}"
        for service in SERVICES
        for each in await look.items(service, "/v1/duties?state=waiting")
        if date.fromisoformat(each["on"]) < long_ago
    ]
