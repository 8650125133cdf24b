"""Profiles as an operator keeps them, on a real server."""

from __future__ import annotations

from pathlib import Path

import pytest
from gateway_builders import KEYS, PACK, Gateway, settings_of
from typer.testing import CliRunner

from bulkhead.persistence.postgres import PostgresDatabase
from bulkhead_testing.backing import Databases, in_own_loop
from bulkhead_testing.contact_keys import CONTACT_KEYS
from bulkhead_testing.files import MemoryFiles
from carrier_gateway.bootstrap import assemble
from carrier_gateway.domain.carriers import CarrierProfile
from carrier_gateway.entrypoints.api.profile_files import read_profile_file
from carrier_gateway.entrypoints.cli import cli

pytestmark = pytest.mark.postgres

SERVICE = Path(__file__).parents[2]
PROFILES = SERVICE / "profiles"


def test_CAR_1_profiles_of_files_are_kept_as_they_are_all_or_none(
    databases: Databases, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    url = databases.migrated(SERVICE / "migrations")
    for name, value in settings_of(url, tmp_path).items():
        monkeypatch.setenv(name, value)
    unfit = tmp_path / "unfit.yaml"
    unfit.write_text((PROFILES / "MVD.yaml").read_text() + "colour: red\n")
    refused = put(PROFILES / "GMH.yaml", unfit)
    assert (refused[0], in_own_loop(lambda: kept(url))) == (1, [])
    files = sorted(PROFILES.iterdir())
    assert put(*files) == (0, "GMH\nLCH\nMVD\nNEK\n")
    assert in_own_loop(lambda: kept(url)) == [read_profile_file(each).profile for each in files]
    databases.drop(url)


def put(*files: Path) -> tuple[int, str]:
    result = CliRunner().invoke(cli, ["profile", "put", *map(str, files)])
    return result.exit_code, result.output


async def kept(url: str) -> list[CarrierProfile]:
    database = PostgresDatabase.for_service(
        assemble(pack=PACK, dropbox=MemoryFiles(), contact_keys=CONTACT_KEYS, keys=KEYS), url=url
    )
    try:
        async with database.begin(now=Gateway().now) as uow:
            return sorted(await uow.records(CarrierProfile).select(), key=lambda each: each.carrier)
    finally:
        await database.close()
