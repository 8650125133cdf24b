"""The page of metrics says what is measured, under the names that Prometheus gets."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = REPOSITORY / "docs" / "metrics.md"

# In a process of its own: measurements begin once, and do not end.
MEASURING = """
import asyncio
from fastapi import FastAPI
from opentelemetry import metrics as otel
from bulkhead.observability import metrics
from bulkhead.observability.exposition import begin_to_measure, exposed
from bulkhead.observability.readings import Reading, Readings, Source
from bulkhead_testing.web import client_of
from tools.event_index import SERVICES
from tools.metrics_index import metrics_of

ALL = [*metrics.CATALOG, *(each for service in SERVICES for each in metrics_of(service))]
FRAMEWORK = (metrics.REQUEST_DURATION, metrics.ACTIVE_REQUESTS)
GAUGES = [each for each in ALL if each.kind == "gauge" and each not in FRAMEWORK]

def labels(metric):
    return {name: "x" for name in metric.labels}

async def read():
    return {each.name: (Reading(value=1, labels=labels(each)),) for each in GAUGES}

async def main():
    readings = Readings([Source(name="all", gauges=GAUGES, read=read)])
    begin_to_measure(service="payments", readings=readings)
    meter = otel.get_meter("bulkhead")
    for each in ALL:
        if each.kind == "counter":
            meter.create_counter(each.name, unit=each.unit, description=each.description).add(1, labels(each))
    metrics.duty_delay.record(7, labels(metrics.DUTY_DELAY))
    metrics.count_handled([0.4, 1.0, 1.1, 4000])
    app = FastAPI()
    @app.get("/boom/{household}")
    def boom(household: str): raise ZeroDivisionError
    try:
        await client_of(app).get("/boom/june")
    except ZeroDivisionError:
        pass
    print((await exposed(readings)).decode())

asyncio.run(main())
"""


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )


def rows() -> dict[str, tuple[str, set[str]]]:
    """Return of each metric of the page its kind and its labels."""
    found: dict[str, tuple[str, set[str]]] = {}
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if match := re.match(r"\| `([a-z_]+)` \| `[a-z._]+`, (\w+), ", line):
            labels = line.rsplit(" | ", 2)[1]
            found[match[1]] = match[2], set(re.findall(r"(?:^|<br>)`([a-z_]+)`:", labels))
    return found


def test_the_page_is_what_the_code_says() -> None:
    done = python("-m", "tools.metrics_index", "--check")
    assert (done.returncode, done.stderr) == (0, "")


def test_what_is_exposed_has_the_names_kinds_and_labels_of_the_page() -> None:
    done = python("-c", MEASURING)
    assert done.returncode == 0, done.stderr
    ours = {
        name: kind
        for name, kind in re.findall(r"^# TYPE (\S+) (\w+)$", done.stdout, re.MULTILINE)
        if not name.startswith(("process_", "python_"))
    }
    page = rows()
    assert ours == {name: kind for name, (kind, _) in page.items()}
    labels: dict[str, set[str]] = {}
    for name, inside in re.findall(r"^(\w+?)(?:_bucket|_sum|_count)?\{(.*)\} ", done.stdout, re.MULTILINE):
        labels.setdefault(name, set()).update(re.findall(r"(\w+)=", inside))
    assert {name: labels.get(name, set()) - {"le"} for name in page} == {
        name: labels for name, (_, labels) in page.items()
    }
    handled = re.findall(r'bulkhead_events_handled_total\{within="(\w+)"\} (\S+)', done.stdout)
    assert handled == [("x", "1.0"), ("1", "2.0"), ("5", "1.0"), ("more", "1.0")]
