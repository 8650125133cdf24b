"""Routes answer by the short way what FastAPI answers by its own."""

from __future__ import annotations

import httpx2
import pytest
from fastapi import APIRouter, Depends, FastAPI, Request, Response
from pydantic import BaseModel

from bulkhead.web.fields import Body, Id
from bulkhead.web.problems import install_problems
from bulkhead.web.routes import add_routes

router = APIRouter(tags=["things"])


class ThingBody(Body):
    cents: int
    names: list[Id] | None = None


class ThingView(BaseModel):
    what: str


async def first_word(request: Request) -> str:
    return request.headers.get("x-word", "none")


async def nothing(request: Request) -> None:
    assert request.scope["route"].path.startswith("/v1/things")


@router.post("/v1/things/{thing}/{number}", status_code=201, response_model=ThingView)
async def post_thing(
    thing: Id, number: int, body: ThingBody, request: Request, word: str = Depends(first_word)
) -> Response:
    told = f"{thing} {number} {word} {body.model_dump_json()} {request.method}"
    return Response(told, status_code=201)


@router.put("/v1/things/{thing}", dependencies=[Depends(nothing)])
async def put_thing(thing: Id, body: ThingBody | None = None) -> Response:
    return Response(f"{thing} {body}")


@router.get("/v1/things/{thing}", response_model=ThingView)
async def get_thing(thing: Id, kind: Id = "usual") -> ThingView:
    return ThingView(what=f"{thing} {kind}")


def client(app: FastAPI) -> httpx2.AsyncClient:
    install_problems(app)
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://things")


JSON = {"content-type": "application/json"}
DEEP = "[" * 100_000


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status"),
    [
        ("POST", "/v1/things/a/7", '{"cents": 5, "names": ["b"]}', JSON | {"x-word": "w"}, 201),
        ("POST", "/v1/things/a/7", '{"cents": 5}', {"content-type": "application/problem+json"}, 201),
        ("POST", "/v1/things/a/seven", '{"cents": "5", "more": 1}', JSON, 422),
        ("POST", "/v1/things/-/7", '{"cents": 5}', JSON, 422),
        ("POST", "/v1/things/a/7", '{"cents": ', JSON, 422),
        ("POST", "/v1/things/a/7", "", JSON, 422),
        ("POST", "/v1/things/a/7", '{"cents": 5}', {"content-type": "text/plain"}, 422),
        ("POST", "/v1/things/a/7", '{"cents": 5}', {}, 422),
        ("POST", "/v1/things/a/7", b'{"cents": \xff}', JSON, 422),
        ("POST", "/v1/things/a/7", DEEP, JSON, 422),
        ("POST", "/v1/things/a/7", f'{{"cents": {"9" * 5000}}}', JSON, 422),
        ("PUT", "/v1/things/a", '{"cents": 5}', JSON, 200),
        ("PUT", "/v1/things/a", "", {}, 200),
        ("PUT", "/v1/things/a", "null", JSON, 200),
        ("GET", "/v1/things/a?kind=b", "", {}, 200),
        ("GET", "/v1/things/a?kind=-", "", {}, 422),
        ("DELETE", "/v1/things/a", "", {}, 405),
        ("GET", "/v1/other", "", {}, 404),
    ],
)
async def test_the_short_way_says_what_the_long_one_says(
    method: str, path: str, body: str | bytes, headers: dict[str, str], status: int
) -> None:
    ours, usual = FastAPI(), FastAPI()
    add_routes(ours, [router])
    usual.include_router(router)
    answers = [
        await client(app).request(method, path, content=body, headers=headers) for app in (ours, usual)
    ]
    assert [(each.status_code, each.content) for each in answers] == [(status, answers[1].content)] * 2
    assert answers[0].headers == answers[1].headers


def test_the_document_says_what_it_says_of_included_routers() -> None:
    ours, usual = FastAPI(), FastAPI()
    add_routes(ours, [router])
    usual.include_router(router)
    assert ours.openapi() == usual.openapi()
