"""Ports and secrets of a state folder."""

from __future__ import annotations

import socket
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bulkhead.kernel.webhooks import keys_of
from bulkhead_local.__main__ import commands
from bulkhead_local.backing import Backing
from bulkhead_local.errors import LocalError
from bulkhead_local.exchange import Exchange
from bulkhead_local.services import (
    SERVICES,
    TOLD,
    Place,
    environment,
    status_environment,
    told_here,
    untold_environment,
)
from bulkhead_local.state import REPOSITORY, State, is_free


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> State:
    monkeypatch.setenv("BULKHEAD_STATE", str(tmp_path))
    return State.here()


def test_a_port_once_chosen_is_remembered(state: State) -> None:
    chosen = state.port("main/payments")
    assert State(state.root).port("main/payments") == chosen


def test_two_names_never_get_the_same_port(state: State) -> None:
    assert len({state.port(f"name-{number}") for number in range(20)}) == 20


def test_a_port_given_by_the_environment_wins(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BULKHEAD_PORT_MAIN_CARRIER_GATEWAY", "12345")
    assert state.port("main/carrier-gateway") == 12345


def test_a_port_that_somebody_took_meanwhile_is_changed(state: State) -> None:
    chosen = state.port("kafka")
    with socket.create_server(("127.0.0.1", chosen)):
        another = state.usable_port("kafka")
        assert another != chosen
        assert is_free(another)
    assert state.port("kafka") == another


def test_a_given_port_that_is_taken_is_an_error_that_names_it(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setenv("BULKHEAD_PORT_KAFKA", str(port))
        with pytest.raises(LocalError, match=f"port {port}, given for kafka"):
            state.usable_port("kafka")


def test_forgotten_ports_are_those_of_the_prefix_only(state: State) -> None:
    kept = state.port("main/payments")
    state.port("other/payments")
    state.forget_ports("other/")
    assert (state.root / "ports.json").read_text().count("payments") == 1
    assert state.port("main/payments") == kept


def test_a_secret_is_made_once_and_is_its_owners_only(state: State) -> None:
    secret = state.secret("postgres")
    assert state.secret("postgres") == secret
    assert (state.root / "secrets" / "postgres").stat().st_mode & 0o077 == 0


def test_a_deep_state_folder_has_its_socket_elsewhere(tmp_path: Path) -> None:
    deep = State(tmp_path / ("deep" * 25))
    assert len(str(deep.supervisor_socket)) < 100
    assert State(tmp_path / "x").supervisor_socket != deep.supervisor_socket


def test_each_exchange_s_processor_signs_with_a_secret_of_its_own_that_payments_is_told(state: State) -> None:
    def place(name: str) -> Place:
        return Place(
            state=state,
            exchange=name,
            pack="vermont-2016",
            simulation_start=None,
            partitions=8,
            kafka_bootstrap="127.0.0.1:9092",
            files=state.exchanges / name / "files",
            told={},
        )

    main, other = place("main"), place("other")
    told = environment(SERVICES["payments"], main, database_url="postgresql://")
    assert told["PAYMENTS_PROCESSOR_WEBHOOK_SECRETS"] == main.webhook_secret == place("main").webhook_secret
    assert [len(key) for key in keys_of(main.webhook_secret)] == [32]
    assert main.webhook_secret != other.webhook_secret
    assert (state.exchanges / "main" / "webhook-secret").stat().st_mode & 0o077 == 0


def test_the_status_page_is_told_where_the_services_are_and_of_no_database_kafka_or_secret(
    state: State,
) -> None:
    place = Place(
        state=state,
        exchange="main",
        pack="vermont-2017",
        simulation_start=date(2015, 12, 1),
        partitions=8,
        kafka_bootstrap="127.0.0.1:9092",
        files=state.exchanges / "main" / "files",
        told={},
    )
    told = {name: text for name, text in status_environment(place).items() if not name.startswith("PYTHON")}
    assert told == {
        **{
            f"STATUS_{name.upper().replace('-', '_')}_URL": f"http://127.0.0.1:{place.port(name)}"
            for name in SERVICES
        },
        "BULKHEAD_POLICY_DIR": str(REPOSITORY / "policy"),
        "BULKHEAD_POLICY_PACK": "vermont-2017",
        "BULKHEAD_HTTP_HOST": "127.0.0.1",
        "BULKHEAD_HTTP_PORT": str(place.port("status")),
        "BULKHEAD_SIMULATION_START": "2015-12-01",
        "BULKHEAD_SIMULATION_CLOCK_FILE": str(state.exchanges / "main" / "clock"),
    }


def test_what_an_exchange_was_told_when_it_was_made_holds_in_whichever_shell_a_command_is_typed(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAYMENTS_PROCESSOR_PROTOCOL", "payment-intents")
    monkeypatch.setenv("PAYMENTS_TRUST_ACCOUNT", "00123")
    monkeypatch.setenv("BULKHEAD_LOG_LEVEL", "")
    made = _exchange(state)
    settings = made.environment("payments"), made.environment("notifications")
    assert settings[0]["PAYMENTS_PROCESSOR_PROTOCOL"] == "payment-intents"
    assert settings[0]["PAYMENTS_TRUST_ACCOUNT"] == "00123"
    assert settings[0]["PAYMENTS_PROCESSOR_RETURN_URL"] == made.status_url
    assert "PAYMENTS_TRUST_ACCOUNT" not in settings[1]
    assert "BULKHEAD_LOG_LEVEL" not in settings[0]

    monkeypatch.delenv("PAYMENTS_PROCESSOR_PROTOCOL")
    monkeypatch.setenv("PAYMENTS_TRUST_ACCOUNT", "00456")
    monkeypatch.setenv("BULKHEAD_LOG_LEVEL", "DEBUG")
    monkeypatch.setattr(Backing, "ensure", lambda: made.backing)
    found = Exchange.open("main")
    assert (found.environment("payments"), found.environment("notifications")) == settings
    assert (found.folder / "exchange.json").stat().st_mode & 0o077 == 0
    assert set(TOLD).isdisjoint(untold_environment())
    refused = CliRunner().invoke(commands, ["up"])
    assert isinstance(refused.exception, LocalError)
    assert "was made with another BULKHEAD_LOG_LEVEL or none" in str(refused.exception)


def _exchange(state: State) -> Exchange:
    """Make one whose databases and topics nobody makes."""
    backing = Backing(state=state, postgres_url="postgresql://a@b/c", kafka_bootstrap="127.0.0.1:9092")
    made = Exchange(
        backing=backing,
        name="main",
        pack="vermont-2016",
        simulation_start=None,
        partitions=8,
        after_crash="stays-down",
        told=told_here(),
    )
    made.folder.mkdir(parents=True)
    made._remember()  # pyright: ignore[reportPrivateUsage]
    return made
