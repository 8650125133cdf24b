"""Writes what the jars of jars.in make, with everything they need to run, into jars.lock."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from jgo.maven import MavenContext

from bulkhead_local.jars import LOCK, Jar, sha256, wanted


def main() -> None:
    """Resolve what is wanted, fetch it, and write down each jar with its checksum."""
    with TemporaryDirectory() as repository:
        context = MavenContext(repo_cache=Path(repository))
        # The exclamation mark: the versions one of them manages are not the others', as with Maven.
        roots = [context.create_dependency(f"{coordinates}!") for coordinates in wanted()]
        themselves, needed = context.resolver.resolve(roots)
        running = [each for each in needed if each.scope in ("compile", "runtime")]
        jars = sorted(
            Jar(f"{each.groupId}:{each.artifactId}:{each.version}", sha256(each.artifact.resolve()))
            for each in (*themselves, *running)
        )
    LOCK.write_text("".join(f"{jar.coordinates} {jar.sha256}\n" for jar in jars))
    print(f"lock: {len(jars)} jars in {LOCK.name}")


if __name__ == "__main__":
    main()
