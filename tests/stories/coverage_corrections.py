"""Staff who put right what was told wrong of coverage: ends, departures, birth dates, rates, and who is one person
(OPS-5).
"""

from __future__ import annotations

from typing import Any

from stories.language import Deed, Story
from stories.lookout import Lookout
from stories.outcome import Outcome, Refusal
from stories.requests import Requests, note


class CoverageCorrector:
    """Corrects coverage for everybody in the story."""

    def __init__(self, story: Story, lookout: Lookout, requests: Requests) -> None:
        self._plans = {each.plan: each for each in story.catalog}
        self._lookout = lookout
        self._requests = requests

    async def redate_selection(self, deed: Deed, outcome: Outcome) -> None:
        """Correct the dates of the household's latest selection that stands (ENR-3, ENR-11)."""
        fields = deed.fields
        policies = await self._lookout.items("enrollment", f"/v1/households/{fields['household']}/policies")
        standing = [each["selection"] for each in policies if each["lifecycle"] != "canceled"]
        if not standing:
            outcome.answered.append(Refusal(says="no selection of theirs stands"))
            return
        body: dict[str, Any] = {"because": "keying-error", "selected_on": fields["received"].isoformat()}
        if "event_on" in fields:
            body["event_on"] = fields["event_on"].isoformat()
        await self._ask(deed, outcome, f"selections/{standing[-1]}/date-corrections", body)

    async def redate_end(self, deed: Deed, outcome: Outcome) -> None:
        """Correct with which day coverage ends; without one that it was asked to (ENR-13)."""
        fields = deed.fields
        body: dict[str, Any] = {"because": "keying-error"}
        if "plans" in fields:
            body["plans"] = list(fields["plans"])
        if "through" in fields:
            body["through"] = fields["through"].isoformat()
        await self._ask(deed, outcome, "end-corrections", body)

    async def redate_departure(self, deed: Deed, outcome: Outcome) -> None:
        """Correct by what and when somebody left; without either that they did (ENR-13)."""
        fields = deed.fields
        body: dict[str, Any] = {"because": "told-wrong"}
        if "leaves" in fields:
            body |= {"kind": fields["leaves"], "on": fields["on"].isoformat()}
        await self._ask_about_somebody(deed, outcome, "departure-corrections", body)

    async def correct_birth_date(self, deed: Deed, outcome: Outcome) -> None:
        """Correct when somebody was born (ENR-17)."""
        body = {"because": "keying-error", "born": deed.fields["born"].isoformat()}
        await self._ask_about_somebody(deed, outcome, "birth-date-corrections", body)

    async def rerate(self, deed: Deed, outcome: Outcome) -> None:
        """Offer a plan at another price, where the story says one, and rate the household's policies anew (ENR-17)."""
        fields = deed.fields
        if "plan" in fields:
            plan = self._plans[fields["plan"]]
            years = [{"plan_year": year, "monthly_cents": dict(cents)} for year, cents in plan.years.items()]
            offer = {
                "carrier": plan.carrier,
                "kind": plan.kind,
                "monthly_cents": fields["monthly"],
                "years": years,
            }
            answer = await self._requests.put("enrollment", f"/v1/plans/{plan.plan}", offer)
            note(outcome, answer)
            if not answer.ok:
                return
        body = {"because": "rates-wrong", "from": fields["from"].isoformat()}
        await self._ask(deed, outcome, "rate-corrections", body)

    async def merge(self, deed: Deed, outcome: Outcome) -> None:
        """Merge the household into another of the same person (ENR-16)."""
        body = {"because": "registered-twice", "into": deed.fields["into"]}
        await self._ask(deed, outcome, "merges", body)

    async def _ask_about_somebody(
        self, deed: Deed, outcome: Outcome, what: str, body: dict[str, Any]
    ) -> None:
        household, name = deed.fields["household"], deed.fields["name"]
        known = await self._lookout.get("enrollment", f"/v1/households/{household}")
        named = [each["member"] for each in (known or {"members": ()})["members"] if each["name"] == name]
        if not named:
            says = "nobody of that name is known" if known else "nobody answers: the service is down"
            outcome.answered.append(Refusal(says=says))
            return
        await self._ask(deed, outcome, f"members/{named[-1]}/{what}", body)

    async def _ask(self, deed: Deed, outcome: Outcome, what: str, body: dict[str, Any]) -> None:
        path = f"/v1/households/{deed.fields['household']}/{what}"
        note(outcome, await self._requests.ask("enrollment", path, body, by=deed.fields.get("by")))
