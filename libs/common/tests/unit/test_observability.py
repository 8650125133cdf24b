"""Logs and traces tell what happened and nothing about anyone."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from bulkhead.kernel.errors import Conflict
from bulkhead.kernel.personal import Masked
from bulkhead.observability.logging import configure_logging, describe, get_logger
from bulkhead.observability.tracing import (
    correlated,
    current_cause,
    new_correlation_id,
    span,
)
from bulkhead.persistence.outbox import current_traceparent

SECRET = "June Example"


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> pytest.CaptureFixture[str]:
    configure_logging(service="invoicing", level="INFO")
    return capsys


def read(lines: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in lines.readouterr().out.splitlines()]


def test_a_log_line_is_json_with_ids(lines: pytest.CaptureFixture[str]) -> None:
    with correlated("call-17"):
        get_logger("web").info("invoice_issued", household="june", on=date(2016, 1, 5), cents=50000)
    (line,) = read(lines)
    assert line["event"] == "invoice_issued"
    assert (line["level"], line["service"], line["component"]) == ("info", "invoicing", "web")
    assert (line["household"], line["on"], line["cents"]) == ("june", "2016-01-05", 50000)
    assert line["correlation_id"] == "call-17"


def test_personal_data_never_reaches_a_log(lines: pytest.CaptureFixture[str]) -> None:
    log = get_logger("web")
    log.warning("x", name=SECRET, email=SECRET, Address=SECRET, value=Masked(SECRET))
    log.warning("x", deep={"a": [{"ssn": SECRET, "who": Masked(SECRET)}]}, items=(Masked(SECRET),))
    log.warning("x", odd=object())
    text = lines.readouterr().out
    assert SECRET not in text
    assert text.count("***") == 7
    assert '"odd": "object"' in text


def test_a_librarys_words_are_kept_and_its_values_are_not(lines: pytest.CaptureFixture[str]) -> None:
    try:
        raise KeyError(SECRET)
    except KeyError:
        logging.getLogger("aiokafka").exception("cannot write %s", SECRET)
    text = lines.readouterr().out
    line = json.loads(text)
    assert SECRET not in text
    assert (line["event"], line["component"], line["error"]) == ("cannot write ***", "aiokafka", "KeyError")


async def test_what_asyncio_tells_of_a_task_nobody_asked_about_has_no_errors_text(
    lines: pytest.CaptureFixture[str],
) -> None:
    async def fail() -> None:
        raise ValueError(SECRET)

    task = asyncio.ensure_future(fail())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    del task
    gc.collect()
    (line,) = read(lines)
    assert line["event"] == "Task exception was never retrieved"
    assert SECRET not in json.dumps(line)


def test_a_librarys_numbers_and_errors_are_told_by_name(lines: pytest.CaptureFixture[str]) -> None:
    log = logging.getLogger("aiokafka")
    log.error("Group Coordinator Request failed: %s", KeyError(SECRET))
    log.error("%s from %s at %d, %s left", KeyError, SECRET, 9092, 0.5)
    log.error("%(code)d: %(what)s", {"code": 7, "what": SECRET})
    log.error("at %d", Decimal(9092))
    log.error("100% sure")
    text = lines.readouterr().out
    assert SECRET not in text
    assert [json.loads(line)["event"] for line in text.splitlines()] == [
        "Group Coordinator Request failed: KeyError",
        "KeyError from *** at 9092, 0.5 left",
        "7: ***",
        "at ***",
        "100% sure",
    ]


def test_what_a_library_says_again_and_again_is_said_once_in_a_while(
    lines: pytest.CaptureFixture[str],
) -> None:
    def first() -> None:
        raise KeyError

    def second() -> None:
        raise KeyError

    def says(*, at: float, line: int = 7, error: BaseException | None = None) -> None:
        exc_info = None if error is None else (type(error), error, error.__traceback__)
        record = logging.LogRecord("aiokafka", logging.ERROR, "client.py", line, "at %d", (at,), exc_info)
        record.created = at
        logging.getLogger().handle(record)

    for at in (1000, 1001, 1029, 1030, 1031, 1060):
        says(at=at)
    says(at=1061, line=8)
    for error in (KeyError(), KeyError(), OSError()):
        says(at=1062, error=error)
    for raises in (first, second, second):
        try:
            raises()
        except KeyError as error:
            says(at=1063, error=error)
    says(at=900)
    said = [(line["event"], line.get("error"), line.get("left_out")) for line in read(lines)]
    assert said == [
        ("at 1000", None, None),
        ("at 1030", None, 2),
        ("at 1060", None, 1),
        ("at 1061", None, None),
        ("at 1062", "KeyError", None),
        ("at 1062", "OSError", None),
        ("at 1063", "KeyError", None),
        ("at 1063", "KeyError", None),
        ("at 900", None, None),
    ]


def test_an_error_is_described_by_type_and_place_and_its_text_only_where_it_is_ours() -> None:
    try:
        try:
            raise KeyError(SECRET)
        except KeyError as error:
            raise Conflict("there is one already") from error
    except Conflict as conflict:
        described = describe(conflict)
    assert described["error"] == "Conflict"
    assert described["says"] == "there is one already"
    assert described["caused_by"] == "KeyError"
    assert "test_observability.py" in described["at"][-1]
    assert "says" not in describe(ValueError(SECRET))


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    return exporter


def test_a_trace_goes_on_in_another_process(spans: InMemorySpanExporter) -> None:
    with span("request"):
        sent = current_traceparent()
        cause = current_cause()
    assert sent is not None
    assert cause.traceparent == sent
    with span("handle", traceparent=sent, links=[sent, None, "nonsense"], attributes={"household": "june"}):
        pass
    request, handle = spans.get_finished_spans()
    assert handle.parent is not None
    assert request.context is not None
    assert handle.context is not None
    assert handle.parent.span_id == request.context.span_id
    assert handle.context.trace_id == request.context.trace_id
    assert [link.context.span_id for link in handle.links] == [request.context.span_id]


def test_an_error_marks_its_span_and_its_text_stays_out(spans: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match=SECRET), span("handle"):
        raise ValueError(SECRET)
    (finished,) = spans.get_finished_spans()
    assert finished.attributes is not None
    assert finished.attributes["error.type"] == "ValueError"
    assert not finished.status.is_ok
    assert SECRET not in finished.to_json()


def test_without_tracing_there_is_no_traceparent_and_always_a_correlation() -> None:
    assert current_traceparent() is None
    assert current_cause().correlation_id
    with correlated("call-17"):
        assert current_cause().correlation_id == "call-17"
    assert new_correlation_id("bad id") != "bad id"


def test_spans_are_written_as_json_lines(tmp_path: Path) -> None:
    import subprocess
    import sys

    program = f"""
from pathlib import Path
from bulkhead.observability.tracing import configure_tracing, span
provider = configure_tracing(service="payments", trace_file=Path({str(tmp_path / "t" / "spans.jsonl")!r}))
with span("outer", attributes={{"household": "june", "url.query": "x"}}):
    with span("inner"):
        pass
provider.shutdown()
"""
    subprocess.run([sys.executable, "-c", program], check=True, env={"PYTHONPATH": ":".join(sys.path)})
    inner, outer = [json.loads(line) for line in (tmp_path / "t" / "spans.jsonl").read_text().splitlines()]
    assert (outer["name"], outer["service"], outer["attributes"]) == (
        "outer",
        "payments",
        {"household": "june"},
    )
    assert inner["parent"] == outer["span"]
    assert inner["trace"] == outer["trace"]
    assert outer["start_ns"] <= inner["start_ns"] <= inner["end_ns"] <= outer["end_ns"]
