"""I4, I5, I6, I10: what carriers and people are told is what is so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML

from stories.edi import Enrollment834
from stories.lookout import Lookout

POLICY = Path(__file__).resolve().parents[3] / "policy"
_PERCENT_ENOUGH = {"vermont-2027": 95}
"""What percent of a first premium is enough, by pack, where less than all is (INV-15)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a carrier knows of a policy from all it was sent: whether it stands, and through which day if not on."""

    stands: bool
    through: date | None

    def __str__(self) -> str:
        return "that it does not stand" if not self.stands else f"that it stands through {self.through}"


def seen(view: View | None, sent: Enrollment834) -> View | None:
    """Return how a carrier sees a policy after one more set."""
    match sent.kind:
        case "initial" | "renewal" | "reinstatement":
            return View(stands=True, through=sent.ends)
        case "termination" if view is not None:
            return replace(view, through=sent.effective)
        case "cancel" | "termination":
            return View(stands=False, through=None)
        case _:
            return view


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """What a carrier said by itself, and was taken in: it knows that of a policy without being told."""

    policy: str
    subscriber: str
    kind: str
    ends: date | None


def _by_itself(view: View | None, own: Own) -> View | None:
    match own.kind:
        case "termination" if view is not None:
            return replace(view, through=own.ends)
        case "cancellation":
            return View(stands=False, through=None)
        case "reinstatement":
            return View(stands=True, through=None)
        case _:
            return view


async def told_and_said(look: Lookout) -> list[Enrollment834 | Own]:
    """Return what carriers were sent, in order, and what they said by themselves where it came in between: within a
    minute as the gateway says that it happened.
    """
    records = [
        each
        for each in await look.items("carrier-gateway", "/v1/inbound-records?outcome=accepted")
        if each["kind"] in ("cancellation", "termination", "reinstatement")
    ]
    turns = await _turns(look) if records else {}
    sent = [
        (_minute(each), turns.get((carrier, int(each.envelope[0][13])), -1), each)
        for carrier in look.carriers
        for each in await look.sets_of(carrier)
    ]
    said = [
        (
            datetime.fromisoformat(each["came_at"]).strftime("%Y%m%d%H%M"),
            turns.get(_file_of(each["record"]), len(turns)),
            Own(
                policy=each["policy"],
                subscriber=each["member"],
                kind=each["kind"],
                ends=_day(each["ends"]),
            ),
        )
        for each in records
    ]
    return [each for _, _, each in sorted([*sent, *said], key=lambda each: each[:2])]


async def _turns(look: Lookout) -> dict[str | tuple[str, int], int]:
    """Return the place in the gateway's journal of each file in which a carrier said something by itself, and of each
    set by its carrier and its number. What is not there yet was not said so far.
    """
    numbers = {
        each["transmission"]: (each["carrier"], each["control_number"])
        for each in await look.items("carrier-gateway", "/v1/transmissions")
    }
    turns: dict[str | tuple[str, int], int] = {}
    for turn, event in enumerate(await look.journal("carrier-gateway")):
        data = event["data"]
        match event["type"]:
            case "TransmissionSent" if data["transmission"] in numbers:
                turns[numbers[data["transmission"]]] = turn
            case "CoverageEndedByCarrier" | "CoverageReinstatedByCarrier":
                turns.setdefault(_file_of(data["record"]), turn)
            case _:
                pass
    return turns


def _file_of(record: str) -> str:
    return record.rpartition("-")[0]


def _minute(sent: Enrollment834) -> str:
    """Return when a set's group was made, to the minute."""
    return "".join(sent.envelope[1][4:6])


async def _views(look: Lookout) -> dict[str, View]:
    """Return how carriers see each policy: as what the last subscriber of it whose part stands has of it."""
    parts: dict[str, dict[str, View]] = defaultdict(dict)
    for each in await told_and_said(look):
        if isinstance(each, Own):
            view = _by_itself(parts[each.policy].get(each.subscriber), each)
            if view is not None:
                parts[each.policy][each.subscriber] = view
        else:
            sent = each
            of = parts[sent.policy or ""]
            before = of.get(sent.subscriber)
            view = seen(before, sent)
            if view is not None:
                if before is not None and not before.stands:
                    del of[sent.subscriber]  # one whose part was called off takes it up anew
                of[sent.subscriber] = view
    return {policy: _last_standing(list(of.values())) for policy, of in parts.items() if of}


def _last_standing(views: list[View]) -> View:
    return next((each for each in reversed(views) if each.stands), views[-1])


async def _policies(look: Lookout) -> list[tuple[str, dict[str, Any]]]:
    return [
        (household, policy)
        for household in look.households
        for policy in await look.items("enrollment", f"/v1/households/{household}/policies")
    ]


async def carriers_know_what_is_so(look: Lookout) -> list[str]:
    """I4: what a carrier makes of all it was sent of a policy is how the policy is."""
    views = await _views(look)
    return [
        f"I4: {household}'s {policy['plan']} is {policy['lifecycle']} through {policy['through']},"
        f" and its carrier knows {views.get(policy['policy'], 'nothing')}"
        for household, policy in await _policies(look)
        if not _fits(views.get(policy["policy"]), policy)
    ]


