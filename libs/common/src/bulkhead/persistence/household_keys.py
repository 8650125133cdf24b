"""The keys that households' personal data is sealed by on its way, and what waits for one (ADR 0075)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import BigInteger, Field, Index

from bulkhead.persistence.tables import ChassisTable


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdKey:
    """The key that says from its ``number`` on what is personal of a household: ``sealed`` under the ring's key called
    ``key``. Both None: it is forgotten.
    """

    household: str
    number: int
    key: str | None
    sealed: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedEvent:
    """An event that was taken in and waits for the key that opens it, as it was read."""

    household: str
    event_id: str
    topic: str
    partition: int
    offset: int
    value: bytes
    written_at: datetime


class HouseholdKeys(ChassisTable, table=True):
    household: str = Field(primary_key=True)
    number: int
    key: str | None
    sealed: bytes | None

    __table_args__ = (Index("household_keys_by_key", "key", "household"),)


class SealedEvents(ChassisTable, table=True):
    household: str = Field(primary_key=True)
    event_id: str = Field(primary_key=True)
    topic: str
    partition: int
    offset: int = Field(sa_type=BigInteger)
    value: bytes
    written_at: datetime
