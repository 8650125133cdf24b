"""Who is calling, and what they may touch: bearer tokens, roles, and one's own household or carrier."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol, cast, get_args

from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from bulkhead.audit.entries import COMMAND_LINE
from bulkhead.kernel.errors import NotFound, Refused, Retryable

Role = Literal["member", "assister", "operator", "carrier", "service"]

ROLES: frozenset[Role] = frozenset(get_args(Role))
_SEES_EVERY_HOUSEHOLD: frozenset[Role] = frozenset({"operator", "service"})
_SEES_EVERY_CARRIER: frozenset[Role] = frozenset({"operator", "service"})

ALGORITHMS = ("ES256", "RS256", "Ed25519")
"""The signatures accepted, whatever a token's header asks for."""

REMEMBERED = 10_000
"""How many tokens are remembered as checked."""

REFRESH_SECONDS = 30.0
"""How long keys are taken to be the issuer's: one that was taken away is believed no longer."""

LONGEST_NAMED_SECONDS = 12 * 60 * 60
"""How long an assister's token may last that is believed about who named them: what a household takes back is believed
no longer (ADR 0076).
"""

SECONDS_BETWEEN_TRIES = 2.0
"""How long after the issuer was asked it is not asked again for a key that is missed: anybody can name one."""


class Unauthenticated(Refused):
    """There is no token, or none that can be believed."""

    kind: ClassVar[str] = "unauthenticated"
    status: ClassVar[int] = 401


class Forbidden(Refused):
    """The caller is known and has no role that may do this."""

    kind: ClassVar[str] = "forbidden"
    status: ClassVar[int] = 403


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who is calling, as their token says: ``household`` of a member, ``carrier`` of a carrier's staff, ``households``
    those that named an assister.
    """

    subject: str
    roles: frozenset[Role]
    household: str | None = None
    carrier: str | None = None
    households: frozenset[str] = frozenset()

    def with_roles(self, allowed: Collection[Role]) -> Caller:
        """Return the caller in those roles only; raises `Forbidden` when none is left."""
        granted = self.roles.intersection(allowed)
        if not granted:
            raise Forbidden("this needs one of the roles " + ", ".join(sorted(allowed)))
        return replace(self, roles=granted)

    def require_household(self, household: str) -> None:
        """Raise `NotFound` unless the caller may see the household: a member its own, an assister those that named
        them, operators and services any.
        """
        own = "member" in self.roles and self.household == household
        named = "assister" in self.roles and household in self.households
        if not own and not named and not self.roles & _SEES_EVERY_HOUSEHOLD:
            raise NotFound("there is no such household")

    def own_carrier(self) -> str:
        """Return the carrier whose staff the caller is; raises `NotFound` where the token names none."""
        if self.carrier is None:
            raise NotFound("the token names no carrier")
        return self.carrier

    def require_carrier(self, carrier: str) -> None:
        """Raise `NotFound` unless the caller may see the carrier's things: its staff, and operators."""
        own = "carrier" in self.roles and self.carrier == carrier
        if not own and not self.roles & _SEES_EVERY_CARRIER:
            raise NotFound("there is no such carrier")


class KeySource(Protocol):
    """Where the issuer's public keys come from."""

    async def fetch(self) -> KeySet:
        """Return the keys as they are now; raises `Retryable` when they cannot be had."""
        ...


class FileKeys:
    """Keys in a JWKS file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def fetch(self) -> KeySet:
        """Return the keys in the file; raises `Retryable` while it is not there or not whole."""
        try:
            return _key_set(self._path.read_bytes())
        except (OSError, ValueError, JoseError) as error:
            raise Retryable("the issuer's keys cannot be read") from error


class UrlKeys:
    """Keys at the issuer's JWKS address."""

    def __init__(self, url: str, *, timeout_seconds: float = 3.0) -> None:
        self._url = url
        self._timeout_seconds = timeout_seconds

    async def fetch(self) -> KeySet:
        """Return the keys the issuer serves; raises `Retryable` when it does not answer."""
        import httpx2  # only where keys come over the network: it costs start-up time

        try:
            # The client's own limit is one a read: who answers a byte at a time would keep us for ever.
            async with asyncio.timeout(self._timeout_seconds), httpx2.AsyncClient(timeout=None) as client:
                response = await client.get(self._url)
                response.raise_for_status()
                return _key_set(response.content)
        except (TimeoutError, httpx2.HTTPError, ValueError, JoseError) as error:
            raise Retryable("the issuer's keys cannot be fetched") from error


def key_source(where: str) -> KeySource:
    """Return the source for an address or a file path."""
    return UrlKeys(where) if where.startswith(("http://", "https://")) else FileKeys(Path(where))


def _key_set(data: bytes) -> KeySet:
    import json

    return KeySet.import_key_set(json.loads(data))


