"""The stage in memory."""

from __future__ import annotations

import time

from stories.stages.memory import issuer, token


async def test_a_caller_is_still_believed_where_one_process_leads_years_for_a_day() -> None:
    a_day_later = issuer().verifier(wall_seconds=lambda: time.time() + 24 * 3600)
    caller = await a_day_later.verify(token("operator", None, "ann"))
    assert (caller.subject, caller.roles) == ("ann", frozenset({"operator"}))
