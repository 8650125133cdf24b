"""How pages are looked at in a real browser, where there is one."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from bulkhead_local.state import State

HERE = Path(__file__).parent
WIDTH, NARROW = 760, 320
"""A screen, and one as narrow as everything must fit on without scrolling sideways (WCAG 1.4.10)."""


def node() -> str | None:
    """Where node is, of a version that playwright takes."""
    found = shutil.which("node")
    told = (
        subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout
        if found
        else ""
    )
    return found if told.startswith("v") and int(told[1:].partition(".")[0]) >= OLDEST_NODE else None


OLDEST_NODE = 20
NODE = node()
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
LACKING = [
    name
    for name, there in (
        ("node 20 or later", NODE),
        ("chromium (or CHROMIUM=its path)", CHROMIUM),
        ("tests/browser/node_modules (npm ci)", (HERE / "node_modules" / "axe-core").exists()),
    )
    if not there
]

NEEDS_A_BROWSER = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(LACKING), reason=f"not here: {', '.join(LACKING)}; `make browser` brings it"),
]


async def looked_at(*pages: tuple[str, int, Path | None]) -> list[dict[str, Any]]:
    """Return what a browser found on pages, each of an address, a width and where its picture goes."""
    asked = [
        {"url": url, "width": width, "picture": picture and str(picture)} for url, width, picture in pages
    ]
    assert NODE and CHROMIUM
    process = await asyncio.create_subprocess_exec(
        NODE,
        str(HERE / "look.mjs"),
        CHROMIUM,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "HOME": str(State.here().root)},
    )
    said, _ = await asyncio.wait_for(process.communicate(json.dumps(asked).encode()), 300)
    assert process.returncode == 0
    return json.loads(said)
