"""The sandbox of the federal hub as a server of its own: what it was told of households survives its restarts.

``app`` keeps its state in the folder that ``SANDBOX_HUB_STATE`` names. Serve it with uvicorn::

    SANDBOX_HUB_STATE=.local/hub uvicorn --app-dir deploy/local sandbox_hub:app --port 8091

What it says is in `enrollment.adapters.hub.sandbox`: it confirms what is attested. ``PUT /households/{household}``
{contradicts, aptc_cents, subsidy_cents, csr_variant} tells it otherwise of one. ``PUT /mode`` {mode} makes it
``silent``: it then answers questions with 504, as a gateway does when nothing comes in time. Stop it, and it is away.
"""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path
from typing import Annotated, Literal

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, ConfigDict, Field

from enrollment.adapters.hub.sandbox import Told, determined
from enrollment.domain.assistance import Assistance
from enrollment.domain.determination import Attested, CsrVariant

_SCHEMA = """
CREATE TABLE IF NOT EXISTS households (
    household TEXT PRIMARY KEY, contradicts TEXT NOT NULL, aptc_cents INTEGER, subsidy_cents INTEGER, csr_variant TEXT
);
CREATE TABLE IF NOT EXISTS mode (one INTEGER PRIMARY KEY CHECK (one = 1), mode TEXT NOT NULL);
"""

Cents = Annotated[int, Field(ge=0)]


class SqliteStore:
    """Keeps what it was told in one file; what is kept is on disk when the call returns."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        # All routes run on the event loop's one thread, one at a time between two awaits.
        self._database = sqlite3.connect(folder / "hub.sqlite", isolation_level=None, check_same_thread=False)
        self._database.executescript(_SCHEMA)

    def told_of(self, household: str) -> Told | None:
        """Return what it was told of a household, or None."""
        row = self._database.execute("SELECT * FROM households WHERE household = ?", (household,)).fetchone()
        if row is None:
            return None
        household, contradicts, aptc_cents, subsidy_cents, csr_variant = row
        return Told(
            household=household,
            contradicts=tuple(json.loads(contradicts)),
            aptc_cents=aptc_cents,
            subsidy_cents=subsidy_cents,
            csr_variant=csr_variant,
        )

    def keep(self, told: Told) -> None:
        """Keep what it is told of a household, in the place of what it was told before."""
        self._database.execute(
            "INSERT OR REPLACE INTO households VALUES (?, ?, ?, ?, ?)",
            (
                told.household,
                json.dumps(told.contradicts),
                told.aptc_cents,
                told.subsidy_cents,
                told.csr_variant,
            ),
        )

    def is_silent(self) -> bool:
        """Whether it answers no questions."""
        row = self._database.execute("SELECT mode FROM mode").fetchone()
        return row is not None and row[0] == "silent"

    def keep_mode(self, mode: str) -> None:
        """Keep how it is."""
        self._database.execute("INSERT OR REPLACE INTO mode VALUES (1, ?)", (mode,))


class ToldBody(BaseModel):
    """What is so of a household in the place of what it attests; None for what it attests."""

    model_config = ConfigDict(extra="forbid")

    contradicts: list[Attested] = []
    aptc_cents: Cents | None = None
    subsidy_cents: Cents | None = None
    csr_variant: CsrVariant | None = None


class ModeBody(BaseModel):
    """Whether it answers."""

    model_config = ConfigDict(extra="forbid")

    mode: Literal["answers", "silent"]


class QuestionBody(BaseModel):
    """A household's attestation. Of its people the sandbox knows nothing, and keeps nothing."""

    household: str = Field(min_length=1)
    people: list[dict[str, str | None]] = Field(min_length=1)
    income_cents: Cents | None
    aptc_cents: Cents
    subsidy_cents: Cents


class DeterminationBody(BaseModel):
    """What it says."""

    aptc_cents: int
    subsidy_cents: int
    csr_variant: str
    income_confirmed: bool
    citizenship_confirmed: bool
    incarcerated: bool
    medicaid: bool


def create_app(state: Path) -> FastAPI:
    """Return the hub on the state in a folder."""
    store = SqliteStore(state)
    app = FastAPI(title="Sandbox of the federal hub", docs_url=None, redoc_url=None)

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "up"}

    @app.put("/mode", status_code=204)
    async def mode(body: ModeBody) -> None:
        store.keep_mode(body.mode)

    @app.put("/households/{household}", status_code=204)
    async def tell(household: str, body: ToldBody) -> None:
        told = Told(
            household=household,
            contradicts=tuple(body.contradicts),
            aptc_cents=body.aptc_cents,
            subsidy_cents=body.subsidy_cents,
            csr_variant=body.csr_variant,
        )
        store.keep(told)

    @app.post("/determinations")
    async def determine(question: QuestionBody) -> DeterminationBody:
        if store.is_silent():
            raise HTTPException(504, "no answer came in time")
        attested = Assistance(aptc_cents=question.aptc_cents, subsidy_cents=question.subsidy_cents)
        said = determined(store, household=question.household, attested=attested)
        return DeterminationBody(
            aptc_cents=said.aptc_cents,
            subsidy_cents=said.subsidy_cents,
            csr_variant=said.csr_variant,
            income_confirmed=said.income_confirmed,
            citizenship_confirmed=said.citizenship_confirmed,
            incarcerated=said.incarcerated,
            medicaid=said.medicaid,
        )

    return app


def __getattr__(name: str) -> FastAPI:
    """Make ``app`` when a server asks for it, so that importing this module touches no disk."""
    if name == "app":
        return create_app(Path(os.environ["SANDBOX_HUB_STATE"]))
    raise AttributeError(name)
