"""The gateway on a real database and a real folder."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from gateway_builders import CARRIER, KEYS, Gateway

from bulkhead.files import LocalFiles
from bulkhead.kernel.key_rings import Keys
from bulkhead.persistence.connections import Connections
from bulkhead.persistence.postgres import PostgresDatabase
from bulkhead_testing.backing import Databases
from carrier_gateway.adapters.postgres.tables import TABLES, GatewayTable


class RealGateway(Gateway):
    """The gateway on a real database and a real folder."""

    def __init__(self, *, database: PostgresDatabase, root: Path) -> None:
        super().__init__(files=LocalFiles(root), store=database)
        self.root = root

    async def rows_of(self, kind: type[Any]) -> list[Any]:
        async with self.uows.begin(now=self.now) as uow:
            return await uow.records(kind).select()

    def files_in(self, folder: str, carrier: str = CARRIER) -> list[str]:
        return sorted(path.name for path in (self.root / carrier / folder).glob("*") if path.is_file())

    def text(self, name: str) -> str:
        return (self.root / CARRIER / "outbound" / name).read_text(encoding="ascii")


def database_at(url: str, *, keys: Keys = KEYS) -> PostgresDatabase:
    """Return the gateway's database, sealed by these keys."""
    connections = Connections(url=url, name="gateway-test")
    return PostgresDatabase(
        connections=connections, tables=TABLES, outbound=Gateway().service.outbound, keys=keys
    )


@asynccontextmanager
async def real_gateway(databases: Databases, root: Path) -> AsyncIterator[RealGateway]:
    """Give a gateway with one carrier on a database of its own."""
    database = database_at(databases.fresh(GatewayTable.metadata))
    made = RealGateway(database=database, root=root)
    await made.open()
    yield made
    await database.close()
