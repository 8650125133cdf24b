"""Routes of routers are the app's own, and the same."""

from __future__ import annotations

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from pydantic import BaseModel

from bulkhead.web.fields import Body, Id
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


def test_the_document_says_what_it_says_of_included_routers() -> None:
    ours, usual = FastAPI(), FastAPI()
    add_routes(ours, [router])
    usual.include_router(router)
    assert ours.openapi() == usual.openapi()
