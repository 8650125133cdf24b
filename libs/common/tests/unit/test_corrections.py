"""What one person corrected alone counts together: what stands, and not what was taken back (OPS-5)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bulkhead.kernel.calendar import EXCHANGE_ZONE
from bulkhead.kernel.corrections import CorrectionState, RecordedCorrection, done_alone_cents, takes_back

NOW = datetime(2016, 5, 1, 9, tzinfo=EXCHANGE_ZONE)
SINCE = NOW - timedelta(days=30)


def correction(
    name: str,
    *,
    cents: int = 300,
    by: str = "ann",
    state: CorrectionState = "applied",
    by_two: bool = False,
    at: datetime = NOW,
    reverses: str | None = None,
) -> RecordedCorrection:
    return RecordedCorrection(
        correction=name,
        state=state,
        because="other",
        note=None,
        cents=cents,
        by_two=by_two,
        asked_at=at,
        asked_by=by,
        reverses=reverses,
    )


@pytest.mark.parametrize(
    "other",
    [
        correction("c2", by="bea"),
        correction("c2", by_two=True),
        correction("c2", state="requested", by_two=True),
        correction("c2", state="declined", by_two=True),
        correction("c2", state="reversed"),
        correction("c2", at=SINCE),
    ],
)
def test_OPS_5_what_another_did_two_saw_does_not_stand_or_is_long_ago_is_not_counted(
    other: RecordedCorrection,
) -> None:
    assert done_alone_cents([correction("c1"), other], by="ann", since=SINCE) == 300


def test_OPS_5_what_takes_back_counts_for_nothing_and_what_takes_that_back_is_done_anew() -> None:
    first = correction("c1", state="reversed")
    back = correction("c2", by="bea", reverses="c1")
    assert done_alone_cents([first, back], by="bea", since=SINCE) == 0
    anew = correction("c3", reverses="c2")
    known = {each.correction: each for each in (first, back, anew, correction("c4", cents=5))}
    assert [takes_back(each, known) for each in (None, "c1", "c2", "c3")] == [False, True, False, True]
    assert done_alone_cents(known.values(), by="ann", since=SINCE) == 305
    assert done_alone_cents(known.values(), by="ann", since=SINCE, reverses="c4") == 0
    assert done_alone_cents(known.values(), by="ann", since=SINCE, reverses="c2") == 305
