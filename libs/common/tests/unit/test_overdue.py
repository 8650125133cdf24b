"""What is overdue is listed for whoever is alarmed, and counted every night."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from bulkhead.duties.overdue import overdue_duty
from bulkhead.observability.logging import configure_logging
from bulkhead.overdue import Overdue
from bulkhead.persistence.ports import UnitOfWork
from bulkhead_testing.auth import TestIssuer
from bulkhead_testing.clock import FixedClock
from bulkhead_testing.memory import MemoryDatabase
from bulkhead_testing.suites.example import NOW, teller
from bulkhead_testing.web import app_of, client_of

LATE = Overdue(
    kind="binder", id="s-1", household="june", deadline=date(2015, 12, 25), says="waits for the books"
)


async def find(_uow: UnitOfWork) -> Sequence[Overdue]:
    return [LATE, replace(LATE, id="s-2")]


async def test_I9_what_is_overdue_is_listed_for_operators_alone() -> None:
    service = replace(teller(), overdue=find)
    issuer = TestIssuer()
    app = app_of(
        service,
        uows=MemoryDatabase.for_service(service),
        clock=FixedClock(NOW),
        verifier=issuer.verifier(),
    )
    client = client_of(app)
    answer = await client.get("/v1/overdue", headers=issuer.headers("operator"))
    assert answer.json()["items"][0] == {
        "kind": "binder",
        "id": "s-1",
        "household": "june",
        "deadline": "2015-12-25",
        "says": "waits for the books",
    }
    assert len(answer.json()["items"]) == 2
    refused = await client.get("/v1/overdue", headers=issuer.headers("member", household="june"))
    assert refused.status_code == 403


async def test_I9_every_night_it_is_counted_by_kind_and_alarmed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logging(service="teller", level="INFO")
    duty = overdue_duty(find, kinds=("binder", "refund"))
    database = MemoryDatabase.for_service(teller())
    async with database.begin(now=NOW) as uow:
        await duty.run(uow, NOW.date(), [])
    (line,) = [each for each in capsys.readouterr().out.splitlines() if "overdue" in each]
    assert '"kind": "binder"' in line
    assert '"count": 2' in line
