"""Every fact that a service takes from a topic has its place on the one screen that says what is done about it."""

from __future__ import annotations

import importlib
from datetime import date

import pytest

from bulkhead.policy import PackParameters, PolicyPack
from enrollment.domain.parameters import EnrollmentParameters
from invoicing.domain.parameters import InvoicingParameters
from tests.architecture.test_edges import ROOT, SERVICES

APART = {
    "invoicing": {"BooksClosed", "ChannelDown", "ChannelUp"},
    "payments": {
        "AccountHeardOf",
        "AmountDueChanged",
        "InvoiceIssued",
        "InvoiceRestored",
        "InvoiceVoided",
        "HouseholdMerged",
        "MergeReversed",
        "CreditPassedOn",
        "CreditCalledBack",
    },
    "carrier_gateway": {"DelinquencyListed", "DelinquencyListClosed", "RemittanceIssued"},
    "notifications": {"MaintenanceEnded", "MaintenanceScheduled", "MaintenanceWithdrawn"},
}
"""Facts that are no change of a household's working set: `handle` itself has them."""


def routed(service: str) -> set[str]:
    """Return the names of the facts that a service has a route for."""
    routing = importlib.import_module(f"{service}.application.routing")
    pack = PolicyPack.named("vermont-2016", directory=ROOT / "policy")
    match service:
        case "invoicing":
            found = routing.routes(PackParameters(pack, service, InvoicingParameters).as_of(date(2016, 1, 5)))
        case "enrollment":
            found = routing.routes(PackParameters(pack, service, EnrollmentParameters))
        case _:
            found = routing.ROUTES
    return {kind.__name__ for kind in found}


@pytest.mark.parametrize("service", [each.replace("-", "_") for each in SERVICES])
def test_every_fact_taken_in_has_a_route(service: str) -> None:
    taken = importlib.import_module(f"{service}.adapters.messaging.translation").INBOUND
    taken_in = {kind.__name__ for kind in taken.values()} - {
        "HouseholdKeySet"
    }  # the chassis keeps keys itself
    assert taken_in == routed(service) | APART.get(service, set())
