"""The status page, wired. The only file that knows everyone."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import sys
import time
from math import ceil

from bulkhead.kernel.calendar import local_date
from bulkhead.policy import PolicyPack
from bulkhead.runtime.server import HttpServer
from status_page.adapters.clock import Followed, Simulated, wall
from status_page.adapters.http import door_of
from status_page.adapters.pages import texts
from status_page.adapters.ways import PackWays
from status_page.adapters.web import app_of
from status_page.application.watch import Watch
from status_page.config import StatusSettings

_log = logging.getLogger("status_page")


class _Lines(logging.Formatter):
    """Logs as JSON lines, as services write them; nothing of who asked is in them."""

    def format(self, record: logging.LogRecord) -> str:
        said = {"event": record.getMessage(), "level": record.levelname.lower(), "service": "status"}
        if record.exc_info and record.exc_info[0] is not None:
            said["error"] = record.exc_info[0].__qualname__
        return json.dumps(said)


def watch_of(settings: StatusSettings) -> Watch:
    """Return what looks at the five services where the settings say they are."""
    doors = [
        door_of("enrollment", settings.enrollment_url),
        door_of("invoicing", settings.invoicing_url),
        door_of("payments", settings.payments_url),
        door_of("carrier-gateway", settings.carrier_gateway_url),
        door_of("notifications", settings.notifications_url),
    ]
    start, file = settings.simulation_start, settings.simulation_clock_file
    if start is None:
        return Watch(doors=doors, now=wall, seconds=time.monotonic)
    if file is not None:
        return Watch(doors=doors, now=Simulated(start, file), seconds=time.monotonic)
    clock = Followed(start)
    return Watch(doors=doors, now=clock, heard=clock.hear, seconds=time.monotonic)


async def serve(settings: StatusSettings) -> None:
    """Look and answer until told to end (SIGTERM, SIGINT). What cannot go on ends it, so that it is started anew.

    Raises `PolicyError` for a pack that does not say how people pay, and `OSError` where the address is taken.
    """
    watch = watch_of(settings)
    pack = PolicyPack.named(settings.policy_pack, directory=settings.policy_dir)
    ways = PackWays(pack, today=local_date(watch.now()))
    texts()  # what cannot be read is known before anybody asks
    server = HttpServer(
        app_of(watch, ways=lambda: ways.on(local_date(watch.now()))),
        host=settings.http_host,
        port=settings.http_port,
        grace_seconds=ceil(settings.grace_seconds),
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, server.stop)
    looking = asyncio.create_task(watch.run(), name="looking")
    looking.add_done_callback(lambda _: server.stop())
    _log.info("started")
    try:
        await server.serve()
    finally:
        looking.cancel()
        (ended,) = await asyncio.gather(looking, return_exceptions=True)
    if not isinstance(ended, asyncio.CancelledError):
        raise ended if isinstance(ended, BaseException) else RuntimeError("nobody looks any more")
    _log.info("ended")


def log_to_standard_output(level: str) -> None:
    """Write this process's log to standard output."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(_Lines())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    _log.setLevel(level)
