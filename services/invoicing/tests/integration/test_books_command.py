"""The books as an operator asks for them, on a real server."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bulkhead.persistence.postgres import PostgresDatabase
from bulkhead_testing.backing import Databases, in_own_loop
from invoicing.bootstrap import assemble
from invoicing.domain.records import Position
from invoicing.entrypoints.cli import cli
from services.invoicing.tests.builders import Book
from services.invoicing.tests.unit.test_reading_the_pack import PACK

pytestmark = pytest.mark.postgres

ROOT = Path(__file__).parents[4]


def test_INV_16_the_books_command_names_the_household_whose_position_was_tampered_with(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = databases.migrated(Path(__file__).parents[2] / "migrations")
    in_own_loop(lambda: pay_and_tamper(url, tampered=None))
    for name, value in settings_of(url).items():
        monkeypatch.setenv(name, value)
    sound = CliRunner().invoke(cli, ["books"])
    assert (sound.exit_code, sound.output.splitlines()[-1]) == (0, "2 households, 0 disagree")
    in_own_loop(lambda: pay_and_tamper(url, tampered="june"))
    broken = CliRunner().invoke(cli, ["books"])
    assert broken.exit_code == 1
    assert broken.output.splitlines()[-2:] == [
        "june: its rows are not what its ledger adds up to",
        "2 households, 1 disagree",
    ]
    databases.drop(url)


def settings_of(url: str) -> dict[str, str]:
    return {
        "BULKHEAD_DATABASE_URL": url,
        "BULKHEAD_POLICY_PACK": "vermont-2016",
        "BULKHEAD_POLICY_DIR": str(ROOT / "policy"),
        "BULKHEAD_JWKS": "none",
        "BULKHEAD_JWT_ISSUER": "nobody",
        "BULKHEAD_JWT_AUDIENCE": "nobody",
    }


async def pay_and_tamper(url: str, *, tampered: str | None) -> None:
    """Have two households pay, or make one's position say a cent more than its ledger."""
    database = PostgresDatabase.for_service(assemble(pack=PACK), url=url)
    try:
        if tampered is None:
            book = Book(store=database)
            await book.advance(date(2015, 12, 3), 10)
            for household in ("june", "avery"):
                await book.select(household, net=50000)
                await book.pay(household, 50001)
            return
        async with database.begin(now=Book().now, households=[tampered]) as uow:
            position = await uow.records(Position).get(household=tampered)
            assert position is not None
            await uow.records(Position).put([replace(position, unapplied_cents=position.unapplied_cents + 1)])
    finally:
        await database.close()
