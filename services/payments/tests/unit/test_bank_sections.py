"""Statement files of more than the trust account: only what concerns it is judged, the rest is named (PAY-13)."""

from __future__ import annotations

from datetime import date

import pytest

from payments.domain.bank_statements import BankFile, BankStatement
from services.payments.tests.bank import ACCOUNT, Line, bai2_lines, camt, several, together, written
from services.payments.tests.builders import World, at

OURS = Line(cents=500_00)
OTHER = "99887766"


async def loaded(content: bytes, *, name: str, trust: str | None = ACCOUNT) -> tuple[World, BankFile]:
    """Return the world in which a file was dropped at an exchange that knows its trust account, and the file."""
    world = World(start=at("2016-01-05T10:00"))
    world.trust_account = trust
    world.restart()
    world.statements.content[name] = content
    await world.settle_down()
    (file,) = world.rows(BankFile)
    return world, file


def said(file: BankFile) -> list[tuple[int, str, str]]:
    return [(each.line, each.field, each.problem) for each in file.problems]


BROKEN_OTHERS = {
    "another currency": lambda lines: [each.replace(",USD,", ",EUR,") for each in lines],
    "a total that is not right": lambda lines: [
        each.replace("49,", "49,1", 1) if each.startswith("49") else each for each in lines
    ],
    "an amount that cannot be read": lambda lines: [
        each.replace("16,175,7700", "16,175,77.00") for each in lines
    ],
    "a text that is not printable": lambda lines: [each.replace("SAID", "SA\u00efD") for each in lines],
    "a report that is not final": lambda lines: [each.replace(",1,160104,", ",4,160104,") for each in lines],
    "a day that is none": lambda lines: [
        each.replace(",1,160104,", ",1,169904,") if each.startswith("02") else each for each in lines
    ],
}


@pytest.mark.parametrize("what", sorted(BROKEN_OTHERS))
@pytest.mark.parametrize("first", ["ours", "theirs"])
async def test_PAY_13_what_another_account_of_a_BAI2_file_says_stops_nothing_and_is_named(
    what: str, first: str
) -> None:
    ours = bai2_lines(OURS)
    theirs = bai2_lines(Line(cents=77_00, text="SAID"), account=OTHER)
    begin, *groups, end = together(ours, theirs)
    ours, theirs = groups[: len(ours) - 2], BROKEN_OTHERS[what](theirs[1:-1])
    body = [*ours, *theirs] if first == "ours" else [*theirs, *ours]
    world, file = await loaded(written([begin, *body, end]), name="S.bai")
    assert (file.state, file.statements, file.refusal, file.waits) == ("loaded", 1, None, False)
    line = 8 if first == "ours" else 3
    assert said(file) == [(line, "account", "ends in 7766, and is not the trust account: it is passed over")]
    assert [(each.day, each.closing_cents) for each in world.rows(BankStatement)] == [
        (date(2016, 1, 4), 500_00)
    ]


async def test_PAY_13_what_another_account_of_a_camt_file_says_stops_nothing_and_is_named() -> None:
    theirs = camt(Line(cents=77_00), account=OTHER, currency="EUR", closing=1).replace(b"USD", b"EUR")
    world, file = await loaded(several(camt(OURS), theirs), name="S.xml")
    assert (file.state, file.statements, file.waits) == ("loaded", 1, False)
    assert said(file) == [(9, "account", "ends in 7766, and is not the trust account: it is passed over")]
    assert [each.closing_cents for each in world.rows(BankStatement)] == [500_00]


@pytest.mark.parametrize("trust", [ACCOUNT, None])
async def test_PAY_13_a_part_in_another_currency_is_passed_over_also_of_our_account(
    trust: str | None,
) -> None:
    theirs = camt(Line(cents=77_00), currency="EUR").replace(b"USD", b"EUR")
    _, file = await loaded(several(camt(OURS), theirs), name="S.xml", trust=trust)
    assert (file.state, file.statements) == ("loaded", 1)
    assert said(file) == [(9, "currency", "is not USD: that part is passed over")]
    euros = [each.replace(",USD,", ",EUR,") for each in bai2_lines(Line(cents=77_00))]
    _, file = await loaded(written(together(bai2_lines(OURS), euros)), name="S.bai", trust=trust)
    assert (file.state, file.statements) == ("loaded", 1)
    assert said(file) == [(8, "currency", "is not USD: that part is passed over")]


@pytest.mark.parametrize("trust", [ACCOUNT, None])
async def test_PAY_13_a_file_in_which_nothing_is_of_the_trust_account_in_dollars_is_refused(
    trust: str | None,
) -> None:
    euros = [each.replace(",USD,", ",EUR,") for each in bai2_lines(OURS)]
    _, file = await loaded(written(euros), name="S.bai", trust=trust)
    assert (file.state, file.refusal, file.waits) == (
        "refused",
        "line 3: currency is not USD: that part is passed over",
        True,
    )


async def test_PAY_13_our_own_part_is_judged_as_ever_beside_others() -> None:
    other = bai2_lines(Line(cents=77_00), account=OTHER)
    ours = [each.replace("16,175,50000", "16,175,500.00") for each in bai2_lines(OURS)]
    _, file = await loaded(written(together(other, ours)), name="S.bai")
    assert file.state == "refused"
    assert (9, "amount", "must be cents in digits without a point") in said(file)


async def test_PAY_13_of_many_parts_that_are_passed_over_the_first_are_told_and_the_number_of_the_rest() -> (
    None
):
    others = [camt(Line(cents=1_00), account=f"{OTHER}{number}") for number in range(30)]
    _, file = await loaded(several(camt(OURS), *others), name="S.xml")
    assert (file.state, len(file.problems)) == ("loaded", 20)
    assert file.problems[-1].problem == "has from here on 11 more parts that are passed over"
