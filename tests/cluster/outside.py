"""Who is outside an exchange: the bank and the carriers, who exchange files with it, and people's mailboxes.

One pod is all of them. It has the volumes of the services' files, takes mails as the server ``mail``, and reads
topics for the recorder; everything is asked of it by ``kubectl exec``, so that it works on any cluster.
"""

from __future__ import annotations

import base64
import importlib.util
import io
import json
import tarfile
import zipfile
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bulkhead_local import smtp_sink
from cluster import inside
from cluster.kube import Namespace
from recorder import book, look
from stories.exchange import Place

POD = "outside"
MAIL = "/outside/mail"
SMTP_PORT = 1025

_CODE = "/outside/code/inside.zip"
_FOLDERS: Mapping[Place, tuple[str, str]] = {
    Place.LOCKBOX: ("payments", "lockbox"),
    Place.RETURNS: ("payments", "returns"),
    Place.REMITTANCES: ("payments", "remittances"),
    Place.DEBITS: ("payments", "debits"),
    Place.CARRIERS: ("carrier-gateway", "carriers"),
    Place.PRINT: ("notifications", "print"),
}
"""Each place with the service whose volume has it, and its folder there."""

_EVENTS_IN_A_BATCH = 2000


def claim(service: str) -> str:
    """Return the name of the claim that holds a service's files."""
    return f"{service}-files"


def claims(*, access_mode: str, storage_class: str) -> list[Mapping[str, Any]]:
    """Return the claims of all services' files: several pods use each, on one node or by ReadWriteMany."""
    return [
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": claim(service)},
            "spec": {
                "accessModes": [access_mode],
                "resources": {"requests": {"storage": "1Gi"}},
                **({"storageClassName": storage_class} if storage_class else {}),
            },
        }
        for service in dict.fromkeys(service for service, _ in _FOLDERS.values())
    ]


class Outside:
    """Everybody outside, in one pod. ``image`` is that of payments; ``works`` the component that Kafka lets in."""

    def __init__(self, namespace: Namespace, *, image: str, works: str, partitions: int) -> None:
        self._namespace = namespace
        self._image = image
        self._works = works
        self._partitions = partitions

    async def begin(self) -> None:
        """Make the pod, and its name in the cluster; wait until it takes mails."""
        code = {"name": "outside", "binaryData": {"inside.zip": base64.b64encode(packed()).decode()}}
        await self._namespace.create(
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": code["name"]},
                "binaryData": code["binaryData"],
            },
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {"name": "mail"},
                "spec": {
                    "selector": {"bulkhead.test/is": POD},
                    "ports": [{"name": "smtp", "port": SMTP_PORT}],
                },
            },
            self._pod(),
        )
        await self._namespace.kubectl("wait", "--for=condition=Ready", f"pod/{POD}", "--timeout=120s")

    def _pod(self) -> Mapping[str, Any]:
        services = sorted({service for service, _ in _FOLDERS.values()})
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": POD,
                "labels": {
                    "bulkhead.test/is": POD,
                    "app.kubernetes.io/part-of": "bulkhead",
                    "app.kubernetes.io/component": self._works,
                },
            },
            "spec": {
                "automountServiceAccountToken": False,
                "terminationGracePeriodSeconds": 1,
                "securityContext": {
                    "runAsNonRoot": True,
                    "runAsUser": 10001,
                    "runAsGroup": 10001,
                    "fsGroup": 10001,
                    "fsGroupChangePolicy": "OnRootMismatch",
                    "seccompProfile": {"type": "RuntimeDefault"},
                },
                "containers": [
                    {
                        "name": POD,
                        "image": self._image,
                        "command": ["python", "-m", "inside", "mail", str(SMTP_PORT), MAIL],
                        "env": [{"name": "PYTHONPATH", "value": f"{_CODE}:/srv/code:/srv/packages"}],
                        "readinessProbe": {"tcpSocket": {"port": SMTP_PORT}, "periodSeconds": 1},
                        "resources": {
                            "requests": {"cpu": "20m", "memory": "64Mi"},
                            "limits": {"memory": "512Mi"},
                        },
                        "securityContext": {
                            "allowPrivilegeEscalation": False,
                            "capabilities": {"drop": ["ALL"]},
                        },
                        "volumeMounts": [
                            {"name": "code", "mountPath": "/outside/code"},
                            {"name": "mail", "mountPath": MAIL},
                            *({"name": claim(each), "mountPath": f"/outside/{each}"} for each in services),
                        ],
                    }
                ],
                "volumes": [
                    {"name": "code", "configMap": {"name": "outside"}},
                    {"name": "mail", "emptyDir": {}},
                    *(
                        {"name": claim(each), "persistentVolumeClaim": {"claimName": claim(each)}}
                        for each in services
                    ),
                ],
            },
        }

    async def drop(self, place: Place, name: str, data: bytes) -> None:
        """Put a whole file into a folder that a service reads from."""
        await self._do("drop", f"{_folder(place)}/{name}", given=data)

    async def files(self, place: Place, suffix: str = "") -> dict[str, bytes]:
        """Return the finished files in and below a folder, by path."""
        return dict(sorted(contents(await self._do("files", _folder(place), suffix))))

    async def mails(self) -> Sequence[bytes]:
        """Return every mail that was delivered, oldest first."""
        return [data for _, data in contents(await self._do("files", f"{MAIL}/new", ""))]

    async def topic(self, name: str) -> AsyncIterator[Iterable[dict[str, Any]]]:
        """Yield everything a topic has had, batch by batch."""
        said = await self._do("topic", "kafka:9092", name, str(self._partitions))
        lines = said.splitlines()
        for first in range(0, len(lines), _EVENTS_IN_A_BATCH):
            yield [json.loads(line) for line in lines[first : first + _EVENTS_IN_A_BATCH]]

    async def _do(self, *command: str, given: bytes = b"") -> bytes:
        return await self._namespace.kubectl(
            "exec", "--stdin", POD, "--", "python", "-m", "inside", *command, given=given
        )


def _folder(place: Place) -> str:
    return "/outside/" + "/".join(_FOLDERS[place])


def contents(data: bytes) -> list[tuple[str, bytes]]:
    """Return the files of a tar: path and contents, in its order."""
    found: list[tuple[str, bytes]] = []
    with tarfile.open(fileobj=io.BytesIO(data), mode="r|") as tar:
        for entry in tar:
            file = tar.extractfile(entry)
            if file is not None:
                found.append((entry.name, file.read()))
    return found


def packed() -> bytes:
    """Return what the pod runs as a zip that Python imports from: `cluster.inside` and what that leans on."""
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as code:
        code.write(inside.__file__, "inside.py")
        code.write(smtp_sink.__file__, "smtp_sink.py")
        code.writestr("recorder/__init__.py", "")
        for module in (book, look):
            code.write(str(module.__file__), f"recorder/{Path(str(module.__file__)).name}")
        for name in ("aiosmtpd", "public", "attr"):
            folder = _package(name)
            for path in sorted(folder.rglob("*.py")):
                inner = path.relative_to(folder)
                if "tests" not in inner.parts:
                    code.write(path, f"{name}/{inner}")
    return zipped.getvalue()


def _package(name: str) -> Path:
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        raise ModuleNotFoundError(name)
    return Path(found.origin).parent
