"""What the attacks are made of, without an exchange: all operations there are, and a table that says what broke."""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path

import asyncpg
import pytest
from sandbox_processor import SqliteStore

from attack.doors_files import marks_of
from attack.doors_money import compare_charges
from attack.kept import charges_on, tables_with
from attack.operations import operations
from attack.rows import Row, held, lines_of
from bulkhead_testing.backing import Databases
from payments.adapters.processor.sandbox import SandboxBehaviour

ANYBODY = {
    "enrollment GET /v1/federal-hub",
    "enrollment GET /v1/online-selection",
    "payments GET /v1/online-payment",
    "payments POST /v1/processor-events",
    "payments POST /v1/processor-events/payment-intents",
    "carrier-gateway GET /v1/carrier-exchange",
    "notifications GET /v1/channels",
    "notifications POST /v1/mail-events",
    "notifications GET /v1/outages",
    *(
        f"{service} GET /v1/maintenance"
        for service in ("enrollment", "invoicing", "payments", "carrier-gateway", "notifications")
    ),
}
"""What may be asked without a token. Events of the processor and of the mail provider are believed by signature."""


def test_without_a_token_this_may_be_asked_and_nothing_else() -> None:
    assert {each.name for each in operations() if not each.roles} == ANYBODY


def test_every_operation_can_be_asked_for() -> None:
    found = operations()
    assert len(found) > 250
    for each in found:
        assert "{" not in each.filled({"household": "june"}), each.name


def test_what_a_path_names_is_filled_in() -> None:
    (found,) = [each for each in operations() if each.name == "enrollment GET /v1/households/{household}"]
    assert found.filled({"household": "a/b\0"}) == "/v1/households/a%2Fb%00"
    assert found.roles == {"member", "assister", "operator"}


def test_a_table_says_what_broke_and_what_was_never_tried() -> None:
    good, bad, untried = Row("http", "one"), Row("http", "two"), Row("kafka", "three")
    good.tried(held=True, what="")
    bad.tried(held=True, what="")
    bad.tried(held=False, what="it was done")
    assert [line.rstrip() for line in lines_of([good, bad, untried])] == [
        "door      attack  tried  outcome",
        "http      one         1  held",
        "http      two         2  BROKE 1",
        "          it was done",
        "kafka     three       0  NOT TRIED",
    ]
    assert held([good])
    assert not held([good, bad])
    assert not held([good, untried])


def test_a_card_that_the_processor_charged_twice_is_noticed_whatever_payments_says(tmp_path: Path) -> None:
    processor = SandboxBehaviour(SqliteStore(tmp_path))

    def charge(reference: str, token: str) -> None:
        processor.charge(
            token=token, amount_cents=50000, method="card", reference=reference, initiator="member"
        )

    charge("first", "tok_card_ok.racer")
    charge("first", "tok_card_ok.racer")
    charge("other", "tok_card_ok.other")
    charge("refused", "tok_card_declined.racer")
    assert charges_on(tmp_path, "tok_card_ok.racer") == 1
    charge("second", "tok_card_ok.racer")
    assert charges_on(tmp_path, "tok_card_ok.racer") == 2
    row = Row("money", "one key")
    compare_charges(row, "racer", charged=1, by_card=1)
    compare_charges(row, "racer", charged=0, by_card=0)
    assert row.broke == []
    for charged, by_card in ((2, 1), (1, 0), (0, 1), (2, 2)):
        compare_charges(row, "racer", charged=charged, by_card=by_card)
    assert row.broke == [
        "racer: the card was charged 2 times, for 1 payments",
        "racer: the card was charged 1 times, for 0 payments",
        "racer: the card was charged 0 times, for 1 payments",
        "racer: the card was charged 2 times, for 2 payments",
    ]


def test_a_processor_that_is_not_where_it_is_looked_for_has_not_charged_nothing(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError):
        charges_on(tmp_path, "tok_card_ok")


async def test_a_link_that_was_followed_and_read_is_noticed_by_what_was_kept(databases: Databases) -> None:
    url, written = databases.fresh(), "lockbox,2015-12-01,77\n0f1e2d\n"
    connection = await asyncpg.connect(url)
    for kept in (
        "CREATE TABLE others AS SELECT 'lockbox,2015-12-01,78' AS content, 'z-honest.csv' AS name",
        "CREATE TABLE words AS SELECT 'not a line: 0f1e2d' AS reason",
        f"CREATE TABLE bytes AS SELECT '\\x{written.encode().hex()}'::bytea AS content",
        f"CREATE TABLE hashes AS SELECT '{hashlib.sha256(written.encode()).hexdigest()}' AS sha256",
        "CREATE TABLE names AS SELECT 'a-victim.csv' AS name",
        "CREATE TABLE settings AS SELECT convert_to('BULKHEAD_DATABASE_URL=', 'UTF8') AS content",
    ):
        await connection.execute(kept)
    await connection.close()
    assert await tables_with(url, marks_of(written)) == ["bytes", "hashes", "names", "settings", "words"]
