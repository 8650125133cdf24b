"""The poller of returned mail: it reads what mail servers send back to the sender, out of a maildir (NOT-4)."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Final, Literal, TypeAlias

from bulkhead.files import Files, NoSuchFile, PathTaken
from bulkhead.kernel.backoff import backoff
from bulkhead.kernel.errors import NotFound, Retryable, is_its_own
from bulkhead.persistence.ports import UnitOfWorkFactory
from notifications.application.ports import Alarms, Pace
from notifications.application.take_bounces import find_bounced, take_bounce
from notifications.domain.bounces import Bounce

NEW, DONE, ASIDE = "new", "cur", "aside"
"""Where a maildir has mail that nobody read and mail that was, and where ours has what is for a person."""

MOST_BYTES: Final = 1024 * 1024
MOST_AT_ONCE: Final = 100
FIRST_REST_SECONDS: Final = 0.5
LONGEST_REST_SECONDS: Final = 60.0

AsideReason: TypeAlias = Literal["too-large", "no-report", "no-notice", "failed"]
"""Why a mail is for a person: it is larger than any report, is none, is of an e-mail that never left here, or could not
be taken for a fault of ours."""


class ReturnedMail:
    """Takes the reports in a maildir as `POST /v1/bounces` does, each once. A `Poller`.

    What is done goes to ``cur``. What cannot be goes to ``aside``, with a file beside it that says why: it holds up no
    other, and whoever moves it back to ``new`` has it tried again.
    """

    name = "returned-mail"

    def __init__(
        self,
        uows: UnitOfWorkFactory,
        *,
        maildir: Files,
        read: Callable[[bytes], Bounce | None],
        alarms: Alarms,
        pace: Pace,
    ) -> None:
        self._uows = uows
        self._maildir = maildir
        self._read = read
        self._alarms = alarms
        self._pace = pace
        self._times_away = 0
        self._rests_until = 0.0

    async def turn(self, now: datetime) -> int:
        """Take a number of mails; return how many. Raises `Retryable` while the database is away."""
        if self._pace() < self._rests_until:
            return 0
        try:
            found = (await self._maildir.list(NEW))[:MOST_AT_ONCE]
        except Retryable as away:
            self._rest(away)
            return 0
        self._times_away = 0
        for at, path in enumerate(found):
            try:
                content = await self._content(path)
            except NoSuchFile:  # another worker was faster
                continue
            except Retryable as away:
                self._rest(away)
                return at
            reason = await self._take(content, now)
            try:
                await self._put_away(path, reason)
            except Retryable as away:
                self._rest(away)
                return at
        return len(found)

    async def pending(self, now: datetime) -> int:
        """Return how many mails nobody has read; none while the maildir is away."""
        try:
            return len(await self._maildir.list(NEW))
        except Retryable:
            return 0

    async def _content(self, path: str) -> bytes | None:
        """Return a mail, None of one that is too large; raises `NoSuchFile`."""
        return None if await self._maildir.size(path) > MOST_BYTES else await self._maildir.get(path)

    async def _take(self, content: bytes | None, now: datetime) -> AsideReason | None:
        """Take a report; return why it is for a person, None where it is done."""
        if content is None:
            return "too-large"
        try:
            bounce = self._read(content)
            if bounce is None:
                return "no-report"
            async with self._uows.begin(now=now) as uow:
                notice = await find_bounced(uow, bounce)
            async with self._uows.begin(now=now, households=[notice.household]) as uow:
                await take_bounce(uow, bounce)
        except NotFound:
            return "no-notice"
        except Exception as error:
            if not is_its_own(error):
                raise
            return "failed"
        return None

    async def _put_away(self, path: str, reason: AsideReason | None) -> None:
        _, _, name = path.rpartition("/")
        if reason is not None:
            await self._maildir.put(f"{ASIDE}/{name}.json", json.dumps({"reason": reason}).encode())
            self._alarms.mail_set_aside(reason=reason)
        try:
            await self._maildir.move(path, f"{DONE if reason is None else ASIDE}/{name}")
        except NoSuchFile:
            return  # somebody took it away meanwhile
        except PathTaken:  # a name that a mail had before: maildirs never give one twice
            await self._maildir.move(path, f"{ASIDE}/{name}.again")

    def _rest(self, away: Retryable) -> None:
        self._times_away += 1
        wait = backoff(self._times_away, first=FIRST_REST_SECONDS, longest=LONGEST_REST_SECONDS)
        self._rests_until = self._pace() + wait
        self._alarms.outlet_away(poller=self.name, error=away)
