"""Whoever may not state a field is refused by field and rule: in every role, at every operation that has one."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, get_args

import httpx2
import pytest

from bulkhead.web.auth import Role
from bulkhead.web.openapi import ROLES
from bulkhead_testing.auth import TestIssuer
from services.enrollment.tests.contract.http import JUNE, PLAN
from services.enrollment.tests.contract.http import Api as EnrollmentApi
from services.payments.tests.builders import World, at
from services.payments.tests.contract.support import CARD, CASH
from tests.architecture.test_edges import ROOT, SERVICES
from tools.authority_index import Operation, Stated, operations

Reached = tuple[httpx2.AsyncClient, TestIssuer]

BODIES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "registerHousehold": ({**JUNE, "aptc_cents": 0}, {"aptc_cents": 1, "subsidy_cents": 1}),
    "changePlans": ({"plans": ["SILVER"], "via": "paper"}, {"received_on": "2015-12-01"}),
    "selectPlans": ({"plans": ["SILVER"], "via": "paper"}, {"received_on": "2015-12-01"}),
    "takePayment": (CARD, {**CASH, "received_on": "2015-12-01", "postmarked_on": "2015-12-01"}),
}
"""Of each operation with a field that is not everybody's: a body that is, and what to state in its place."""


@asynccontextmanager
async def enrollment() -> AsyncIterator[Reached]:
    """Enrollment with a plan, and another household than the one that is registered."""
    api = EnrollmentApi()
    await api.put("/v1/plans/SILVER", PLAN)
    yield api.client, api.issuer


@asynccontextmanager
async def payments() -> AsyncIterator[Reached]:
    """Payments, to which nothing was paid."""
    world = World(start=at("2015-12-03T10:00"))
    async with world.client() as client:
        yield client, world.issuer


APIS: dict[str, Callable[[], AbstractAsyncContextManager[Reached]]] = {
    "enrollment": enrollment,
    "payments": payments,
}
NARROWED = [
    (service, operation, field)
    for service in SERVICES
    for operation in operations(service)
    for field in operation.fields
    if field.narrowed is not None
]


def test_every_operation_says_who_may_ask_for_it() -> None:
    found = [each for service in SERVICES for each in operations(service)]
    assert len(found) > 20
    assert [each.name for each in found if not each.roles] == []


def test_why_is_answered_to_a_household_and_to_staff_and_to_no_carrier() -> None:
    found = {
        (service, path): set(operation[ROLES])
        for service in SERVICES
        for path, methods in json.loads((ROOT / "services" / service / "openapi.json").read_text())[
            "paths"
        ].items()
        for operation in methods.values()
        if path.endswith(("/explain", "/timeline"))
    }
    assert len(found) == 14
    assert {service for service, path in found if path.endswith("/timeline")} == set(SERVICES)
    assert set(map(frozenset, found.values())) == {frozenset({"member", "assister", "operator"})}


def test_assistance_and_the_dates_of_paper_and_of_payments_are_not_everybodys() -> None:
    assert {(operation.name, field.field) for _, operation, field in NARROWED} == {
        ("registerHousehold", "aptc_cents"),
        ("registerHousehold", "subsidy_cents"),
        ("changePlans", "received_on"),
        ("selectPlans", "received_on"),
        ("takePayment", "method"),
        ("takePayment", "received_on"),
        ("takePayment", "postmarked_on"),
    }
    granted = {"changeAssistance", "determineMedicaid", "endMedicaid"}
    found = {each.name: set(each.roles) for each in operations("enrollment") if each.name in granted}
    assert found == {name: {"operator", "service"} for name in granted}


@pytest.mark.parametrize("role", get_args(Role))
@pytest.mark.parametrize(
    ("service", "operation", "field"),
    NARROWED,
    ids=[f"{each.name}-{field.field}" for _, each, field in NARROWED],
)
async def test_a_field_is_stated_by_those_alone_whom_the_table_names(
    service: str, operation: Operation, field: Stated, role: Role
) -> None:
    assert field.narrowed is not None
    body, stated = BODIES[operation.name]
    path = operation.asked.removeprefix("POST ").format(household="june")
    async with APIS[service]() as (client, issuer):
        headers = issuer.headers(role, household="june", key="once")
        answer = await client.post(path, json={**body, field.field: stated[field.field]}, headers=headers)
    if role in field.narrowed["roles"]:
        assert answer.status_code != 403
        return
    assert answer.status_code == 403
    if role in operation.roles:
        told = answer.json()
        assert [each["field"] for each in told["errors"]] == [f"/{field.field}"]
        assert [each["rule"] for each in told["reasons"]] == [field.narrowed["rule"]]
        assert told["detail"].endswith(("leave it out", "would do"))
