"""Who is believed, and what they may see."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey

from bulkhead.kernel.errors import NotFound, Retryable
from bulkhead.web.auth import (
    LONGEST_NAMED_SECONDS,
    REFRESH_SECONDS,
    SECONDS_BETWEEN_TRIES,
    Caller,
    FileKeys,
    Forbidden,
    Role,
    TokenVerifier,
    Unauthenticated,
    UrlKeys,
    key_source,
)
from bulkhead_testing.auth import StaticKeys, TestIssuer


async def test_a_token_says_who_is_calling() -> None:
    issuer = TestIssuer()
    caller = await issuer.verifier().verify(issuer.token("member", subject="june", household="june-h"))
    assert caller == Caller(subject="june", roles=frozenset({"member"}), household="june-h")
    caller = await issuer.verifier().verify(issuer.token("carrier", "operator", carrier="BCBSVT"))
    assert caller.roles == {"carrier", "operator"}
    assert caller.carrier == "BCBSVT"


async def test_what_cannot_be_believed_is_refused_without_saying_why() -> None:
    issuer, other = TestIssuer(), TestIssuer()
    verifier = issuer.verifier()
    wrong = {
        "run out": issuer.token("member", seconds=-60),
        "of another issuer": TestIssuer(issuer="https://elsewhere.test").token("member"),
        "for another audience": issuer.token("member", aud="another"),
        "signed by another key": other.token("member"),
        "not yet valid": issuer.token("member", nbf=4_000_000_000),
        "without a subject": issuer.token("member", sub=None),
        "a subject with a NUL": issuer.token("operator", subject="june\0"),
        "a subject as the command line's": issuer.token("operator", subject="cli:root"),
        "without an end": issuer.token("member", exp=None),
        "without roles": issuer.token(roles="member"),
        "not a token": "not a token",
        "empty": "",
        "half": issuer.token("member").rpartition(".")[0],
        "changed": _with_roles(issuer.token("member"), ["operator"]),
    }
    for name, token in wrong.items():
        with pytest.raises(Unauthenticated) as raised:
            await verifier.verify(token)
        assert str(raised.value) == "the token is not valid here", name


def _with_roles(token: str, roles: list[str]) -> str:
    header, payload, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    forged = base64.urlsafe_b64encode(json.dumps(claims | {"roles": roles}).encode()).decode().rstrip("=")
    return f"{header}.{forged}.{signature}"


async def test_a_token_does_not_choose_how_it_is_checked() -> None:
    issuer = TestIssuer()
    claims = {
        "iss": issuer.issuer,
        "aud": issuer.audience,
        "sub": "x",
        "exp": 4_000_000_000,
        "roles": ["operator"],
    }
    unsigned = ".".join(
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
        for part in ({"alg": "none", "kid": "test-1"}, claims)
    )
    # The public key used as if it were a shared secret.
    public = json.dumps(issuer.keys.as_dict(private=False))
    symmetric = jwt.encode(
        {"alg": "HS256", "kid": "test-1"}, claims, OctKey.import_key(public), algorithms=["HS256"]
    )
    for token in (f"{unsigned}.", symmetric):
        with pytest.raises(Unauthenticated):
            await issuer.verifier().verify(token)


def verifier_of(keys: StaticKeys, issuer: TestIssuer, seconds: list[float]) -> TokenVerifier:
    return TokenVerifier(
        keys=keys, issuer=issuer.issuer, audience=issuer.audience, wall_seconds=_wall(seconds)
    )


async def test_a_new_key_is_fetched_once_it_is_seen_and_not_more_often_than_allowed() -> None:
    old, new = TestIssuer(kid="old"), TestIssuer(kid="new")
    keys, seconds = StaticKeys(old.keys), [1000.0]
    verifier = verifier_of(keys, old, seconds)
    for _ in range(3):
        await verifier.verify(old.token("member"))
    assert keys.fetches == 1
    keys.keys = KeySet([*old.keys, *new.keys])
    with pytest.raises(Unauthenticated):
        await verifier.verify(new.token("member"))
    assert keys.fetches == 1
    seconds[0] += SECONDS_BETWEEN_TRIES
    assert (await verifier.verify(new.token("member"))).roles == {"member"}
    for _ in range(3):
        with pytest.raises(Unauthenticated):
            await verifier.verify(TestIssuer(kid="junk").token("member"))
    assert keys.fetches == 2


async def test_a_key_that_was_taken_away_is_believed_no_longer_than_keys_are_looked_at_again() -> None:
    issuer, seconds = TestIssuer(), [1000.0]
    keys = StaticKeys(issuer.keys)
    verifier = verifier_of(keys, issuer, seconds)
    token, other = issuer.token("member"), issuer.token("operator")
    await verifier.verify(token)
    keys.keys = TestIssuer(kid="new").keys
    seconds[0] += REFRESH_SECONDS - 1
    await verifier.verify(token)
    seconds[0] += 1
    for each in (token, other):
        with pytest.raises(Unauthenticated):
            await verifier.verify(each)
    assert keys.fetches == 2


async def test_what_is_remembered_stays_so_while_the_keys_are_the_same() -> None:
    issuer, seconds = TestIssuer(), [1000.0]
    keys = CountingKeys(issuer.keys.keys)
    source = StaticKeys(keys)
    verifier = verifier_of(source, issuer, seconds)
    token = issuer.token("member", seconds=600)
    await verifier.verify(token)
    seconds[0] += REFRESH_SECONDS
    await verifier.verify(token)
    assert (source.fetches, keys.looked) == (2, 1)


class CountingKeys(KeySet):
    """Keys that count how often one was looked for."""

    looked = 0

    def get_by_kid(self, *args: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride] - as it is called
        """Return the key of that name."""
        self.looked += 1
        return super().get_by_kid(*args)


async def test_a_token_is_checked_once_and_believed_until_it_runs_out() -> None:
    issuer, seconds = TestIssuer(), [1000.0]
    keys = CountingKeys(issuer.keys.keys)
    verifier = TokenVerifier(
        keys=StaticKeys(keys), issuer=issuer.issuer, audience=issuer.audience, wall_seconds=_wall(seconds)
    )
    token = issuer.token("member", household="june", seconds=60)
    first = await verifier.verify(token)
    assert await verifier.verify(token) == first
    assert keys.looked == 1
    seconds[0] += 91  # a minute, and half of one for clocks that differ
    with pytest.raises(Unauthenticated):
        await verifier.verify(token)
    assert keys.looked == 2


def _wall(seconds: list[float]) -> Callable[[], float]:
    import time

    begun = time.time() - seconds[0]
    return lambda: begun + seconds[0]


class Away(StaticKeys):
    """An issuer that does not answer, until told otherwise."""

    away = True
    tries = 0

    async def fetch(self) -> KeySet:
        self.tries += 1
        await asyncio.sleep(0)
        if self.away:
            raise Retryable("away")
        return await super().fetch()


async def test_while_the_issuer_is_away_known_keys_go_on_and_unknown_ones_are_to_be_tried_again() -> None:
    issuer, seconds = TestIssuer(), [1000.0]
    keys = Away(issuer.keys)
    verifier = verifier_of(keys, issuer, seconds)
    with pytest.raises(Retryable):
        await verifier.verify(issuer.token("member"))
    keys.away = False
    seconds[0] += SECONDS_BETWEEN_TRIES
    await verifier.verify(issuer.token("member"))
    keys.away = True
    seconds[0] += REFRESH_SECONDS
    await verifier.verify(issuer.token("member"))
    with pytest.raises(Unauthenticated):
        await verifier.verify(TestIssuer(kid="unknown").token("member"))


async def test_while_no_keys_can_be_had_tokens_make_one_try_together() -> None:
    issuer, seconds = TestIssuer(), [1000.0]
    keys = Away(issuer.keys)
    verifier = verifier_of(keys, issuer, seconds)
    tokens = [issuer.token("member"), "junk", *[TestIssuer(kid="junk").token("member") for _ in range(5)]]
    told = await asyncio.gather(*map(verifier.verify, tokens), return_exceptions=True)
    assert {type(each) for each in told} == {Retryable}
    for each in tokens:
        with pytest.raises(Retryable):
            await verifier.verify(each)
    assert keys.tries == 1
    seconds[0] += SECONDS_BETWEEN_TRIES
    await asyncio.gather(*map(verifier.verify, tokens), return_exceptions=True)
    assert keys.tries == 2


async def test_nobody_waits_for_an_issuer_that_is_slow_while_keys_are_known() -> None:
    issuer, seconds = TestIssuer(), [1000.0]
    goes_on = asyncio.Event()

    class Slow(StaticKeys):
        async def fetch(self) -> KeySet:
            if self.fetches:
                await goes_on.wait()
            return await super().fetch()

    keys = Slow(issuer.keys)
    verifier = verifier_of(keys, issuer, seconds)
    await verifier.verify(issuer.token("member"))
    seconds[0] += REFRESH_SECONDS
    first = asyncio.create_task(verifier.verify(issuer.token("member")))
    await asyncio.sleep(0)
    assert (await verifier.verify(issuer.token("operator"))).roles == {"operator"}
    new = TestIssuer(kid="new")
    keys.keys = KeySet([*issuer.keys, *new.keys])
    by_new = asyncio.create_task(verifier.verify(new.token("carrier")))
    await asyncio.sleep(0)
    assert (first.done(), by_new.done()) == (False, False)
    goes_on.set()
    assert [each.roles for each in (await first, await by_new)] == [{"member"}, {"carrier"}]


async def test_keys_come_from_a_file_or_an_address(tmp_path: Path) -> None:
    issuer = TestIssuer()
    path = tmp_path / "jwks.json"
    source = key_source(str(path))
    assert isinstance(source, FileKeys)
    with pytest.raises(Retryable):
        await source.fetch()
    path.write_text("half a fi")
    with pytest.raises(Retryable):
        await source.fetch()
    issuer.write_jwks(path)
    assert '"d"' not in path.read_text()
    verifier = TokenVerifier(keys=source, issuer=issuer.issuer, audience=issuer.audience)
    assert (await verifier.verify(issuer.token("service"))).roles == {"service"}
    assert isinstance(key_source("https://issuer.exchange.test/jwks"), UrlKeys)


@pytest.mark.parametrize(
    ("role", "sees"),
    [("assister", False), ("operator", True), ("service", True), ("carrier", False), ("member", False)],
)
def test_who_sees_a_household_that_is_not_their_own(role: Role, sees: bool) -> None:
    caller = Caller(subject="x", roles=frozenset({role}), household="max", carrier="BCBSVT")
    if sees:
        caller.require_household("june")
    else:
        with pytest.raises(NotFound):
            caller.require_household("june")


async def test_an_assister_sees_the_households_that_named_them_and_no_longer_than_that_is_believed() -> None:
    issuer = TestIssuer()
    verifier = issuer.verifier()
    named: dict[str, Any] = {"households": ["june", "kim", 7]}
    caller = await verifier.verify(issuer.token("assister", **named))
    assert caller.households == {"june", "kim"}
    for household in ("june", "kim"):
        caller.require_household(household)
    with pytest.raises(NotFound):
        caller.require_household("max")
    longest = await verifier.verify(issuer.token("assister", seconds=LONGEST_NAMED_SECONDS, **named))
    longest.require_household("june")
    now = int(time.time())
    for too_long in (
        issuer.token("assister", seconds=LONGEST_NAMED_SECONDS + 1, **named),
        issuer.token("assister", iat=now - LONGEST_NAMED_SECONDS, **named),
        issuer.token("assister", iat=float(now), **named),
        issuer.token("assister", households="june"),
        issuer.token("assister", household="june", households=None),
        issuer.token("member", **named),
        issuer.token("carrier", **named),
    ):
        with pytest.raises(NotFound):
            (await verifier.verify(too_long)).require_household("june")


def test_a_member_sees_its_own_household_and_without_one_none() -> None:
    Caller(subject="x", roles=frozenset({"member"}), household="june").require_household("june")
    with pytest.raises(NotFound):
        Caller(subject="x", roles=frozenset({"member"})).require_household("june")


def test_a_carrier_sees_its_own_things() -> None:
    carrier = Caller(subject="x", roles=frozenset({"carrier"}), carrier="BCBSVT")
    carrier.require_carrier("BCBSVT")
    with pytest.raises(NotFound):
        carrier.require_carrier("MVP")
    Caller(subject="x", roles=frozenset({"operator"})).require_carrier("MVP")
    with pytest.raises(NotFound):
        Caller(subject="x", roles=frozenset({"assister"})).require_carrier("MVP")


def test_only_the_roles_a_route_allows_count_there() -> None:
    both = Caller(subject="x", roles=frozenset({"member", "operator"}), household="max")
    as_member = both.with_roles(["member"])
    with pytest.raises(NotFound):
        as_member.require_household("june")
    with pytest.raises(Forbidden):
        both.with_roles(["service", "carrier"])
