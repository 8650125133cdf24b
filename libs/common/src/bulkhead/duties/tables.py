"""The records of duties done and to be done, in every service's database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from sqlalchemy import Column, Date, DateTime, Index, Integer, MetaData, Table, Text, text

DutyState = Literal["pending", "waiting", "done"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyRecord:
    """One duty on one date.

    ``pending`` is begun or failing, ``waiting`` postponed, ``done`` done. ``cursor`` is the last household
    dealt with. ``attempts`` counts the ones that failed; ``failure`` is the type of the last one's error;
    ``waits_for`` says why it is postponed.
    """

    duty: str
    on_date: date
    state: DutyState
    cursor: str
    attempts: int
    failure: str | None
    waits_for: str | None
    done_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyCalendar:
    """This database's calendar of one duty: when it began, and the last date done in its turn.

    Nothing before ``started_at`` is ever caught up; everything after ``done_through`` is.
    """

    duty: str
    started_at: datetime
    done_through: date | None


def tables(metadata: MetaData) -> dict[type, Table]:
    """Add the tables to a service's metadata; return each record with its table."""
    return {
        DutyRecord: Table(
            "duties",
            metadata,
            Column("duty", Text, primary_key=True),
            Column("on_date", Date, primary_key=True),
            Column("state", Text, nullable=False),
            Column("cursor", Text, nullable=False),
            Column("attempts", Integer, nullable=False),
            Column("failure", Text),
            Column("waits_for", Text),
            Column("done_at", DateTime(timezone=True)),
            Index("duties_not_done", "duty", "on_date", postgresql_where=text("state <> 'done'")),
        ),
        DutyCalendar: Table(
            "duty_calendars",
            metadata,
            Column("duty", Text, primary_key=True),
            Column("started_at", DateTime(timezone=True), nullable=False),
            Column("done_through", Date),
        ),
    }
