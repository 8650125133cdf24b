"""The runbooks' commands, as they are typed on the test's cluster."""

from __future__ import annotations

import pytest

from cluster.runbooks import BEFORE, here
from runbooks import played


@pytest.mark.parametrize(
    ("command", "typed"),
    [
        ("kubectl --namespace exchange get pods", "kubectl --namespace ours get pods"),
        (
            "helm upgrade --install payments deploy/helm/payments --namespace exchange --set image.tag=1.2.3 --wait",
            "helm upgrade --install payments deploy/helm/payments --namespace ours --set image.tag=next --wait",
        ),
        ('on payments topics list --cause "exchange"', 'on payments topics list --cause "exchange"'),
    ],
)
def test_a_command_is_typed_for_the_exchange_and_the_version_at_hand(command: str, typed: str) -> None:
    assert here(command, namespace="ours", tag="next") == typed


def test_what_happens_before_a_page_is_read_is_of_a_page_that_is_typed() -> None:
    assert set(BEFORE) <= set(played("cluster"))
