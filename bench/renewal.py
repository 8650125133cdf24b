"""A plan year's renewals, beside COPY of the same rows into the same tables.

Every household has two people and two policies of 2016 that stand. One is lived through in memory by the use cases
themselves; PostgreSQL makes the others after its pattern. Then the worker walks through all of them: what each policy
becomes by the crosswalk, rated anew, is a selection, policies, versions, what is noted of the renewal, and events,
committed by the chunk. What it wrote is copied out, and copied by one COPY a table, two at a time, into a database
as it was before. At the end the walk is asked for again, with nothing left to do.

    make bench NAME=renewal HOUSEHOLDS=100000 OPTIONS="--runs 3"
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import uvloop

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "deploy/local"))

from bench._copies import (  # noqa: E402
    MARK,
    Server,
    beside_copy,
    multiply,
    run_workers,
    work_when_told,
)
from bench._intake import machine  # noqa: E402
from bulkhead.kernel.calendar import local  # noqa: E402
from bulkhead.persistence.migrations import migrate  # noqa: E402
from bulkhead.persistence.postgres import PostgresDatabase  # noqa: E402
from bulkhead.policy import PolicyPack  # noqa: E402
from bulkhead.runtime.memory import spare_the_collector  # noqa: E402
from bulkhead_local import Backing as LocalBacking  # noqa: E402
from bulkhead_testing.contact_keys import CONTACT_KEYS  # noqa: E402
from enrollment.adapters.hub.sandbox import SandboxHub  # noqa: E402
from enrollment.application.renewal_runs import ask_for_renewals, lock_of  # noqa: E402
from enrollment.bootstrap import assemble  # noqa: E402
from enrollment.domain.crosswalk import CrosswalkEntry  # noqa: E402
from enrollment.domain.households import Contact, Household, Member  # noqa: E402
from enrollment.domain.months import PolicyVersion  # noqa: E402
from enrollment.domain.plans import Plan  # noqa: E402
from enrollment.domain.policies import Policy  # noqa: E402
from enrollment.domain.selections import Selection  # noqa: E402
from services.enrollment.tests.builders import person  # noqa: E402
from services.enrollment.tests.renewing import OCTOBER, Season  # noqa: E402

PACK = "vermont-2016"
YEAR = 2017
LIVED: dict[str, type[Any]] = {
    "households": Household,
    "contacts": Contact,
    "members": Member,
    "selections": Selection,
    "policies": Policy,
    "policy_versions": PolicyVersion,
}
"""The tables of a household's life, all of which a walk reads or writes, and their rows."""
NAMED = ("selection", "policy")
"""Columns of ids that are made of a hash."""
WRITTEN = {
    "selections": "entered_on = $1::date",
    "policies": "renews IS NOT NULL AND $1::date IS NOT NULL",
    "policy_versions": "since > $1::date",
    "renewals": "decided_on = $1::date",
    "outbox": "business_date = $1::date",
}
"""What a walk writes, and which rows of the table those are."""


REFERS = {
    "policies": ("selections",),
    "policy_versions": ("selections", "policies"),
    "renewals": ("selections", "policies"),
}
"""The tables among them to which each one's rows refer: those come before."""


def service() -> Any:
    """Return enrollment as it runs, with a hub of its own."""
    return assemble(
        pack=PolicyPack.named(PACK, directory=REPOSITORY / "policy"),
        hub=SandboxHub(),
        contact_keys=CONTACT_KEYS,
    )


def database_at(url: str) -> PostgresDatabase:
    """Return enrollment's database at this URL."""
    return PostgresDatabase.for_service(service(), url=url)


async def live(pattern_url: str, fed_url: str) -> None:
    """Live through one household's year and keep it in one database; keep the catalog and its crosswalk in both."""
    season, household = Season(), f"h{MARK}"
    await season.offer()
    people = person(born="1980-03-02"), person("Al Example", relation="child", born="2010-01-02")
    await season.register(household, *people, aptc=20000)
    await season.covered("SILVER", "TEETH", household=household)
    season.at(OCTOBER)
    entries = [
        CrosswalkEntry(plan_year=YEAR, plan=each, next_plan=each, because="same-plan")
        for each in ("SILVER", "TEETH")
    ]
    await season.crosswalk(*entries)
    for url, kinds in (
        (pattern_url, (Plan, CrosswalkEntry, *LIVED.values())),
        (fed_url, (Plan, CrosswalkEntry)),
    ):
        database = database_at(url)
        async with database.begin(now=season.now) as uow:
            for kind in kinds:
                await uow.records(kind).add(season.database.rows(kind))
        await database.close()


async def work(url: str, on: date) -> None:
    """Ask for the renewals and walk through all of them."""
    database, now = database_at(url), local(on, 10)
    walker = next(each for each in service().pollers(database) if each.name == "renewals")
    async with database.begin(now=now, households=[lock_of(YEAR)]) as uow:
        await ask_for_renewals(uow, year=YEAR, act="run", by="bench")
    spare_the_collector()

    async def walk() -> None:
        while await walker.turn(now):
            pass

    await work_when_told(walk)
    await database.close()


def run(url: str, on: date) -> tuple[float, int]:
    """Do the walk in a process of its own; return its seconds and its memory in MiB."""
    return run_workers(["-m", "bench.renewal", "--work", url, "--on", on.isoformat()], workers=1)


async def measure(server: Server, given: argparse.Namespace, folder: Path) -> None:
    """Run everything and print the figures."""
    pattern, fed = await server.copy_of(), await server.copy_of()
    for url in (pattern, fed):
        await asyncio.to_thread(migrate, url=url, directory=REPOSITORY / "services/enrollment/migrations")
    await live(pattern, fed)
    print(f"{given.households:,} households, two people and two policies each, {machine()}", flush=True)
    await multiply(pattern, fed, given.households, lived=LIVED, named=NAMED, one="households")
    await beside_copy(
        server,
        fed,
        folder,
        on=OCTOBER,
        runs=given.runs,
        households=given.households,
        run=lambda url: run(url, OCTOBER),
        workers=1,
        written=WRITTEN,
        refers=REFERS,
    )


def main() -> None:
    """Read the arguments; take part in a run, or measure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--households", type=int, default=30_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--work", help=argparse.SUPPRESS)
    parser.add_argument("--on", type=date.fromisoformat, help=argparse.SUPPRESS)
    given = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        if given.work:
            runner.run(work(given.work, given.on))
            return
        server = Server(LocalBacking.ensure().postgres_url)
        try:
            with tempfile.TemporaryDirectory() as folder:
                runner.run(measure(server, given, Path(folder)))
        finally:
            runner.run(server.drop_all())


if __name__ == "__main__":
    main()
