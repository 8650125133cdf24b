"""The sandbox payment processor as a server of its own: what it decided survives its restarts.

``app`` keeps its state in the folder that ``SANDBOX_PROCESSOR_STATE`` names. Serve it with uvicorn::

    SANDBOX_PROCESSOR_STATE=.local/processor uvicorn --app-dir deploy/local sandbox_processor:app --port 8090

What it decides is in `payments.adapters.processor.sandbox`: ``tok_card_ok`` and ``tok_bank_ok`` are approved,
``…_slow`` and ``…_lost`` are answered with 504, as a gateway does when nothing comes in time, every other token
is declined, ``tok_card_expired`` and its like for that reason; each reference is decided once.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Literal

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, ConfigDict, Field

from payments.adapters.processor.sandbox import (
    ReferenceReused,
    SandboxBehaviour,
    SandboxCharge,
    SandboxRefund,
)
from payments.application.ports import ProcessorSilent, RefundImpossible
from payments.domain.declines import DeclineReason

_SCHEMA = """
CREATE TABLE IF NOT EXISTS decided_charges (
    reference TEXT PRIMARY KEY, charge TEXT NOT NULL UNIQUE, amount_cents INTEGER NOT NULL,
    method TEXT NOT NULL, status TEXT NOT NULL, decline TEXT
);
CREATE TABLE IF NOT EXISTS refunds (
    reference TEXT PRIMARY KEY, charge TEXT NOT NULL, amount_cents INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS refunds_charge ON refunds (charge);
"""


class SqliteStore:
    """Keeps charges and refunds in one file; what is kept is on disk when the call returns."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        # All routes run on the event loop's one thread, one at a time between two awaits.
        self._database = sqlite3.connect(
            folder / "processor.sqlite", isolation_level=None, check_same_thread=False
        )
        self._database.executescript(_SCHEMA)

    def charge_of(self, reference: str) -> SandboxCharge | None:
        """Return the charge of a reference, or None."""
        return self._charge("SELECT * FROM decided_charges WHERE reference = ?", reference)

    def charge_named(self, charge: str) -> SandboxCharge | None:
        """Return the charge of that id, or None."""
        return self._charge("SELECT * FROM decided_charges WHERE charge = ?", charge)

    def keep_charge(self, charge: SandboxCharge) -> None:
        """Keep a charge."""
        self._database.execute(
            "INSERT INTO decided_charges VALUES (?, ?, ?, ?, ?, ?)",
            (
                charge.reference,
                charge.charge,
                charge.amount_cents,
                charge.method,
                charge.status,
                charge.decline,
            ),
        )

    def refund_of(self, reference: str) -> SandboxRefund | None:
        """Return the refund of a reference, or None."""
        found = self._refunds("SELECT * FROM refunds WHERE reference = ?", reference)
        return found[0] if found else None

    def refunds_on(self, charge: str) -> list[SandboxRefund]:
        """Return all refunds on a charge."""
        return self._refunds("SELECT * FROM refunds WHERE charge = ?", charge)

    def keep_refund(self, refund: SandboxRefund) -> None:
        """Keep a refund."""
        self._database.execute(
            "INSERT INTO refunds VALUES (?, ?, ?)", (refund.reference, refund.charge, refund.amount_cents)
        )

    def _charge(self, query: str, value: str) -> SandboxCharge | None:
        row = self._database.execute(query, (value,)).fetchone()
        if row is None:
            return None
        reference, charge, amount_cents, method, status, decline = row
        return SandboxCharge(
            reference=reference,
            charge=charge,
            amount_cents=amount_cents,
            method=method,
            status=status,
            decline=decline,
        )

    def _refunds(self, query: str, value: str) -> list[SandboxRefund]:
        rows = self._database.execute(query, (value,)).fetchall()
        return [
            SandboxRefund(reference=reference, charge=charge, amount_cents=amount_cents)
            for reference, charge, amount_cents in rows
        ]


class ChargeRequest(BaseModel):
    """Money to be taken. The reference is the sender's own: asked again, it is answered again."""

    model_config = ConfigDict(extra="forbid")

    token: str = Field(min_length=1)
    amount_cents: int = Field(gt=0)
    method: Literal["card", "bank"]
    reference: str = Field(min_length=1)
    identification: str | None = Field(default=None, min_length=15, max_length=15)
    """What the entry of a bank account's debit is called, and its return if one comes."""


class ChargeAnswer(BaseModel):
    """What was decided about a reference."""

    charge: str
    reference: str
    amount_cents: int
    status: Literal["approved", "declined"]
    decline: DeclineReason | None


class VerificationRequest(BaseModel):
    """A token of which is asked whether money would be taken by it now."""

    model_config = ConfigDict(extra="forbid")

    token: str = Field(min_length=1)


class VerificationAnswer(BaseModel):
    """Whether it would."""

    status: Literal["approved", "declined"]


class RefundRequest(BaseModel):
    """Money of a charge to be given back, once for the reference."""

    model_config = ConfigDict(extra="forbid")

    charge: str = Field(min_length=1)
    amount_cents: int = Field(gt=0)
    reference: str = Field(min_length=1)


class RefundAnswer(BaseModel):
    """What was given back."""

    reference: str
    charge: str
    amount_cents: int
    status: Literal["refunded"] = "refunded"


def create_app(state: Path) -> FastAPI:
    """Return the processor on the state in a folder."""
    behaviour = SandboxBehaviour(SqliteStore(state))
    app = FastAPI(title="Sandbox payment processor", docs_url=None, redoc_url=None)

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "up"}

    @app.post("/charges", status_code=201)
    async def charge(request: ChargeRequest) -> ChargeAnswer:
        try:
            made = behaviour.charge(
                token=request.token,
                amount_cents=request.amount_cents,
                method=request.method,
                reference=request.reference,
            )
        except ReferenceReused as error:
            raise HTTPException(409, "the reference was used for something else") from error
        except ProcessorSilent as error:
            raise HTTPException(504, "no answer came in time") from error
        return _answer(made)

    @app.get("/charges/{reference}")
    async def find(reference: str) -> ChargeAnswer:
        found = behaviour.find(reference)
        if found is None:
            raise HTTPException(404, "there is no charge of this reference")
        return _answer(found)

    @app.post("/verifications")
    async def verify(request: VerificationRequest) -> VerificationAnswer:
        try:
            would_take = behaviour.verify(request.token)
        except ProcessorSilent as error:
            raise HTTPException(504, "no answer came in time") from error
        return VerificationAnswer(status="approved" if would_take else "declined")

    @app.post("/refunds", status_code=201)
    async def refund(request: RefundRequest) -> RefundAnswer:
        try:
            made = behaviour.refund(
                charge=request.charge, amount_cents=request.amount_cents, reference=request.reference
            )
        except ReferenceReused as error:
            raise HTTPException(409, "the reference was used for something else") from error
        except RefundImpossible as error:
            raise HTTPException(422, "the charge did not take that much") from error
        return RefundAnswer(reference=made.reference, charge=made.charge, amount_cents=made.amount_cents)

    return app


def _answer(charge: SandboxCharge) -> ChargeAnswer:
    return ChargeAnswer(
        charge=charge.charge,
        reference=charge.reference,
        amount_cents=charge.amount_cents,
        status=charge.status,
        decline=charge.decline,
    )


def __getattr__(name: str) -> FastAPI:
    """Make ``app`` when a server asks for it, so that importing this module touches no disk."""
    if name == "app":
        return create_app(Path(os.environ["SANDBOX_PROCESSOR_STATE"]))
    raise AttributeError(name)
