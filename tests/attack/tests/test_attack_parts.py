"""What the attacks are made of, without an exchange: all operations there are, and a table that says what broke."""

from __future__ import annotations

from attack.operations import operations
from attack.rows import Row, held, lines_of

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
