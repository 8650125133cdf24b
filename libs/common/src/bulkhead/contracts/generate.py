"""Writes the contracts that are committed, or says what is not as committed.

Run as ``python -m bulkhead.contracts.generate [--check] [--unreleased] [DIRECTORY]``. A change that would
break readers is refused unless ``--unreleased`` says that nothing has been published yet.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from bulkhead.contracts.asyncapi import rendered
from bulkhead.contracts.compatibility import breaking_changes
from bulkhead.contracts.schemas import Schema, schema_files

ASYNCAPI = "asyncapi.yaml"
DEFAULT_DIRECTORY = Path("libs/common/contracts")


def generated() -> dict[str, str]:
    """Return every committed file by name, as it must read now."""
    files = {name: _text(schema) for name, schema in schema_files().items()}
    return files | {ASYNCAPI: rendered()}


def committed_schemas(directory: Path) -> dict[str, Schema]:
    """Return the JSON Schemas in a directory by file name."""
    return {
        path.name: json.loads(path.read_text(encoding="utf-8")) for path in sorted(directory.glob("*.json"))
    }


def outdated(directory: Path) -> list[str]:
    """Return the names of the files that are not there, not as generated, or no longer generated."""
    wanted = generated()
    there = {path.name: path.read_text(encoding="utf-8") for path in directory.glob("*") if path.is_file()}
    names = sorted(wanted.keys() | {name for name in there if name.endswith((".json", ".yaml"))})
    return [name for name in names if wanted.get(name) != there.get(name)]


def write(directory: Path) -> list[str]:
    """Write every file that is not as generated and remove those no longer generated; return their names."""
    directory.mkdir(parents=True, exist_ok=True)
    wanted, changed = generated(), outdated(directory)
    for name in changed:
        if name in wanted:
            (directory / name).write_text(wanted[name], encoding="utf-8")
        else:
            (directory / name).unlink()
    return changed


def main(arguments: Sequence[str]) -> int:
    """Write or check the contracts; return the exit code: 0 when all is well, else 1."""
    options = {argument for argument in arguments if argument.startswith("--")}
    unknown = options - {"--check", "--unreleased"}
    paths = [Path(argument) for argument in arguments if not argument.startswith("--")]
    if unknown or len(paths) > 1:
        _say(f"unknown: {' '.join(sorted(unknown) or arguments)}\n{__doc__}")
        return 1
    directory = paths[0] if paths else DEFAULT_DIRECTORY
    breaking = breaking_changes(before=committed_schemas(directory), after=schema_files())
    if breaking and "--unreleased" not in options:
        _say("These changes break readers; they need a new version:\n  " + "\n  ".join(breaking))
        return 1
    if "--check" in options:
        old = outdated(directory)
        _say("Not as generated: " + ", ".join(old) if old else "The contracts are as generated.")
        return 1 if old else 0
    changed = write(directory)
    _say("Written: " + ", ".join(changed) if changed else "Nothing to write.")
    return 0


def _text(schema: Schema) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
