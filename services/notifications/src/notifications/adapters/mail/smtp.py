"""Hands messages to a mail server over SMTP."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal

import aiosmtplib

from bulkhead.kernel.errors import Retryable
from bulkhead.kernel.personal import Masked
from notifications.application.ports import Delivery, Mail, MailSession

_CLOSING = 421  # the server is going away, whatever it was asked
_NEVER = 500  # from here on it says never, below it says not now


class MailServerAway(Retryable):
    """The mail server cannot be reached, or takes nothing from us. Its own words are left out: they may name
    the person written to."""

    def __init__(self, step: str, code: int | None = None) -> None:
        said = "" if code is None else f" (it answered {code})"
        super().__init__(f"the mail server is away: {step}{said}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    """Where the mail server is and how it is talked to.

    ``tls`` encrypts from the first byte (``implicit``), must be offered and is then used (``required``),
    is used where it is offered (``offered``), or is not used at all (``none``). An answer is waited for
    ``timeout_seconds``.
    """

    host: str
    port: int
    tls: Literal["implicit", "required", "offered", "none"] = "offered"
    username: str | None = None
    password: Masked | None = None
    timeout_seconds: float = 20.0


class SmtpMailbox:
    """A mail server. A `Mailbox`."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[MailSession]:
        """Connect, for a number of messages. Raises `MailServerAway`."""
        client = self._client()
        try:
            await client.connect()
        except (aiosmtplib.SMTPException, OSError) as error:
            client.close()
            raise MailServerAway(_not_let_in(error), _code(error)) from None
        try:
            yield _SmtpSession(client)
        finally:
            await _close(client)

    def _client(self) -> aiosmtplib.SMTP:
        server = self._server
        return aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.username,
            password=None if server.password is None else server.password.reveal(),
            timeout=server.timeout_seconds,
            use_tls=server.tls == "implicit",
            start_tls={"implicit": False, "required": True, "offered": None, "none": False}[server.tls],
        )


class _SmtpSession:
    def __init__(self, client: aiosmtplib.SMTP) -> None:
        self._client = client

    async def send(self, mail: Mail) -> Delivery:
        # Every error's text may hold the address, or what the server says about it. None is carried on, not
        # even as the context of ours: ours is raised after theirs is over.
        away = False
        try:
            await self._client.sendmail(mail.sender, mail.recipient.reveal(), mail.content)
            return "accepted"
        except aiosmtplib.SMTPRecipientsRefused as error:
            code, step = error.recipients[0].code, "it refuses recipients"
        except aiosmtplib.SMTPDataError as error:
            code, step = error.code, "it refuses messages"
        except (aiosmtplib.SMTPException, OSError) as error:
            away, code, step = True, _code(error), "it stopped answering, or refuses this sender"
        if away or code is None or code == _CLOSING:
            raise MailServerAway(step, code)
        return "refused" if code >= _NEVER else "busy"


def _not_let_in(error: Exception) -> str:
    match error:
        case aiosmtplib.SMTPResponseException() | aiosmtplib.SMTPServerDisconnected():
            return "it does not let us in"
        case aiosmtplib.SMTPReadTimeoutError():
            return "it stopped answering"
        case OSError():
            return "it cannot be connected to"
        case _:
            return "it does not let us in"


def _code(error: Exception) -> int | None:
    return error.code if isinstance(error, aiosmtplib.SMTPResponseException) else None


async def _close(client: aiosmtplib.SMTP) -> None:
    try:
        if client.is_connected:
            await client.quit()
    except (aiosmtplib.SMTPException, OSError):
        # What was accepted stays accepted: a goodbye that gets lost changes nothing.
        return
    finally:
        client.close()
