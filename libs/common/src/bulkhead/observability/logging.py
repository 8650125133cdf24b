"""Logs as JSON lines: static words, ids and enums as attributes, nothing about a person."""

from __future__ import annotations

import logging
import re
import traceback
from collections import Counter
from collections.abc import Iterable, Mapping, MutableMapping
from math import inf
from typing import Any, cast

import structlog
from structlog.typing import EventDict, FilteringBoundLogger

from bulkhead.kernel.errors import BulkheadError
from bulkhead.kernel.personal import Masked
from bulkhead.observability.tracing import correlation_id

PERSONAL_KEYS = frozenset(
    {
        "address", "authorization", "birth_date", "body", "born", "card", "data", "dob", "email", "fact",
        "first_name", "last_name", "name", "names", "password", "payload", "phone", "secret", "ssn", "street",
        "token",
    }
)  # fmt: skip
"""Keys whose values never reach a log, whatever they are."""

HIDDEN = "***"
_CONVERSION = re.compile(r"%(?:%|(?P<name>\(\w+\))?[-+ #0]*\d*(?:\.\d+)?[diouxXeEfFgGcrsa])")
_FRAMES = 12
_SECONDS_BETWEEN_THE_SAME = 30.0


def configure_logging(*, service: str, level: str = "INFO") -> None:
    """Send this process's logs, its libraries' too, to standard output as redacted JSON lines."""
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            _in_service(service),
            _with_correlation,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            redact,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(handlers=[_LibraryHandler()], level=max(number, logging.WARNING), force=True)


def get_logger(component: str) -> FilteringBoundLogger:
    """Return the logger of a part of the chassis or of a service."""
    return structlog.get_logger(component=component)


def describe(error: BaseException) -> dict[str, Any]:
    """Return an error as log attributes: its type, where it came from, its text only where that is ours.

    A library's text may quote what a person typed (a unique violation does), so it is left out.
    """
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    described: dict[str, Any] = {
        "error": type(error).__qualname__,
        "at": [f"{_module(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames],
    }
    if isinstance(error, BulkheadError):
        described["says"] = str(error)
    if error.__cause__ is not None:
        described["caused_by"] = type(error.__cause__).__qualname__
    return described


def _module(path: str) -> str:
    """Return a source file's path without the machine's part of it."""
    return path.rpartition("site-packages/")[2].rpartition("/src/")[2]


def redact(_logger: Any, _method: str, event: EventDict) -> MutableMapping[str, Any]:
    """Hide what is personal: known keys at any depth, and every masked value."""
    return {key: _redacted(key, value) for key, value in event.items()}


def _redacted(key: str, value: Any) -> Any:
    if isinstance(value, Masked) or key.lower() in PERSONAL_KEYS:
        return HIDDEN
    if isinstance(value, Mapping):
        inner = cast("Mapping[object, Any]", value)
        return {str(name): _redacted(str(name), each) for name, each in inner.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_redacted(key, each) for each in cast("Iterable[Any]", value)]
    if isinstance(value, str | int | float | bool | None):
        return value
    return (
        str(value) if type(value).__module__ in {"datetime", "uuid", "decimal"} else type(value).__qualname__
    )


def _in_service(service: str) -> structlog.typing.Processor:
    def processor(_logger: Any, _method: str, event: EventDict) -> EventDict:
        event["service"] = service
        return event

    return processor


def _with_correlation(_logger: Any, _method: str, event: EventDict) -> EventDict:
    current = correlation_id()
    if current is not None:
        event.setdefault("correlation_id", current)
    return event


class _LibraryHandler(logging.Handler):
    """Passes on what a library logged: its static words, and of what it puts into them numbers and the names of
    errors alone.

    A line of code that says the same again and again is passed on once in a while, with how often it was not
    (``left_out``): aiokafka's, with Kafka away, would say so dozens of times a second. An exception of another type, or
    from another place, is something else.
    """

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[tuple[str, ...], float] = {}
        self._left_out: Counter[tuple[str, ...]] = Counter()

    def emit(self, record: logging.LogRecord) -> None:
        """Log the record without any text that may be a person's, and without its exception's text."""
        raised = record.exc_info[1] if record.exc_info else None
        attributes = {} if raised is None else describe(raised)
        place = (
            f"{record.pathname}:{record.lineno}",
            type(raised).__qualname__,
            *attributes.get("at", ())[-1:],
        )
        # A clock that was set back silences nobody.
        if 0 <= record.created - self._said.get(place, -inf) < _SECONDS_BETWEEN_THE_SAME:
            self._left_out[place] += 1
            return
        self._said[place] = record.created
        if left_out := self._left_out.pop(place, 0):
            attributes["left_out"] = left_out
        log = structlog.get_logger(component=record.name)
        log.log(record.levelno, _words(record), **attributes)


def _words(record: logging.LogRecord) -> str:
    template = record.msg if isinstance(record.msg, str) else type(record.msg).__qualname__
    if not record.args:
        # What a library has filled in itself: asyncio's has an error's text in the lines below the first.
        return template.partition("\n")[0]
    shown: Any
    if isinstance(record.args, Mapping):
        shown = {name: _shown(each) for name, each in record.args.items()}
    else:
        shown = tuple(_shown(each) for each in record.args)
    # At last every conversion takes a text: what is hidden may stand where the library meant a number.
    for words in (template, _CONVERSION.sub(_as_text, template)):
        try:
            return words % shown
        except (TypeError, ValueError, KeyError):
            continue
    return template  # the library's own mistake


def _as_text(conversion: re.Match[str]) -> str:
    return conversion[0] if conversion[0] == "%%" else f"%{conversion['name'] or ''}s"


def _shown(value: object) -> object:
    match value:
        case int() | float():
            return value
        case BaseException():
            return type(value).__qualname__
        case type() if issubclass(value, BaseException):
            return value.__qualname__
        case _:
            return HIDDEN
