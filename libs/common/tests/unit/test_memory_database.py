"""The database in memory keeps the contracts of storage."""

from __future__ import annotations

import pytest

from bulkhead_testing.memory import MemoryDatabase
from bulkhead_testing.suites.example import teller
from bulkhead_testing.suites.records import RecordsSuite
from bulkhead_testing.suites.unit_of_work import UnitOfWorkSuite


@pytest.fixture
def database() -> MemoryDatabase:
    """An empty database of the teller."""
    return MemoryDatabase.for_service(teller())


class TestRecordsInMemory(RecordsSuite):
    """Records."""


class TestUnitOfWorkInMemory(UnitOfWorkSuite):
    """Transactions, locks and the outbox."""
