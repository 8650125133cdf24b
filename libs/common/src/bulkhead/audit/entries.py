"""An entry of the audit log: who asked for which operation, about whom, and what came of it (ADR 0072)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias, cast

from bulkhead.kernel.ids import is_id, is_like_ssn

AuditOutcome: TypeAlias = Literal["read", "done", "begun", "tried", "repeated", "refused", "failed"]
"""What came of it: something was read; an act was done; an act of several parts, or a command, was begun, and what it
came to is in the service's own records; it was tried what an act would do; an earlier answer was given again; it was
refused; it failed, and what that did is not known from here.
"""

REJOIN: Final = "rejoin"
"""The operation, a command, with which a restored database joins again: what was logged before it may be lost here."""

LONGEST_ACTOR: Final = 200
"""Characters of an actor: who issues tokens decides what a subject is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One thing that somebody of the staff asked. It has ids and nothing else of anybody: ``actor`` is the subject of
    their token, or ``cli:`` and who ran a command. ``named`` has the other ids in the request's address by their names.

    ``number`` and ``chained`` are None until the entry is in the chain, within seconds: its place there, from 1 on, and
    its hash (`bulkhead.audit.chain`).
    """

    entry: str
    at: datetime
    actor: str
    roles: str
    operation: str
    outcome: AuditOutcome
    household: str | None
    named: dict[str, str]
    number: int | None = None
    chained: str | None = None


COMMAND_LINE = "cli:"
"""What an actor begins with who ran a command: no token's subject does."""


def known_id(typed: object) -> str | None:
    """Return what was typed where it can be an id, and None where it cannot, or may be somebody's SSN."""
    fits = isinstance(typed, str) and is_id(typed) and not is_like_ssn(typed)
    return cast("str", typed) if fits else None


def known_ids(typed: Mapping[str, object]) -> dict[str, str]:
    """Return of what was typed under names what can be an id (`known_id`): anything may have been typed there."""
    return {name: known for name, value in typed.items() if (known := known_id(value)) is not None}


def plain_actor(subject: str) -> str:
    """Return a subject as it can be kept whatever it is: so many characters at most, and none that no screen shows."""
    return "".join(each if each.isprintable() else "?" for each in subject[:LONGEST_ACTOR])
