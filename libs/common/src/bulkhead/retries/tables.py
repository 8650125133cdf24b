"""The record of work that waits for its next try, in every service's database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Field, Index

from bulkhead.persistence.tables import ChassisTable


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
