"""What looks like a card number (PAY-1)."""

from __future__ import annotations

import pytest

from payments.domain.card_numbers import looks_like_card_number


@pytest.mark.parametrize(
    "text",
    [
        "4111111111111111",
        "4111111111111112",  # digits alone count, whatever they add up to
        "5500-0000-0000-0004",
        "3400 000000 00009",
        " 6011000000000004 ",
        "pan=4111111111111111;cvv=1",
    ],
)
def test_PAY_1_card_numbers_are_seen(text: str) -> None:
    assert looks_like_card_number(text)


@pytest.mark.parametrize(
    "text", ["", "tok_card_ok", "tok_4111", "1001", "123456789012", "ord-4111111111111112-x", "2016-01-04"]
)
def test_what_is_none_is_left_alone(text: str) -> None:
    assert not looks_like_card_number(text)
