"""A carrier's full book against ours, beside COPY of both books.

Each household has one policy of two people, known here and in the carrier's book; every fiftieth of its lines has
another premium. The book is kept, as the poller does it, then staged a piece at a time and compared a stretch of
policies at a time, each in a transaction of its own: what differs is on the work list, and the answer is there. COPY
puts the same book's staged rows, and our policies and people, into empty tables of the same database.

    make bench NAME=reconcile OPTIONS="--members 500000 --runs 3"
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import statistics
import sys
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Literal

import asyncpg
import uvloop

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "deploy/local"))

from bench._copies import MARK, Server, copy_in, copy_out, multiply, run_workers, work_when_told  # noqa: E402
from bench._intake import machine  # noqa: E402
from bulkhead.files import LocalFiles  # noqa: E402
from bulkhead.kernel.calendar import local  # noqa: E402
from bulkhead.kernel.personal import Masked  # noqa: E402
from bulkhead.key_ring import KeyRing  # noqa: E402
from bulkhead.persistence.migrations import migrate  # noqa: E402
from bulkhead.persistence.postgres import PostgresDatabase  # noqa: E402
from bulkhead.policy import PackParameters, PolicyPack  # noqa: E402
from bulkhead.runtime.memory import spare_the_collector  # noqa: E402
from bulkhead.service import Service  # noqa: E402
from bulkhead_local import Backing as LocalBacking  # noqa: E402
from bulkhead_testing.contact_keys import CONTACT_KEYS  # noqa: E402
from carrier_gateway.application.compare_books import compare_more  # noqa: E402
from carrier_gateway.application.take_books import book_id, keep_book, keep_pieces, load_more  # noqa: E402
from carrier_gateway.application.waiting import carrier_lock  # noqa: E402
from carrier_gateway.bootstrap import assemble  # noqa: E402
from carrier_gateway.domain.books import COLUMNS, CarrierBook, Cut  # noqa: E402
from carrier_gateway.domain.carriers import CarrierProfile  # noqa: E402
from carrier_gateway.domain.discrepancies import Discrepancy  # noqa: E402
from carrier_gateway.domain.parameters import GatewayParameters  # noqa: E402
from carrier_gateway.domain.records import (  # noqa: E402
    ContactMember,
    MetCarrier,
    Policy,
    VersionTerms,
)

ON = date(2016, 2, 15)
CARRIER = "BCBSVT"
HOUSEHOLD = f"h{MARK}"
KEYS = KeyRing({"bench-1": bytes(32)}, owner="carrier-gateway")
PACK = PolicyPack.named("vermont-2016", directory=REPOSITORY / "policy")
PEOPLE = 2
"""So many are on each policy."""
WRONG = 50
"""Every so many policies of the carrier's book have another premium."""
BOOKS = {
    "policies": "$1::date IS NOT NULL",
    "contact_members": "$1::date IS NOT NULL",
    "book_rows": "$1::date IS NOT NULL",
}
"""The tables that the two books are in."""


def service() -> Service:
    """Return the gateway as it runs; no drop-box is asked for."""
    return assemble(pack=PACK, dropbox=LocalFiles(REPOSITORY / "none"), contact_keys=CONTACT_KEYS, keys=KEYS)


def database_at(url: str) -> PostgresDatabase:
    """Return the gateway's database at this URL."""
    return PostgresDatabase.for_service(service(), url=url)


def person(
    number: int, relation: Literal["self", "spouse"], name: str, born: str, *, household: str = HOUSEHOLD
) -> ContactMember:
    """Return a person, of the household that all are made after unless another is named."""
    return ContactMember(
        household=household,
        contact_version=1,
        member=f"{household}-{number}",
        number=number,
        relation=relation,
        name=Masked(name),
        latin_name=Masked(name),
        born=Masked(born),
        ssn=None,
    )


