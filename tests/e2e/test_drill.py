"""The drill at a five-hundredth of what was reported: three headlines on real processes, with exact figures."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from drill.headline import Headline
from drill.run import drill

pytestmark = [pytest.mark.live, pytest.mark.slow]

SCALE = 0.002


async def played(name: str, folder: Path) -> Headline:
    """Return what came of one headline."""
    drilled = await drill(
        scale=SCALE, only=[name], keep=False, stop=asyncio.Event(), say=print, folder=folder, prefix="small-"
    )
    assert drilled is not None
    assert drilled.held, "\n".join(drilled.lines())
    (headline,) = drilled.headlines
    assert (headline.missing, headline.doubled) == (0, 0)
    assert headline.title in drilled.page.read_text()
    assert (folder / "drill.md").exists()
    return headline


def found(headline: Headline) -> dict[str, int | str]:
    """Return its figures by what they are."""
    return {each.what: each.found for each in headline.figures}


async def test_OPS_4_who_tried_in_the_twelve_hours_keeps_january_in_massachusetts(tmp_path: Path) -> None:
    headline = await played("massachusetts", tmp_path)
    figures = found(headline)
    assert (headline.people, headline.households) == (148, 64)
    assert figures["people who selected by Tuesday"] == 148
    assert figures["people who paid by Friday"] == 104
    assert figures["people who never paid: February 1, if they do"] == 40
    assert figures["the update of Sunday, asked for as a window"] == "refused 409 (OPS-2)"
    assert figures["people who tried in vain and lost January 1"] == 0
    assert figures["notices that send somebody to the closed page"] == 0
    (outage,) = headline.outages
    assert outage.noticed_after_seconds is not None
    assert outage.noticed_after_seconds < 30


async def test_NOT_2_nobody_is_sent_to_the_shut_site_in_vermonts_autumn(tmp_path: Path) -> None:
    headline = await played("vermont-autumn", tmp_path)
    figures = found(headline)
    assert headline.people == 65
    assert figures["people enrolled"] == 65
    assert figures["people written to, to pay their premium"] == 13
    assert figures["e-mails that send somebody to the shut site"] == 0
    assert figures["enrollments on paper refused"] == 0
    assert figures["verified a day after it is back"] == 1


async def test_OPS_4_money_that_comes_before_the_door_opens_is_refused_in_vermonts_spring(
    tmp_path: Path,
) -> None:
    headline = await played("vermont-spring", tmp_path)
    figures = found(headline)
    assert figures["people refused before paying online is open"] == 12
    assert figures["payments taken before it is open"] == 0
    assert figures["people with a gap after their extended coverage"] == 0
    assert figures["notices that send somebody to the closed page"] == 0
