"""The record of requests that were answered, in every service's database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Field, Index, text

from bulkhead.persistence.tables import ChassisTable


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotencyRecord:
    """One request by its key, within ``scope`` (caller, method, path), and the answer it got.

    ``household`` is whose a refusal is, so that it can be explained as long as it is kept; None for any other answer.
    """

    scope: str
    key: str
    request_hash: str
    status: int
    body: str
    created_at: datetime
    household: str | None = None


class IdempotencyKeys(ChassisTable, table=True):
    scope: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    request_hash: str
    status: int
    body: str
    created_at: datetime
    household: str | None

    __table_args__ = (
        Index("idempotency_keys_by_age", "created_at"),
        Index(
            "idempotency_keys_refused",
            "household",
            "created_at",
            postgresql_where=text("household IS NOT NULL"),
        ),
    )
