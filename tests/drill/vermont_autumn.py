"""Vermont, autumn 2014: the site is shut and the hub cut off, and e-mails go on to send people there (N1)."""

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
from drill.people import ON_PAPER, Household, dealt, heads, households, scaled
from drill.reading import ages_of, look_for_everything_in
from drill.stage import PLAN, Outage, Stage
from stories.exchange import Place
from stories.lookout import SentNotice, read_print

PACK = "vermont-2014"
BEGINS = date(2014, 9, 9)
CARRIER = "BCBSVT"
DOORS = ("pay.exchange.example", "enroll.exchange.example")

ENROLLED, TO_PAY = 32_500, 6_500
"""People, as the report has them: 6,500 are twenty percent."""
BY_PAPER = 325
"""People, chosen: who enroll on paper while the site is shut, one of a hundred."""
AHEAD_CENTS = 100
"""Chosen: so much more is paid at first, so that both payments of a household can be told apart."""

_LOSS = {"plans": [PLAN], "via": "phone", "event": {"kind": "loss", "on": "2014-09-30"}}
_PAPER = {"plans": [PLAN], "via": "paper", "event": {"kind": "loss", "on": "2014-10-31"}}


def _at(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2014, month, day, hour, minute, tzinfo=EXCHANGE_ZONE)


SHUT, OPEN_AGAIN = _at(9, 26, 18), _at(11, 3, 8)
"""From when to when the site is shut: late September, as reported; opened again before November 15, chosen."""


