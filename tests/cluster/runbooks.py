"""What the runbooks have somebody type on a cluster, typed page by page: each command must end with 0.

The pages name the namespace `exchange` and the tag of a next version; here these are the exchange's own.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bulkhead_local.state import REPOSITORY
from cluster.exchange import Installed
from cluster.settings import ClusterProblem
from runbooks import played

_WORKER = "--selector app.kubernetes.io/name=payments,app.kubernetes.io/component=worker"
_RESTARTED = "--for=jsonpath='{.status.containerStatuses[0].restartCount}'=1"

BEFORE: Mapping[str, Sequence[str]] = {
    # The only worker has ended, and its container was started again: `logs --previous` has something to show.
    "BulkheadWorkerSilent": (
        "kubectl --namespace exchange scale deploy/payments-worker --replicas 0",
        f"kubectl --namespace exchange wait --for=delete pod {_WORKER} --timeout=180s",
        "kubectl --namespace exchange scale deploy/payments-worker --replicas 1",
        "kubectl --namespace exchange rollout status deploy/payments-worker --timeout=180s",
        "kubectl --namespace exchange exec deploy/payments-worker -- python -c 'import os; os.kill(1, 15)'",
        f"kubectl --namespace exchange wait {_RESTARTED} pod {_WORKER} --timeout=180s",
        "kubectl --namespace exchange rollout status deploy/payments-worker --timeout=180s",
    ),
}
"""What happens before somebody reads a page."""

_TOPICS = "/opt/kafka/bin/kafka-topics.sh"
_IN_KAFKA = 'kubectl --namespace "$EXCHANGE" exec kafka-0 --'
_SECONDS = 1500.0
_SECONDS_TO_TYPE = 1.0
"""kubectl refuses to restart a deployment twice in one second."""


@dataclass(frozen=True, slots=True)
class Typed:
    """A command that was typed: its page, and why it is not well; empty where it is."""

    page: str
    command: str
    wrong: str


def here(command: str, *, namespace: str, tag: str) -> str:
    """Return a page's command for an exchange in a namespace, at the version whose tag is given."""
    named = re.sub(r"(--namespace|-n) exchange\b", rf"\1 {namespace}", command)
    return re.sub(r"image\.tag=[\w.-]+", f"image.tag={tag}", named)


async def type_all(installed: Installed, *, tag: str, say: Callable[[str], None]) -> list[Typed]:
    """Type every command for a cluster, each page in a shell of its own; return what came of each.

    Raises `ClusterProblem` where no page has any. `kafka-topics.sh` is that of Kafka's pod; where its image has none,
    the command is left out, and that is said.
    """
    pages = played("cluster")
    functions = [f'kafka-topics.sh() {{ {_IN_KAFKA} {_TOPICS} "$@"; }}', *pages.pop("README", [])]
    if not pages:
        raise ClusterProblem(
            "no runbook has a command for a cluster.\n  What to do: mark them, see tests/runbooks"
        )
    has_topics = (
        await _type(
            "kubectl --namespace $EXCHANGE exec kafka-0 -- test -e /opt/kafka/bin/kafka-topics.sh", installed
        )
        == ""
    )
    found: list[Typed] = []
    for page, commands in pages.items():
        for command in (*BEFORE.get(page, ()), *commands):
            typed = here(command, namespace=installed.namespace.name, tag=tag)
            if command.startswith("kafka-topics.sh") and not has_topics:
                say(f"  {page}: left out, for this image of Kafka has no kafka-topics.sh: {command}")
                continue
            await asyncio.sleep(_SECONDS_TO_TYPE)
            wrong = await _type("\n".join([*functions, typed]), installed)
            say(f"  {page}: {typed}{f' -> {wrong}' if wrong else ''}")
            found.append(Typed(page, typed, wrong))
    return found


async def _type(script: str, installed: Installed) -> str:
    """Return why a command is not well; nothing where it ends with 0."""
    namespace = installed.namespace
    environment = {
        **os.environ,
        "PATH": f"{namespace.tools}:{os.environ['PATH']}",
        "KUBECONFIG": str(namespace.kubeconfig),
        "EXCHANGE": namespace.name,
        "KAFKA": "kafka:9092",
        "TOKEN": installed.token(roles=["operator"]),
    }
    process = await asyncio.create_subprocess_exec(
        *("bash", "-c", script),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=environment,
        cwd=REPOSITORY,
    )
    try:
        async with asyncio.timeout(_SECONDS):
            said, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        return f"not done after {_SECONDS:.0f} s"
    if process.returncode == 0:
        return ""
    return f"ended with {process.returncode}: {said.decode(errors='replace').strip()[-300:]}"
