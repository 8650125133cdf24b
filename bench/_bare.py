"""The least that answers a POST durably: FastAPI and one INSERT through asyncpg's pool. What `_intake` puts beside."""

from __future__ import annotations

import os
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import asyncpg
from fastapi import FastAPI, Request
from pydantic import BaseModel

_TABLE = "CREATE TABLE IF NOT EXISTS bare (id text PRIMARY KEY, household text NOT NULL, body jsonb NOT NULL)"


class Body(BaseModel):
    """What is asked for: as much as our own smallest request says."""

    amount_cents: int
    method: str


class View(BaseModel):
    """What was kept."""

    id: str
    household: str


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncGenerator[None]:
    async with asyncpg.create_pool(os.environ["BENCH_DATABASE_URL"], min_size=1, max_size=10) as pool:
        await pool.execute(_TABLE)
        app.state.pool = pool
        yield


app = FastAPI(lifespan=_lifespan)


@app.post("/households/{household}/payments", status_code=201, response_model=View)
async def post(household: str, body: Body, request: Request) -> View:
    """Keep a payment."""
    kept = View(id=uuid.uuid4().hex, household=household)
    await request.app.state.pool.execute(
        "INSERT INTO bare (id, household, body) VALUES ($1, $2, $3)",
        kept.id,
        household,
        body.model_dump_json(),
    )
    return kept
