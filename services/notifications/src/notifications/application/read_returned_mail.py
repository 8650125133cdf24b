"""The poller of returned mail: it reads what mail servers send back to the sender, out of a maildir (NOT-4)."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Final, Literal, TypeAlias

from bulkhead.files import Files, NoSuchFile, printable_name
from bulkhead.kernel.backoff import backoff
from bulkhead.kernel.errors import NotFound, Retryable
from bulkhead.persistence.ports import UnitOfWorkFactory
from bulkhead.retries.one_by_one import NotNow, OutOfReach, do_one_by_one
from notifications.application.ports import Alarms, Pace
from notifications.application.take_bounces import find_bounced, take_bounce
from notifications.application.waiting import RETURNED_MAIL
from notifications.domain.bounces import Bounce

NEW, DONE, ASIDE = "new", "cur", "aside"
"""Where a maildir has mail that nobody read and mail that was, and where ours has what is for a person."""

MOST_BYTES: Final = 1024 * 1024
MOST_AT_ONCE: Final = 100
LONGEST_NAME_BYTES: Final = 200
"""Of a name that is kept: with what is added to it, it stays shorter than the 255 bytes that file systems take."""
FIRST_REST_SECONDS: Final = 0.5
LONGEST_REST_SECONDS: Final = 60.0

AsideReason: TypeAlias = Literal["too-large", "no-report", "no-notice", "failed"]
"""Why a mail is for a person: it is larger than any report, is none, is of an e-mail that never left here, or could not
be taken for a fault of ours."""


class ReturnedMail:
    """Takes the reports in a maildir as `POST /v1/bounces` does, each once. A `Poller`.

    What is done goes to ``cur``. What cannot be goes to ``aside``, with a file beside it that says why, and whoever
    moves it back to ``new`` has it tried again. What cannot be read or moved now is tried again later, by itself: in
    either case the others go on.
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
            found = await self._maildir.list(NEW)
        except Retryable as away:
            self._rest(away)
            return 0
        self._times_away = 0
        return await do_one_by_one(
            (await self._not_resting(found, now))[:MOST_AT_ONCE],
            retries=RETURNED_MAIL,
            uows=self._uows,
            now=now,
            key=printable_name,
            do=lambda path: self._take(path, now),
        )

    async def pending(self, now: datetime) -> int:
        """Return how many mails are to be read now; none while the maildir is away."""
        try:
            found = await self._maildir.list(NEW)
        except Retryable:
            return 0
        async with self._uows.begin(now=now) as uow:
            resting = await RETURNED_MAIL.resting(uow)
        return sum(printable_name(each) not in resting for each in found)

    async def _not_resting(self, found: list[str], now: datetime) -> list[str]:
        """Return the mails that are to be tried now; nothing waits any more for those that are gone."""
        async with self._uows.begin(now=now) as uow:
            failed, resting = await RETURNED_MAIL.waiting_and_resting(uow)
            await RETURNED_MAIL.forget(uow, failed - {printable_name(each) for each in found})
        return [each for each in found if printable_name(each) not in resting]

    async def _take(self, path: str, now: datetime) -> int:
        """Take a mail and put it away; return 1, or 0 where another worker was faster. Raises `NotNow`, and
        `OutOfReach` where the maildir itself is away.
        """
        try:
            async with self._reaching():
                content = await self._content(path)
        except NoSuchFile:
            return 0
        reason = await self._take_report(content, now)
        async with self._reaching():
            await self._put_away(path, reason)
        return 1

    async def _content(self, path: str) -> bytes | None:
        """Return a mail, None of one that is too large; raises `NoSuchFile`."""
        return None if await self._maildir.size(path) > MOST_BYTES else await self._maildir.get(path)

    async def _take_report(self, content: bytes | None, now: datetime) -> AsideReason | None:
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
        except Retryable:
            raise
        except Exception:  # noqa: BLE001 - a bug with one mail keeps no other from being read
            return "failed"
        return None

    async def _put_away(self, path: str, reason: AsideReason | None) -> None:
        folder = DONE if reason is None else ASIDE
        to = await self._free_path(folder, path.rpartition("/")[2])
        if reason is not None:
            await self._maildir.put(f"{to}.json", json.dumps({"reason": reason}).encode())
            self._alarms.mail_set_aside(reason=reason)
        with suppress(NoSuchFile):  # somebody took it away meanwhile
            await self._maildir.move(path, to)

    async def _free_path(self, folder: str, name: str) -> str:
        """Return where a mail of this name can lie in a folder in which others may lie that had its name."""
        kept = _kept_name(name)
        for again in itertools.count():
            path = f"{folder}/{kept}" + (f".{again}" if again else "")
            try:
                await self._maildir.size(path)
            except NoSuchFile:
                return path
        raise AssertionError("there is always another number")

    @asynccontextmanager
    async def _reaching(self) -> AsyncGenerator[None]:
        """Reach for one mail: what is away then is this one alone, where the maildir answers."""
        try:
            yield
        except Retryable as error:
            try:
                await self._maildir.list(NEW)
            except Retryable as away:
                self._rest(away)
                raise OutOfReach(str(away)) from away
            raise NotNow(str(error)) from error

    def _rest(self, away: Retryable) -> None:
        self._times_away += 1
        wait = backoff(self._times_away, first=FIRST_REST_SECONDS, longest=LONGEST_REST_SECONDS)
        self._rests_until = self._pace() + wait
        self._alarms.outlet_away(poller=self.name, error=away)


def _kept_name(name: str) -> str:
    """Return a mail's name as it is kept: a long one is cut, and told apart by a hash of the whole."""
    raw = name.encode(errors="surrogateescape")
    if len(raw) <= LONGEST_NAME_BYTES:
        return name
    return f"{name[:20]}.{hashlib.sha256(raw).hexdigest()}"
