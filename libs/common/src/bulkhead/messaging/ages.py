"""How old an event is: a message says when what it tells was committed, by its writer's database, in wall time."""

from __future__ import annotations

from bulkhead.messaging.broker import Incoming

_COMMITTED = "committed-ms"


def committed_header(committed_ms: int | None) -> tuple[tuple[str, bytes], ...]:
    """Return the header that says when, in milliseconds since 1970; none where that is not known."""
    return () if committed_ms is None else ((_COMMITTED, b"%d" % committed_ms),)


def committed_seconds(message: Incoming) -> float:
    """Return when it was committed, in seconds since 1970; when it was written to its topic where it does not say."""
    for name, value in message.headers:
        if name == _COMMITTED and value and value.isdigit():  # a header may come without a value
            return int(value) / 1000
    return message.written_at.timestamp()