def people_of(household: str) -> tuple[ContactMember, ...]:
    """Return who is covered by a household's policy."""
    return (
        person(1, "self", "June Example", "1980-03-02", household=household),
        person(2, "spouse", "Robin Example", "1981-04-05", household=household),
    )


async def know(url: str, policies: int) -> None:
    """Keep everybody's people: each is sealed as that row's, so that none can be copied from a pattern."""
    database = database_at(url)
    for first in range(1, policies + 1, 10_000):
        async with database.begin(now=local(ON, 10)) as uow:
            await uow.records(ContactMember).add(
                each
                for number in range(first, min(first + 10_000, policies + 1))
                for each in people_of(f"h{number:08d}")
            )
    await database.close()


async def enroll(pattern_url: str, fed_url: str) -> None:
    """Keep one household's policy in one database, and the carrier in the other."""
    people = people_of(HOUSEHOLD)
    terms = VersionTerms(
        since=date(2016, 1, 1),
        members=tuple(each.member for each in people),
        gross_cents=50000,
        aptc_cents=0,
        subsidy_cents=0,
        net_cents=50000,
    )
    policy = Policy(
        policy=f"{HOUSEHOLD}-p",
        household=HOUSEHOLD,
        selection="selection",
        plan="SILVER",
        carrier=CARRIER,
        kind="medical",
        effective=terms.since,
        coverage_ends=date(2016, 12, 31),
        versions=(terms,),
        months=(),
        contact_version=1,
        released_on=date(2015, 12, 10),
        lifecycle="active",
        told="covered",
        told_versions=(terms,),
    )
    profile = CarrierProfile(carrier=CARRIER, name=CARRIER, receiver_id=CARRIER, qhp_id=CARRIER)
    pattern, fed = database_at(pattern_url), database_at(fed_url)
    async with pattern.begin(now=local(ON, 10)) as uow:
        await uow.records(Policy).add([policy])
    async with fed.begin(now=local(ON, 10)) as uow:
        await uow.records(CarrierProfile).add([profile])
        await uow.records(MetCarrier).add([MetCarrier(carrier=CARRIER, met_on=ON)])
    await pattern.close()
    await fed.close()


def book(policies: int) -> Iterator[bytes]:
    """Yield the carrier's book, a thousand policies at a time."""
    yield f"RCNI|{CARRIER}|{ON:%Y%m%d}\n{'|'.join(COLUMNS)}\n".encode()
    for first in range(1, policies + 1, 1_000):
        lines: list[str] = []
        for number in range(first, min(first + 1_000, policies + 1)):
            household = f"h{number:08d}"
            premium = "501.00" if number % WRONG == 0 else "500.00"
            who = f"{household}-p|{household}-1|{household}"
            lines += (
                f"{who}-1|Y|SILVER|20160101||{premium}|0.00|N|Example|June|19800302\n",
                f"{who}-2|N|SILVER|20160101|||||Example|Robin|19810405\n",
            )
        yield "".join(lines).encode()
    yield f"END|{policies * PEOPLE}\n".encode()


async def keep(url: str, policies: int) -> None:
    """Keep the book whole."""
    digest, size = hashlib.sha256(), 0
    for data in book(policies):
        digest.update(data)
        size += len(data)
    sha256, cut, last = digest.hexdigest(), Cut(), None
    database, now = database_at(url), local(ON, 10)
    pieces = [piece for data in book(policies) for piece in cut.feed(data)]
    file = book_id(carrier=CARRIER, sha256=sha256)
    for piece in [*pieces, *cut.close()]:
        async with database.begin(now=now) as uow:
            last = await keep_pieces(uow, file=file, contents=[piece], after=last)
    number = 0 if last is None else last.number
    async with database.begin(now=now) as uow:
        await keep_book(uow, carrier=CARRIER, name="RCNI.txt", sha256=sha256, size_bytes=size, pieces=number)
    await database.close()


