"""The migrations make the tables the code expects."""

from __future__ import annotations

from pathlib import Path

import pytest

from bulkhead.persistence.tables import chassis_tables
from bulkhead_testing.backing import Databases
from bulkhead_testing.migrations import assert_migrations_match
from payments.adapters.postgres.tables import metadata

pytestmark = pytest.mark.postgres


def test_the_migrations_make_the_tables(databases: Databases) -> None:
    chassis_tables(metadata)
    directory = Path(__file__).parents[2] / "migrations"
    assert_migrations_match(metadata=metadata, directory=directory, databases=databases)
