"""Every word of the language on one screen: what can be done, what can be expected, and with which fields.

A word that is known and not acted out yet is marked so; a story that uses it is told so by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from stories.kinds import (
    AGE_AMOUNTS,
    AMOUNT,
    ANYTHING,
    CARRIER,
    COUNT,
    CROSSWALK,
    DATE,
    FLAG,
    HOUSEHOLD,
    HOUSEHOLD_AMOUNTS,
    MOMENT,
    MOMENT_OR_DATE,
    MONTH,
    MONTH_AMOUNTS,
    NUMBER,
    PAYEE,
    PEOPLE,
    PLAN,
    STANDING,
    TEXT,
    Field,
    Kind,
    Shape,
    by_area,
    by_year,
    listing,
    one_of,
    or_date,
    shaped,
)

SERVICES: tuple[str, ...] = ("enrollment", "invoicing", "payments", "carrier-gateway", "notifications")
"""The five services."""

BACKING: tuple[str, ...] = ("kafka", "smtp", "processor", "hub")
"""What the services lean on and a story can take away."""

EVENT_KINDS: tuple[str, ...] = (
    "birth",
    "adoption",
    "foster",
    "marriage",
    "loss",
    "medicaid-loss",
    "move",
    "income",
    "other",
)
"""The qualifying events of ENR-3, as enrollment takes them."""

EVENT_SPELLINGS: Mapping[str, str] = {
    "foster-placement": "foster",
    "foster-care": "foster",
    "loss-of-coverage": "loss",
    "income-change": "income",
    "change-of-income": "income",
}
"""How else a story may write them; spaces and underscores count as dashes."""

NOTICE_TYPES: tuple[str, ...] = (
    "invoice",
    "invoice-voided",
    "receipt",
    "payment-returned",
    "payment-moved",
    "coverage-begun",
    "coverage-ended",
    "coverage-canceled",
    "coverage-reinstated",
    "verification-wanted",
    "verification-decided",
    "renewal",
    "autopay-begun",
    "autopay-ended",
    "autopay-declined",
    "child-too-old",
    "medicaid-begun",
    "medicaid-ended",
    "deadline-moved",
    "deadline-moved-back",
    "maintenance",
)

DIFFERENCES: tuple[str, ...] = (
    "missing-there",
    "missing-here",
    "repeated",
    "begin",
    "end",
    "effectuated",
    "premium",
    "aptc",
    "plan",
    "subscriber",
    "name",
    "born",
)
"""In what a carrier's book may differ from ours (CAR-6)."""

