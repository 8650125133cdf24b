"""What every event on the wire has in common, and the codec that reads and writes it.

An `Envelope` carries ids and dates only; personal data travels in `ContactRecorded` alone, on the
contacts topic.
"""

from __future__ import annotations

import re
from collections.abc import Callable
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


def with_sealed(value: object, seal: Callable[[str, str], str], *, place: str = "") -> object:
    """Return a wire model as what JSON is made of, each text about a person as ``seal`` makes it of the text and the
    place that it stands in.
    """
    if isinstance(value, Masked):
        return seal(value.reveal(), place)
    if isinstance(value, Wire):
        return {
            name: with_sealed(getattr(value, name), seal, place=f"{place}/{name}")
            for name in value.__struct_fields__
        }
    if isinstance(value, tuple):
        some = cast("tuple[object, ...]", value)
        return [with_sealed(each, seal, place=f"{place}/{number}") for number, each in enumerate(some)]
    return value


def with_opened(value: object, open_text: Callable[[str, str], str | None], *, place: str = "") -> object:
    """Return what JSON says, as `with_sealed` made it, with each text opened that ``open_text`` returns one for."""
    if isinstance(value, str):
        text = open_text(value, place)
        return value if text is None else Masked(text)
    if isinstance(value, dict):
        fields = cast("dict[str, object]", value)
        return {name: with_opened(each, open_text, place=f"{place}/{name}") for name, each in fields.items()}
    if isinstance(value, list):
        some = cast("list[object]", value)
        return [with_opened(each, open_text, place=f"{place}/{number}") for number, each in enumerate(some)]
    return value


def opened(data: object, kind: type[T]) -> T:
    """Return what `with_opened` returned as a value of ``kind``; raises `Malformed`, for a text about a person too that
    was not sealed.
    """
    try:
        return msgspec.convert(data, kind, dec_hook=_opened_value)
    except (msgspec.ValidationError, InvalidValue) as error:
        raise Malformed(f"{kind.__name__}: {_without_values(error)}") from None


def _opened_value(kind: type, value: Any) -> Any:
    if kind is Masked and not isinstance(value, Masked):
        raise TypeError("a text about a person is not sealed")
    return _decode_value(kind, value)


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
