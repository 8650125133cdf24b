"""A webhook is let in by each secret in use, and with one byte of it changed by none (Standard Webhooks)."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

import pytest
import standardwebhooks
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bulkhead.kernel.webhooks import (
    ID_HEADER,
    SIGNATURE_HEADER,
    TIME_HEADER,
    NotSigned,
    Webhook,
    WebhookDoor,
    keys_of,
    sign,
)
from payments.adapters.processor.http import HttpProcessor
from payments.adapters.processor.payment_intents import PaymentIntentsProcessor
from payments.bootstrap import _processor  # pyright: ignore[reportPrivateUsage]
from payments.config import PaymentsSettings

NOW = 1_800_000_000
VISIBLE = [chr(each) for each in range(0x21, 0x7F) if chr(each) != "."]
IDS = st.text(st.sampled_from(VISIBLE), min_size=1, max_size=40)
KEYS = st.binary(min_size=24, max_size=64)
BODIES = st.binary(max_size=200)


def door(*keys: bytes, window: int = 300) -> WebhookDoor:
    return WebhookDoor(keys=keys, window_seconds=window)


def webhook(headers: dict[str, str], body: bytes) -> Webhook:
    return Webhook(
        ids=[headers[ID_HEADER]],
        times=[headers[TIME_HEADER]],
        signatures=[headers[SIGNATURE_HEADER]],
        body=body,
    )


def is_let_in(door: WebhookDoor, webhook: Webhook, *, now: float = NOW) -> bool:
    try:
        door.require_signed(webhook, now_seconds=now)
    except NotSigned:
        return False
    return True


@given(keys=st.lists(KEYS, min_size=1, max_size=4, unique=True), which=st.data(), sent_id=IDS, body=BODIES)
def test_PAY_1_each_secret_in_use_is_believed_and_no_other(
    keys: list[bytes], which: st.DataObject, sent_id: str, body: bytes
) -> None:
    key = which.draw(st.sampled_from(keys))
    sent = webhook(sign(key, sent_id=sent_id, sent_at=NOW, body=body), body)
    assert is_let_in(door(*keys), sent)
    assert not is_let_in(door(*(each for each in keys if each != key)), sent)


@given(key=KEYS, retired=KEYS, sent_id=IDS, body=BODIES)
def test_PAY_1_one_right_signature_among_several_is_enough(
    key: bytes, retired: bytes, sent_id: str, body: bytes
) -> None:
    first, second = (sign(each, sent_id=sent_id, sent_at=NOW, body=body) for each in (retired, key))
    both = f"v1a,AAAA {first[SIGNATURE_HEADER]} {second[SIGNATURE_HEADER]}"
    assert is_let_in(door(key), webhook(first | {SIGNATURE_HEADER: both}, body))


@given(key=KEYS, sent_id=IDS, body=BODIES, place=st.data())
def test_PAY_1_with_any_byte_of_id_time_or_body_changed_it_is_refused(
    key: bytes, sent_id: str, body: bytes, place: st.DataObject
) -> None:
    headers = sign(key, sent_id=sent_id, sent_at=NOW, body=body)
    what = place.draw(st.sampled_from([ID_HEADER, TIME_HEADER, "body"] if body else [ID_HEADER, TIME_HEADER]))
    if what == "body":
        at = place.draw(st.integers(0, len(body) - 1))
        other = place.draw(st.integers(0, 255).filter(lambda each: each != body[at]))
        assert not is_let_in(door(key), webhook(headers, body[:at] + bytes([other]) + body[at + 1 :]))
        return
    text = headers[what]
    at = place.draw(st.integers(0, len(text) - 1))
    letters = "0123456789" if what == TIME_HEADER else "".join(VISIBLE)
    other_letter = place.draw(st.sampled_from(letters).filter(lambda each: each != text[at]))
    changed = headers | {what: text[:at] + other_letter + text[at + 1 :]}
    assert not is_let_in(door(key, window=10**12), webhook(changed, body))


@given(key=KEYS, sent_id=IDS, body=BODIES, part=st.sampled_from(["cut", "longer", "moved"]))
def test_PAY_1_nor_may_anything_be_cut_added_or_moved_between_its_parts(
    key: bytes, sent_id: str, body: bytes, part: str
) -> None:
    headers = sign(key, sent_id=sent_id, sent_at=NOW, body=body)
    match part:
        case "cut":
            changed = webhook(headers, body[:-1] if body else b"x")
        case "longer":
            changed = webhook(headers, body + b"\n")
        case _:  # the time is taken for the end of the id, and the body's beginning for the time
            sent = sign(key, sent_id=sent_id, sent_at=NOW, body=f"{NOW}.".encode() + body)
            changed = webhook(sent | {ID_HEADER: f"{sent_id}.{NOW}"}, body)
    assert not is_let_in(door(key), changed)


@given(key=KEYS, off=st.integers(-1000, 1000), window=st.integers(1, 600))
def test_PAY_1_what_was_signed_long_ago_or_ahead_is_refused(key: bytes, off: int, window: int) -> None:
    sent = webhook(sign(key, sent_id="evt_1", sent_at=NOW + off, body=b"{}"), b"{}")
    assert is_let_in(door(key, window=window), sent) == (abs(off) <= window)


@given(
    headers=st.fixed_dictionaries(
        {
            ID_HEADER: st.lists(st.text(max_size=20), max_size=2),
            TIME_HEADER: st.lists(st.text(max_size=20), max_size=2),
            SIGNATURE_HEADER: st.lists(st.text(max_size=80), max_size=2),
        }
    ),
    body=BODIES,
)
def test_PAY_1_whatever_comes_unsigned_is_refused_and_breaks_nothing(
    headers: dict[str, list[str]], body: bytes
) -> None:
    sent = Webhook(
        ids=headers[ID_HEADER],
        times=headers[TIME_HEADER],
        signatures=headers[SIGNATURE_HEADER],
        body=body,
    )
    assert not is_let_in(door(b"k" * 24), sent)
    assert not is_let_in(door(), sent)


@given(key=KEYS, sent_id=IDS, said=st.dictionaries(st.text(max_size=10), st.text(max_size=10), max_size=5))
def test_PAY_1_the_library_of_another_author_signs_and_believes_the_same(
    key: bytes, sent_id: str, said: dict[str, Any]
) -> None:
    secret, body, now = f"whsec_{b64encode(key).decode()}", json.dumps(said), datetime.now(UTC)
    theirs, seconds = standardwebhooks.Webhook(secret), int(now.timestamp())
    ours = sign(key, sent_id=sent_id, sent_at=seconds, body=body.encode())
    assert keys_of(secret) == (key,)
    assert theirs.sign(msg_id=sent_id, timestamp=now, data=body) == ours[SIGNATURE_HEADER]
    assert theirs.verify(body, ours) == said


@pytest.mark.parametrize(
    "text",
    ["", "  ", "whsec_" + "A" * 32 + ", whsec_" + "B" * 32, "whsec_" + "A" * 32 + "\nwhsec_" + "B" * 32],
)
def test_secrets_are_read_with_blanks_or_commas_between_them(text: str) -> None:
    assert len(keys_of(text)) == text.count("whsec_")


@pytest.mark.parametrize("text", ["A" * 32, "whsec_AAAA", "whsec_" + "!" * 32, "whsec_" + "A" * 120])
def test_what_is_no_secret_is_refused_without_being_told(text: str) -> None:
    with pytest.raises(ValueError, match="base64 of 24 to 64 bytes") as refused:
        keys_of(text)
    assert text not in str(refused.value)


def test_a_process_that_is_told_no_secret_as_one_does_not_begin_and_does_not_tell_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    needed = {
        "BULKHEAD_DATABASE_URL": "postgresql://role@host/database",
        "BULKHEAD_JWKS": "x",
        "BULKHEAD_JWT_ISSUER": "x",
    }
    folders = {f"PAYMENTS_{each}_DIR": "." for each in ("LOCKBOX", "RETURNS", "STATEMENTS", "REMITTANCE")}
    for name, value in (needed | folders | {"BULKHEAD_JWT_AUDIENCE": "x"}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PAYMENTS_PROCESSOR_URL", "sandbox:")
    assert PaymentsSettings.model_validate({}).processor_webhook_secrets is None
    monkeypatch.setenv("PAYMENTS_PROCESSOR_WEBHOOK_SECRETS", "whsec_" + "A" * 32 + " mine")
    with pytest.raises(ValidationError, match="base64 of 24 to 64 bytes") as refused:
        PaymentsSettings.model_validate({})
    assert "mine" not in str(refused.value)


@pytest.mark.parametrize(
    ("protocol", "adapter"), [("charges", HttpProcessor), ("payment-intents", PaymentIntentsProcessor)]
)
def test_a_process_begins_with_a_key_at_the_processor_that_nobody_else_can_read_and_without_one_not(
    protocol: str, adapter: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    needed = ("BULKHEAD_JWKS", "BULKHEAD_JWT_ISSUER", "BULKHEAD_JWT_AUDIENCE")
    folders = [f"PAYMENTS_{each}_DIR" for each in ("LOCKBOX", "RETURNS", "STATEMENTS", "REMITTANCE")]
    for name in (*needed, *folders):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("BULKHEAD_DATABASE_URL", "postgresql://role@host/database")
    monkeypatch.setenv("PAYMENTS_PROCESSOR_PROTOCOL", protocol)
    monkeypatch.setenv("PAYMENTS_PROCESSOR_URL", "http://processor.example")
    if protocol == "payment-intents":
        monkeypatch.setenv(
            "PAYMENTS_PROCESSOR_WEBHOOK_SECRETS", "whsec_of_no_base64_at_all! whsec_another_of_that_kind"
        )
    for key, says in (
        ("", "PAYMENTS_PROCESSOR_KEY is needed"),
        ("sk_live with a blank", "PAYMENTS_PROCESSOR_KEY is needed"),
        ("sk_live_of_nobody", "PAYMENTS_PROCESSOR_URL: https:// is needed"),
    ):
        monkeypatch.setenv("PAYMENTS_PROCESSOR_KEY", key)
        with pytest.raises(ValidationError, match=says) as refused:
            PaymentsSettings.model_validate({})
        assert "live" not in str(refused.value)
    for key, url in (
        ("sk_test_of_nobody", "http://processor.example"),
        ("sk_live_of_nobody", "https://a.example"),
    ):
        monkeypatch.setenv("PAYMENTS_PROCESSOR_KEY", key)
        monkeypatch.setenv("PAYMENTS_PROCESSOR_URL", url)
        settings = PaymentsSettings.model_validate({})
        assert "of_nobody" not in repr(settings)
        assert isinstance(_processor(settings), adapter)
