"""Every rule of the policy finds what is planted against it."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from charts import policy
from charts.policy import RULES, Rule
from charts.rendering import example, rendered

Change = Callable[[dict[str, Any]], None]


def container(pod: dict[str, Any]) -> dict[str, Any]:
    return pod["spec"]["template"]["spec"]["containers"][0]


def pod(thing: dict[str, Any]) -> dict[str, Any]:
    return thing["spec"]["template"]["spec"]


PLANTED: list[tuple[Rule, str, Change, str]] = [
    (
        policy.nobody_is_root,
        "Deployment/payments-api",
        lambda it: pod(it)["securityContext"].update(runAsUser=0),
        "may run as root",
    ),
    (
        policy.nobody_is_root,
        "Job/payments-migrate",
        lambda it: pod(it).pop("automountServiceAccountToken"),
        "gets a token",
    ),
    (
        policy.nobody_is_root,
        "Deployment/payments-worker",
        lambda it: container(it)["securityContext"].pop("readOnlyRootFilesystem"),
        "may write to its root",
    ),
    (
        policy.images_are_named,
        "Deployment/payments-api",
        lambda it: container(it).update(image="registry:5000/bulkhead/payments"),
        "runs registry:5000/bulkhead/payments",
    ),
    (
        policy.images_are_named,
        "Deployment/payments-api",
        lambda it: container(it).update(image="bulkhead/payments:latest"),
        "runs bulkhead/payments:latest",
    ),
    (
        policy.resources_are_said,
        "Deployment/payments-worker",
        lambda it: container(it)["resources"].pop("limits"),
        "may take all memory",
    ),
    (
        policy.secrets_are_secret,
        "Job/payments-migrate",
        lambda it: container(it)["env"].append({"name": "BULKHEAD_KAFKA_PASSWORD", "value": "secret"}),
        "has BULKHEAD_KAFKA_PASSWORD in its text",
    ),
    (
        policy.the_workers_secrets_are_the_workers,
        "Deployment/payments-api",
        lambda it: container(it)["env"].append(
            {
                "name": "BULKHEAD_KAFKA_PASSWORD",
                "valueFrom": {"secretKeyRef": {"name": "payments", "key": "password"}},
            }
        ),
        "api is told BULKHEAD_KAFKA_PASSWORD",
    ),
    (
        policy.the_workers_secrets_are_the_workers,
        "Deployment/payments-api",
        lambda it: pod(it)["volumes"].append({"name": "kafka", "secret": {"secretName": "exchange-ca"}}),
        "mounts the secret exchange-ca",
    ),
    (
        policy.who_serves_is_probed,
        "Deployment/payments-worker",
        lambda it: container(it)["livenessProbe"]["httpGet"].update(path="/readyz"),
        "is asked at /readyz for its liveness",
    ),
    (
        policy.no_request_is_lost,
        "Deployment/payments-api",
        lambda it: container(it).pop("lifecycle"),
        "ends before routers know",
    ),
    (
        policy.no_request_is_lost,
        "Deployment/payments-worker",
        lambda it: pod(it).update(terminationGracePeriodSeconds=30),
        "is killed while it ends",
    ),
    (
        policy.disruptions_are_bounded,
        "PodDisruptionBudget/payments-api",
        lambda it: it["spec"].update(maxUnavailable=0),
        "has no disruption budget of one pod",
    ),
    (
        policy.pods_are_spread,
        "Deployment/payments-api",
        lambda it: pod(it).pop("topologySpreadConstraints"),
        "is not spread",
    ),
    (
        policy.every_pod_is_fenced_in,
        "NetworkPolicy/payments-worker",
        lambda it: it["spec"].update(policyTypes=["Ingress"]),
        "is not fenced in",
    ),
    (
        policy.every_pod_is_fenced_in,
        "NetworkPolicy/payments-worker",
        lambda it: it["spec"].update(ingress=[{"ports": [{"port": "http"}]}]),
        "lets everybody in",
    ),
]


@pytest.mark.parametrize(("rule", "where", "change", "says"), PLANTED)
def test_what_is_planted_is_found(rule: Rule, where: str, change: Change, says: str) -> None:
    objects = tuple(deepcopy(dict(each)) for each in rendered(example("minimal", "payments")))
    (planted,) = [each for each in objects if f"{each['kind']}/{each['metadata']['name']}" == where]
    assert not list(rule(objects))
    change(planted)
    assert any(says in against for against in rule(objects))


def test_every_rule_is_proven() -> None:
    assert {rule for rule, *_ in PLANTED} == set(RULES)
