"""834s built, written, read and checked again on one core, beside pyx12, which reads and checks the same files.

The sets are the golden files' ones after the other, each under a number of its own. They go through twice: as files of
one set, as the gateway writes them and carriers take them, and as one file of all. Ours goes from the models to bytes
and back to models that nothing is found wrong with. pyx12's validator gets the very bytes, and does not build; it reads
its map for each file, as it comes, which is most of its time for a file of one set. For the file of all it has its map
beforehand. It finds nothing wrong either, or nothing is measured. Seconds are the processor's, so that whoever else is
on the machine counts for neither.

    make bench NAME=x12 OPTIONS="--sets 100 --runs 5"
"""

from __future__ import annotations

import argparse
import io
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import pyx12.map_if
from pyx12.map_if import load_map_file
from pyx12.params import params
from pyx12.x12n_document import x12n_document

from bench._intake import machine
from bulkhead.runtime.memory import spare_the_collector
from carrier_gateway.x12.enrollment834.build import build
from carrier_gateway.x12.enrollment834.model import EnrollmentSet
from carrier_gateway.x12.enrollment834.parse import parse
from carrier_gateway.x12.enrollment834.validate import Guide, validate
from carrier_gateway.x12.envelope import Group, Interchange, InterchangeRead, compose
from carrier_gateway.x12.reading import read_file
from carrier_gateway.x12.segments import write

REPOSITORY = Path(__file__).resolve().parents[1]
GOLDEN = REPOSITORY / "services" / "carrier-gateway" / "tests" / "golden"


class WrongFile(Exception):
    """One of the two does not take the file: there is nothing to compare."""


def models(count: int) -> tuple[InterchangeRead, list[EnrollmentSet]]:
    """Return an interchange to write in, and so many sets for it."""
    files = [read_file(data=path.read_bytes()).interchanges[0] for path in sorted(GOLDEN.glob("*.834"))]
    known = [parse(transaction_set=each.groups[0].sets[0].set).enrollment for each in files]
    return files[0], [
        replace(known[number % len(known)], control_number=f"{number + 1:04d}") for number in range(count)
    ]


def written(around: InterchangeRead, sets: Sequence[EnrollmentSet]) -> bytes:
    """Return the sets as a file."""
    if around.header is None or around.groups[0].header is None:
        raise WrongFile("a golden file has no header")
    group = Group(header=around.groups[0].header, sets=tuple(build(enrollment=each) for each in sets))
    return write(segments=compose(interchange=Interchange(header=around.header, groups=(group,))))


def ours(around: InterchangeRead, sets: Sequence[EnrollmentSet]) -> tuple[float, bytes]:
    """Build, write, read and check the sets; return the seconds of the processor it takes, and the file."""
    began = time.process_time()
    data = written(around, sets)
    file = read_file(data=data)
    problems = [*file.problems]
    found = 0
    for interchange in file.interchanges:
        for group in interchange.groups:
            problems += group.problems
            for each in group.sets:
                parsed = parse(transaction_set=each.set)
                said = validate(enrollment=parsed.enrollment, guide=Guide(coverage_on_end=True))
                problems += (*each.problems, *parsed.problems, *said.problems)
                found += not any(parsed.member_problems) and not any(said.member_problems)
    seconds = time.process_time() - began
    if problems or found != len(sets):
        raise WrongFile(f"ours finds a fault in {len(sets) - found} sets: {problems[:1]}")
    return seconds, data


def theirs(data: bytes, folder: Path) -> float:
    """Have pyx12 read and check a file; return the seconds of the processor it takes."""
    source = folder / "sets.834"
    source.write_bytes(data)
    began = time.process_time()
    sound = x12n_document(
        param=params(), src_file=str(source), fd_997=io.StringIO(), fd_html=None, fd_json=None
    )
    seconds = time.process_time() - began
    if not sound:
        raise WrongFile("pyx12 finds a fault")
    return seconds


def main() -> None:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=100)
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    spare_the_collector()  # as the service does
    around, sets = models(given.sets)
    _, data = ours(around, sets)  # what is imported and cached is there
    print(f"x12: {given.sets} sets of {len(data) // given.sets:,} bytes, one process, {machine()}")
    kept = cache(lambda file, _params, _path=None: load_map_file(file, params()))
    singly, together, speeds = list[float](), list[float](), list[float]()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(1, given.runs + 1):
            files = [ours(around, [each]) for each in sets]
            seconds = sum(each for each, _ in files)
            beside = sum(theirs(each, Path(folder)) for _, each in files)
            all_seconds, data = ours(around, sets)
            pyx12.map_if.load_map_file = kept
            theirs(files[0][1], Path(folder))
            all_beside = theirs(data, Path(folder))
            pyx12.map_if.load_map_file = load_map_file
            speeds.append(given.sets / seconds)
            singly.append(beside / seconds)
            together.append(all_beside / all_seconds)
            print(
                f"  run {number}: a file each {speeds[-1]:,.0f} sets/s, pyx12 {given.sets / beside:,.0f};"
                f" in one file {given.sets / all_seconds:,.0f} sets/s, pyx12 with its map kept"
                f" {given.sets / all_beside:,.0f}",
                flush=True,
            )
    print(f"{statistics.median(speeds):,.0f} sets/s ({min(speeds):,.0f} … {max(speeds):,.0f})")
    print(
        f"in one file, its map kept: {statistics.median(together):.1f} of pyx12"
        f" ({min(together):.1f} … {max(together):.1f} of {given.runs} runs)"
    )
    print(
        f"ratio: {statistics.median(singly):.1f} of pyx12"
        f" ({min(singly):.1f} … {max(singly):.1f} of {given.runs} runs)"
    )


if __name__ == "__main__":
    main()