class VermontAutumn:
    """The households of this headline, and what each does when."""

    def __init__(self, stage: Stage, *, scale: float) -> None:
        self._stage = stage
        make = partial(households, "va", itertools.count(1))
        self.paying = make(people=scaled(TO_PAY, scale))
        self.assisted = make(people=scaled(ENROLLED - TO_PAY, scale))
        self.paper = make(people=scaled(BY_PAPER, scale))
        self._acting = Acting(stage)
        self._size = {each.household: each.size for each in (*self.paying, *self.assisted, *self.paper)}

    async def play(self) -> Headline:
        """Play it, look for everything, and return what came of it."""
        began, stage = time.monotonic(), self._stage
        await stage.offer(carrier=CARRIER)
        await self._everybody_is_enrolled()
        await stage.at(_at(9, 15, 9))
        await stage.live.take_down("hub")
        stage.outages.append(Outage("federal hub", began=_at(9, 15, 9)))
        await self._site("down", at=SHUT)
        stage.outages.append(Outage("payments-online, enrollment-online", began=SHUT))
        entered = await self._on_paper()
        for day, part in zip((20, 21, 22, 23, 24), dealt(self.paying, [1] * 5), strict=True):
            await stage.at(_at(10, day, 11))
            await self._acting.pay_by_mail(
                part, received=date(2014, 10, day), postmarked=date(2014, 10, day - 3), less_cents=AHEAD_CENTS
            )
        await stage.at(_at(10, 27, 8))
        pending = await self._verifications()
        await stage.live.bring_up("hub", stage.clock.now)
        stage.outages[0].ended = stage.clock.now
        await stage.at(_at(10, 28, 9))
        verified = await self._verifications()
        await self._site("up", at=OPEN_AGAIN)
        stage.outages[1].ended = OPEN_AGAIN
        await stage.at(_at(11, 5, 12))
        stage.say("looking for everything that was accepted")
        table = await look_for_everything_in(stage)
        headline = Headline(
            name="vermont-autumn", title="Vermont, autumn 2014", source="N1",
            chosen=_CHOSEN, people=heads((*self.paying, *self.assisted)),
            households=len(self.paying) + len(self.assisted),
            began=_at(9, 9, 0), ended=stage.clock.now, outages=stage.outages, looks=stage.live.looks, table=table,
        )  # fmt: skip
        headline.requests = stage.book.figures()[1]
        headline.journal = await journal_of(stage.instance)
        headline.ages = ages_of(stage.book, headline.journal)
        await self._figures(headline, entered=entered, pending=pending, verified=verified)
        headline.seconds = time.monotonic() - began
        return headline

    async def _everybody_is_enrolled(self) -> None:
        """Let everybody be covered from October 1, as who loses other coverage is: those who pay, at once."""
        both = _mixed(self.paying, self.assisted)
        pays = {each.household for each in self.paying}
        hours = [_at(9, day, hour) for day in (9, 10, 11) for hour in (9, 12, 15, 18)]
        for hour, part in zip(hours, dealt(both, [1] * len(hours)), strict=True):
            await self._stage.at(hour)
            assisted = [each for each in part if each.household not in pays]
            selected = await self._acting.enter(part, _LOSS, assisted=assisted)
            now = [each for each in part if each.household in pays]
            await self._acting.pay_at_once(now, selected, ahead_cents=AHEAD_CENTS)

    async def _site(self, state: str, *, at: datetime) -> None:
        """Shut or open the whole site: where people pay, and where they select."""
        await self._stage.at(at)
        for channel in ("payments-online", "enrollment-online"):
            await self._stage.staff("notifications", "PUT", f"/v1/channels/{channel}", {"state": state})

    async def _on_paper(self) -> Sequence[Asked]:
        """Let staff enter paper applications while the site is shut and the hub away; each comes with a check."""
        entered = list[Asked]()
        for day, part in zip((6, 8, 10, 14, 16), dealt(self.paper, [1] * 5), strict=True):
            await self._stage.at(_at(10, day, 14))
            entered += (await self._acting.enter(part, _PAPER)).asked
            await self._stage.at(_at(10, day, 15))
            await self._acting.pay_by_mail(part, received=date(2014, 10, day), postmarked=date(2014, 10, day))
        return entered

    async def _verifications(self) -> dict[str, str]:
        """Return how each paper household's eligibility stands."""
        found = dict[str, str]()
        for each in self.paper:
            body = await self._stage.crowd.read("enrollment", f"/v1/households/{each.household}")
            found[each.household] = body["verification"]
        return found

    async def _figures(
        self,
        headline: Headline,
        *,
        entered: Sequence[Asked],
        pending: dict[str, str],
        verified: dict[str, str],
    ) -> None:
        journal, check = headline.journal, headline.check
        told, papers = journal.who("TransmissionSent"), _ids(self.paper)
        everybody = (*self.paying, *self.assisted)
        check(
            "people enrolled",
            reported=f"{ENROLLED:,}",
            expected=heads(everybody),
            found=self._people(told - papers),
        )
        asked, at_all = await self._what_was_written(headline)
        refused = sum(not each.told.ok for each in entered)
        check("enrollments on paper refused", expected=0, found=refused)
        check(
            "people enrolled on paper, told to their carrier",
            expected=heads(self.paper),
            found=self._people(told & papers),
        )
        waiting = {each for each, state in pending.items() if state == "pending"}
        check(
            "of these, pending while the hub is away", expected=heads(self.paper), found=self._people(waiting)
        )
        sure = {each for each, state in verified.items() if state == "verified"}
        check("verified a day after it is back", expected=heads(self.paper), found=self._people(sure))
        lost = journal.who("GraceEntered") | set(journal.canceled)
        check("people in grace or canceled for non-payment", expected=0, found=self._people(lost))
        headline.without = [
            Without(
                "notices that know which door is open",
                "NOT-2",
                "have been written to pay at a site that was shut",
                asked,
            ),
            Without(
                "the same, of notices of every kind",
                "NOT-2",
                "have had one that was written while it was shut",
                at_all,
            ),
            Without(
                "a hub that is optional",
                "ENR-10",
                "not have been enrolled in the six weeks without it",
                heads(self.paper),
            ),
        ]

    def _people(self, of: Iterable[str]) -> int:
        return sum(self._size[each] for each in of)

    async def _what_was_written(self, headline: Headline) -> tuple[int, int]:
        """Check what was written while the site was shut, and after; return how many people were asked to pay, and how
        many were written to at all.
        """
        mails, letters = mails_of(self._stage.instance), await self._letters()
        shut = [each for each in mails if SHUT <= each.at < OPEN_AGAIN]
        asked = {each.household for each in shut if each.type == "invoice"}
        asked |= {each.household for each in letters if each.type == "invoice"}
        paying = self._people(asked & _ids(self.paying))
        headline.check(
            "people written to, to pay their premium",
            reported=f"{TO_PAY:,}",
            expected=heads(self.paying),
            found=paying,
        )
        headline.check(
            "of these, by letter",
            expected=sum(each.number % ON_PAPER == 0 for each in self.paying),
            found=len({each.household for each in letters if each.type == "invoice"} & _ids(self.paying)),
        )
        pointing = sum(pointing_at(mails, door, since=SHUT, until=OPEN_AGAIN)[1] for door in DOORS)
        headline.check(
            "e-mails that send somebody to the shut site",
            reported=f"{TO_PAY:,}",
            expected=0,
            found=pointing,
        )
        in_letters = sum(any(door in each.text for door in DOORS) for each in letters)
        headline.check("letters that do", expected=0, found=in_letters)
        after = [each for each in mails if each.at >= OPEN_AGAIN and each.type == "invoice"]
        naming = sum(each.says(DOORS[0]) for each in after)
        headline.check("November's e-mails that name the page again", expected=len(after), found=naming)
        return paying, self._people({each.household for each in (*shut, *letters)})

    async def _letters(self) -> list[SentNotice]:
        """Return what was printed while the site was shut."""
        files = await self._stage.live.files(Place.PRINT, ".json")
        letters = (read_print(data, path=path) for path, data in files.items())
        return [each for each in letters if SHUT.date() < each.on < OPEN_AGAIN.date()]


def _ids(group: Iterable[Household]) -> set[str]:
    return {each.household for each in group}


def _mixed(some: Sequence[Household], others: Sequence[Household]) -> Sequence[Household]:
    """Return both, so that each part of them has some of either."""
    everybody = (*some, *others)
    apart = 61
    return [each for begin in range(apart) for each in everybody[begin::apart]]


_CHOSEN = (
    "They enroll in three days of September, as who loses other coverage, so that no year is played before.",
    "The other 26,000 owe nothing: assistance meets their premium. Why they had no e-mail is not reported.",
    f"{BY_PAPER} people enroll on paper meanwhile, with a check.",
    f"Who owes pays {AHEAD_CENTS / 100:.2f} ahead at first, so that both payments of a household can be told apart.",
    "The hub is cut off on September 15 and back on October 27; the site is shut from September 26 to November 3.",
    "Staff shuts the doors to members, as Vermont did; the services go on for staff, mail and phone.",
)


async def play(stage: Stage, *, scale: float) -> Headline:
    """Play this headline on an exchange that is open and empty."""
    return await VermontAutumn(stage, scale=scale).play()