async def work(url: str, *, only_stage: str) -> None:
    """Stage the book, and compare it."""
    database, now = database_at(url), local(ON, 10)
    parameters = PackParameters(PACK, "carrier-gateway", GatewayParameters)
    async with database.begin(now=now) as uow:
        [kept] = await uow.records(CarrierBook).select()
    spare_the_collector()

    async def reconcile() -> None:
        while True:
            async with database.begin(now=now, households=[carrier_lock(CARRIER)]) as uow:
                if not await load_more(uow, kept.file) and (
                    only_stage or not await compare_more(uow, kept.file, parameters=parameters)
                ):
                    return

    await work_when_told(reconcile)
    await database.close()


def run(url: str, *options: str) -> tuple[float, int]:
    """Do it in a process of its own; return its seconds and its memory in MiB."""
    return run_workers(["-m", "bench.reconcile", "--work", url, *options], workers=1)


async def found(url: str) -> int:
    """Return how many differences there are."""
    database = database_at(url)
    async with database.begin(now=local(ON, 10)) as uow:
        count = await uow.records(Discrepancy).count()
    await database.close()
    return count


async def emptied(server: Server, fed: str) -> str:
    """Return a copy of the database with nothing in the tables of the books."""
    url = await server.copy_of(fed)
    connection = await asyncpg.connect(url)
    await connection.execute(f"TRUNCATE {', '.join(BOOKS)} CASCADE")
    await connection.close()
    return url


async def measure(server: Server, given: argparse.Namespace, folder: Path) -> None:
    """Run everything and print the figures."""
    policies = given.members // PEOPLE
    pattern, fed = await server.copy_of(), await server.copy_of()
    for url in (pattern, fed):
        await asyncio.to_thread(
            migrate, url=url, directory=REPOSITORY / "services/carrier-gateway/migrations"
        )
    await enroll(pattern, fed)
    print(f"{policies * PEOPLE:,} people on {policies:,} policies, {machine()}", flush=True)
    await multiply(pattern, fed, policies, lived=("policies",), named=(), one="policies")
    await know(fed, policies)
    await keep(fed, policies)
    staged = await server.copy_of(fed)
    await asyncio.to_thread(run, staged, "--only-stage", "yes")
    await copy_out(staged, ON, folder, written=BOOKS)
    await server.drop(staged)
    ratios = list[float]()
    for number in range(1, given.runs + 1):
        ours = await server.copy_of(fed)
        seconds, peak = await asyncio.to_thread(run, ours)
        if (count := await found(ours)) != policies // WRONG:
            raise SystemExit(f"bench: {count} differences: {policies // WRONG} are planted")
        beside = await emptied(server, fed)
        copied = await copy_in(beside, folder, tables=BOOKS)
        await server.drop(ours, beside)
        ratios.append(copied / seconds)
        print(
            f"  run {number}: {policies * PEOPLE:,} people in {seconds:.1f} s"
            f" ({policies * PEOPLE / seconds:,.0f} people/s, {peak} MiB at most),"
            f" {count:,} differences, COPY of both books {copied:.1f} s",
            flush=True,
        )
    print(
        f"ratio: {statistics.median(ratios):.2f} of COPY"
        f" ({min(ratios):.2f} … {max(ratios):.2f} of {given.runs} runs)"
    )


def main() -> None:
    """Read the arguments; take part in a run, or measure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--members", "--households", type=int, default=500_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--work", help=argparse.SUPPRESS)
    parser.add_argument("--only-stage", default="", help=argparse.SUPPRESS)
    given = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        if given.work:
            runner.run(work(given.work, only_stage=given.only_stage))
            return
        server = Server(LocalBacking.ensure().postgres_url)
        try:
            with tempfile.TemporaryDirectory() as folder:
                runner.run(measure(server, given, Path(folder)))
        finally:
            runner.run(server.drop_all())


if __name__ == "__main__":
    main()
