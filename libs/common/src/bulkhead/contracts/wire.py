"""What every event on the wire has in common, and the codec that reads and writes it.

An `Envelope` carries ids and dates only; personal data travels in `ContactRecorded` alone, on the
contacts topic.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any, TypeVar, cast

import msgspec

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import InvalidValue, Malformed
from bulkhead.kernel.personal import Masked

T = TypeVar("T")

Instant = Annotated[datetime, msgspec.Meta(tz=True)]
"""A moment, with the zone that it is told in."""


class Wire(msgspec.Struct, frozen=True, kw_only=True):
    """The base of every wire model: frozen, by name, unknown fields ignored so that a field can be added."""


class Envelope(Wire, frozen=True):
    """One event as it travels.

    ``household`` is None where the event is not about one (books closed, a carrier's remittance).
    ``occurred_at`` is the instant in the exchange's time, ``business_date`` the local date the event
    counts for, which differs when something is done late. ``reasons`` say why, where the event is a
    decision. ``data`` is the event's own model, still raw.
    """

    id: str
    type: str
    version: int
    household: str | None
    occurred_at: Instant
    business_date: date
    correlation_id: str
    causation_id: str | None
    traceparent: str | None
    data: msgspec.Raw
    reasons: tuple[Reason, ...] = ()


def _encode_value(value: Any) -> Any:
    if isinstance(value, CoverageMonth):
        return str(value)
    if isinstance(value, Masked):
        return value.reveal()
    raise NotImplementedError(f"no wire form for {type(value).__name__}")


def _decode_value(kind: type, value: Any) -> Any:
    if isinstance(value, kind):
        return value
    if not isinstance(value, str):
        raise TypeError(f"Expected `str`, got `{type(value).__name__}`")
    if kind is CoverageMonth:
        return CoverageMonth.parse(value)
    if kind is Masked:
        return Masked(value)
    raise NotImplementedError(f"no wire form for {kind.__name__}")


_encoder = msgspec.json.Encoder(enc_hook=_encode_value)
_decoders: dict[type, msgspec.json.Decoder[Any]] = {}


def encode(value: object) -> bytes:
    """Return the JSON bytes of a wire model or a dataclass."""
    return _encoder.encode(value)


_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
"""A NUL as JSON has it: the `u` after an odd number of backslashes."""

_NUL_LETTERS = re.compile(rb"\\u0000")
"""What is in every such text: hardly any has it, and it is looked for at a tenth of what the whole takes."""

_PLACE_IN_BYTES = re.compile(r" \(byte \d+\)")


def decode(data: bytes | msgspec.Raw, kind: type[T]) -> T:
    """Return the bytes as a value of ``kind``; raises `Malformed`, which names the place and no value."""
    if kind is not Envelope and _NUL_LETTERS.search(data) and _NUL.search(data):
        raise Malformed(f"{kind.__name__}: a text has a NUL in it, which cannot be stored")
    decoder = _decoders.get(kind)
    if decoder is None:
        decoder = _decoders[kind] = msgspec.json.Decoder(kind, dec_hook=_decode_value)
    try:
        return cast(T, decoder.decode(data))
    except (msgspec.DecodeError, InvalidValue, UnicodeDecodeError) as error:
        raise Malformed(f"{kind.__name__}: {_without_values(error)}") from None
    except RecursionError:
        raise Malformed(f"{kind.__name__}: nested too deeply") from None


def convert(value: object, kind: type[T]) -> T:
    """Return a value as another kind with the same field names; raises `Malformed` where it does not fit.

    Fields the target does not have are left behind, so that a consumer keeps only what it needs.
    """
    try:
        return msgspec.convert(value, kind, from_attributes=True, dec_hook=_decode_value)
    except (msgspec.ValidationError, InvalidValue) as error:
        raise Malformed(f"{kind.__name__}: {_without_values(error)}") from None


def _without_values(error: Exception) -> str:
    # msgspec quotes an invalid enum or literal value; what is left of the text names types and the path. Where in the
    # bytes it stands is another thing in each event: the same fault has the same words.
    # Its quotation marks are gone: a reason is pasted into a shell, as the cause of a replay.
    text = _PLACE_IN_BYTES.sub("", str(error)).replace("`", "")
    return "a value is not one of those allowed" if text.startswith("Invalid enum value") else text
