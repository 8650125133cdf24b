"""The record of work that waits for its next try, in every service's database."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, Index

from bulkhead.persistence.tables import ChassisTable


class Retries(ChassisTable, table=True):
    kind: str = Field(primary_key=True)
    item: str = Field(primary_key=True)
    household: str | None
    failures: int
    reason: str
    since: datetime
    retry_at: datetime
    stuck: bool

    __table_args__ = (Index("retries_by_time", "kind", "retry_at"),)
