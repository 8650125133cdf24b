"""The same request twice has its effect once, and gets the first answer again (PAY-2)."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Refused
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.web.tables import IdempotencyRecord

_KEY = re.compile(r"[\x21-\x7e]{1,200}")

KEY_HEADER = "Idempotency-Key"

KEY_PLACE = f"header/{KEY_HEADER}"
"""Where a problem says that a key is."""

KEPT_FOR = timedelta(days=90)
"""How long an answer is kept."""

_SAME_KEY_SAME_ANSWER = Reason(
    rule="PAY-2",
    says="The same key and body gives the first answer again; the same key with another body is refused.",
)


class IdempotencyKeyNeeded(Refused):
    """A POST came without a usable Idempotency-Key (PAY-2)."""

    kind: ClassVar[str] = "idempotency-key-needed"
    status: ClassVar[int] = 400


class IdempotencyKeyReused(Refused):
    """An Idempotency-Key came again with another body (PAY-2)."""

    kind: ClassVar[str] = "idempotency-key-reused"
    kept: ClassVar[bool] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a caller was told: the status, and the JSON body."""

    status: int
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestKey:
    """A request as its idempotency key names it."""

    scope: str
    key: str
    request_hash: str

    @classmethod
    def of(cls, *, key: str | None, scope: Sequence[str], body: bytes) -> RequestKey:
        """Return the key of a request; raises `IdempotencyKeyNeeded` where there is no usable one (PAY-2)."""
        if key is None or _KEY.fullmatch(key) is None:
            raise IdempotencyKeyNeeded(
                "every POST needs an Idempotency-Key header of 1 to 200 visible characters",
                reasons=(_SAME_KEY_SAME_ANSWER,),
                field=KEY_PLACE,
            )
        return cls(scope=" ".join(scope), key=key, request_hash=_hash(body))

    async def answered(self, uow: UnitOfWork) -> Answer | None:
        """Return the answer the request got before, None where it got none; raises `IdempotencyKeyReused`."""
        first = await uow.records(IdempotencyRecord).get(scope=self.scope, key=self.key)
        if first is None:
            return None
        if first.request_hash != self.request_hash:
            raise IdempotencyKeyReused(
                "this Idempotency-Key was used for another request",
                reasons=(_SAME_KEY_SAME_ANSWER,),
                field=KEY_PLACE,
            )
        return Answer(status=first.status, body=first.body.encode())

    async def keep(self, uow: UnitOfWork, answer: Answer, *, refused: str | None = None) -> None:
        """Keep the answer in the transaction that has the effect; ``refused`` is the household it refuses something.

        Raises `AlreadyExists` where the key has one already, when the unit of work ends at the latest: the effect must
        not stand then. A second request with the key waits until the first one's transaction has ended.
        """
        record = IdempotencyRecord(
            scope=self.scope,
            key=self.key,
            request_hash=self.request_hash,
            status=answer.status,
            body=answer.body.decode(),
            created_at=uow.now,
            household=refused,
        )
        await uow.records(IdempotencyRecord).add([record])


async def forget_old_answers(uow: UnitOfWork) -> int:
    """Forget answers older than `KEPT_FOR`; return how many. Their keys are new ones from then on."""
    return await uow.records(IdempotencyRecord).remove(created_at__lt=uow.now - KEPT_FOR)


def _hash(body: bytes) -> str:
    """Return the hash of what the body says, whatever the order of its fields."""
    return hashlib.sha256(_canonical(body)).hexdigest()


def _canonical(body: bytes) -> bytes:
    try:
        return json.dumps(json.loads(body), sort_keys=True, separators=(",", ":")).encode()
    except (ValueError, RecursionError):
        return body
