"""What a document says that an operation may answer with instead."""

from __future__ import annotations

from bulkhead.kernel.errors import Conflict, NotFound, Refused
from bulkhead.web.refusals import kinds_of, refusals


class TooEarly(Refused):
    """It cannot be done yet; and this goes on
    over the line.

    Nobody reads this.
    """

    kind = "too-early"


def test_the_refusals_of_a_use_case_are_listed_by_status_each_with_what_it_says() -> None:
    kinds = kinds_of(
        {"responses": refusals(NotFound, TooEarly, Conflict)}, method="put", whose="known callers'"
    )
    assert kinds[404] == {"not-found": "There is no such thing, or none that the caller may know of."}
    assert kinds[409] == {"conflict": "What is asked does not fit what is there now."}
    assert kinds[422]["too-early"] == "It cannot be done yet; and this goes on over the line."


def test_what_any_request_may_meet_is_listed_without_being_said() -> None:
    assert kinds_of({"responses": {}}, method="get", whose="anybody's").keys() == {422, 503}
    get = kinds_of({"responses": {}}, method="get", whose="known callers'")
    assert get.keys() == {401, 403, 422, 503}
    post = kinds_of({"responses": {}}, method="post", whose="known callers'")
    assert post.keys() == {400, 401, 403, 409, 413, 415, 422, 503}
    assert post[422].keys() == {"invalid-value", "invalid-request", "idempotency-key-reused"}
    trial = kinds_of({"responses": {}}, method="post", whose="known callers'", trial=True)
    assert trial.keys() == {401, 403, 409, 413, 415, 422, 503}
    assert trial[422].keys() == {"invalid-value", "invalid-request"}
