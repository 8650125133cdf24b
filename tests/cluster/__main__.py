"""The command line: ``python -m cluster --kubeconfig FILE --ingress URL ...``; `make test-cluster` says the same.

Exit codes: 0 all is as it must be, 1 it is not, 2 something is not told, 4 the cluster could not be used.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import secrets
import sys
from datetime import UTC, datetime
from pathlib import Path

from bulkhead_local import LocalError
from bulkhead_local.state import State
from cluster.run import PARTS, Run
from cluster.settings import ClusterProblem, Settings
from cluster.table import held, lines
from tools.service_images import project


def main() -> int:
    """Read the arguments, play the parts, print the table and return the exit code."""
    given = _arguments()
    settings = Settings(
        kubeconfig=given.kubeconfig,
        ingress=given.ingress.rstrip("/"),
        registry=given.registry,
        tag=given.tag or project("payments")["version"],
        python_image=given.python_image,
        postgres_image=given.postgres_image,
        kafka_image=given.kafka_image,
        bring=given.bring,
        access_mode=given.access_mode,
        storage_class=given.storage_class,
        namespace=given.namespace,
    )
    if missing := settings.missing():
        print(
            "cluster: not everything is told\n" + "\n".join(f"  {each}" for each in missing), file=sys.stderr
        )
        return 2
    seed = secrets.randbelow(1_000_000) if given.seed is None else given.seed
    state = State.here()
    folder = state.root / "cluster" / f"{datetime.now(UTC):%Y-%m-%dT%H-%M-%S}"
    folder.mkdir(parents=True)
    transcript = folder / "transcript.txt"
    with transcript.open("w", encoding="utf-8") as file:

        def say(text: str) -> None:
            line = f"{datetime.now(UTC):%H:%M:%S}  {text}"
            print(line, flush=True)
            print(line, file=file, flush=True)

        run = Run(settings, seed=seed, rate=given.rate, keep=given.keep, folder=folder, say=say)
        try:
            asyncio.run(run.play(given.parts))
        except (ClusterProblem, LocalError) as problem:
            say(f"the cluster could not be used: {problem}")
            return 4
        finally:
            for line in lines(run.rows):
                print(line, flush=True)
                print(line, file=file, flush=True)
        say(
            f"{'all is as it must be' if held(run.rows) else 'NOT as it must be'} (SEED={seed}); {transcript}"
        )
    return 0 if held(run.rows) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="cluster", description="Try the releases on a cluster.")
    parser.add_argument(
        "--kubeconfig",
        type=Path,
        default=Path(os.environ.get("KUBECONFIG") or Path.home() / ".kube" / "config"),
    )
    parser.add_argument("--ingress", default="", help="the URL at which the ingress controller listens")
    parser.add_argument("--registry", default="", help="where the cluster finds images; its own if left out")
    parser.add_argument("--tag", default="", help="the tag of the services' images; the version if left out")
    parser.add_argument("--python-image", default="python:3.11-slim", help="on which later versions are made")
    parser.add_argument("--postgres-image", default="", help="the chart's if left out")
    parser.add_argument("--kafka-image", default="", help="the chart's if left out")
    parser.add_argument(
        "--bring", default="", help="the command that brings images, named after it, to the cluster"
    )
    parser.add_argument(
        "--access-mode",
        default="ReadWriteOnce",
        help="of the volumes of files; on several nodes ReadWriteMany",
    )
    parser.add_argument(
        "--storage-class", default="", help="of those volumes; the cluster's default if left out"
    )
    parser.add_argument(
        "--namespace", default="bulkhead-test", help="what the names of the test's namespaces begin with"
    )
    parser.add_argument("--rate", type=float, default=8.0, help="requests a second")
    parser.add_argument("--seed", type=int, default=None, help="order, kills and load: the same again")
    parser.add_argument("--keep", action="store_true", help="leave the namespaces, to look around")
    parser.add_argument(
        "parts",
        nargs="*",
        choices=[*PARTS, []],
        metavar="PART",
        help=f"of {', '.join(PARTS)}; all if left out",
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
