"""helm and kubectl, in one namespace of one cluster."""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cluster.settings import ClusterProblem

MADE_BY = "bulkhead.test/made-by"
"""The label of a namespace that the test made: it removes no other."""

_SECONDS_TO_GO = 180


class Refused(ClusterProblem):
    """A command ended with an error, which the message tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Namespace:
    """A namespace that the test has for itself. ``tools`` is the folder of helm and kubectl."""

    name: str
    kubeconfig: Path
    tools: Path

    async def kubectl(self, *arguments: str | Path, given: bytes = b"", seconds: float = 300.0) -> bytes:
        """Return what kubectl says, in this namespace. Raises `Refused`, also where it takes longer."""
        return await self._run("kubectl", *arguments, given=given, seconds=seconds)

    async def helm(self, *arguments: str | Path, seconds: float = 1500.0) -> bytes:
        """Return what helm says, in this namespace. Raises `Refused`, also where it takes longer."""
        return await self._run("helm", *arguments, given=b"", seconds=seconds)

    async def _run(self, program: str, *arguments: str | Path, given: bytes, seconds: float) -> bytes:
        environment = {**os.environ, "KUBECONFIG": str(self.kubeconfig)}
        process = await asyncio.create_subprocess_exec(
            self.tools / program,
            *("--namespace", self.name),
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=environment,
        )
        try:
            async with asyncio.timeout(seconds):
                said, complained = await process.communicate(given)
        except TimeoutError as error:
            raise Refused(f"{program} {_words(arguments)} took more than {seconds:.0f} s") from error
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode:
            raise Refused(f"{program} {_words(arguments)}: {what_it_complains_of(complained)}")
        return said

    async def make(self) -> None:
        """Make the namespace, anew where an earlier run of the test left one.

        Raises `Refused` where it is somebody's.
        """
        found = json.loads(await self.kubectl("get", "namespaces", "--output", "json"))
        labels = {each["metadata"]["name"]: each["metadata"].get("labels", {}) for each in found["items"]}
        if self.name in labels and labels[self.name].get(MADE_BY) != "cluster-test":
            raise Refused(
                f"the namespace {self.name} is not of this test.\n  What to do: name another (NAMESPACE=)"
            )
        await self.remove()
        made = {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {
                "name": self.name,
                "labels": {MADE_BY: "cluster-test", "pod-security.kubernetes.io/enforce": "restricted"},
            },
        }
        await self.create(made)

    async def remove(self) -> None:
        """Remove the namespace with all that is in it, and wait until it is gone."""
        await self.kubectl(
            *(
                "delete",
                "namespace",
                self.name,
                "--ignore-not-found",
                "--wait",
                f"--timeout={_SECONDS_TO_GO}s",
            ),
            seconds=_SECONDS_TO_GO + 20,
        )

    async def create(self, *objects: Mapping[str, Any]) -> None:
        """Create objects."""
        listed = {"apiVersion": "v1", "kind": "List", "items": objects}
        await self.kubectl("create", "--filename", "-", given=json.dumps(listed).encode())

    async def items(self, kind: str, **labels: str) -> list[Any]:
        """Return the objects of a kind that have these labels of app.kubernetes.io; all where none are named."""
        wanted = ",".join(f"app.kubernetes.io/{name}={value}" for name, value in labels.items())
        said = await self.kubectl("get", kind, f"--selector={wanted}", "--output", "json")
        return list(json.loads(said)["items"])

    async def pods(self, **labels: str) -> list[str]:
        """Return the names of the pods that run, or are about to, and have these labels."""
        return [
            each["metadata"]["name"]
            for each in await self.items("pods", **labels)
            if "deletionTimestamp" not in each["metadata"]
            and each["status"]["phase"] in ("Running", "Pending")
        ]

    async def rolled_out(self, name: str, *, seconds: int = 240) -> None:
        """Wait until a workload, ``deploy/payments-api``, is as it should be. Raises `Refused`."""
        await self.kubectl("rollout", "status", name, f"--timeout={seconds}s", seconds=seconds + 20)

    async def scale(self, name: str, replicas: int) -> None:
        """Let a deployment have so many pods, and wait until it has."""
        await self.kubectl("scale", f"deploy/{name}", "--replicas", str(replicas))
        await self.rolled_out(f"deploy/{name}")

    async def kill(self, pod: str) -> None:
        """End a pod at once, as a node that is lost does."""
        await self.kubectl("delete", "pod", pod, "--grace-period=0", "--force", "--wait=true")


def what_it_complains_of(said: bytes) -> str:
    """Return what a program wrote of its error, without what helm only mentions."""
    lines = said.decode(errors="replace").splitlines()
    return "\n".join(line for line in lines if not re.match(r"time=\S+ level=INFO|level=INFO", line)).strip()


def _words(arguments: tuple[str | Path, ...]) -> str:
    return " ".join(str(each) for each in arguments)
