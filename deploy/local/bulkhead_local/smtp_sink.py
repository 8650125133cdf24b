"""A mail server that delivers nothing: every mail becomes a file in a maildir.

``python -m bulkhead_local.smtp_sink PORT MAILDIR``
"""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

from aiosmtpd.handlers import Mailbox
from aiosmtpd.smtp import SMTP


async def serve(*, port: int, maildir: str, host: str = "127.0.0.1") -> None:
    """Take mails, on the loopback address if nothing else is said, until told to stop (SIGTERM, SIGINT)."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    mailbox = Mailbox(Path(maildir))
    server = await loop.create_server(
        lambda: SMTP(mailbox, enable_SMTPUTF8=True, hostname="localhost", ident="Bulkhead sink"),
        host=host,
        port=port,
    )
    async with server:
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(serve(port=int(sys.argv[1]), maildir=sys.argv[2]))