class KnownKeys:
    """The issuer's keys as they are known here: looked at again every `REFRESH_SECONDS`, sooner where one is missed.

    Who finds that it is time waits for that, and so does whoever misses one; others go on with what is known. While the
    issuer does not answer they stay as they are.
    """

    def __init__(self, source: KeySource, *, wall_seconds: Callable[[], float]) -> None:
        self._source = source
        self._wall_seconds = wall_seconds
        self._keys: KeySet | None = None
        self._tried_at: float | None = None
        self._looking = asyncio.Lock()

    async def now(self, *, missed: bool = False) -> KeySet:
        """Return the keys; ``missed`` says that one is not among those that are known.

        Raises `Retryable` where none are.
        """
        if (
            self._keys is not None
            and not missed
            and (self._looking.locked() or not self._is_time(missed=False))
        ):
            return self._keys
        async with self._looking:
            if self._is_time(missed=missed):
                await self._look()
        if self._keys is None:
            raise Retryable("the issuer's keys cannot be had")
        return self._keys

    def _is_time(self, *, missed: bool) -> bool:
        if self._tried_at is None:
            return True
        soon = missed or self._keys is None
        since = self._wall_seconds() - self._tried_at
        return not 0 <= since < (SECONDS_BETWEEN_TRIES if soon else REFRESH_SECONDS)

    async def _look(self) -> None:
        self._tried_at = self._wall_seconds()
        with suppress(Retryable):
            found = await self._source.fetch()
            if self._keys is None or found.as_dict(private=False) != self._keys.as_dict(private=False):
                self._keys = found


class TokenVerifier:
    """Believes tokens that the issuer signed for this audience and that have not run out.

    A token is checked once and remembered until it runs out or the keys are others, the `REMEMBERED` last ones. Token
    times are the wall's, also in simulation.
    """

    def __init__(
        self,
        *,
        keys: KeySource,
        issuer: str,
        audience: str,
        wall_seconds: Callable[[], float] = time.time,
    ) -> None:
        self._known = KnownKeys(keys, wall_seconds=wall_seconds)
        self._checked_with: KeySet | None = None
        self._believed_until: OrderedDict[str, tuple[int, Caller]] = OrderedDict()
        self._wall_seconds = wall_seconds
        self._claims = jwt.JWTClaimsRegistry(
            now=lambda: int(wall_seconds()),
            leeway=30,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
            sub={"essential": True},
        )

    async def verify(self, token: str) -> Caller:
        """Return who the token says is calling.

        Raises `Unauthenticated` for a token that cannot be believed, without saying which check failed,
        and `Retryable` when there are no keys to check it with.
        """
        keys = self._with(await self._known.now())
        until, caller = self._believed_until.get(token, (0, None))
        if caller is not None and self._wall_seconds() < until:
            return caller
        try:
            claims = await self._believed(token, keys)
            self._claims.validate(claims)
        except (JoseError, ValueError) as error:
            raise Unauthenticated("the token is not valid here") from error
        caller = _caller(claims)
        self._remember(token, until=int(claims["exp"]), caller=caller)
        return caller

    def _with(self, keys: KeySet) -> KeySet:
        """Return the keys; what was checked with others is forgotten."""
        if keys is not self._checked_with:
            self._checked_with = keys
            self._believed_until.clear()
        return keys

    async def _believed(self, token: str, keys: KeySet) -> dict[str, Any]:
        try:
            return jwt.decode(token, keys, algorithms=ALGORITHMS).claims
        except InvalidKeyIdError:
            later = await self._known.now(missed=True)
            if later is keys:
                raise
            return jwt.decode(token, self._with(later), algorithms=ALGORITHMS).claims

    def _remember(self, token: str, *, until: int, caller: Caller) -> None:
        self._believed_until[token] = (until, caller)
        if len(self._believed_until) > REMEMBERED:
            self._believed_until.popitem(last=False)


def _caller(claims: dict[str, Any]) -> Caller:
    roles, household, carrier = claims.get("roles"), claims.get("household"), claims.get("carrier")
    subject = claims["sub"]
    known = isinstance(subject, str) and subject.isprintable() and not subject.startswith(COMMAND_LINE)
    if not isinstance(roles, list) or not known:
        raise Unauthenticated("the token is not valid here")
    return Caller(
        subject=subject,
        roles=frozenset(role for role in ROLES if role in roles),
        household=household if isinstance(household, str) else None,
        carrier=carrier if isinstance(carrier, str) else None,
        households=_named_by(claims),
    )


def _named_by(claims: dict[str, Any]) -> frozenset[str]:
    """Return the households that named an assister: none where the token lasts longer than that is believed."""
    households, issued, until = claims.get("households"), claims.get("iat"), int(claims["exp"])
    if not isinstance(households, list) or not isinstance(issued, int):
        return frozenset()
    if until - issued > LONGEST_NAMED_SECONDS:
        return frozenset()
    return frozenset(each for each in cast("list[Any]", households) if isinstance(each, str))
