"""A carrier's book as it brings it, and what somebody decides about where it differs (CAR-6).

The book is written from what enrollment shows of each policy's months, apart from how the gateway compares.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.money import format_cents
from stories.clockwork import Clockwork
from stories.exchange import Exchange, Place
from stories.language import Deed
from stories.lookout import Lookout
from stories.outcome import Outcome, Refusal
from stories.requests import Requests, note

FIELDS: Final[Mapping[str, str]] = {
    "begin": "begin",
    "end": "end",
    "effectuated": "effectuated",
    "premium": "premium",
    "aptc": "aptc",
    "plan": "plan",
    "subscriber": "subscriber",
    "name": "last_name",
    "born": "born",
}
"""By field that can differ, which column of a book it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of a book, as text; ``household`` says whose it is and is not written."""

    household: str
    policy: str
    subscriber: str
    member: str
    is_subscriber: str
    plan: str
    begin: str
    end: str
    premium: str
    aptc: str
    effectuated: str
    last_name: str
    first_name: str
    born: str


COLUMNS: Final = tuple(each.name for each in fields(Line))[1:]


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """A book that a carrier brought: ``planted`` is what is wrong in it, of whom and how often.

    ``certain`` are the households whose people are as they were registered, and whose policies are the same in all
    their months: what is said of others depends on what else becomes of them.
    """

    carrier: str
    name: str
    as_of: date
    at: datetime
    is_whole: bool
    planted: Mapping[tuple[str, str], int]
    certain: frozenset[str]


class Bookkeeper:
    """Acts for carriers that bring their books, and for who decides about the differences."""

    def __init__(
        self, exchange: Exchange, lookout: Lookout, clockwork: Clockwork, requests: Requests
    ) -> None:
        self._exchange = exchange
        self._lookout = lookout
        self._clockwork = clockwork
        self._requests = requests
        self.brought: list[Brought] = []

    async def bring(self, deed: Deed, _outcome: Outcome) -> None:
        """Have a carrier drop its book of a day: as the exchange has it, but for what is said to be otherwise."""
        said, now = deed.fields, self._clockwork.now
        carrier, as_of = said["carrier"], said.get("of", now.date())
        lines, certain = await self._lines(carrier, as_of)
        planted: dict[tuple[str, str], int] = {}

        def plant(household: str, kind: str, times: int = 1) -> None:
            if times:
                planted[household, kind] = planted.get((household, kind), 0) + times

        for left_out in said.get("left_out", ()):
            plant(left_out, "missing-there", sum(each.household == left_out for each in lines))
            lines = [each for each in lines if each.household != left_out]
        for wrong in said.get("wrong", ()):
            for place, line in enumerate(lines):
                if line.household == wrong["household"] and line.is_subscriber == "Y":
                    column = FIELDS[wrong["field"]]
                    otherwise = wrong["says"].replace("-", "") if column in _DAYS else wrong["says"]
                    plant(line.household, wrong["field"], getattr(line, column) != otherwise)
                    lines[place] = replace(line, **{column: otherwise})
                    break
        for twice in said.get("twice", ()):
            again = [each for each in lines if each.household == twice]
            plant(twice, "repeated", len(again))
            lines += again
        if besides := said.get("besides", 0):
            plant("", "missing-here", besides)
            lines += [_stranger(number) for number in range(1, besides + 1)]
        is_whole = not said.get("cut", False)
        name = f"RCNI_{as_of:%Y%m%d}_{len(self.brought) + 1:04d}.txt"
        text = _text(carrier, as_of, lines, is_whole=is_whole)
        await self._exchange.drop(Place.CARRIERS, f"{carrier}/inbound/{name}", text.encode())
        self.brought.append(
            Brought(
                carrier=carrier,
                name=name,
                as_of=as_of,
                at=now,
                is_whole=is_whole,
                planted=planted,
                certain=certain,
            )
        )

    async def decide(self, deed: Deed, outcome: Outcome) -> None:
        """Decide about an open difference of a household's with a carrier."""
        said = deed.fields
        path = (
            f"/v1/discrepancies?state=open&carrier={said['carrier']}&household={said['household']}"
            f"&kind={said['field']}"
        )
        found = await self._lookout.items("carrier-gateway", path)
        if not found:
            says = f"{said['carrier']}'s book does not differ in the {said['field']} of {said['household']}"
            outcome.answered.append(Refusal(says=says))
            return
        body = {"decision": said["decision"], "reason": said.get("reason", "seen to")}
        path = f"/v1/discrepancies/{found[0]['discrepancy']}/decisions"
        note(outcome, await self._requests.ask("carrier-gateway", path, body))

    async def _lines(self, carrier: str, as_of: date) -> tuple[list[Line], frozenset[str]]:
        """Return a line for each person of each policy that stands on a day and that the carrier was told of, and the
        households of which it is certain.
        """
        told = {each.policy for each in await self._lookout.sets_of(carrier)}
        lines: list[Line] = []
        certain: set[str] = set()
        for household in self._lookout.households:
            policies = [
                each
                for each in await self._lookout.items("enrollment", f"/v1/households/{household}/policies")
                if each["carrier"] == carrier and each["policy"] in told and each["lifecycle"] != "canceled"
            ]
            shown = await self._lookout.get("enrollment", f"/v1/households/{household}") if policies else None
            people = {each["member"]: each for each in shown["members"]} if shown else {}
            is_certain = shown is not None and shown["contact_version"] == 1
            for policy in policies:
                path = f"/v1/households/{household}/policies/{policy['policy']}/months"
                months = await self._lookout.items("enrollment", path)
                is_certain = is_certain and _is_plain(policy, months)
                lines += _of_policy(household, policy, months, people, as_of=as_of)
            if is_certain:
                certain.add(household)
        return lines, frozenset(certain)


