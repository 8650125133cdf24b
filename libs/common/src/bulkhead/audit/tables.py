"""The table of the audit log, in every service's own database. That nothing in it changes is kept by its triggers."""

from __future__ import annotations

from datetime import datetime
from typing import get_args

from sqlmodel import BigInteger, CheckConstraint, Field, Index, text

from bulkhead.audit.entries import AuditOutcome
from bulkhead.persistence.tables import ChassisTable, one_of


class AuditEntries(ChassisTable, table=True):
    entry: str = Field(primary_key=True)
    at: datetime
    actor: str
    roles: str
    operation: str
    outcome: str
    household: str | None
    named: dict[str, str]
    number: int | None = Field(sa_type=BigInteger)
    chained: str | None

    __table_args__ = (
        one_of("outcome", *get_args(AuditOutcome)),
        CheckConstraint("(number IS NULL) = (chained IS NULL)", name="chained_in_its_place"),
        Index("audit_entries_in_chain", "number", unique=True),
        Index("audit_entries_not_chained", "at", "entry", postgresql_where=text("number IS NULL")),
        Index("audit_entries_of_household", "household", "number"),
        Index("audit_entries_of_actor", "actor", "number"),
    )
