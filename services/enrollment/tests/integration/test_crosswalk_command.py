"""A crosswalk as staff hands it to the command line: by standard input, wherever the service runs."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bulkhead.kernel.calendar import local
from bulkhead.persistence.postgres import PostgresDatabase
from bulkhead_testing.backing import Databases, in_own_loop
from bulkhead_testing.contact_keys import CONTACT_KEYS, CONTACT_KEYS_TEXT
from enrollment.adapters.hub.sandbox import SandboxHub
from enrollment.bootstrap import assemble
from enrollment.domain.plans import Plan
from enrollment.entrypoints.cli import cli
from services.enrollment.tests.builders import VERMONT
from services.enrollment.tests.integration.conftest import MIGRATIONS
from services.enrollment.tests.renewing import SILVER

pytestmark = pytest.mark.postgres

TAKEN = ["renewals", "crosswalk", "2017", "-"]


def test_ENR_14_a_crosswalk_comes_by_standard_input_and_its_faults_are_said_by_line(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = databases.migrated(MIGRATIONS)
    in_own_loop(lambda: offer_silver(url))
    settings = {
        "BULKHEAD_DATABASE_URL": url,
        "BULKHEAD_CONTACT_KEYS": CONTACT_KEYS_TEXT,
        "BULKHEAD_POLICY_PACK": VERMONT.name,
        "BULKHEAD_POLICY_DIR": str(Path(__file__).parents[4] / "policy"),
        "BULKHEAD_JWKS": "none",
        "BULKHEAD_JWT_ISSUER": "nobody",
        "BULKHEAD_JWT_AUDIENCE": "nobody",
        "ENROLLMENT_HUB_URL": "sandbox:",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    taken = CliRunner().invoke(cli, TAKEN, input="plan,next_plan,because\n\nSILVER,SILVER,same-plan\n")
    assert (taken.exit_code, taken.output) == (0, "1 plans mapped to 2017\n")
    refused = CliRunner().invoke(cli, TAKEN, input="plan,next_plan,because\n\nTIN,SILVER,same-plan\n")
    assert (refused.exit_code, refused.output) == (1, "line 3: plan is not in the catalog\n")
    unreadable = CliRunner().invoke(cli, TAKEN, input="plan,next_plan,because\nLUMIÈRE,,\n".encode("latin-1"))
    assert unreadable.exit_code == 1
    assert unreadable.output.startswith("line 2: has a character that is not UTF-8: ")
    databases.drop(url)


async def offer_silver(url: str) -> None:
    """Put a plan into the catalog."""
    database = PostgresDatabase.for_service(
        assemble(pack=VERMONT, hub=SandboxHub(), contact_keys=CONTACT_KEYS), url=url
    )
    try:
        async with database.begin(now=local(date(2016, 10, 14), 10)) as uow:
            await uow.records(Plan).put([SILVER])
    finally:
        await database.close()
