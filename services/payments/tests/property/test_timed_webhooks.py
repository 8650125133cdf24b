"""An event of payment intents is let in by each secret in use, and with one byte of it changed by none (ADR 0052)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkhead.kernel.webhooks import NotSigned
from payments.domain.timed_webhooks import (
    TIMED_SIGNATURE_HEADER,
    TimedWebhookDoor,
    secrets_of,
    timed_sign,
)

NOW = 1_800_000_000
KEYS = st.text(
    st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters=","), min_size=24
).map(lambda text: f"whsec_{text}"[:200].encode())
BODIES = st.binary(max_size=200)


def is_let_in(keys: tuple[bytes, ...], signature: str, body: bytes, *, now: float = NOW) -> bool:
    try:
        door = TimedWebhookDoor(keys=keys, window_seconds=300)
        door.require_signed(signatures=[signature], body=body, now_seconds=now)
    except NotSigned:
        return False
    return True


@given(keys=st.lists(KEYS, min_size=2, max_size=4, unique=True), which=st.data(), body=BODIES)
def test_PAY_1_each_secret_in_use_is_believed_and_no_other(
    keys: list[bytes], which: st.DataObject, body: bytes
) -> None:
    key = which.draw(st.sampled_from(keys))
    signature = timed_sign(key, sent_at=NOW, body=body)[TIMED_SIGNATURE_HEADER]
    assert is_let_in(tuple(keys), signature, body)
    assert not is_let_in(tuple(each for each in keys if each != key), signature, body)
    assert not is_let_in((), signature, body)


@given(key=KEYS, body=BODIES, place=st.data())
def test_PAY_1_a_body_of_which_one_byte_is_another_is_let_in_by_none(
    key: bytes, body: bytes, place: st.DataObject
) -> None:
    signature = timed_sign(key, sent_at=NOW, body=body)[TIMED_SIGNATURE_HEADER]
    at = place.draw(st.integers(0, len(body)))
    assert not is_let_in((key,), signature, body[:at] + b"!" + body[at:])
    assert not is_let_in((key,), signature.replace(f"t={NOW}", f"t={NOW - 1}"), body)


@given(key=KEYS, text=st.text())
def test_PAY_1_what_is_no_signature_is_refused_and_breaks_nothing(key: bytes, text: str) -> None:
    assert not is_let_in((key,), text, b"{}")


@given(key=KEYS, ago=st.integers(-600, 600))
def test_PAY_1_it_is_let_in_within_the_window_alone(key: bytes, ago: int) -> None:
    signature = timed_sign(key, sent_at=NOW - ago, body=b"{}")[TIMED_SIGNATURE_HEADER]
    assert is_let_in((key,), signature, b"{}") == (abs(ago) <= 300)


def test_PAY_1_it_is_signed_as_the_scheme_says() -> None:
    """By `printf '%s' '1492774577.{"id":"evt_1"}' | openssl dgst -sha256 -hmac whsec_test_secret_of_nobody`."""
    digest = "ce5b738cb3f141e5962c98c7fcfa440ae640e876fded2f77e894e7fc52a2100d"
    (key,) = secrets_of("whsec_test_secret_of_nobody")
    assert timed_sign(key, sent_at=1492774577, body=b'{"id":"evt_1"}') == {
        TIMED_SIGNATURE_HEADER: f"t=1492774577,v1={digest}"
    }


@pytest.mark.parametrize("text", ["whsec_short", "of another kind, and long enough", "whsec_" + "x" * 200])
def test_what_cannot_be_secrets_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="each secret must be whsec_") as error:
        secrets_of(text)
    assert text not in str(error.value)
