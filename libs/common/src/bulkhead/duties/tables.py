"""The records of duties done and to be done, in every service's database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from sqlmodel import Field, Index, text

from bulkhead.persistence.tables import ChassisTable

DutyState = Literal["pending", "waiting", "done"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyRecord:
    """One duty on one date.

    ``pending`` is begun or failing, ``waiting`` postponed, ``done`` done. ``cursor`` is the last household
    that was given to a worker. ``attempts`` counts the ones that failed; ``failure`` is the type of the last
    one's error; ``waits_for`` says why it is postponed, and ``waits_on`` the same in a word (`Postponed`).
    ``failed_through`` is the household of the last claim that failed and stays to be done: what comes after it is
    looked at first.
    """

    duty: str
    on_date: date
    state: DutyState
    cursor: str
    attempts: int
    failure: str | None
    waits_for: str | None
    waits_on: str | None
    done_at: datetime | None
    failed_through: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyClaim:
    """Households of a duty that one worker is doing, or was when it ended: those above ``after``, up to ``through``.

    It goes with the transaction in which they are done.
    """

    duty: str
    on_date: date
    through: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyCalendar:
    """This database's calendar of one duty: when it began, and the last date done in its turn.

    Nothing before ``started_at`` is ever caught up; everything after ``done_through`` is.
    """

    duty: str
    started_at: datetime
    done_through: date | None


class Duties(ChassisTable, table=True):
    duty: str = Field(primary_key=True)
    on_date: date = Field(primary_key=True)
    state: str
    cursor: str
    attempts: int
    failure: str | None
    waits_for: str | None
    waits_on: str | None
    done_at: datetime | None
    failed_through: str

    __table_args__ = (Index("duties_not_done", "duty", "on_date", postgresql_where=text("state <> 'done'")),)


class DutyClaims(ChassisTable, table=True):
    duty: str = Field(primary_key=True)
    on_date: date = Field(primary_key=True)
    through: str = Field(primary_key=True)
    after: str


class DutyCalendars(ChassisTable, table=True):
    duty: str = Field(primary_key=True)
    started_at: datetime
    done_through: date | None
