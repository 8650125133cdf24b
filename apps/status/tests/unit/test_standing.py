"""Two looks in a row that agree decide."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from bulkhead.kernel.calendar import local
from status_page.domain.standing import Seen, Standing, judged

NOON = local(date(2016, 1, 5), 12)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def after(*looks: tuple[float, Seen]) -> Standing:
    standing = Standing()
    for seconds, seen in looks:
        standing = judged(standing, seen, at=at(seconds), seconds=seconds)
    return standing


def test_nothing_is_known_before_two_looks_agree() -> None:
    assert Standing().state is None
    assert after((0, "works")).state is None
    assert after((0, "works"), (8, "down")).state is None


def test_OPS_3_what_two_looks_see_is_so_since_the_first_of_them() -> None:
    known = after((0, "works"), (1, "works"), (9, "down"), (17, "down"))
    assert (known.state, known.since) == ("down", at(9))
    back = judged(judged(known, "works", at=at(25), seconds=25), "works", at=at(33), seconds=33)
    assert (back.state, back.since) == ("works", at(25))


def test_OPS_3_what_flaps_stays_what_it_was_taken_to_be() -> None:
    seen: list[Seen] = ["down", "works"]
    flaps: list[tuple[float, Seen]] = [(9 + 8 * n, seen[n % 2]) for n in range(9)]
    flapping = after((0, "works"), (1, "works"), *flaps)
    assert (flapping.state, flapping.since) == ("works", at(0))
    assert after((0, "works"), (1, "works"), (9, "down"), (17, "maintenance")).state == "works"


def test_looks_between_which_nobody_looked_are_not_in_a_row() -> None:
    assert after((0, "works"), (1, "works"), (9, "down"), (40, "down")).state == "works"
    known = after((0, "works"), (1, "works"), (9, "down"), (40, "down"), (48, "down"))
    assert (known.state, known.since) == ("down", at(40))
