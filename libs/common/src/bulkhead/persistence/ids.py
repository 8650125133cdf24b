"""Ids of events: unique, and close together in time so that the inbox's index grows at one end."""

from __future__ import annotations

import secrets
from datetime import datetime


def new_event_id(now: datetime) -> str:
    """Return a version 7 UUID in hex: the instant's milliseconds, then chance."""
    milliseconds = int(now.timestamp() * 1000)
    chance = secrets.randbits(74)
    number = (
        (milliseconds << 80)
        | (0x7 << 76)
        | ((chance >> 62) << 64)
        | (0b10 << 62)
        | (chance & ((1 << 62) - 1))
    )
    return f"{number:032x}"
