"""Follows a page that leads somewhere by copy and paste: ``python -m tools.walkthrough deploy/README.md``.

Its blocks marked ``sh`` are pasted into one bash, from the top of this repository. What the page wants to be there
beforehand, such as ``KUBECONFIG`` and ``INGRESS`` for `deploy/README.md`, is in the environment, as in a reader's.
"""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tools.generated import REPOSITORY

_HEADING = re.compile(r"^(?:#+ |\*\*\d+\. )(?P<text>.+)$")
_FENCE = re.compile(r"^```(?P<language>\w*)$")


class Unreadable(ValueError):
    """The page has a block that does not end."""


@dataclass(frozen=True, slots=True)
class Block:
    """What is pasted at once: its text, under which heading or step, at which line of the page it begins."""

    under: str
    line: int
    text: str


def blocks(page: str) -> list[Block]:
    """Return the page's blocks marked ``sh``, in order; others, and indented ones, are for somebody to choose from.

    Raises `Unreadable` for a block without an end.
    """
    found: list[Block] = []
    under, language, begins, lines = "", None, 0, list[str]()
    for number, line in enumerate(page.splitlines(), start=1):
        fence = _FENCE.match(line)
        if language is None and fence:
            language, begins, lines = fence["language"], number + 1, []
        elif language is not None and line == "```":
            if language == "sh":
                found.append(Block(under, begins, "".join(f"{each}\n" for each in lines)))
            language = None
        elif language is not None:
            lines.append(line)
        elif heading := _HEADING.match(line):
            under = re.split(r"\.? ?\*\*", heading["text"])[0]
    if language is not None:
        raise Unreadable(f"the block at line {begins} does not end")
    return found


def script(page: Path) -> str:
    """Return a bash script that does what pasting the page's blocks does, tells each, and ends at the first that fails.

    Raises `Unreadable` as `blocks` does, and where there is nothing to paste.
    """
    pasted = blocks(page.read_text(encoding="utf-8"))
    if not pasted:
        raise Unreadable(f"{page} has no block to paste")
    parts = ["set -o errexit -o pipefail\n"]
    for block in pasted:
        where = f"{page.name}:{block.line}"
        parts.append(f'STEP={_quoted(f"{where} ({block.under})")}\necho "== $SECONDS s: $STEP"\n{block.text}')
    failing = 'code=$?; [[ $code = 0 ]] || echo "== failed after ${SECONDS} s at $STEP" >&2'
    return "".join(
        [parts[0], f"trap {_quoted(failing)} EXIT\n", *parts[1:], 'echo "== all done in $SECONDS s"\n']
    )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def main() -> int:
    """Follow the page that the argument names, and return the exit code; 2 where there is nothing to follow."""
    if len(sys.argv) != 2:
        print("walkthrough: which page? python -m tools.walkthrough deploy/README.md", file=sys.stderr)
        return 2
    try:
        text = script(REPOSITORY / sys.argv[1])
    except (OSError, Unreadable) as problem:
        print(f"walkthrough: {problem}", file=sys.stderr)
        return 2
    return subprocess.run(["bash", "-c", text], cwd=REPOSITORY, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
