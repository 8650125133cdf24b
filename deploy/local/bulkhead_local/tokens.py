"""The issuer of this machine: one key, its public half as a JWKS file, and tokens signed with it."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path

from joserfc import jwt
from joserfc.jwk import ECKey

from bulkhead_local.errors import LocalError
from bulkhead_local.state import State, write_whole

ISSUER = "bulkhead-local"
AUDIENCE = "bulkhead"
"""For whom a token of the exchange `main` is, and of one in containers or on a cluster for trials."""
SUBJECT = "local"
"""Whose a token is where nobody is named."""
ROLES = ("member", "assister", "operator", "carrier", "service")
_ALGORITHM = "ES256"
_SECONDS_VALID = 12 * 60 * 60


def key_set_file(state: State) -> Path:
    """Return the JWKS file that services check tokens with; the key is made at first use."""
    _key(state)
    return state.keys / "jwks.json"


def audience(exchange: str) -> str:
    """Return for whom a token of an exchange is: no other exchange believes it."""
    return AUDIENCE if exchange == "main" else f"{AUDIENCE}-{exchange}"


def mint(
    state: State,
    *,
    exchange: str = "main",
    roles: Sequence[str],
    household: str | None = None,
    carrier: str | None = None,
    subject: str = SUBJECT,
) -> str:
    """Return a token for an exchange, signed and good for twelve hours of the wall clock; an assister's has the
    households that named them, with commas between them. Raises `LocalError` for a role there is not, and for a
    member's, an assister's or a carrier's that would open nothing.
    """
    unknown = [role for role in roles if role not in ROLES]
    if unknown:
        raise LocalError(f"there is no role '{unknown[0]}'.\n  What to do: name one of {', '.join(ROLES)}")
    for role, whose, example in (
        ("member", household, "HOUSEHOLD=june"),
        ("assister", household, "HOUSEHOLD=june,kim"),
        ("carrier", carrier, "CARRIER=MVP"),
    ):
        if role in roles and not whose:
            raise LocalError(f"a token of the role {role} must say whose it is.\n  What to do: add {example}")
    now = int(time.time())
    claims: dict[str, object] = {
        "iss": ISSUER,
        "aud": audience(exchange),
        "sub": subject,
        "iat": now,
        "exp": now + _SECONDS_VALID,
        "roles": list(roles),
    }
    if household is not None and "assister" in roles:
        claims["households"] = household.split(",")
    elif household is not None:
        claims["household"] = household
    if carrier is not None:
        claims["carrier"] = carrier
    key = _key(state)
    return jwt.encode({"alg": _ALGORITHM, "kid": key.kid}, claims, key, algorithms=[_ALGORITHM])


def _key(state: State) -> ECKey:
    private = state.keys / "private.json"
    with state.locked("keys"):
        if not private.exists():
            made = ECKey.generate_key("P-256", auto_kid=True)
            public = {**made.as_dict(private=False), "use": "sig", "alg": _ALGORITHM}
            write_whole(state.keys / "jwks.json", json.dumps({"keys": [public]}, indent=2) + "\n")
            write_whole(private, json.dumps(made.as_dict(private=True)) + "\n", mode=0o600)
        return ECKey.import_key(json.loads(private.read_text()))
