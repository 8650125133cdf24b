"""Every chart with every example renders what a cluster takes, keeps the policy, and is as it was last time."""

from __future__ import annotations

import os
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from charts.policy import RULES
from charts.rendering import CASES, SERVICES, Case, containers, environment, example, helm, pods, rendered
from charts.validation import VERSIONS, UnknownKind, problems

GOLDEN = Path(__file__).parents[1] / "golden"
WITHOUT_EXAMPLES = ("exchange", "observability", "status")
WHOLE = "payments"
"""The service whose objects are kept whole: what is the library's is the same in all."""


@pytest.mark.parametrize(
    "case",
    [
        *(CASES[each] for each in WITHOUT_EXAMPLES),
        *(example("minimal", each) for each in SERVICES),
    ],
)
def test_helm_finds_nothing_to_complain_of(case: Case) -> None:
    said = helm("lint", "--strict", *case.command)
    assert "[WARNING]" not in said and "[ERROR]" not in said


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_every_object_is_what_kubernetes_and_operators_take(case: Case) -> None:
    found = {
        f"{version} {each['kind']}/{each['metadata']['name']}": wrong
        for version in VERSIONS
        for each in rendered(case)
        if (wrong := problems(each, version))
    }
    assert found == {}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_every_object_keeps_the_policy(case: Case) -> None:
    assert [against for rule in RULES for against in rule(rendered(case))] == []


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_no_two_objects_have_one_name(case: Case) -> None:
    names = [(each["kind"], each["metadata"]["name"]) for each in rendered(case)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", CASES)
def test_a_release_is_as_it_was(name: str) -> None:
    """``GOLDEN=write`` writes the files anew; the difference is then read like a change of code."""
    case = CASES[name]
    objects = [deepcopy(dict(each)) for each in rendered(case)]
    shown = objects if case.chart == WHOLE else [_own(each) for each in objects]
    text = yaml.dump_all(shown, Dumper=_Plain, sort_keys=False, width=120)
    path = GOLDEN / f"{name}.yaml"
    if os.environ.get("GOLDEN") == "write":
        path.write_text(text)
    assert path.read_text() == text


class _Plain(yaml.CSafeDumper):
    """Writes what is said twice twice."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _own(thing: dict[str, Any]) -> dict[str, Any]:
    """Return of an object what can be this service's own: its kind and name, what it is told, with whom it talks."""
    shown: dict[str, Any] = {"kind": thing["kind"], "name": thing["metadata"]["name"]}
    for _, pod in pods((thing,)):
        shown["told"] = [environment(container) for container in containers(pod)]
        shown["mounts"] = [container["volumeMounts"] for container in containers(pod)]
    if thing["kind"] in ("NetworkPolicy", "KafkaUser", "KafkaTopic", "ScaledObject", "Ingress", "HTTPRoute"):
        shown["spec"] = thing["spec"]
    return shown


def test_every_golden_file_is_read() -> None:
    assert {path.stem for path in GOLDEN.glob("*")} == set(CASES)


def test_a_kind_that_is_gone_or_misspelled_is_found() -> None:
    with pytest.raises(UnknownKind):
        problems({"apiVersion": "policy/v1beta1", "kind": "PodDisruptionBudget"}, VERSIONS[-1])
    budget = {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "a"}}
    assert problems(budget | {"spec": {"maxUnavailabel": 1}}, VERSIONS[-1])
    user = {"apiVersion": "kafka.strimzi.io/v1", "kind": "KafkaUser", "metadata": {"name": "a"}}
    assert problems(user | {"spec": {"authorisation": {}}}, VERSIONS[-1])
