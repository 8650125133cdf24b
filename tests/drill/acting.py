"""What households do in every headline: register, select, pay online or by mail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from bulkhead.kernel.money import format_cents
from drill.doors import Asked, card_payment, registration, selection
from drill.people import Household
from drill.stage import PLAN, Stage
from recorder.book import Act
from stories.exchange import Place

BY_WEB: Mapping[str, Any] = {"plans": [PLAN], "via": "web"}


@dataclass(frozen=True, slots=True)
class Selected:
    """What came of registering and selecting: every act, and the selection that each household was answered."""

    asked: Sequence[Asked]
    selections: Mapping[str, str]

    @property
    def refused(self) -> int:
        """How many acts were not taken."""
        return sum(not each.told.ok for each in self.asked)

    def households(self, *, effective: str) -> set[str]:
        """Return whose selection begins coverage on that day."""
        acts = (each for each in self.asked if each.act.kind == "selection" and each.told.ok)
        return {each.act.household for each in acts if each.told.body["effective"] == effective}


class Acting:
    """Acts for the households of one headline. A payment that was not taken is the same submission when tried again."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._payments: dict[str, Asked] = {}
        self._files = 0

    async def select(self, part: Sequence[Household]) -> Selected:
        """Let households register and select on the site."""
        crowd = self._stage.crowd
        taken = await self._stage.all_ask(
            crowd.by_member(registration(each.household, each.application())) for each in part
        )
        selected = await self._stage.all_ask(
            crowd.by_member(selection(each.household, BY_WEB)) for each in part
        )
        return _selected([*taken, *selected])

    async def enter(
        self, part: Sequence[Household], body: Mapping[str, Any], *, assisted: Sequence[Household] = ()
    ) -> Selected:
        """Let staff register households and select for them; whoever is assisted is granted all of the premium."""
        crowd, granted = self._stage.crowd, {each.household for each in assisted}
        taken = await self._stage.all_ask(
            crowd.by_staff(
                registration(
                    each.household,
                    each.application(aptc_cents=each.premium_cents if each.household in granted else 0),
                )
            )
            for each in part
        )
        selected = await self._stage.all_ask(crowd.by_staff(selection(each.household, body)) for each in part)
        return _selected([*taken, *selected])

    async def pay(self, part: Sequence[Household]) -> Sequence[Asked]:
        """Let households pay their first premium by card; return what each was told now."""
        done = await self._stage.all_ask(self._payment(each) for each in part)
        return [Asked(each.act, each.token, each.number, each.told) for each in done]

    async def pay_at_once(
        self, part: Sequence[Household], selected: Selected, *, ahead_cents: int = 0
    ) -> None:
        """Let households pay by card in the selection itself, and so many cents more."""
        await self._stage.all_ask(
            self._payment(each, ahead_cents, selection=selected.selections[each.household], at_selection=True)
            for each in part
        )

    def _payment(self, each: Household, ahead_cents: int = 0, **more: Any) -> Asked:
        if each.household not in self._payments:
            act = card_payment(each.household, each.premium_cents + ahead_cents, **more)
            self._payments[each.household] = self._stage.crowd.by_member(act)
        return self._payments[each.household]

    async def pay_by_mail(
        self, part: Sequence[Household], *, received: date, postmarked: date, less_cents: int = 0
    ) -> None:
        """Let a lockbox file come with a check of each household, for a month's premium less what was paid ahead."""
        self._files += 1
        name = f"LOCKBOX_{received}_{self._files}.csv"
        lines = [
            f"lockbox,{received},{self._files}",
            "received,postmarked,account,amount,instrument,reference",
        ]
        sends = list[int]()
        for number, each in enumerate(part, start=1):
            check = f"{self._files}{number:06d}"
            cents = each.premium_cents - less_cents
            lines.append(f"{received},{postmarked},{each.household},{format_cents(cents)},check,{check}")
            act = Act(
                kind="payment", called="check by mail", service="payments", path=name, key=check,
                household=each.household, says={"cents": cents},
            )  # fmt: skip
            sends.append(self._stage.book.sent(self._stage.book.begin(act)))
        total = format_cents(sum(each.premium_cents - less_cents for each in part))
        lines.append(f"total,{len(part)},{total}")
        data = "".join(f"{line}\n" for line in lines).encode()
        await self._stage.live.drop(Place.LOCKBOX, name, data)
        for send in sends:
            self._stage.book.answered(send, status=202, id=None)


def _selected(asked: Sequence[Asked]) -> Selected:
    made = {
        each.act.household: each.told.body["selection"]
        for each in asked
        if each.act.kind == "selection" and each.told.ok
    }
    return Selected(asked, made)
