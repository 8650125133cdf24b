"""What all files for carriers travel in: one group in one interchange, both under the same number."""

from __future__ import annotations

from bulkhead.kernel.calendar import in_exchange_time
from carrier_gateway.application.ports import Envelope
from carrier_gateway.x12.envelope import Group, GroupHeader, Interchange, InterchangeHeader, TransactionSet


def interchange_header(envelope: Envelope, *, asks: bool) -> InterchangeHeader:
    """Return an interchange's header; with ``asks`` a TA1 is asked for (ISA14)."""
    made_at = in_exchange_time(envelope.made_at)
    return InterchangeHeader(
        sender=envelope.exchange.sender_id,
        receiver=envelope.profile.receiver_id,
        receiver_qualifier=envelope.profile.receiver_qualifier,
        created_on=made_at.date(),
        created_at=made_at.time(),
        control_number=envelope.control_number,
        acknowledge="1" if asks else "0",
        usage=envelope.profile.usage,
    )


def enveloped(
    sets: tuple[TransactionSet, ...],
    envelope: Envelope,
    *,
    functional: str,
    version: str,
    sender: str,
    receiver: str,
    asks: bool,
) -> Interchange:
    """Return sets in their group, from ``sender`` to ``receiver`` (GS02, GS03), and that in its interchange."""
    made_at = in_exchange_time(envelope.made_at)
    header = GroupHeader(
        functional=functional,
        sender=sender,
        receiver=receiver,
        created_on=made_at.date(),
        created_at=made_at.time(),
        control_number=envelope.control_number,
        version=version,
    )
    group = Group(header=header, sets=sets)
    return Interchange(header=interchange_header(envelope, asks=asks), groups=(group,))
