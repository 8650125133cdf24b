"""A catalog as staff hands it to the command line: two files as CMS publishes them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bulkhead.kernel.calendar import local
from bulkhead.persistence.postgres import PostgresDatabase
from bulkhead_testing.backing import Databases, in_own_loop
from bulkhead_testing.contact_keys import CONTACT_KEYS, CONTACT_KEYS_TEXT
from enrollment.adapters.catalog_files import PLAN_COLUMNS, RATE_COLUMNS
from enrollment.adapters.hub.sandbox import SandboxHub
from enrollment.bootstrap import assemble
from enrollment.domain.age_rates import AgeRates
from enrollment.entrypoints.cli import cli
from services.enrollment.tests.builders import MASSACHUSETTS
from services.enrollment.tests.catalog_rows import (
    DENTAL,
    SILVER,
    SMILE,
    all_ages,
    family_option,
    plan_row,
    text_of,
)
from services.enrollment.tests.integration.conftest import MIGRATIONS

pytestmark = pytest.mark.postgres


def test_ENR_17_a_catalog_is_looked_at_taken_and_refused_by_line(
    databases: Databases, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    url = databases.migrated(MIGRATIONS)
    settings = {
        "BULKHEAD_DATABASE_URL": url,
        "BULKHEAD_CONTACT_KEYS": CONTACT_KEYS_TEXT,
        "BULKHEAD_POLICY_PACK": MASSACHUSETTS.name,
        "BULKHEAD_POLICY_DIR": str(Path(__file__).parents[4] / "policy"),
        "ENROLLMENT_HUB_URL": "sandbox:",
        "BULKHEAD_JWKS": "none",
        "BULKHEAD_JWT_ISSUER": "nobody",
        "BULKHEAD_JWT_AUDIENCE": "nobody",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    plans, rates, broken = (tmp_path / name for name in ("plans.csv", "rates.csv", "broken.csv"))
    rows = [plan_row(SILVER), plan_row(SMILE, **DENTAL)]
    # as a spreadsheet writes it, with a byte order mark
    plans.write_text(text_of(rows, PLAN_COLUMNS).read(), encoding="utf-8-sig")
    rates.write_text(text_of([*all_ages(), family_option()], RATE_COLUMNS).read(), encoding="utf-8")
    broken.write_text(text_of([*all_ages()[1:], family_option()], RATE_COLUMNS).read(), encoding="utf-8")

    def run(*arguments: str | Path) -> tuple[int, str]:
        done = CliRunner().invoke(cli, ["catalog", "import", "2015", *map(str, arguments), "--state", "MA"])
        return done.exit_code, done.output

    assert run(plans, rates, "--dry-run") == (
        0,
        "2 plans and 1 tables of rates by age would be taken for 2015\n",
    )
    assert in_own_loop(lambda: stored(url)) == []
    assert run(plans, broken) == (1, f"rates, line 2: Age lacks 0-14 of {SILVER} in Rating Area 2\n")
    assert in_own_loop(lambda: stored(url)) == []
    assert run(plans, rates) == (0, "2 plans and 1 tables of rates by age taken for 2015\n")
    assert [(each.plan, each.rating_area) for each in in_own_loop(lambda: stored(url))] == [(SILVER, 2)]
    databases.drop(url)


async def stored(url: str) -> list[AgeRates]:
    """Return the rates that are there."""
    database = PostgresDatabase.for_service(
        assemble(pack=MASSACHUSETTS, hub=SandboxHub(), contact_keys=CONTACT_KEYS), url=url
    )
    try:
        async with database.begin(now=local(date(2014, 12, 3), 10)) as uow:
            return await uow.records(AgeRates).select()
    finally:
        await database.close()
