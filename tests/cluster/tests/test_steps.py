"""What a step does where the cluster says no."""

from __future__ import annotations

import random
from types import SimpleNamespace
from typing import Any, cast

import pytest

from cluster import steps
from cluster.kube import Refused
from cluster.settings import ClusterProblem
from cluster.steps import Steps

HELD_BACK = "Cannot evict pod as it would violate the pod's disruption budget."


class FakeNamespace:
    """Answers kubectl and helm with what is given, in order; a text that is an error is raised."""

    name = "ours"

    def __init__(self, *answers: bytes | str) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, ...]] = []

    async def kubectl(self, *arguments: str, given: bytes = b"") -> bytes:
        self.asked.append(arguments)
        answer = self.answers.pop(0)
        if isinstance(answer, str):
            raise Refused(answer)
        return answer

    async def helm(self, *arguments: str) -> bytes:
        return await self.kubectl(*arguments)


def steps_on(namespace: FakeNamespace, **installed: Any) -> Steps:
    def tag(version: str) -> str:
        return f"1-{version}"

    return Steps(
        installed=cast(Any, SimpleNamespace(namespace=namespace, **installed)),
        beside=cast(Any, None),
        later=cast(Any, SimpleNamespace(tag=tag)),
        random=random.Random(1),
        say=lambda _: None,
    )


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "SECONDS_BETWEEN_TRIES", 0.0)
    monkeypatch.setattr(steps, "_SECONDS_AFTER", 0.0)


async def test_a_pod_whose_budget_holds_it_back_is_evicted_when_it_may_be() -> None:
    namespace = FakeNamespace(HELD_BACK, HELD_BACK, b"")
    assert await steps_on(namespace)._evict("payments-api-1")
    assert len(namespace.asked) == 3


async def test_a_pod_that_is_gone_needs_no_eviction() -> None:
    assert not await steps_on(FakeNamespace('pods "payments-api-1" not found'))._evict("payments-api-1")


async def test_another_refusal_is_told() -> None:
    with pytest.raises(Refused, match="Forbidden"):
        await steps_on(FakeNamespace("Forbidden"))._evict("payments-api-1")


async def of_contract(_: str) -> set[str]:
    return {"bulkhead/invoicing:1-contract"}


async def test_a_failing_migration_must_stop_the_upgrade() -> None:
    async def takes_it(*_: str, **__: Any) -> None:
        return None

    with pytest.raises(ClusterProblem, match="did not stop the upgrade"):
        await steps_on(FakeNamespace(), images=of_contract, change=takes_it).failing_migration(
            cast(Any, None)
        )


async def test_after_a_failing_migration_the_version_before_runs() -> None:
    seen = [{"bulkhead/invoicing:1-contract"}, {"bulkhead/invoicing:1-failing"}]

    async def images(_: str) -> set[str]:
        return seen.pop(0)

    async def refuses(*_: str, **__: Any) -> None:
        raise Refused("helm upgrade: job failed")

    await steps_on(FakeNamespace(), images=of_contract, change=refuses).failing_migration(cast(Any, None))
    with pytest.raises(ClusterProblem, match="pods of another version"):
        await steps_on(FakeNamespace(), images=images, change=refuses).failing_migration(cast(Any, None))


async def test_going_back_is_to_the_version_before_the_contracted_schema() -> None:
    async def revisions(_: str) -> list[dict[str, Any]]:
        return [{"revision": number} for number in (1, 2, 3, 4, 5)]

    async def migrated(_: str) -> set[str]:
        return {"bulkhead/invoicing:1-migrate"}

    namespace = FakeNamespace(b"", b"")
    await steps_on(namespace, revisions=revisions, images=migrated).roll_back(cast(Any, None))
    assert namespace.asked[0][:3] == ("rollback", "invoicing", "3")
    with pytest.raises(ClusterProblem, match="should run 1-migrate alone"):
        await steps_on(namespace, revisions=revisions, images=of_contract).roll_back(cast(Any, None))
