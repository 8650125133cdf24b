"""Massachusetts, December 2014: the payment system is taken out on the last day to pay, and comes back broken (N2)."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import partial

from bulkhead.kernel.calendar import EXCHANGE_ZONE
from drill.acting import Acting
from drill.doors import Asked
from drill.headline import Headline, Without
from drill.looking import journal_of, mails_of, pointing_at
from drill.people import Household, dealt, heads, households, scaled
from drill.reading import ages_of, look_for_everything_in
from drill.stage import Outage, Stage

PACK = "massachusetts-2015"
BEGINS = date(2014, 12, 19)
CARRIER = "HPHC"
DOOR = "pay.exchange.example"
WITHIN_SECONDS = 30.0
"""OPS-3."""

SELECTED, PAID_BY_FRIDAY, PAID_ON_SATURDAY, PAID_ON_SUNDAY = 74_203, 51_888, 780, 720
"""People, as the Boston Globe has them."""
PAID_ON_MONDAY = 260
"""Chosen: who tried in the twelve hours and comes back on the day that the relief adds; a third of Saturday's."""
SELECTING_ON_SUNDAY = 600
"""Chosen: who selects plans while payments is away."""

_HOURS = (9, 11, 13, 15, 17, 19, 21)
_SELECTING = ((19, 12), (20, 10), (21, 12), (22, 26), (23, 40))
"""The days on which people select, and how many of a hundred."""
_LATER = (24, 25, 26)
"""The days on which those pay who do not pay as they select."""
_TRYING = (2, 4, 6, 8, 10, 12)
"""The hours of Sunday at which people try to pay, and select."""


def _at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2014, 12, day, hour, minute, tzinfo=EXCHANGE_ZONE)


