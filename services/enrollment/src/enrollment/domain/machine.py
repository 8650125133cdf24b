"""What the state machines of a policy share: one look-up, and one error for a pair nobody foresaw."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from bulkhead.kernel.errors import Impossible

State = TypeVar("State", bound=str)
Event = TypeVar("Event", bound=str)
Following = TypeVar("Following", bound=str)


class NoSuchTransition(Impossible):
    """Something happened to a state it cannot happen to: the fact contradicts what is known."""


def after(
    table: Mapping[tuple[State, Event], Following], *, machine: str, state: State, event: Event
) -> Following:
    """Return what a table says of a state and an event; the same state means it was already so.

    Raises `NoSuchTransition` for a pair that the table does not hold (ENR-9).
    """
    following = table.get((state, event))
    if following is None:
        raise NoSuchTransition(f"{machine}: {event} cannot happen to {state}")
    return following
