"""What is told at the end, and by which requests and acts a step is judged."""

from __future__ import annotations

from cluster.load import Tally
from cluster.table import Row, held, lines
from recorder.client import Answer

GONE = Answer(status=0, body=None)
BROKEN = Answer(status=503, body=None)
REFUSED = Answer(status=422, body=None)
DONE = Answer(status=201, body=None)


def test_the_table_has_a_row_for_each_step_and_a_sum() -> None:
    rows = [
        Row(step="only the load", seconds=30.4, requests=240, missing=0, doubled=0),
        Row(step="pods killed at random", seconds=61, requests=480, kills=6, missing=0, doubled=0),
        Row(step="exhibit-3, live", seconds=90, requests=2000),
    ]
    assert lines(rows) == [
        "step                   seconds  requests  kills  failed  missing  doubled",
        "-------------------------------------------------------------------------",
        "only the load               30       240      0       0        0        0",
        "pods killed at random       61       480      6       0        0        0",
        "exhibit-3, live             90      2000      0       0        ·        ·",
        "-------------------------------------------------------------------------",
        "in all                     181      2720      6       0        0        0",
    ]
    assert held(rows)


def test_what_is_wrong_stands_below_with_the_step_and_why() -> None:
    rows = [
        Row(step="upgrade", seconds=1, failed=2, missing=0, doubled=0),
        Row(step="drain", seconds=1, missing=1, doubled=3),
        Row(step="roll back", seconds=1, wrong="helm says no"),
    ]
    assert lines(rows)[-3:] == [
        "NOT as it must be: upgrade: 2 failed requests",
        "NOT as it must be: drain: 1 missing; 3 doubled",
        "NOT as it must be: roll back: helm says no",
    ]
    assert not held(rows)


def test_a_run_in_which_nothing_was_done_is_not_as_it_must_be() -> None:
    assert not held([])


def test_a_request_fails_that_no_answer_comes_to_or_one_of_5xx() -> None:
    tally = Tally()
    with tally.step("only the load") as row:
        for answer in (DONE, REFUSED, GONE, BROKEN):
            tally.heard("payments", answer)
    assert (row.requests, row.failed) == (4, 2)
    assert [each.partition(" ")[2] for each in tally.failures] == [
        "only the load: payments did not answer",
        "only the load: payments answered 503",
    ]


def test_requests_of_what_is_taken_away_may_fail_and_those_of_others_may_not() -> None:
    tally = Tally()
    with tally.step("payments at zero") as row:
        with tally.taken("payments"):
            tally.heard("payments", GONE)
            tally.heard("enrollment", GONE)
        tally.heard("payments", GONE)
    assert (row.requests, row.failed) == (3, 2)


def test_a_request_is_judged_by_when_it_was_sent() -> None:
    now = 100.0
    tally = Tally(seconds=lambda: now)
    with tally.step("pods killed at random") as row:
        with tally.taken("payments"):
            now = 110.0
        now = 120.0
        tally.heard("payments", Answer(status=0, body=None, seconds=15.0))  # sent while it was away
        assert row.failed == 0
        tally.heard("payments", Answer(status=0, body=None, seconds=5.0))
        tally.heard("payments", Answer(status=0, body=None, seconds=25.0))
    assert row.failed == 2


def test_what_is_answered_counts_for_the_step_that_is_under_way() -> None:
    tally = Tally()
    with tally.step("first") as first:
        tally.heard("payments", DONE)
    with tally.step("second") as second:
        tally.heard("payments", DONE)
        tally.heard("invoicing", BROKEN)
    assert [(each.requests, each.failed) for each in (first, second)] == [(1, 0), (2, 1)]
