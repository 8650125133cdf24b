"""Composes full-book audits a piece at a time, and puts them into the drop-boxes (CAR-6)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial

from bulkhead.files import Files
from bulkhead.observability.logging import get_logger
from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
from bulkhead.retries.one_by_one import do_one_by_one
from carrier_gateway.adapters.dropbox.boxes import DropBoxes, pieces_of
from carrier_gateway.application.ports import AuditComposer, Parameters
from carrier_gateway.application.send_transmissions import outbound_path
from carrier_gateway.application.waiting import AUDITS, carrier_lock
from carrier_gateway.application.write_audits import (
    AuditKey,
    audit_of,
    audit_piece,
    compose_more_of_audit,
    mark_audit_written,
    open_audits,
)
from carrier_gateway.domain.audits import AuditContent

PIECES_A_TURN = 20
"""So many pieces of an audit are composed in one turn, each in a transaction of its own: others have theirs."""

_log = get_logger("audits")


class AuditPoller:
    """One turn composes what can be of each audit, and writes those that are whole."""

    name = "audits"

    def __init__(
        self, *, uows: UnitOfWorkFactory, files: Files, composer: AuditComposer, parameters: Parameters
    ) -> None:
        self._uows = uows
        self._composer = composer
        self._parameters = parameters
        self._boxes = DropBoxes(uows=uows, files=files, side="outbound")

    async def turn(self, now: datetime) -> int:
        """Return how much was composed or written. One that fails delays its own carrier alone."""
        async with self._uows.begin(now=now) as uow:
            open_ = await self._tried(uow, await open_audits(uow, state=["waiting", "numbered"]))
        done = await self._each(open_, now, self._compose)
        away = await self._boxes.resting(now)
        async with self._uows.begin(now=now) as uow:
            built = await self._tried(uow, await open_audits(uow, state="built"))

        async def write(key: AuditKey, now: datetime) -> int:
            return 0 if key.carrier in away else await self._write(key, now, away)

        return done + await self._each(built, now, write)

    async def pending(self, now: datetime) -> int:
        """Return how many can be composed further or written now."""
        away = await self._boxes.resting(now)
        async with self._uows.begin(now=now) as uow:
            open_ = await self._tried(uow, await open_audits(uow, state=["waiting", "numbered"]))
            built = await self._tried(uow, await open_audits(uow, state="built"))
        return len(open_) + sum(key.carrier not in away for key in built)

    async def _tried(self, uow: UnitOfWork, keys: list[AuditKey]) -> list[AuditKey]:
        resting = await AUDITS.resting(uow)
        return [key for key in keys if key.name not in resting]

    async def _each(
        self, keys: list[AuditKey], now: datetime, do: Callable[[AuditKey, datetime], Awaitable[int]]
    ) -> int:
        return await do_one_by_one(
            keys,
            retries=AUDITS,
            uows=self._uows,
            now=now,
            key=lambda key: key.name,
            do=lambda key: do(key, now),
        )

    async def _compose(self, key: AuditKey, now: datetime) -> int:
        for done in range(PIECES_A_TURN):
            async with self._uows.begin(now=now, households=[carrier_lock(key.carrier)]) as uow:
                await AUDITS.forget(uow, [key.name])
                left_out = await compose_more_of_audit(
                    uow, key, composer=self._composer, parameters=self._parameters
                )
            if left_out is None:
                return done
            for policy in left_out:
                _log.error("policy_not_audited", carrier=key.carrier, policy=policy)
        return PIECES_A_TURN

    async def _write(self, key: AuditKey, now: datetime, away: set[str]) -> int:
        async with self._uows.begin(now=now) as uow:
            built = await audit_of(uow, key)
        if built is None or built.state != "built" or built.file is None:
            return 0  # another replica was faster
        path = outbound_path(carrier=key.carrier, file=built.file)
        pieces = pieces_of(self._uows, now, read=partial(audit_piece, key=key), content=_content)
        put = self._boxes.put_in_pieces(path, pieces)
        if not await self._boxes.reached(key.carrier, put, away=away, now=now):
            return 0
        async with self._uows.begin(now=now, households=[carrier_lock(key.carrier)]) as uow:
            await AUDITS.forget(uow, [key.name])
            await mark_audit_written(uow, key)
        return 1


def _content(piece: AuditContent) -> bytes:
    return piece.content.reveal().encode("ascii")