_DAYS: Final = frozenset({"begin", "end", "born"})


def _is_plain(policy: Mapping[str, Any], months: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a policy is the same in all its months, each covered whole: then a month says all of it."""
    alike = {(tuple(each["members"]), each["gross_cents"], each["aptc_cents"]) for each in months}
    whole = all(each["days_covered"] == each["days_in_month"] for each in months)
    return policy["lifecycle"] in ("active", "terminated", "expired") and len(alike) == 1 and whole


def _of_policy(
    household: str,
    policy: Mapping[str, Any],
    months: Sequence[Mapping[str, Any]],
    people: Mapping[str, Mapping[str, Any]],
    *,
    as_of: date,
) -> list[Line]:
    covered = {each["month"]: each for each in months}
    this = CoverageMonth.of(as_of)
    first, last = date.fromisoformat(policy["effective"]), _last_day(policy)
    if str(this) not in covered or not first <= as_of <= last:
        return []
    month = covered[str(this)]
    subscriber = month["members"][0]
    lines: list[Line] = []
    for member in month["members"]:
        begins = ends = this
        while member in covered.get(str(begins.plus(-1)), _NOBODY)["members"]:
            begins = begins.plus(-1)
        while member in covered.get(str(ends.plus(1)), _NOBODY)["members"]:
            ends = ends.plus(1)
        end = min(last, ends.plus(1).first_day - timedelta(days=1))
        is_subscriber = member == subscriber
        *others, last_name = people[member]["latin_name"].split()
        lines.append(
            Line(
                household=household,
                policy=policy["policy"],
                subscriber=subscriber,
                member=member,
                is_subscriber="Y" if is_subscriber else "N",
                plan=policy["plan"],
                begin=f"{max(first, begins.first_day):%Y%m%d}",
                end="" if end == date.fromisoformat(policy["coverage_ends"]) else f"{end:%Y%m%d}",
                premium=format_cents(month["gross_cents"]) if is_subscriber else "",
                aptc=format_cents(month["aptc_cents"]) if is_subscriber else "",
                effectuated=_yes(policy["acknowledgement"] == "effectuated") if is_subscriber else "",
                last_name=last_name,
                first_name=" ".join(others),
                born=people[member]["born"].replace("-", ""),
            )
        )
    return lines


_NOBODY: Final[Mapping[str, Any]] = {"members": ()}


def _last_day(policy: Mapping[str, Any]) -> date:
    return date.fromisoformat(policy["through"] or policy["coverage_ends"])


def _yes(is_so: bool) -> str:
    return "Y" if is_so else "N"


def _stranger(number: int) -> Line:
    return Line(
        household="",
        policy=f"unknown-{number}",
        subscriber=f"unknown-{number}",
        member=f"unknown-{number}",
        is_subscriber="Y",
        plan="SILVER",
        begin="20160101",
        end="",
        premium="1.00",
        aptc="0.00",
        effectuated="N",
        last_name="Unknown",
        first_name="Una",
        born="19800302",
    )


def _text(carrier: str, as_of: date, lines: Sequence[Line], *, is_whole: bool) -> str:
    written = ["|".join(getattr(each, column) for column in COLUMNS) for each in lines]
    end = [f"END|{len(lines)}"] if is_whole else []
    return "\n".join([f"RCNI|{carrier}|{as_of:%Y%m%d}", "|".join(COLUMNS), *written, *end, ""])
