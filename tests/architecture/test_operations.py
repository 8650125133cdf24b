"""Every operation of the five services is described so that somebody can use it: summary, examples, problems."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple, Never, cast

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from jsonschema import Draft202012Validator
from pydantic import TypeAdapter

from bulkhead.audit.writing import AuditWriter
from bulkhead.kernel.calendar import local
from bulkhead.kernel.errors import Refused, Retryable
from bulkhead.kernel.webhooks import NotSigned
from bulkhead.persistence.ports import UnitOfWorkFactory
from bulkhead.web import audit, duties, journal, maintenance, overdue, parked, retries
from bulkhead.web.commands import Edge, is_trial, offers_dry_run
from bulkhead.web.examples import CHASSIS, Examples
from bulkhead.web.openapi import ROLES
from bulkhead.web.problems import PROBLEM_TYPE, install_problems
from bulkhead.web.refusals import Whose, kinds_of
from bulkhead.web.routes import add_routes
from bulkhead_testing.auth import TestIssuer
from bulkhead_testing.clock import FixedClock
from bulkhead_testing.web import client_of
from tests.architecture.raised import refusals_of
from tests.architecture.test_edges import SERVICES

REPOSITORY = Path(__file__).resolve().parents[2]
OF_EVERY_SERVICE = (journal, audit, parked, duties, retries, overdue, maintenance)
EDGE = ("bulkhead.web.auth", "bulkhead.web.idempotency", "bulkhead.web.readable")
"""What refuses a request before its use case: `kinds_of` says by itself what it may answer."""


class Operation(NamedTuple):
    """An operation as it is documented, and the route that it is."""

    service: str
    route: APIRoute
    method: str
    said: dict[str, Any]
    document: dict[str, Any]

    @property
    def answer(self) -> dict[str, Any]:
        """What is said of the answer of a request that was done."""
        status = str(self.route.status_code or 200)
        (content,) = self.said["responses"][status]["content"].values()
        return content

    @property
    def problems(self) -> dict[str, dict[str, Any]]:
        """Each kind of problem that is listed, with its example."""
        return {
            kind: self.document["components"]["examples"][kind] | {"status": int(status)}
            for status, response in self.said["responses"].items()
            if PROBLEM_TYPE in response["content"]
            for kind in response["content"][PROBLEM_TYPE].get("examples", ())
        }

    @property
    def offers_dry_run(self) -> bool:
        """Return whether it can be asked what it would do."""
        return any(offers_dry_run(each.call) for each in self.route.dependant.dependencies)

    def validator(self, schema: dict[str, Any]) -> Draft202012Validator:
        """Return what checks a value against a schema of the document."""
        return Draft202012Validator(schema | {"components": self.document["components"]})


class _Away:
    """A database that is away: no operation gets further than its caller."""

    def begin(self, **_: object) -> Never:
        raise Retryable("the database is away")

    begin_shared = begin


def router_of(route: APIRoute) -> APIRouter:
    """Return a router that has this route alone."""
    router = APIRouter()
    router.routes.append(route)
    return router


def routes(service: str) -> list[APIRoute]:
    package = service.replace("-", "_")
    api = REPOSITORY / "services" / service / "src" / package / "entrypoints" / "api"
    modules = [importlib.import_module(f"{package}.entrypoints.api.{each.stem}") for each in api.glob("*.py")]
    importlib.import_module(f"{package}.bootstrap")
    routers = [each.router for each in (*modules, *OF_EVERY_SERVICE) if hasattr(each, "router")]
    return [each for router in routers for each in router.routes if isinstance(each, APIRoute)]


def operations() -> Iterator[Operation]:
    for service in SERVICES:
        document = json.loads((REPOSITORY / "services" / service / "openapi.json").read_text("utf-8"))
        found = {each.operation_id: each for each in routes(service)}
        for path in document["paths"].values():
            for method, said in path.items():
                yield Operation(service, found[said["operationId"]], method, said, document)


OPERATIONS = list(operations())
each_operation = pytest.mark.parametrize(
    "operation", OPERATIONS, ids=lambda each: f"{each.service} {each.said['operationId']}"
)


@each_operation
def test_a_summary_and_a_description_are_written_by_somebody(operation: Operation) -> None:
    name = operation.route.endpoint.__name__.replace("_", " ").casefold()
    assert operation.said["summary"].casefold() != name
    assert len(operation.said["description"].split()) > 3


@each_operation
def test_the_example_of_a_request_is_one_that_the_service_takes(operation: Operation) -> None:
    if "requestBody" not in operation.said:
        assert operation.route.body_field is None
        return
    content = operation.said["requestBody"]["content"]["application/json"]
    body = operation.route.body_field
    if body is None:  # it is read when its signature was checked, and the route says itself what it takes
        assert operation.said["security"] == []
        assert "requestBody" in (operation.route.openapi_extra or {})
    else:
        model: Any = body.field_info.annotation
        TypeAdapter(model).validate_json(json.dumps(content["example"]))
    operation.validator(content["schema"]).validate(content["example"])


@each_operation
def test_the_example_of_an_answer_is_one_that_the_service_gives(operation: Operation) -> None:
    example = operation.answer["example"]
    operation.validator(operation.answer["schema"]).validate(example)
    assert operation.route.response_model is not None
    model = TypeAdapter[Any](operation.route.response_model)
    given = model.dump_python(model.validate_json(json.dumps(example)), mode="json")
    assert given == example  # whole: nothing left out, nothing besides


@pytest.mark.parametrize(
    "operation",
    [each for each in OPERATIONS if each.offers_dry_run],
    ids=lambda each: f"{each.service} {each.said['operationId']}",
)
def test_the_example_of_a_dry_run_is_of_what_the_operation_answers(operation: Operation) -> None:
    content = operation.said["responses"]["200"]["content"]["application/json"]
    operation.validator(content["schema"]).validate(content["example"])
    assert content["example"]["outcome"] == operation.answer["example"]


@each_operation
def test_the_problems_are_those_that_the_code_ends_in_each_with_an_example(operation: Operation) -> None:
    package = operation.service.replace("-", "_")
    named = refusals_of(operation.route.endpoint, package=package) - {Refused}
    raised = [each for each in named if each.__module__ not in EDGE]
    whose: Whose = "known callers'" if ROLES in operation.said else "anybody's"
    if "member" in operation.said.get(ROLES, ()):
        whose = "members'"
    trial = any(is_trial(each.call) for each in operation.route.dependant.dependencies)
    of_any = kinds_of({**operation.said, "responses": {}}, method=operation.method, whose=whose, trial=trial)
    expected = {(each.kind, each.status) for each in raised}
    expected |= {(kind, status) for status, kinds in of_any.items() for kind in kinds}
    assert {(kind, each["status"]) for kind, each in operation.problems.items()} == expected
    problem = operation.validator({"$ref": "#/components/schemas/Problem"})
    for kind, example in operation.problems.items():
        assert example["summary"].endswith(".")
        value = example["value"]
        problem.validate(value)
        assert (value["type"], value["status"]) == (f"urn:bulkhead:problem:{kind}", example["status"])


@each_operation
async def test_a_token_is_asked_for_where_the_document_says_so_and_nowhere_else(operation: Operation) -> None:
    if (
        NotSigned.kind in operation.problems
    ):  # who asks is known by a signature (test_http_processor_events.py)
        assert (operation.said["security"], ROLES in operation.said) == ([], False)
        return
    app = FastAPI()
    uows = cast(UnitOfWorkFactory, _Away())
    app.state.edge = Edge(
        uows=uows,
        clock=FixedClock(local(date(2016, 1, 5), 10)),
        verifier=TestIssuer().verifier(),
        audit=AuditWriter(uows),
    )
    add_routes(app, [router_of(operation.route)])
    install_problems(app)
    path = re.sub(r"\{\w+\}", "x", operation.route.path)
    body = (
        operation.said["requestBody"]["content"]["application/json"]["example"]
        if "requestBody" in operation.said
        else None
    )
    async with client_of(app) as client:
        answer = await client.request(operation.method.upper(), path, json=body)
    refused = answer.status_code == 401
    assert operation.said["security"] == ([{"HTTPBearer": []}] if refused else [])
    assert operation.said["responses"].keys() & {"401", "403"} == ({"401", "403"} if refused else set())
    assert (ROLES in operation.said) == refused


@pytest.mark.parametrize("service", SERVICES)
def test_every_example_is_of_an_operation_or_a_problem_there_is(service: str) -> None:
    package = service.replace("-", "_")
    examples = Examples.read(importlib.import_module(f"{package}.entrypoints.api").EXAMPLES)
    here = [each for each in OPERATIONS if each.service == service]
    own = {each.said["operationId"] for each in here} - Examples.read(CHASSIS).operations.keys()
    assert examples.operations.keys() == own
    assert examples.problems.keys() <= {kind for each in here for kind in each.problems}
