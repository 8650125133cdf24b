"""Makes a layer: a tar of modules from standard input, compiled, as a tar to standard output.

Run by the base image's own Python, which alone can compile for itself; a container's root is read-only later. What is
compiled is bound to no time of a file. All is root's, sorted, and of the second that SOURCE_DATE_EPOCH says.
"""

from __future__ import annotations

import compileall
import os
import sys
import tarfile
from contextlib import redirect_stdout
from pathlib import Path
from py_compile import PycInvalidationMode
from tempfile import TemporaryDirectory


def entry(path: Path, name: str) -> tarfile.TarInfo:
    """Return the head of a file or folder."""
    head = tarfile.TarInfo(name)
    head.mtime = int(os.environ["SOURCE_DATE_EPOCH"])
    if path.is_dir():
        head.type, head.mode = tarfile.DIRTYPE, 0o755
    else:
        head.size, head.mode = path.stat().st_size, 0o644
    return head


def main() -> None:
    """Compile what is given and write the layer."""
    with TemporaryDirectory() as folder:
        root = Path(folder)
        with tarfile.open(fileobj=sys.stdin.buffer, mode="r|") as given:
            given.extractall(root)  # noqa: S202 - written by tools/service_images.py
        with redirect_stdout(sys.stderr):  # it says there what is wrong, where the layer goes
            compiled = compileall.compile_dir(
                root,
                maxlevels=99,
                ddir="/",
                quiet=1,
                workers=1,
                invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
            )
        if not compiled and (root / "srv" / "code").exists():
            sys.exit("code that does not compile")  # of packages, some have files for other Pythons
        with tarfile.open(fileobj=sys.stdout.buffer, mode="w|", format=tarfile.GNU_FORMAT) as layer:
            for path in sorted(root.rglob("*")):
                head = entry(path, str(path.relative_to(root)))
                if path.is_dir():
                    layer.addfile(head)
                else:
                    with path.open("rb") as contents:
                        layer.addfile(head, contents)


if __name__ == "__main__":
    main()
