"""What the test does inside the cluster: ``python -m inside mail | files | drop | topic``.

It goes into a pod as a zip, with the mail sink and the recorder's reader of topics (`cluster.outside`).
"""

from __future__ import annotations

import asyncio
import json
import sys
import tarfile
from pathlib import Path


def files(root: str, suffix: str) -> None:
    """Write the finished files in and below a folder whose names end so, as a tar, oldest first."""
    found = [
        path
        for path in Path(root).rglob(f"*{suffix}")
        if path.is_file() and not path.name.startswith(".") and not path.name.endswith(".tmp")
    ]
    with tarfile.open(fileobj=sys.stdout.buffer, mode="w|") as tar:
        for path in sorted(found, key=lambda each: (each.stat().st_mtime_ns, each.name)):
            tar.add(path, path.relative_to(root))


def drop(path: str) -> None:
    """Put what is given into a file, whole."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{target.name}.tmp")
    unfinished.write_bytes(sys.stdin.buffer.read())
    unfinished.replace(target)


async def topic(bootstrap: str, name: str, partitions: str) -> None:
    """Write everything a topic has had, one event a line."""
    from recorder.look import events

    async for batch in events({"bootstrap_servers": bootstrap}, name, partitions=int(partitions)):
        sys.stdout.writelines(f"{json.dumps(each)}\n" for each in batch)


async def mail(port: str, folder: str) -> None:
    """Take mails until told to end."""
    from smtp_sink import serve  # pyright: ignore[reportMissingImports] - beside this in the zip

    await serve(port=int(port), maildir=folder, host="0.0.0.0")


def main() -> None:
    """Do what the arguments say."""
    what, *arguments = sys.argv[1:]
    match what:
        case "files":
            files(*arguments)
        case "drop":
            drop(*arguments)
        case "topic":
            asyncio.run(topic(*arguments))
        case "mail":
            asyncio.run(mail(*arguments))
        case _:
            sys.exit(f"inside: nobody knows how to do {what}")


if __name__ == "__main__":
    main()
