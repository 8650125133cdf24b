"""What the policy pack says of the exchange as carriers know it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayParameters:
    """The exchange's own identity on the wire, and for how long things may wait.

    ``sender_id`` is ISA06, ``application_id`` GS02; ``source_exchange_id`` and ``rating_area`` go into the
    reporting categories; ``time_code`` is BGN05. After so many days somebody is told of what has not come to
    an end (I9): a set that did not reach its carrier, a file that was not read, a list that was not written.
    """

    sender_id: str
    application_id: str
    source_exchange_id: str
    rating_area: str
    time_code: str
    transmission_overdue_days: int
    inbound_file_overdue_days: int
    list_overdue_days: int
