"""The carrier gateway's command line."""

from __future__ import annotations

import asyncio
import signal

from bulkhead.runtime.cli import build_cli
from bulkhead.runtime.cli_parts import built, errors_said, read_settings
from carrier_gateway.bootstrap import build
from carrier_gateway.config import CarrierGatewaySettings
from carrier_gateway.domain.parameters import GatewayParameters

cli = build_cli("carrier-gateway", CarrierGatewaySettings, build, parameters=GatewayParameters)


@cli.command()
def sftp() -> None:
    """Serve the carriers' drop-boxes by SFTP, until told to end."""
    from bulkhead.observability.logging import configure_logging, get_logger
    from bulkhead.persistence.connections import ConnectionLimits
    from bulkhead.persistence.postgres import PostgresDatabase
    from carrier_gateway.bootstrap import sftp_door

    settings = read_settings(CarrierGatewaySettings)
    service = built(settings, build)
    configure_logging(service=service.name, level=settings.log_level)
    log = get_logger("sftp")

    async def serve() -> None:
        ending = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, ending.set)
        database = PostgresDatabase.for_service(
            service, url=settings.database_url.get_secret_value(), limits=ConnectionLimits(connections=2)
        )
        door = sftp_door(settings, uows=database)
        try:
            log.info("started", role="sftp", port=await door.open())
            await ending.wait()
        finally:
            await door.close()
            await database.close()
            log.info("ended", role="sftp")

    with errors_said():
        asyncio.run(serve())
