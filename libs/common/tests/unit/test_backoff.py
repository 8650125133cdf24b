"""Waits between tries grow, and never beyond what can be counted."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bulkhead.kernel.backoff import backoff


@pytest.mark.parametrize(
    ("failures", "seconds"), [(1, 5.0), (2, 10.0), (3, 20.0), (6, 160.0), (7, 300.0), (5000, 300.0)]
)
def test_a_wait_doubles_up_to_the_longest_however_often_it_failed(failures: int, seconds: float) -> None:
    assert backoff(failures, first=5.0, longest=300.0) == seconds
    assert backoff(failures, first=timedelta(seconds=5), longest=timedelta(minutes=5)) == timedelta(
        seconds=seconds
    )
