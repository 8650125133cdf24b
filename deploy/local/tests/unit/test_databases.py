"""A service reaches its database the way the administrator reaches the server."""

from __future__ import annotations

from pathlib import Path

import pytest

from bulkhead_local.backing import Backing
from bulkhead_local.databases import database_url
from bulkhead_local.services import SERVICES
from bulkhead_local.state import State


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("postgresql://root:a@db.test/postgres", "@db.test/payments_main"),
        (
            "postgresql://root:a@[::1]:5433/postgres?sslmode=require",
            "@[::1]:5433/payments_main?sslmode=require",
        ),
        ("postgresql://root:a@one:5432,two:5433/postgres", "@one:5432,two:5433/payments_main"),
        ("postgresql://root:a@/postgres?host=/run/pg", "@/payments_main?host=/run/pg"),
    ],
)
def test_the_address_and_its_parameters_stay_as_they_are(tmp_path: Path, given: str, expected: str) -> None:
    backing = Backing(state=State(tmp_path), postgres_url=given, kafka_bootstrap="")
    url = database_url(backing, SERVICES["payments"], "main")
    assert url.startswith("postgresql://payments_main:")
    assert url.endswith(expected)
