"""The record of requests that were answered, in every service's database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, DateTime, Index, Integer, MetaData, Table, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotencyRecord:
    """One request by its key, within ``scope`` (caller, method, path), and the answer it got."""

    scope: str
    key: str
    request_hash: str
    status: int
    body: str
    created_at: datetime


def tables(metadata: MetaData) -> dict[type, Table]:
    """Add the table to a service's metadata; return the record with its table."""
    return {
        IdempotencyRecord: Table(
            "idempotency_keys",
            metadata,
            Column("scope", Text, primary_key=True),
            Column("key", Text, primary_key=True),
            Column("request_hash", Text, nullable=False),
            Column("status", Integer, nullable=False),
            Column("body", Text, nullable=False),
            Column("created_at", DateTime(timezone=True), nullable=False),
            Index("idempotency_keys_by_age", "created_at"),
        )
    }
