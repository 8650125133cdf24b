"""What answers to "why?" are like, for the OpenAPI document: of june, who pays 70.69 a month and did not in March."""

from __future__ import annotations

from typing import Any, Final

_LINE: Final[dict[str, Any]] = {
    "policy": "policy-1",
    "plan": "SILVER",
    "payment": None,
    "method": None,
    "reason": None,
}
_CHARGED: Final = {
    **_LINE,
    "number": 9,
    "on": "2016-03-05",
    "kind": "charged",
    "rule": "INV-2",
    "says": "Premium of April 2016 for SILVER: $70.69.",
    "cents": 7069,
    "balance_cents": 7069,
    "month": "2016-04",
}
_OWED_FOR: Final = {
    "policy": "policy-1",
    "plan": "SILVER",
    "month": "2016-04",
    "cents": 7069,
    "owed_cents": 7069,
    "invoice": "invoice-4",
    "on_time_until": "2016-03-31",
}

BALANCE: Final[dict[str, Any]] = {
    "says": "The household owes $70.69.",
    "because": [],
    "as_of": "2016-04-02",
    "balance_cents": 7069,
    "owed_cents": 7069,
    "held_cents": 0,
    "credit_cents": 0,
    "owed_back_cents": 0,
    "to_pay_cents": 7069,
    "lines": [_CHARGED],
    "owed_for": [_OWED_FOR],
}

_MONTHLY: Final = {
    "rule": "INV-2",
    "says": "A month is invoiced on a fixed day of the month before: this invoice was made on March 5, 2016, is due on"
    " March 26, 2016 and on time until March 31, 2016.",
    "citation": "VHC §3",
    "facts": {
        "month": "2016-04",
        "dated": "2016-03-05",
        "due": "2016-03-26",
        "on_time_until": "2016-03-31",
    },
    "in_force": [
        {
            "parameter": "run_day",
            "value": 5,
            "citation": "VHC §3: invoices generate on the fifth day of the month",
        },
        {"parameter": "due_day", "value": 26, "citation": "VHC §3: the due date on the invoice is the 26th"},
    ],
    "recorded": None,
}

CHARGE: Final[dict[str, Any]] = {
    "says": "April 2016 in SILVER costs $70.69, of which $70.69 is owed.",
    "because": [_MONTHLY],
    "policy": "policy-1",
    "plan": "SILVER",
    "month": "2016-04",
    "state": "open",
    "cents": 7069,
    "paid_cents": 0,
    "owed_cents": 7069,
    "invoice": "invoice-4",
    "due": "2016-03-26",
    "on_time_until": "2016-03-31",
    "lines": [_CHARGED],
}

_ENTERED: Final = {
    "rule": "INV-8",
    "says": "The grace period begins on the 1st on which a household is first listed. It lasts three calendar"
    " months with premium assistance and a full month paid in the year, one month otherwise: this one lasts through"
    " June 30, 2016, with assistance and with a full month paid.",
    "citation": "VHC §3; 45 CFR 156.270(d)",
    "facts": {
        "first_month": "2016-04",
        "last_day": "2016-06-30",
        "assisted": "true",
        "paid_a_full_month": "true",
    },
    "in_force": [
        {
            "parameter": "grace_months_assisted",
            "value": 3,
            "citation": "VHC §3; 45 CFR 156.270(d): three calendar months with premium assistance (INV-8)",
        },
        {
            "parameter": "grace_months_unassisted",
            "value": 1,
            "citation": "VHC §3: one calendar month without APTC (INV-8)",
        },
    ],
    "recorded": "first listed as delinquent: grace of 3 calendar month(s)",
}

GRACE: Final[dict[str, Any]] = {
    "says": "The household is in month 1 of 3 of a grace period that began with April 2016. It lasts through June 30,"
    " 2016, and paying $70.69 ends it.",
    "because": [_ENTERED],
    "state": "open",
    "first_month": "2016-04",
    "month": 1,
    "of": 3,
    "last_day": "2016-06-30",
    "ended_on": None,
    "assisted": True,
    "to_pay_cents": 7069,
    "owed_for": [_OWED_FOR],
}

LISTING: Final[dict[str, Any]] = {
    "says": "The household is on the list of April 1, 2016 in month 1 of 3 of grace: $70.69 was past due, to be paid by"
    " June 30, 2016.",
    "because": [_ENTERED],
    "on": "2016-04-01",
    "outcome": "entered",
    "decided_on": "2016-04-01",
    "rows": [
        {
            "carrier": "BCBSVT",
            "on": "2016-04-01",
            "household": "june",
            "part": 1,
            "policies": ["policy-1"],
            "month": 1,
            "of": 3,
            "past_due_cents": 7069,
            "pay_by": "2016-06-30",
            "claims": "pay",
            "action": "dunning",
            "effective": None,
        }
    ],
}

TIMELINE: Final[dict[str, Any]] = {
    "items": [
        {
            "at": "2016-04-01T01:00:00-04:00",
            "on": "2016-04-01",
            "what": "grace-entered",
            "says": "A grace period of 3 months began with April 2016; $70.69 was past due.",
            "facts": {
                "first_month": "2016-04",
                "months": "3",
                "last_day": "2016-06-30",
                "past_due_cents": "7069",
            },
            "because": [_ENTERED],
        }
    ],
    "next_cursor": None,
}

REFUSALS: Final[dict[str, Any]] = {
    "items": [
        {
            "refused_at": "2016-08-05T09:30:00-04:00",
            "method": "POST",
            "path": "/v1/households/june/reinstatement-requests",
            "kind": "had-assistance",
            "fields": [],
            "says": "What was asked for was not done.",
            "recorded": "coverage with premium assistance is not reinstated on request",
            "because": [
                {
                    "rule": "INV-13",
                    "says": "Coverage with premium assistance does not stand again on request.",
                    "citation": "VHC §3; HBEE 64.06(b)",
                    "facts": {"grace_began": "2016-04-01"},
                    "in_force": [
                        {
                            "parameter": "reinstatement_ask_days",
                            "value": 30,
                            "citation": "VHC §3; HBEE 64.06(b): asked within 30 days of the termination (INV-13)",
                        }
                    ],
                    "recorded": "The household had premium assistance when its grace began.",
                }
            ],
        }
    ],
    "kept_days": 90,
}