class Massachusetts:
    """The households of this headline, and what each does when."""

    def __init__(self, stage: Stage, *, scale: float) -> None:
        self._stage = stage
        numbers = itertools.count(1)
        make = partial(households, "ma", numbers)
        sunday, monday = scaled(PAID_ON_SUNDAY, scale), scaled(PAID_ON_MONDAY, scale)
        saturday, by_friday = scaled(PAID_ON_SATURDAY, scale), scaled(PAID_BY_FRIDAY, scale)
        self.by_friday = make(people=by_friday)
        self.saturday = make(people=saturday)
        self.sunday = make(people=sunday)
        self.monday = make(people=monday)
        everybody = scaled(SELECTED, scale)
        self.never = make(people=max(1, everybody - by_friday - saturday - sunday - monday))
        self.new = make(people=scaled(SELECTING_ON_SUNDAY, scale))
        self.at_once, self.later = dealt(self.by_friday, (1, 1))
        """Half of those who pay by Friday do so as they select; how many did is not reported."""
        self._acting = Acting(stage)
        self._size = {each.household: each.size for each in (*self.everybody, *self.new)}

    @property
    def everybody(self) -> Sequence[Household]:
        """Who selected by Tuesday."""
        return (*self.by_friday, *self.saturday, *self.sunday, *self.monday, *self.never)

    @property
    def paying(self) -> Sequence[Household]:
        """Who pays in the end."""
        return (*self.by_friday, *self.saturday, *self.sunday, *self.monday)

    async def play(self) -> Headline:
        """Play it, look for everything, and return what came of it."""
        began, stage = time.monotonic(), self._stage
        await stage.offer(carrier=CARRIER)
        await self._everybody_selects()
        concerned, refused = await self._update_is_asked_for()
        for day, part in zip(_LATER, dealt(self.later, (4, 2, 4)), strict=True):
            await self._pay_on(day, part)
        await self._pay_on(27, self.saturday)
        shut_out, selected = await self._the_twelve_hours()
        await self._open_again()
        for hour, part in zip((15, 17, 19), dealt(self.sunday, (1, 1, 1)), strict=True):
            await stage.at(_at(28, hour))
            await self._acting.pay(part)
        for hour, part in zip((10, 18), dealt(self.monday, (1, 1)), strict=True):
            await stage.at(_at(29, hour))
            await self._acting.pay(part)
        await stage.at(_at(29, 23, 30))
        stage.say("looking for everything that was accepted")
        table = await look_for_everything_in(stage)
        await stage.at(_at(31, 18))
        headline = Headline(
            name="massachusetts", title="Massachusetts, December 2014", source="N2, in The Boston Globe",
            chosen=_CHOSEN, people=heads(self.everybody), households=len(self.everybody),
            began=_at(19, 0), ended=stage.clock.now, outages=stage.outages, looks=stage.live.looks, table=table,
        )  # fmt: skip
        headline.requests = stage.book.figures()[1]
        headline.journal = await journal_of(stage.instance)
        headline.ages = ages_of(stage.book, headline.journal)
        await self._figures(
            headline, concerned=concerned, refused=refused, shut_out=shut_out, selected=selected
        )  # fmt: skip
        headline.seconds = time.monotonic() - began
        return headline

    async def _everybody_selects(self) -> None:
        parts = iter(dealt(_mixed(self.everybody), [share for _, share in _SELECTING for _ in _HOURS]))
        pays_at_once = {each.household for each in self.at_once}
        for day, _ in _SELECTING:
            for hour in _HOURS:
                part = next(parts)
                await self._stage.at(_at(day, hour))
                selected = await self._acting.select(part)
                now = [each for each in part if each.household in pays_at_once]
                await self._acting.pay_at_once(now, selected)

    async def _pay_on(self, day: int, group: Sequence[Household]) -> None:
        for hour, part in zip(_HOURS, dealt(group, [1] * len(_HOURS)), strict=True):
            await self._stage.at(_at(day, hour))
            await self._acting.pay(part)

    async def _update_is_asked_for(self) -> tuple[int | str, int | str]:
        """Ask for Sunday's window on the day after the last selections; return the households that are named and the
        status of the answer.
        """
        await self._stage.at(_at(24, 8))
        body = {
            "begins_at": _at(28, 1).isoformat(),
            "ends_at": _at(28, 5).isoformat(),
            "reason": "weekly update",
        }
        answer = await self._stage.staff("payments", "POST", "/v1/maintenance-windows", body)
        facts = [each["facts"] for each in answer.reasons]
        named = [int(each["households"]) for each in facts if each.get("deadline") == "binder-due"]
        said = f"refused {answer.status} ({', '.join(answer.rules)})" if not answer.ok else "accepted"
        return (named[0] if named else "none"), said

    async def _the_twelve_hours(self) -> tuple[Sequence[Asked], Sequence[Asked]]:
        """Take payments away at 1 a.m.; at 5 it is back, and its processor is not. Return who tried to pay, and who
        selected meanwhile.
        """
        stage = self._stage
        await stage.at(_at(28, 1))
        await stage.live.take_down("payments")
        outage = Outage("payments-online", began=_at(28, 1))
        stage.outages.append(outage)
        outage.noticed_after_seconds = await stage.second_by_second("payments-online", until="down")
        outage.known_at = stage.clock.now
        stage.say(f"the payment page is known to be away after {outage.noticed_after_seconds:.1f} s")
        trying = iter(dealt((*self.sunday, *self.monday), [1] * len(_TRYING)))
        selecting = iter(dealt(self.new, [1] * len(_TRYING)))
        tried, selected = list[Asked](), list[Asked]()
        for hour in _TRYING:
            if hour == 6:
                await self._back_and_broken()
            await stage.at(_at(28, hour))
            selected += (await self._acting.select(next(selecting))).asked
            tried += await self._acting.pay(next(trying))
        return tried, selected

    async def _back_and_broken(self) -> None:
        """Let payments be back at five, with a processor that does not answer."""
        await self._stage.at(_at(28, 5))
        await self._stage.live.take_down("processor")
        await self._stage.live.bring_up("payments", self._stage.clock.now)

    async def _open_again(self) -> None:
        stage = self._stage
        await stage.at(_at(28, 13))
        await stage.live.bring_up("processor", stage.clock.now)
        await stage.second_by_second("payments-online", until="up")
        stage.outages[-1].ended = _at(28, 13)

    async def _figures(
        self,
        headline: Headline,
        *,
        concerned: int | str,
        refused: int | str,
        shut_out: Sequence[Asked],
        selected: Sequence[Asked],
    ) -> None:
        check, outage = headline.check, headline.outages[0]
        check("the update of Sunday, asked for as a window", expected="refused 409 (OPS-2)", found=refused)
        unpaid = len(self.everybody) - len(self.at_once)
        check("households that the refusal names", expected=unpaid, found=concerned)
        self._who_selected_and_paid(headline)
        soon = (outage.noticed_after_seconds or 99.0) <= WITHIN_SECONDS
        check(
            "machines know of it within 30 s",
            reported="about 9 a.m., by calls",
            expected="yes",
            found="yes" if soon else "no",
        )
        taken = sum(each.told.ok for each in shut_out)
        check("payments taken in the twelve hours", reported="none", expected=0, found=taken)
        refusals = sum(not each.told.ok for each in selected)
        check("enrollments refused in the twelve hours", expected=0, found=refusals)
        new = {each.act.household for each in selected if each.act.kind == "selection" and each.told.ok}
        check("people who selected in them", expected=heads(self.new), found=self._people(new))
        await self._relief(headline, tried={each.act.household for each in shut_out})
        since, until = outage.began, _at(28, 13)
        _, pointing = pointing_at(mails_of(self._stage.instance), DOOR, since=since, until=until)
        check("notices that send somebody to the closed page", expected=0, found=pointing)
        tried = sum(each.size for each in (*self.sunday, *self.monday))
        headline.without = self._without(before_nine=round(tried * 4 / len(_TRYING)))

    def _people(self, of: Iterable[str]) -> int:
        return sum(self._size[each] for each in of)

    def _who_selected_and_paid(self, headline: Headline) -> None:
        journal = headline.journal
        selected = journal.who("PlansSelected") - _ids(self.new)
        headline.check(
            "people who selected by Tuesday",
            reported=f"{SELECTED:,}",
            expected=heads(self.everybody),
            found=self._people(selected),
        )
        satisfied = journal.who("BinderSatisfied")
        for what, reported, group in (
            ("people who paid by Friday", PAID_BY_FRIDAY, self.by_friday),
            ("people who paid on Saturday", PAID_ON_SATURDAY, self.saturday),
            ("people who paid on Sunday, after 1 p.m.", PAID_ON_SUNDAY, self.sunday),
        ):
            found = self._people(satisfied & _ids(group))
            headline.check(what, reported=f"{reported:,}", expected=heads(group), found=found)
        paid = sum(each.premium_cents for each in self.paying)
        headline.check("cents remitted by December 31", expected=paid, found=journal.remitted_cents)

    async def _relief(self, headline: Headline, *, tried: set[str]) -> None:
        """Check what became of the deadline, and of those whom it concerns: ``tried`` did in vain."""
        journal, check = headline.journal, headline.check
        answer = await self._stage.live.call("invoicing", "GET", "/v1/deadline-extensions")
        moved = ", ".join(f"{each['cutoff']} to {each['until']}" for each in answer.body["items"])
        check("the deadline moves", expected="2014-12-28 to 2014-12-29", found=moved)
        waiting = _ids((*self.sunday, *self.monday, *self.never))
        told = journal.who("DeadlineMoved")
        check("households told that they have a day more", expected=len(waiting), found=len(told & waiting))
        check("others told so", expected=0, found=len(told - waiting))
        lost = (tried - journal.who("BinderSatisfied")) | (tried & set(journal.canceled))
        check("people who tried in vain and lost January 1", expected=0, found=self._people(lost))
        never = _ids(self.never)
        rolled = {each for each, to in journal.canceled.items() if to == "2015-02-01"}
        check(
            "people who never paid: February 1, if they do",
            reported="Feb. 1",
            expected=heads(self.never),
            found=self._people(rolled & never),
        )
        check("others who lost January 1", expected=0, found=self._people(set(journal.canceled) - never))

    def _without(self, *, before_nine: int) -> list[Without]:
        unpaid = heads(self.everybody) - heads(self.at_once)
        return [
            Without(
                "deadline relief",
                "OPS-4",
                "have lost January 1: they tried on Sunday, and paid on Monday",
                heads(self.monday),
            ),
            Without(
                "services that fail alone",
                "OPS-1",
                "not have been able to select plans in the twelve hours",
                heads(self.new),
            ),
            Without(
                "machines that try the page",
                "OPS-3",
                "have tried before anybody called, at about 9",
                before_nine,
            ),
            Without(
                "the maintenance guard",
                "OPS-2",
                "have had the update on their last day: they had not paid when it was asked for",
                unpaid,
            ),
        ]


def _ids(group: Iterable[Household]) -> set[str]:
    return {each.household for each in group}


_CHOSEN = (
    "The report counts people. They are in households of one to four, 2.45 on the average.",
    "All selections are in the last five days, half of those who pay by Friday pay as they select.",
    f"{PAID_ON_MONDAY} people tried on Sunday and came back on Monday; {SELECTING_ON_SUNDAY} selected plans meanwhile.",
    "The processor answers nobody from 5 a.m. on: the system came back, and came back broken.",
)


def _mixed(group: Sequence[Household]) -> Sequence[Household]:
    """Return the households so that each part of them has some of all: those that never pay beside those that do."""
    apart = 61
    return [each for begin in range(apart) for each in group[begin::apart]]


async def play(stage: Stage, *, scale: float) -> Headline:
    """Play this headline on an exchange that is open and empty."""
    return await Massachusetts(stage, scale=scale).play()
