"""Tokens for tests: an issuer of one's own, and the verifier that believes it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from bulkhead.web.auth import Role, TokenVerifier

ISSUER = "https://issuer.exchange.test"
AUDIENCE = "bulkhead"


class StaticKeys:
    """A key source that holds the keys it was given; replace ``keys`` to rotate them."""

    def __init__(self, keys: KeySet) -> None:
        self.keys = keys
        self.fetches = 0

    async def fetch(self) -> KeySet:
        """Return the keys, and count that they were asked for."""
        self.fetches += 1
        return self.keys


class TestIssuer:
    """Issues tokens as the exchange's identity provider would."""

    __test__ = False

    def __init__(self, *, issuer: str = ISSUER, audience: str = AUDIENCE, kid: str = "test-1") -> None:
        self.issuer = issuer
        self.audience = audience
        self._key = ECKey.generate_key("P-256", parameters={"kid": kid, "use": "sig", "alg": "ES256"})

    @property
    def keys(self) -> KeySet:
        """The public keys, as the issuer publishes them."""
        return KeySet([ECKey.import_key(self._key.as_dict(private=False))])

    def verifier(self, *, wall_seconds: Callable[[], float] = time.time) -> TokenVerifier:
        """Return a verifier that believes this issuer's tokens."""
        return TokenVerifier(
            keys=StaticKeys(self.keys), issuer=self.issuer, audience=self.audience, wall_seconds=wall_seconds
        )

    def write_jwks(self, path: Path) -> None:
        """Write the public keys as a JWKS file."""
        path.write_text(json.dumps(self.keys.as_dict(private=False)))

    def token(
        self,
        *roles: Role,
        subject: str = "someone",
        household: str | None = None,
        carrier: str | None = None,
        seconds: int = 3600,
        **claims: Any,
    ) -> str:
        """Return a signed token for these roles that runs out after so many seconds; the household of an assister's is
        the one that named them.
        """
        now = int(time.time())
        payload: dict[str, Any] = {
            "iss": self.issuer,
            "aud": self.audience,
            "sub": subject,
            "iat": now,
            "exp": now + seconds,
            "roles": list[str](roles),
        }
        if household is not None:
            payload |= {"households": [household]} if "assister" in roles else {"household": household}
        payload |= {"carrier": carrier} if carrier else {}
        return jwt.encode({"alg": "ES256", "kid": self._key.kid}, payload | claims, self._key)

    def headers(
        self,
        roles: Sequence[Role] | Role,
        *,
        key: str | None = None,
        subject: str = "someone",
        household: str | None = None,
        carrier: str | None = None,
    ) -> dict[str, str]:
        """Return the headers of a request: a bearer token, and the Idempotency-Key if one is given."""
        wanted: Sequence[Role] = (roles,) if isinstance(roles, str) else roles
        token = self.token(*wanted, subject=subject, household=household, carrier=carrier)
        return {"Authorization": f"Bearer {token}"} | ({"Idempotency-Key": key} if key else {})
