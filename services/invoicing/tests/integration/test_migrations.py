"""The migrations make the tables the code expects, with every constraint and index."""

from __future__ import annotations

from pathlib import Path

import pytest

from bulkhead_testing.backing import Databases
from bulkhead_testing.migrations import assert_migrations_match
from invoicing.adapters.postgres.tables import InvoicingTable

pytestmark = pytest.mark.postgres

MIGRATIONS = Path(__file__).parents[2] / "migrations"


def test_the_migrations_make_the_tables(databases: Databases) -> None:
    assert_migrations_match(metadata=InvoicingTable.metadata, directory=MIGRATIONS, databases=databases)
