"""Vermont, March 2014: paying online opens months late, and a few use it before it is there (N0)."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import partial

from bulkhead.kernel.calendar import EXCHANGE_ZONE
from drill.acting import Acting, Selected
from drill.doors import Asked
from drill.headline import Headline, Without
from drill.looking import journal_of, mails_of, pointing_at
from drill.people import dealt, heads, households, scaled
from drill.reading import ages_of, look_for_everything_in
from drill.stage import Outage, Stage

PACK = "vermont-2014"
BEGINS = date(2014, 2, 24)
CARRIER = "BCBSVT"
DOOR = "pay.exchange.example"

EARLY, EXTENDED, LATE = 12, 1_000, 30
"""People, chosen: the report says "a few", "those people", and nothing of who comes after the 15th."""


FEWEST = 12
"""Chosen: so many whose coverage was extended take part at the smallest scale, so that each way to pay is there."""


def _at(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2014, month, day, hour, minute, tzinfo=EXCHANGE_ZONE)


OPENS = _at(3, 1, 0)


class VermontSpring:
    """The households of this headline, and what each does when."""

    def __init__(self, stage: Stage, *, scale: float) -> None:
        self._stage = stage
        make = partial(households, "vs", itertools.count(1))
        self.early = make(people=EARLY)
        self.extended = make(people=max(FEWEST, scaled(EXTENDED, scale)))
        self.late = make(people=scaled(LATE, scale))
        self._acting = Acting(stage)
        self._size = {each.household: each.size for each in (*self.early, *self.extended, *self.late)}

    async def play(self) -> Headline:
        """Play it, look for everything, and return what came of it."""
        began, stage, acting = time.monotonic(), self._stage, self._acting
        await stage.offer(carrier=CARRIER)
        await stage.at(_at(2, 24, 10))
        selected = [await acting.select(self.early)]
        await stage.at(_at(2, 28, 20))
        too_early = await acting.pay(self.early)
        await stage.at(_at(3, 3, 9))
        seconds = await stage.second_by_second("payments-online", until="up")
        stage.say(f"the payment page is known to be open after {seconds:.1f} s")
        once_open = await acting.pay(self.early)
        for at, part in zip((_at(3, 14, 10), _at(3, 15, 22)), dealt(self.extended, (1, 1)), strict=True):
            await stage.at(at)
            selected.append(await acting.select(part))
        await stage.at(_at(3, 16, 10))
        after = await acting.select(self.late)
        await self._extended_pay()
        await stage.at(_at(4, 1, 12))
        stage.say("looking for everything that was accepted")
        table = await look_for_everything_in(stage)
        stage.outages.append(Outage("payments-online, not opened yet", began=_at(2, 24, 0), ended=OPENS))
        everybody = (*self.early, *self.extended, *self.late)
        headline = Headline(
            name="vermont-spring", title="Vermont, March 2014", source="N0", chosen=_CHOSEN,
            people=heads(everybody), households=len(everybody), began=_at(2, 24, 0),
            ended=stage.clock.now, outages=stage.outages, looks=stage.live.looks, table=table,
        )  # fmt: skip
        headline.requests = stage.book.figures()[1]
        headline.journal = await journal_of(stage.instance)
        headline.ages = ages_of(stage.book, headline.journal)
        self._before_it_opens(headline, too_early=too_early, once_open=once_open)
        self._coverage(headline, selected=selected, after=after)
        self._notices(headline)
        headline.seconds = time.monotonic() - began
        return headline

    async def _extended_pay(self) -> None:
        online, by_mail, last_evening = dealt(self.extended, (2, 1, 1))
        for day, part in zip((18, 20, 24), dealt(online, (1, 1, 1)), strict=True):
            await self._stage.at(_at(3, day, 12))
            await self._acting.pay(part)
        await self._stage.at(_at(3, 31, 9))
        last = date(2014, 3, 31)
        await self._acting.pay_by_mail(by_mail, received=last, postmarked=date(2014, 3, 28))
        await self._stage.at(_at(3, 31, 21))
        await self._acting.pay(last_evening)

    def _people(self, of: Iterable[str]) -> int:
        return sum(self._size[each] for each in of)

    def _before_it_opens(
        self, headline: Headline, *, too_early: Sequence[Asked], once_open: Sequence[Asked]
    ) -> None:
        refused = {each.act.household for each in too_early if "OPS-4" in each.told.rules}
        headline.check(
            "people refused before paying online is open",
            reported="a few paid",
            expected=EARLY,
            found=self._people(refused),
        )
        taken = sum(each.told.ok for each in too_early)
        headline.check("payments taken before it is open", reported="a few", expected=0, found=taken)
        later = sum(each.told.ok for each in once_open)
        headline.check("the same submissions, taken once it is", expected=len(self.early), found=later)

    def _coverage(self, headline: Headline, *, selected: Sequence[Selected], after: Selected) -> None:
        journal, everybody = headline.journal, heads((*self.early, *self.extended))
        april = {each for some in selected for each in some.households(effective="2014-04-01")}
        headline.check(
            "people who selected by March 15: April 1",
            reported="those people",
            expected=everybody,
            found=self._people(april),
        )
        may = after.households(effective="2014-05-01")
        headline.check(
            "people who selected after it: May 1", expected=heads(self.late), found=self._people(may)
        )
        paid = journal.who("BinderSatisfied") & april
        headline.check("people who paid by March 31", expected=everybody, found=self._people(paid))
        lapsed = everybody - self._people(paid - set(journal.canceled))
        headline.check(
            "people with a gap after their extended coverage",
            reported="feared",
            expected=0,
            found=lapsed,
        )

    def _notices(self, headline: Headline) -> None:
        mails, begins = mails_of(self._stage.instance), _at(2, 24, 0)
        _, pointing = pointing_at(mails, DOOR, since=begins, until=OPENS)
        before = [each for each in mails if each.at < OPENS]
        invoices = {each.household for each in before if each.type == "invoice"}
        headline.check("invoices mailed before it is open", expected=len(self.early), found=len(invoices))
        headline.check("notices that send somebody to the closed page", expected=0, found=pointing)
        after = [each for each in mails if each.at >= OPENS and each.type == "invoice"]
        naming = sum(each.says(DOOR) for each in after)
        headline.check("invoices that name the page once it is open", expected=len(after), found=naming)
        headline.without = [
            Without(
                "a door that refuses before it opens",
                "OPS-4",
                "have paid into what was not there",
                heads(self.early),
            ),
            Without(
                "notices that know which door is open",
                "NOT-2",
                "have been written to pay at what was not there",
                self._people(invoices),
            ),
        ]


_CHOSEN = (
    f"{EARLY} people are too early, {EXTENDED:,} had their own coverage extended, {LATE} select after the 15th.",
    "Paying online opens on March 1, as the pack has it; the few try on Friday, February 28.",
    "Half of the extended pay online, a quarter by mail, a quarter online on the evening of March 31.",
)


async def play(stage: Stage, *, scale: float) -> Headline:
    """Play this headline on an exchange that is open and empty."""
    return await VermontSpring(stage, scale=scale).play()