_WRONG = Shape(
    fields={
        "household": Field(kind=HOUSEHOLD, required=True),
        "field": Field(kind=one_of(*DIFFERENCES[3:]), required=True),
        "says": Field(kind=TEXT, required=True),
    }
)
_LIFECYCLE = ("selected", "active", "canceled", "terminated", "expired")
_ACCOUNT = one_of("kept")
"""A bank account whose number the exchange keeps, instead of a token of the processor's."""
_PAY_BY = one_of("card", "bank", "check", "cash", "phone")
_CARDS = (
    "ok",
    "declined",
    "slow",
    "lost",
    "insufficient-funds",
    "limit-exceeded",
    "expired",
    "account-closed",
)
_CARDS_PAID_BY = (*_CARDS, "late")
_ONE_HOUSEHOLD = Field(kind=HOUSEHOLD, required=True)
_EVENT = Shape(
    fields={
        "kind": Field(
            kind=one_of(*EVENT_KINDS, like=EVENT_SPELLINGS),
            required=True,
        ),
        "on": Field(kind=DATE, required=True),
        "starts": Field(kind=one_of("event-date", "next-month")),
    }
)
_PAYS = Shape(fields={"amount": Field(kind=AMOUNT, required=True), "by": Field(kind=_PAY_BY, required=True)})
_DATES = Shape(
    fields={"from": Field(kind=DATE), "through": Field(kind=DATE), "paid_through": Field(kind=DATE)}
)
_OVERRIDE = Shape(fields={"by": Field(kind=TEXT), "second": Field(kind=TEXT), "reason": Field(kind=TEXT)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One word: its fields, whether it is acted out, and which values of its fields are not yet."""

    shape: Shape
    built: bool = True
    unbuilt_values: Mapping[str, frozenset[str]] = field(default_factory=lambda: dict[str, frozenset[str]]())


def _word(
    *, built: bool = True, unbuilt: Mapping[str, frozenset[str]] | None = None, **fields: Field | Kind
) -> Word:
    shape = Shape(
        fields={
            name.rstrip("_"): each if isinstance(each, Field) else Field(kind=each)
            for name, each in fields.items()
        }
    )
    return Word(shape=shape, built=built, unbuilt_values=unbuilt or {})


def _need(kind: Kind) -> Field:
    return Field(kind=kind, required=True)


_SERVICE = one_of(*SERVICES, *BACKING)
_CORRECTED_BY = one_of("payments", "enrollment", "invoicing")
_ATTESTED = one_of("income", "citizenship", "incarceration", "medicaid")
_MEMBER = Shape(
    fields={
        "name": Field(kind=TEXT, required=True),
        "born": Field(kind=DATE, required=True),
        "relation": Field(kind=one_of("self", "spouse", "child")),
        "latin_name": Field(kind=TEXT),
        "ssn": Field(kind=TEXT),
        "tobacco": Field(kind=FLAG),
    }
)
_HUB = Shape(
    fields={
        "contradicts": Field(kind=listing(_ATTESTED)),
        "aptc": Field(kind=AMOUNT),
        "subsidy": Field(kind=AMOUNT),
    }
)
_ADDRESS = TEXT

_MONTHLY = shaped(
    Shape(fields={tier: Field(kind=AMOUNT) for tier in ("single", "couple", "parent", "family")}),
    where="of monthly premiums",
)
PLAN_SHAPE = Shape(
    fields={
        "plan": _need(TEXT),
        "carrier": _need(TEXT),
        "kind": _need(one_of("medical", "dental")),
        "monthly": Field(kind=_MONTHLY),
        "ages": Field(kind=by_year(by_area(AGE_AMOUNTS))),
        "tobacco": Field(kind=by_year(by_area(AGE_AMOUNTS))),
        "sold_for": Field(kind=COUNT),
        "carrier_bills_from": Field(kind=COUNT),
        "years": Field(kind=by_year(_MONTHLY)),
    }
)
"""One plan of the catalog."""

HOUSEHOLD_SHAPE = Shape(
    fields={
        "members": _need(listing(shaped(_MEMBER, where="of a member"))),
        "aptc": Field(kind=AMOUNT),
        "subsidy": Field(kind=AMOUNT),
        "income": Field(kind=AMOUNT),
        "hub": Field(kind=shaped(_HUB, where="of 'hub'")),
        "language": Field(kind=TEXT),
        "email": Field(kind=TEXT),
        "address": Field(kind=_ADDRESS),
        "phone": Field(kind=TEXT),
    }
)
"""One household."""

STORY_FIELDS: tuple[str, ...] = (
    "scenario",
    "title",
    "cites",
    "pack",
    "clock",
    "catalog",
    "households",
    "steps",
)
STEP_FIELDS: tuple[str, ...] = ("at", "do", "expect", "never")

_SELECT = _word(
    household=_ONE_HOUSEHOLD,
    plans=_need(listing(PLAN)),
    via=one_of("web", "phone", "navigator", "paper"),
    received=DATE,
    event=shaped(_EVENT, where="of an event"),
    pays=shaped(_PAYS, where="of 'pays'"),
)

DO: Mapping[str, Word] = {
    "apply": _word(household=_ONE_HOUSEHOLD),
    "select": _SELECT,
    "change-plan": _word(
        household=_ONE_HOUSEHOLD,
        plans=_need(listing(PLAN)),
        via=one_of("web", "phone", "navigator", "paper"),
        received=DATE,
        event=shaped(_EVENT, where="of an event"),
    ),
    "transfer-in": Word(shape=Shape(fields={"carrier": _need(CARRIER), **_SELECT.shape.fields})),
    "pay": _word(
        household=HOUSEHOLD,
        amount=_need(AMOUNT),
        by=_need(_PAY_BY),
        received=DATE,
        postmarked=DATE,
        for_=PAYEE,
        names=one_of("selection", "invoice"),
        key=TEXT,
        card=one_of(*_CARDS_PAID_BY),
        account=_ACCOUNT,
        in_=one_of("csv", "bai"),
    ),
    "call-back": _word(
        household=_ONE_HOUSEHOLD,
        about=one_of("charge", "dispute", "refund", "failed-refund"),
        way=one_of("signed", "forged", "altered", "old"),
        times=COUNT,
    ),
    "return-payment": _word(
        household=_ONE_HOUSEHOLD,
        nth=COUNT,
        reason=_need(
            one_of(
                "nsf",
                "closed-account",
                "chargeback",
                "dishonored",
                "contested",
                "account-changed",
                "account-is-savings",
            )
        ),
        on=DATE,
        amount=AMOUNT,
        by=one_of("operator", "file"),
    ),
    "dismiss-return": _word(household=_ONE_HOUSEHOLD),
    "statement": _word(
        day=_need(DATE),
        came=listing(AMOUNT),
        went=listing(AMOUNT),
        opening=AMOUNT,
        in_=one_of("bai2", "camt.053"),
    ),
    "note-entry": _word(
        amount=_need(AMOUNT), because=one_of("fee", "interest", "bank-error", "our-error", "other"), by=TEXT
    ),
    "move-payment": _word(
        household=_ONE_HOUSEHOLD,
        to=_need(HOUSEHOLD),
        nth=COUNT,
        amount=AMOUNT,
        by=TEXT,
    ),
    "redate-payment": _word(household=_ONE_HOUSEHOLD, nth=COUNT, received=DATE, postmarked=DATE, by=TEXT),
    "void-invoice": _word(
        household=_ONE_HOUSEHOLD,
        nth=COUNT,
        because=one_of("wrong-amount", "wrong-dates", "wrong-selection", "other"),
        by=TEXT,
    ),
    "redate-selection": _word(household=_ONE_HOUSEHOLD, received=_need(DATE), event_on=DATE, by=TEXT),
    "redate-end": _word(household=_ONE_HOUSEHOLD, plans=listing(PLAN), through=DATE, by=TEXT),
    "redate-departure": _word(
        household=_ONE_HOUSEHOLD,
        name=_need(TEXT),
        leaves=one_of("death", "divorce", "age"),
        on=DATE,
        by=TEXT,
    ),
    "correct-birth-date": _word(household=_ONE_HOUSEHOLD, name=_need(TEXT), born=_need(DATE), by=TEXT),
    "rerate": _word(household=_ONE_HOUSEHOLD, from_=_need(DATE), plan=PLAN, monthly=_MONTHLY, by=TEXT),
    "merge-households": _word(household=_ONE_HOUSEHOLD, into=_need(HOUSEHOLD), by=TEXT),
    "decide-correction": _word(
        household=_ONE_HOUSEHOLD,
        decision=_need(one_of("approve", "decline")),
        by=_need(TEXT),
        of=_CORRECTED_BY,
    ),
    "reverse-correction": _word(household=_ONE_HOUSEHOLD, by=TEXT, of=_CORRECTED_BY),
    "assign-suspense": _word(household=_ONE_HOUSEHOLD, amount=_need(AMOUNT)),
    "pay-each-invoice": _word(
        household=_ONE_HOUSEHOLD, from_=_need(MONTH), until=_need(MONTH), day=_need(COUNT), by=_need(_PAY_BY)
    ),
    "refund": _word(household=_ONE_HOUSEHOLD, amount=_need(AMOUNT), by=TEXT),
    "end-coverage": _word(
        household=_ONE_HOUSEHOLD,
        plans=listing(PLAN),
        on=_need(DATE),
        reason=one_of("requested", "death", "medicaid"),
        unbuilt={"reason": frozenset({"medicaid"})},
    ),
    "carrier": _word(
        household=_ONE_HOUSEHOLD,
        carrier=_need(CARRIER),
        sends=_need(one_of("effectuation", "cancel", "termination", "reinstatement", "maintenance")),
        plan=PLAN,
        dates=or_date(shaped(_DATES, where="of 'dates'"), name="from"),
        because=one_of(
            "non-payment",
            "free-look",
            "fraud",
            "rescission",
            "casework",
            "other-coverage",
            "out-of-area",
            "other",
        ),
    ),
    "decide-record": _word(
        household=_ONE_HOUSEHOLD,
        carrier=_need(CARRIER),
        decision=_need(one_of("resolve", "resend", "ask", "discard")),
        reason=TEXT,
    ),
    "book": _word(
        carrier=_need(CARRIER),
        of=DATE,
        wrong=listing(shaped(_WRONG, where="of what is wrong")),
        left_out=listing(HOUSEHOLD),
        twice=listing(HOUSEHOLD),
        besides=COUNT,
        cut=FLAG,
    ),
    "decide-difference": _word(
        household=_ONE_HOUSEHOLD,
        carrier=_need(CARRIER),
        field_=_need(one_of(*DIFFERENCES)),
        decision=_need(one_of("send-again", "leave", "note")),
        reason=TEXT,
    ),
    "down": _word(service=_SERVICE, carrier=CARRIER),
    "up": _word(service=_SERVICE, carrier=CARRIER),
    "attest": _word(
        household=_ONE_HOUSEHOLD, income=_need(AMOUNT), hub=Field(kind=shaped(_HUB, where="of 'hub'"))
    ),
    "accept-documents": _word(household=_ONE_HOUSEHOLD, confirmed=_need(listing(_ATTESTED))),
    "kill": _word(service=_need(one_of(*SERVICES, "kafka"))),
    "lockbox": _word(day=_need(DATE), file=_need(one_of("absent", "late", "broken"))),
    "advance": _word(to=_need(MOMENT_OR_DATE)),
    "autopay": _word(
        household=_ONE_HOUSEHOLD,
        is_=_need(one_of("on", "off")),
        by=one_of("card", "bank"),
        card=one_of(*_CARDS),
        account=_ACCOUNT,
    ),
    "change": _word(
        household=_ONE_HOUSEHOLD,
        from_=_need(DATE),
        members=listing(shaped(_MEMBER, where="of a member")),
        plans=listing(PLAN),
        aptc=AMOUNT,
        subsidy=AMOUNT,
        address=_ADDRESS,
    ),
    "ask-reinstatement": _word(household=_ONE_HOUSEHOLD, reason=TEXT),
    "reinstate-error": _word(household=_ONE_HOUSEHOLD, plans=listing(PLAN), by=TEXT, reason=_need(TEXT)),
    "medicaid": _word(household=_ONE_HOUSEHOLD, members=listing(TEXT), from_=DATE, ends=DATE),
    "renew": _word(year=_need(COUNT), act=one_of("plan", "run", "reverse"), crosswalk=CROSSWALK),
    "maintenance": _word(
        service=_need(one_of(*SERVICES)),
        from_=_need(MOMENT),
        to=_need(MOMENT),
        reason=TEXT,
        override=shaped(_OVERRIDE, where="of 'override'"),
    ),
    "withdraw-maintenance": _word(service=_need(one_of(*SERVICES))),
    "end-maintenance": _word(service=_need(one_of(*SERVICES))),
    "stop-notices": _word(type=_need(one_of(*NOTICE_TYPES))),
    "resume-notices": _word(type=_need(one_of(*NOTICE_TYPES))),
    "third-party": _word(
        payer=_need(TEXT),
        kind=_need(one_of("ryan-white", "tribe", "government", "employer", "family", "charity", "provider")),
        pays=_need(HOUSEHOLD_AMOUNTS),
        total=AMOUNT,
    ),
    "return-third-party": _word(payer=_need(TEXT), reason=_need(one_of("nsf", "closed-account"))),
    "channel": _word(built=False, name=TEXT, is_=one_of("up", "down", "not-opened")),
    "relief": _word(cutoff=_need(DATE), to=_need(DATE), reason=TEXT),
    "withdraw-relief": _word(cutoff=_need(DATE)),
    "bounce": _word(
        household=_ONE_HOUSEHOLD,
        type=one_of(*NOTICE_TYPES),
        status=one_of("4.4.1", "4.4.7", "5.1.1"),
        action=one_of("failed", "delayed"),
        by=one_of("api", "maildir", "provider"),
    ),
    "member": _word(
        household=_ONE_HOUSEHOLD,
        name=_need(TEXT),
        adds=one_of("birth", "adoption", "foster", "marriage"),
        leaves=one_of("death", "divorce", "age"),
        on=_need(DATE),
        born=DATE,
        relation=one_of("spouse", "child"),
        responsible=TEXT,
    ),
    "tobacco": _word(household=_ONE_HOUSEHOLD, name=_need(TEXT), uses=_need(FLAG), from_=_need(DATE)),
    "correct": _word(built=False, household=HOUSEHOLD, what=ANYTHING, reason=TEXT, by=TEXT, second=TEXT),
    "acknowledge": _word(
        household=_ONE_HOUSEHOLD,
        carrier=_need(CARRIER),
        says=_need(one_of("accepted", "accepted-with-errors", "rejected")),
        with_=one_of("TA1", "999"),
    ),
    "send-again": _word(household=_ONE_HOUSEHOLD, carrier=_need(CARRIER), reason=TEXT),
}
"""What can be done."""

EXPECT: Mapping[str, Word] = {
    "effective": _word(household=HOUSEHOLD, plan=PLAN, on=DATE),
    "refused": _word(rule=TEXT, until=MOMENT),
    "accepted": _word(),
    "invoice": _word(
        household=HOUSEHOLD,
        kind=one_of("initial", "monthly"),
        dated=DATE,
        due=DATE,
        total=AMOUNT,
        charges=MONTH_AMOUNTS,
        mailed=FLAG,
        void=FLAG,
    ),
    "balance": _word(household=HOUSEHOLD, owed=AMOUNT, held=AMOUNT, credit=AMOUNT, owed_back=AMOUNT),
    "settled": _word(household=HOUSEHOLD, month=MONTH),
    "grace": _word(household=HOUSEHOLD, month=COUNT, of=COUNT, none=FLAG),
    "coverage": _word(
        household=HOUSEHOLD,
        plan=PLAN,
        is_=one_of(*_LIFECYCLE),
        from_=DATE,
        through=DATE,
        reason=one_of(
            "non-payment",
            "requested",
            "death",
            "age",
            "medicaid",
            "ineligible",
            "error",
            "prior-year-ended",
            "carrier",
        ),
    ),
    "renewal": _word(
        household=HOUSEHOLD,
        plan=PLAN,
        year=COUNT,
        is_=one_of("planned", "renewed", "unmapped", "chosen", "owed", "reversed"),
        because=one_of(
            "not-in-crosswalk",
            "discontinued",
            "carrier-leaving",
            "not-sold",
            "nobody-left",
            "not-eligible",
            "failed",
        ),
        to=PLAN,
        net=AMOUNT,
    ),
    "listed": _word(
        carrier=CARRIER,
        on=DATE,
        household=HOUSEHOLD,
        month=COUNT,
        of=COUNT,
        past_due=AMOUNT,
        pay_by=DATE,
        claims=one_of("pay", "pend"),
        action=one_of("dunning", "pend-claims", "termination-notice", "terminate", "cancel"),
        effective=DATE,
    ),
    "sent": _word(
        carrier=CARRIER,
        household=HOUSEHOLD,
        kind=one_of("initial", "change", "cancel", "termination", "reinstatement", "renewal"),
        effective=DATE,
        via=one_of("834"),
        tobacco=TEXT,
    ),
    "work": _word(
        carrier=CARRIER,
        household=HOUSEHOLD,
        kind=one_of("effectuation", "cancellation", "termination", "reinstatement", "maintenance"),
        is_=one_of("refused", "set-apart"),
        waits=FLAG,
        decision=one_of("resolve", "resend", "ask", "discard", "none"),
    ),
    "acknowledged": _word(
        carrier=CARRIER,
        household=HOUSEHOLD,
        kind=one_of("initial", "change", "cancel", "termination", "reinstatement", "renewal"),
        answer=one_of("awaited", "accepted", "rejected", "settled"),
        ta1=one_of("none", "accepted", "accepted-with-errors", "rejected"),
        group=one_of("none", "accepted", "accepted-with-errors", "rejected"),
    ),
    "answered": _word(
        carrier=CARRIER,
        with_=one_of("TA1", "999"),
        says=one_of("accepted", "accepted-with-errors", "partially-accepted", "rejected"),
    ),
    "remitted": _word(carrier=CARRIER, on=DATE, household=HOUSEHOLD, month=MONTH, amount=AMOUNT),
    "remittance": _word(carrier=CARRIER, on=DATE, total=AMOUNT, carried=AMOUNT),
    "remittance-file": _word(
        carrier=CARRIER,
        on=DATE,
        total=AMOUNT,
        paid=one_of("ach", "nothing"),
        balance=AMOUNT,
        household=HOUSEHOLD,
        month=MONTH,
        type=one_of("PREM", "PREMADJ"),
        amount=AMOUNT,
    ),
    "notice": _word(
        household=HOUSEHOLD,
        type=one_of(*NOTICE_TYPES),
        by=one_of("email", "paper"),
        on=DATE,
        says=listing(TEXT),
        never_says=listing(TEXT),
        count=NUMBER,
    ),
    "books": _word(balanced=FLAG),
    "bank-day": _word(
        day=_need(DATE),
        agrees=FLAG,
        ledger=AMOUNT,
        bank=AMOUNT,
        difference=AMOUNT,
        unseen=AMOUNT,
        unknown=AMOUNT,
    ),
    "unexplained": _word(side=one_of("bank", "books"), amount=AMOUNT, kind=TEXT),
    "explain": _word(
        household=HOUSEHOLD,
        what=one_of("effective-date", "end", "balance", "grace", "merge", "timeline"),
        plan=PLAN,
        expected=DATE,
        rule=TEXT,
        sum=AMOUNT,
        says=listing(TEXT),
    ),
    "policy-month": _word(
        household=HOUSEHOLD,
        plan=PLAN,
        month=MONTH,
        members=PEOPLE,
        gross=AMOUNT,
        aptc=AMOUNT,
        subsidy=AMOUNT,
        net=AMOUNT,
    ),
    "facts": _word(
        household=HOUSEHOLD,
        plan=PLAN,
        lifecycle=one_of(*_LIFECYCLE),
        acknowledgement=one_of("unsent", "sent", "effectuated", "rejected"),
        standing=STANDING,
        verification=one_of("verified", "pending", "failed"),
    ),
    "verification": _word(
        household=HOUSEHOLD,
        is_=one_of("verified", "pending", "failed"),
        until=DATE,
        wanted=listing(_ATTESTED),
        aptc=AMOUNT,
        subsidy=AMOUNT,
    ),
    "suspense": _word(amount=AMOUNT, reason=one_of("unknown-account", "unreadable", "possible-double")),
    "extended": _word(cutoff=DATE, to=DATE),
    "conflicts": _word(deadlines=listing(TEXT)),
    "announced": _word(service=one_of(*SERVICES), from_=MOMENT, to=MOMENT),
    "channel": Word(
        shape=Shape(
            fields={
                name: Field(kind=one_of("up", "down", "maintenance", "not-open-yet"))
                for name in (
                    "payments-online",
                    "enrollment-online",
                    "phone",
                    "mail",
                    "carrier-exchange",
                    "hub",
                )
            }
        )
    ),
    "autopay": _word(household=HOUSEHOLD, on=DATE, amount=AMOUNT, is_=one_of("on", "off")),
    "debited": _word(
        household=HOUSEHOLD, on=DATE, amount=AMOUNT, account=TEXT, type_=one_of("checking", "savings")
    ),
    "adjustment": _word(built=False, household=HOUSEHOLD, month=MONTH, plan=PLAN, amount=AMOUNT, reason=TEXT),
    "alarm": _word(built=False, kind=TEXT),
    "noticed": _word(built=False, channel=TEXT, is_=TEXT, within=ANYTHING),
    "audit": _word(built=False, carrier=CARRIER, household=HOUSEHOLD, plan=PLAN),
    "difference": _word(
        carrier=CARRIER,
        household=HOUSEHOLD,
        field_=one_of(*DIFFERENCES),
        ours=TEXT,
        theirs=TEXT,
        wins=one_of("exchange", "carrier"),
        is_=one_of("open", "closed"),
        left=FLAG,
        since=DATE,
        times=COUNT,
        decision=one_of("send-again", "leave", "note", "none"),
    ),
    "reconciled": _word(
        carrier=CARRIER,
        of=DATE,
        is_=one_of("answered", "refused"),
        agreeing=NUMBER,
        differing=NUMBER,
        unreadable=NUMBER,
        says=listing(TEXT),
    ),
}
"""What can be expected, and what must never be."""


def unbuilt_parts(word: str, values: Mapping[str, Any], *, table: Mapping[str, Word]) -> list[str]:
    """Return what of this use of a word is not acted out yet, in words; an empty list where all is."""
    spec = table[word]
    if not spec.built:
        return [word]
    found = [
        f"{word} {name}: {values[name]}"
        for name, unbuilt in spec.unbuilt_values.items()
        if values.get(name) in unbuilt
    ]
    if word == "change":
        found += [f"change {name}" for name in ("members", "plans") if name in values]
    if word in ("down", "up") and "carrier" in values:
        found.append(f"{word} carrier: {values['carrier']}")
    return found
