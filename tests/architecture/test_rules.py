"""Rules and dashboards ask only for what is measured, and each alert has its runbook. What alerts do: `make rules`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import promql_parser
import pytest
from ruamel.yaml import YAML

from tests.architecture.test_metrics import rows

REPOSITORY = Path(__file__).resolve().parents[2]
CHART = REPOSITORY / "deploy" / "helm" / "observability"
RUNBOOKS = REPOSITORY / "docs" / "runbooks"
SLO = REPOSITORY / "docs" / "slo.md"
OF_THE_TARGET = {"namespace", "job", "component", "pod", "instance", "le"}
OF_THE_PROCESS = {"process_cpu_seconds_total", "process_resident_memory_bytes"}


def loaded(path: Path) -> Any:
    return YAML(typ="safe").load(path.read_text(encoding="utf-8"))


RULES: list[dict[str, Any]] = [
    rule for group in loaded(CHART / "files" / "rules.yaml")["groups"] for rule in group["rules"]
]
ALERTS = [each for each in RULES if "alert" in each]
RECORDED = {each["record"] for each in RULES if "record" in each}
DASHBOARDS = sorted((CHART / "files" / "dashboards").glob("*.json"))


def queries() -> Iterator[tuple[str, str]]:
    """Give every query of rules and dashboards, with where it stands."""
    for rule in RULES:
        yield rule["alert" if "alert" in rule else "record"], rule["expr"]
    for path in DASHBOARDS:
        for panel in json.loads(path.read_text(encoding="utf-8"))["panels"]:
            for target in panel["targets"]:
                yield f"{path.stem}: {panel['title']}", target["expr"]


def selectors(query: str) -> list[tuple[str, set[str]]]:
    """Return the metrics a query asks for, each with the labels it chooses by. Raises `ValueError` where it is none."""
    found: list[tuple[str, set[str]]] = []

    def visit(node: Any) -> None:
        if isinstance(node, promql_parser.VectorSelector):
            found.append((node.name or "", {each.name for each in node.matchers.matchers}))

    promql_parser.walk(promql_parser.parse(query), visit)
    return found


@pytest.mark.parametrize(("where", "query"), [pytest.param(*each, id=each[0]) for each in queries()])
def test_a_query_asks_only_for_what_is_measured_or_recorded(where: str, query: str) -> None:
    measured = rows()
    asked = selectors(query)
    assert asked, where
    for name, labels in asked:
        base = re.sub(r"_(bucket|sum|count)$", "", name)
        if name in RECORDED | OF_THE_PROCESS:
            assert labels <= OF_THE_TARGET
        elif name in measured:
            assert measured[name][0] != "histogram", name
            assert labels <= measured[name][1] | OF_THE_TARGET
        else:
            assert measured[base][0] == "histogram", name
            assert labels <= measured[base][1] | OF_THE_TARGET


def test_every_measurement_that_an_objective_needs_is_watched() -> None:
    watched = {name for rule in RULES for name, _ in selectors(rule["expr"])}
    shown = {name for _, query in queries() for name, _ in selectors(query)}
    for name, (kind, _) in rows().items():
        names = {f"{name}_bucket", f"{name}_count"} if kind == "histogram" else {name}
        assert names & (watched | shown) or name == "bulkhead_events_passed_over_total", name


def test_every_recording_is_used() -> None:
    used = {name for _, query in queries() for name, _ in selectors(query)}
    assert used >= RECORDED


def test_each_alert_has_a_runbook_and_each_runbook_of_that_kind_an_alert() -> None:
    for alert in ALERTS:
        assert alert["annotations"]["runbook_url"] == f"runbooks:{alert['alert']}.md"
        assert alert["labels"]["severity"] in {"critical", "warning", "info"}
    names = {each["alert"] for each in ALERTS}
    assert {path.stem for path in RUNBOOKS.glob("Bulkhead*.md")} == names
    assert set(re.findall(r"Bulkhead[A-Z]\w+", SLO.read_text(encoding="utf-8"))) == names


def test_each_alert_is_tried() -> None:
    tried = loaded(CHART / "tests" / "rules_test.yaml")["tests"]
    fired = {
        each["alertname"] for test in tried for each in test.get("alert_rule_test", []) if each["exp_alerts"]
    }
    assert fired == {each["alert"] for each in ALERTS}


def test_the_charts_values_are_all_described_and_no_other_is_taken() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))

    def look(part: dict[str, Any]) -> None:
        assert part.get("additionalProperties", True) is not True or "properties" not in part
        for each in part.get("properties", {}).values():
            assert each["description"].endswith((".", "read."))
            look(each)

    look(schema)
    values = loaded(CHART / "values.yaml")
    jsonschema.validate(values, schema)
    assert set(schema["properties"]) == {*values, "global"}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**values, "rule": {}}, schema)


def test_the_template_gives_each_alert_the_address_of_its_runbook() -> None:
    template = (CHART / "templates" / "rules.yaml").read_text(encoding="utf-8")
    assert 'replace "runbook_url: runbooks:"' in template
    text = (CHART / "files" / "rules.yaml").read_text(encoding="utf-8")
    assert text.count("runbook_url: runbooks:") == len(ALERTS)