def _fits(view: View | None, policy: Mapping[str, Any]) -> bool:
    match policy["lifecycle"]:
        case "selected":
            awaits_its_carrier = policy.get("billed_by_carrier") and policy["acknowledgement"] != "unsent"
            return view == (View(stands=True, through=None) if awaits_its_carrier else None)
        case "canceled":
            return view is None or not view.stands
        case "expired":
            through = (None, _day(policy["through"]))
        case "terminated":
            through = (_day(policy["through"]),)
        case _:
            # an end to come is an end the carrier knows of; one at the end of the year needs no telling
            last = _day(policy["through"])
            through = (None, last) if last == _day(policy["coverage_ends"]) else (last,)
    return view is not None and view.stands and view.through in through


async def nothing_goes_before_the_binder(look: Lookout) -> list[str]:
    """I5: a carrier hears of a policy only once the binder of its selection is paid, or none is needed.

    Where a pack says so, enough of it is paid (INV-15).
    """
    percent = _PERCENT_ENOUGH.get(look.pack, 100)
    paid: dict[str, int] = {}
    told = {each.policy or "" for carrier in look.carriers for each in await look.sets_of(carrier)}
    for event in await look.journal("invoicing"):
        if event["type"] == "BinderSatisfied":
            paid[event["data"]["selection"]] = event["data"]["paid_cents"]
        elif event["type"] == "ReinstatementGranted" and event["data"]["binder"]:
            told -= set(event["data"]["policies"])
    said = await look.journal("enrollment")
    ended = {
        each["data"]["policy"] for each in said if each["type"] in ("PolicyCanceled", "PolicyTerminated")
    }
    least: dict[str, int] = {}
    for event in said:
        if event["type"] == "PolicyChanged":
            policy, first = event["data"]["policy"], event["data"]["months"][0]
            if first["first"] == event["data"]["effective"][:7]:
                least[policy] = min(first["net_cents"], least.get(policy, first["net_cents"]))
    found: list[str] = []
    for event in said:
        if event["type"] == "PlansSelected" and event["data"]["binder_required"]:
            policies = event["data"]["policies"]
            # The first premium may have become less: of a policy that has ended, or with a change of that month.
            premium = sum(
                min(each["months"][0]["net_cents"], least.get(each["policy"], each["months"][0]["net_cents"]))
                for each in policies
                if each["policy"] not in ended and not each.get("billed_by_carrier")
            )
            had = paid.get(event["data"]["selection"], -1)
            unpaid = had <= 0 < premium or 100 * had < percent * premium
            if unpaid and told & {each["policy"] for each in policies}:
                what = f"a selection with {max(had, 0)} of {premium} paid"
                found.append(f"I5: {event['household']}'s carriers were told of {what}")
    return found


async def nobody_is_sent_to_a_closed_door(look: Lookout) -> list[str]:
    """I6: no notice that left while a way in online was known to be closed names it."""
    found: list[str] = []
    for closed in await look.items("notifications", "/v1/channels"):
        known, outage = closed["since"], closed["outage"]
        if closed["state"] == "up" or known is None:
            continue
        address = _address_of(closed["channel"], look.pack)
        if address is None:
            continue
        if outage is not None and outage["began_at"] == known:
            known = outage["noticed_at"]  # nobody knew before it was certain
        since = datetime.fromisoformat(known)
        found += [
            f"I6: the notice {each.notice} of {each.sent_at} sends {each.household} to {closed['channel']}, closed"
            f" since {since}"
            for each in await look.notices()
            if each.sent_at is not None and each.sent_at > since and address in each.text
        ]
    return found


_PARAMETERS: Final = {"payments-online": "payments_online", "enrollment-online": "enrollment_online"}
"""By which parameter a pack says where a way in online is."""


@cache
def _address_of(channel: str, pack: str) -> str | None:
    """Return where a pack has people pay or select online in the end; None where it never opens that."""
    if channel not in _PARAMETERS:
        return None
    file = YAML(typ="safe", pure=True).load(
        (POLICY / pack / "notifications.yaml").read_text(encoding="utf-8")
    )  # pyright: ignore[reportUnknownMemberType]
    door = file["parameters"][_PARAMETERS[channel]][-1]["value"]
    return None if door is None else str(door["address"])


async def paid_is_told(look: Lookout) -> list[str]:
    """I10: no premium stays with a carrier that never heard of the policy, and nobody is told that coverage begins
    and no carrier is. Of what was called off before a carrier could be told it need hear nothing."""
    sets = [each for carrier in look.carriers for each in await look.sets_of(carrier)]
    policies, households = {each.policy for each in sets}, {each.household for each in sets}
    paid: defaultdict[tuple[str, str], int] = defaultdict(int)
    for file in await look.remittances():
        for household, policy, _month, cents in file.lines:
            paid[household, policy] += cents
    unheard = {
        f"I10: {cents} for {household}'s policy {policy} went to a carrier that was never told of it"
        for (household, policy), cents in paid.items()
        if cents > 0 and policy not in policies
    }
    stand = {household for household, each in await _policies(look) if each["lifecycle"] != "canceled"}
    begun = {each.household for each in await look.notices() if each.type == "coverage-begun"}
    early = {
        f"I10: {each} was told that coverage begins, and no carrier was"
        for each in begun & stand - households
    }
    return sorted(unheard | early)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
