"""What the policy pack says of the exchange as carriers know it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayParameters:
    """The exchange's own identity on the wire.

    ``sender_id`` is ISA06, ``application_id`` GS02; ``source_exchange_id`` and ``rating_area`` go into the
    reporting categories; ``time_code`` is BGN05.
    """

    sender_id: str
    application_id: str
    source_exchange_id: str
    rating_area: str
    time_code: str
