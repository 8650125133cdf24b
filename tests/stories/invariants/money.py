"""I2 and I8: every cent is in one place, every month is charged once."""

from __future__ import annotations

from collections import Counter

from stories.lookout import SUSPENSE, Lookout
from stories.vocabulary import SERVICES

_PLACES = ("remitted", "settled_waiting", "not_applied", "suspense", "refunded", "returned")


async def every_cent_is_in_one_place(look: Lookout) -> list[str]:
    """I2: payments' places hold what came in, which is what the households' payments and suspense make together."""
    books = await look.get("payments", "/v1/books")
    payments = [
        each
        for household in look.households
        for each in await look.items("payments", f"/v1/households/{household}/payments")
    ]
    suspense = sum(each["amount_cents"] for each in await look.items("payments", SUSPENSE))
    received, places = books["received_cents"], sum(books[f"{place}_cents"] for place in _PLACES)
    taken = sum(each["amount_cents"] - each["moved_cents"] for each in payments) + suspense
    found: list[str] = []
    if not books["balanced"]:
        found.append("I2: the books of payments do not balance")
    if received != places:
        found.append(f"I2: {received} was received, and {places} is in all places together")
    if received != taken:
        found.append(f"I2: {received} was received, and payments and suspense hold {taken}")
    if books["suspense_cents"] != suspense:
        found.append(f"I2: suspense is {books['suspense_cents']}, and its items make {suspense}")
    return found


async def the_ledger_is_sound(look: Lookout) -> list[str]:
    """I2: the ledger says what the positions say, and what its households' balances make."""
    books = await look.get("invoicing", "/v1/books")
    found: list[str] = []
    if not books["positions_agree"]:
        found.append("I2: the positions of invoicing are not what its ledger makes")
    balances = [await look.get("invoicing", f"/v1/households/{each}/balance") for each in look.households]
    for name in ("owed", "held", "credit", "owed_back"):
        whole = sum(each[f"{name}_cents"] for each in balances if each is not None)
        if books[f"{name}_cents"] != whole:
            found.append(f"I2: {name} is {books[f'{name}_cents']}, and {whole} of all households together")
    return found


async def both_books_agree(look: Lookout) -> list[str]:
    """I2: what is not applied is the same to the cent in payments' books and in invoicing's ledger (PAY-9)."""
    payments = await look.get("payments", "/v1/books")
    invoicing = await look.get("invoicing", "/v1/books")
    here = invoicing["held_cents"] + invoicing["credit_cents"] - invoicing["owed_back_cents"]
    there = payments["not_applied_cents"]
    return [] if there == here else [f"I2: not applied are {there} at payments, {here} at invoicing"]


async def a_month_is_charged_once(look: Lookout) -> list[str]:
    """I8: one charge per policy and month, one invoice per household and run, one per binder."""
    charged: Counter[tuple[str, str]] = Counter()
    issued: Counter[tuple[str, str, str, str | None]] = Counter()
    for household in look.households:
        for invoice in await look.items("invoicing", f"/v1/households/{household}/invoices"):
            if invoice["voided_on"] is not None:
                continue  # another shows what it did (OPS-5)
            issued[household, invoice["kind"], invoice["dated"], invoice["selection"]] += 1
            charged.update((each["policy"], each["month"]) for each in invoice["charges"])
    twice = [
        f"I8: {month} of policy {policy} is charged twice" for (policy, month), n in charged.items() if n > 1
    ]
    return twice + [
        f"I8: {household} has {n} {kind} invoices of {dated}"
        for (household, kind, dated, _selection), n in issued.items()
        if n > 1
    ]


async def everything_is_said_once(look: Lookout) -> list[str]:
    """I8: no event is in a journal twice."""
    found: list[str] = []
    for service in SERVICES:
        ids = Counter(each["id"] for each in await look.journal(service))
        found.extend(f"I8: {service} said the event {event} {n} times" for event, n in ids.items() if n > 1)
    return found
