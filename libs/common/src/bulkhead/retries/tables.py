"""The record of work that waits for its next try, in every service's database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Boolean, Column, DateTime, Index, Integer, MetaData, Table, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """Work that failed, or has to wait, and when it is tried again. It goes when the work is done.

    ``kind`` is what kind of work it is, ``item`` its id there. ``failures`` counts the tries that failed in a row and
    ``reason`` says why the last one did: in our own words, or as an error's type. ``since`` is when the first one
    failed. ``stuck`` says that somebody was alarmed: it does not go on by itself.
    """

    kind: str
    item: str
    household: str | None
    failures: int
    reason: str
    since: datetime
    retry_at: datetime
    stuck: bool


def tables(metadata: MetaData) -> dict[type, Table]:
    """Add the table to a service's metadata; return the record with its table."""
    return {
        Retry: Table(
            "retries",
            metadata,
            Column("kind", Text, primary_key=True),
            Column("item", Text, primary_key=True),
            Column("household", Text),
            Column("failures", Integer, nullable=False),
            Column("reason", Text, nullable=False),
            Column("since", DateTime(timezone=True), nullable=False),
            Column("retry_at", DateTime(timezone=True), nullable=False),
            Column("stuck", Boolean, nullable=False),
            Index("retries_by_time", "kind", "retry_at"),
        )
    }
