"""Tokens minted here are believed by the services' own verifier."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from bulkhead.web.auth import ROLES, Caller, TokenVerifier, Unauthenticated, key_source
from bulkhead_local import tokens
from bulkhead_local.__main__ import commands
from bulkhead_local.errors import LocalError
from bulkhead_local.state import State


def verifier(state: State) -> TokenVerifier:
    return TokenVerifier(
        keys=key_source(str(tokens.key_set_file(state))), issuer=tokens.ISSUER, audience=tokens.AUDIENCE
    )


async def test_a_members_token_names_its_household(tmp_path: Path) -> None:
    state = State(tmp_path)
    token = tokens.mint(state, roles=["member"], household="june", subject="someone")
    assert await verifier(state).verify(token) == Caller(
        subject="someone", roles=frozenset({"member"}), household="june"
    )


async def test_a_token_of_another_machine_is_not_believed(tmp_path: Path) -> None:
    here, elsewhere = State(tmp_path / "here"), State(tmp_path / "elsewhere")
    token = tokens.mint(elsewhere, roles=["operator"])
    with pytest.raises(Unauthenticated):
        await verifier(here).verify(token)


async def test_a_token_of_another_exchange_of_this_machine_is_not_believed(tmp_path: Path) -> None:
    state = State(tmp_path)
    token = tokens.mint(state, exchange="trial", roles=["operator"])
    with pytest.raises(Unauthenticated):
        await verifier(state).verify(token)
    told = TokenVerifier(
        keys=key_source(str(tokens.key_set_file(state))),
        issuer=tokens.ISSUER,
        audience=tokens.audience("trial"),
    )
    assert (await told.verify(token)).roles == {"operator"}


@pytest.mark.parametrize(("role", "add"), [("member", "HOUSEHOLD=june"), ("carrier", "CARRIER=MVP")])
def test_a_token_that_would_open_nothing_is_refused_with_what_to_add(
    tmp_path: Path, role: str, add: str
) -> None:
    with pytest.raises(
        LocalError, match=f"a token of the role {role} must say whose it is.\n  What to do: add {add}"
    ):
        tokens.mint(State(tmp_path), roles=[role])


def test_a_role_there_is_not_is_refused_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(
        LocalError, match=r"(?s)no role 'admin'.*member, assister, operator, carrier, service"
    ):
        tokens.mint(State(tmp_path), roles=["operator", "admin"])
    assert set(tokens.ROLES) == ROLES


def test_the_key_set_holds_no_private_part(tmp_path: Path) -> None:
    assert '"d"' not in tokens.key_set_file(State(tmp_path)).read_text()


async def test_a_second_operator_is_had_by_a_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BULKHEAD_STATE", str(tmp_path))
    told = CliRunner().invoke(commands, ["token", "--role", "operator", "--subject", "bea"])
    caller = await verifier(State(tmp_path)).verify(told.stdout.strip())
    assert (caller.subject, caller.roles) == ("bea", frozenset({"operator"}))
