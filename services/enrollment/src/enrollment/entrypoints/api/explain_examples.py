"""What answers to "why?" are like, for the OpenAPI document: of june, who selected SILVER on January 20, 2016."""

from __future__ import annotations

from typing import Any, Final

_WINDOW: Final = {
    "plan_year": 2016,
    "first": "2015-11-01",
    "last": "2016-01-31",
    "starts": [
        {"selected_by": "2015-12-15", "effective": "2016-01-01"},
        {"selected_by": "2016-01-15", "effective": "2016-02-01"},
        {"selected_by": "2016-01-31", "effective": "2016-03-01"},
    ],
}
_OPEN_ENROLLMENT: Final = {
    "rule": "ENR-2",
    "says": "In open enrollment the day of the selection decides the first day of coverage: selected by"
    " January 31, 2016, coverage begins on March 1, 2016. This selection was made on January 20, 2016.",
    "citation": "VHC §2",
    "facts": {"selected_on": "2016-01-20", "selected_by": "2016-01-31", "effective": "2016-03-01"},
    "in_force": [{"parameter": "open_enrollments", "value": [_WINDOW], "citation": "VHC §2"}],
    "recorded": "Selected in open enrollment by 2016-01-31: coverage begins on 2016-03-01.",
}

EFFECTIVE_DATE: Final[dict[str, Any]] = {
    "says": "Coverage in SILVER begins on March 1, 2016.",
    "because": [_OPEN_ENROLLMENT],
    "policy": "policy-1",
    "plan": "SILVER",
    "effective": "2016-03-01",
    "selected_on": "2016-01-20",
    "entered_on": "2016-01-20",
    "via": "phone",
    "why_not": {
        "says": "For coverage from January 1, 2016 the plan had to be selected from November 1, 2015 to"
        " December 15, 2015. It was selected on January 20, 2016.",
        "because": [_OPEN_ENROLLMENT],
        "expected": "2016-01-01",
        "would_have_done": [
            {"do": "select", "first": "2015-11-01", "last": "2015-12-15", "starts": None},
        ],
    },
}

END: Final[dict[str, Any]] = {
    "says": "Coverage in SILVER ended; its last covered day was April 30, 2016.",
    "because": [
        {
            "rule": "INV-11",
            "says": "The grace period ran out and not everything invoiced was paid: coverage ends, and its last"
            " covered day is April 30, 2016.",
            "citation": "VHC §3; 45 CFR 156.270",
            "facts": {"first_month": "2016-04", "through": "2016-04-30", "decision": "decision-7"},
            "in_force": [],
            "recorded": "Grace ran out with something unpaid: coverage ends, its last day 2016-04-30.",
        }
    ],
    "policy": "policy-1",
    "plan": "SILVER",
    "lifecycle": "terminated",
    "through": "2016-04-30",
    "end_reason": "non-payment",
    "decided_by": "invoicing",
    "decision": "decision-7",
    "decided_at": "2016-07-01T01:00:00-04:00",
}

TIMELINE: Final[dict[str, Any]] = {
    "items": [
        {
            "at": "2016-01-20T10:00:00-05:00",
            "on": "2016-01-20",
            "policy": "policy-1",
            "plan": "SILVER",
            "decided": "selected",
            "says": "SILVER was selected.",
            "because": [_OPEN_ENROLLMENT],
        }
    ],
    "next_cursor": None,
}

REFUSALS: Final[dict[str, Any]] = {
    "items": [
        {
            "refused_at": "2016-04-05T09:30:00-04:00",
            "method": "POST",
            "path": "/v1/households/june/selections",
            "kind": "outside-enrollment",
            "fields": [],
            "says": "What was asked for was not done.",
            "recorded": "plans can be selected in open enrollment or after a qualifying event",
            "because": [
                {
                    "rule": "ENR-1",
                    "says": "Plans are selected in open enrollment, which is not open on April 5, 2016. It is next open"
                    " from November 1, 2016 to January 31, 2017.",
                    "citation": "VHC §2",
                    "facts": {
                        "selected_on": "2016-04-05",
                        "next_opens": "2016-11-01",
                        "next_closes": "2017-01-31",
                    },
                    "in_force": [{"parameter": "open_enrollments", "value": [_WINDOW], "citation": "VHC §2"}],
                    "recorded": "Open enrollment is not open on 2016-04-05. It is open from 2016-11-01 to 2017-01-31.",
                }
            ],
        }
    ],
    "kept_days": 90,
}
