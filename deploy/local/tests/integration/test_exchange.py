"""An exchange instance: its own databases, topics and files; killed, started again, gone without a trace."""

from __future__ import annotations

import smtplib
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from email.message import EmailMessage

import asyncpg
import httpx2
import pytest

from bulkhead.kernel.calendar import local
from bulkhead_local import Exchange, LocalError, UnknownExchange, operations, postgres
from bulkhead_local.services import SERVICES, SMTP

NAME = "local-test"


@pytest.fixture(scope="module")
def exchange() -> Iterator[Exchange]:
    made = Exchange.create(NAME, simulation_start=date(2015, 12, 1))
    try:
        made.start()
        yield made
    finally:
        made.destroy()


def test_every_service_answers_with_its_token_and_not_without(exchange: Exchange) -> None:
    headers = {"Authorization": f"Bearer {exchange.token(roles=['operator'])}"}
    for url in exchange.urls.values():
        assert httpx2.get(f"{url}/v1/events", headers=headers).status_code == 200
        assert httpx2.get(f"{url}/v1/events").status_code == 401


def test_its_clock_begins_where_it_was_told(exchange: Exchange) -> None:
    headers = {"Authorization": f"Bearer {exchange.token(roles=['service'])}"}
    for url in exchange.urls.values():
        now = httpx2.get(f"{url}/v1/simulation/quiet", headers=headers).json()["now"]
        assert now.startswith("2015-12-01T00:00:00")


def test_a_service_cannot_reach_anothers_database(exchange: Exchange) -> None:
    own, other = exchange.database_url("payments"), exchange.database_url("invoicing")
    assert postgres.run(lambda: postgres.answers(own))
    credentials, database = own.rpartition("/")[0], other.rpartition("/")[2]

    async def intrude() -> None:
        await asyncpg.connect(f"{credentials}/{database}")

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        postgres.run(intrude)


def test_a_service_owns_its_tables(exchange: Exchange) -> None:
    async def owners() -> set[str]:
        connection = await asyncpg.connect(exchange.database_url("payments"))
        try:
            rows = await connection.fetch(
                "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"
            )
            return {row["tableowner"] for row in rows}
        finally:
            await connection.close()

    assert postgres.run(owners) == {"payments_local_test"}


def test_a_killed_service_is_ready_again_once_started(exchange: Exchange) -> None:
    exchange.kill_service("payments")
    assert [name for name in SERVICES if not exchange.is_ready(name)] == ["payments"]
    exchange.start_service("payments")
    assert exchange.is_ready("payments")


def test_a_stopped_service_leaves_the_others_ready(exchange: Exchange) -> None:
    exchange.stop_service("invoicing")
    assert [name for name in SERVICES if not exchange.is_ready(name)] == ["invoicing"]
    exchange.start_service("invoicing")


def test_a_mail_becomes_a_file_of_the_exchange(exchange: Exchange) -> None:
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = "Invoice", "exchange@bulkhead.test", "june@example.test"
    mail.set_content("500.00 is due.")
    with smtplib.SMTP("127.0.0.1", exchange.state.port(f"{NAME}/{SMTP}")) as server:
        server.send_message(mail)
    (file,) = (exchange.mail_dir / "new").iterdir()
    assert "Subject: Invoice" in file.read_text()


def test_a_second_one_runs_beside_the_first(exchange: Exchange) -> None:
    second = Exchange.create("local-test-2", backing=exchange.backing)
    try:
        second.start()
        with pytest.raises(LocalError, match="the wall's, which nobody moves"):
            operations.advance(second, to=local(date(2015, 12, 2)))
        assert set(second.urls.values()).isdisjoint(exchange.urls.values())
    finally:
        second.destroy()
    assert "local-test-2" not in Exchange.names()
    assert not second.folder.exists()


def test_who_loses_a_port_while_starting_starts_on_another(exchange: Exchange) -> None:
    made = Exchange.create(f"{NAME}-port", simulation_start=date(2015, 12, 1))
    declared = made.state.programs / f"{made.name}.ini"
    lost = made.state.port(f"{made.name}/carrier-gateway")

    def take_it() -> socket.socket:
        while not declared.exists():
            time.sleep(0.01)
        return socket.create_server(("127.0.0.1", lost))

    try:
        with ThreadPoolExecutor() as pool:
            somebody = pool.submit(take_it)
            made.start()
            with somebody.result():
                assert made.urls["carrier-gateway"] != f"http://127.0.0.1:{lost}"
                assert all(made.is_ready(name) for name in SERVICES)
    finally:
        made.destroy()


def test_an_operators_command_runs_with_the_settings_of_the_exchange(
    exchange: Exchange, capfd: pytest.CaptureFixture[str]
) -> None:
    for service in SERVICES:
        assert operations.operate(exchange, service=service, command=["parked", "list"]) == 0
        assert capfd.readouterr().out == "0 parked\n"
    assert operations.operate(exchange, service="payments", command=["parked", "replay", "nobody"]) == 0
    assert operations.operate(exchange, service="payments", command=["retries", "now", "nothing"]) == 1
    with pytest.raises(LocalError, match=r"(?s)no service 'payment'.*enrollment, invoicing, payments"):
        operations.operate(exchange, service="payment", command=["parked", "list"])


def test_the_clock_of_all_five_is_set_forward_and_never_back(exchange: Exchange) -> None:
    exchange.stop_service("invoicing")
    assert operations.advance(exchange, to=local(date(2015, 12, 1), 12, 30)) == ["invoicing"]
    exchange.start_service("invoicing")
    headers = {"Authorization": f"Bearer {exchange.token(roles=['service'])}"}
    for url in exchange.urls.values():
        now = httpx2.get(f"{url}/v1/simulation/quiet", headers=headers).json()["now"]
        assert now.startswith("2015-12-01T12:30:00")
    with pytest.raises(LocalError, match="the clock shows 2015-12-01T12:30:00-05:00 already"):
        operations.advance(exchange, to=local(date(2015, 12, 1), 12))


def test_an_unknown_process_is_named_with_those_there_are(exchange: Exchange) -> None:
    with pytest.raises(LocalError, match=r"(?s)no process 'invoices'.*invoicing"):
        exchange.start_service("invoices")


def test_an_unknown_exchange_is_an_error() -> None:
    with pytest.raises(UnknownExchange, match="no exchange 'nowhere'"):
        Exchange.open("nowhere")


def test_an_unknown_exchange_is_told_those_there_are(exchange: Exchange) -> None:
    with pytest.raises(UnknownExchange, match=rf"name one of .*{exchange.name}"):
        Exchange.open("nowhere")
