"""What an exchange answers to "why?": asked in every language, found rule by rule, with all that is said in English."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args

from bulkhead.kernel.explanations import Language
from stories.lookout import Lookout

Found = dict[str, Any]


class Explained:
    """Asks for explanations, and finds what they rest on: in English among other ``languages``."""

    def __init__(self, lookout: Lookout, *, languages: Sequence[Language] = get_args(Language)) -> None:
        self._lookout = lookout
        self._languages = languages

    async def of_policy(
        self, household: str, policy: Mapping[str, Any], what: str, fields: Mapping[str, Any]
    ) -> list[Found]:
        """Return why a policy begins or ends when it does; ``expected`` is the day it was expected to begin on."""
        path = f"/v1/households/{household}/policies/{policy['policy']}/{what}/explain"
        expected = f"expected={fields['expected']}" if "expected" in fields else ""
        answer = await self._ask("enrollment", path, expected)
        if answer is None:
            return []
        answers = [answer["why_not"]] if expected else [answer]
        whose = {"household": household, "plan": policy["plan"], "what": what}
        return [
            whose | {"expected": fields.get("expected")} | found for each in answers for found in _rules(each)
        ]

    async def of_account(self, household: str, what: str) -> list[Found]:
        """Return why a household owes what it does, with the sum of the lines; or why it is in grace."""
        answer = await self._ask("invoicing", f"/v1/households/{household}/{what}/explain", "")
        if answer is None:
            return []
        lines = answer.get("lines", [])
        total = {"sum": sum(line["cents"] for line in lines)} if "lines" in answer else {}
        return [{"household": household, "what": what} | total | found for found in _rules(answer)]

    async def of_merge(self, household: str, what: str) -> list[Found]:
        """Return why a household goes on as another one, or stands for itself."""
        answer = await self._ask("enrollment", f"/v1/households/{household}/{what}/explain", "")
        if answer is None:
            return []
        return [{"household": household, "what": what} | found for found in _rules(answer)]

    async def timeline(self, household: str, service: str) -> list[Found]:
        """Return what was decided of a household in a service, all pages, in every language."""
        path = f"/v1/households/{household}/timeline"
        told = [
            await self._lookout.items(service, f"{path}?language={language}") for language in self._languages
        ]
        assert len({len(each) for each in told}) == 1, "a timeline is as long in every language"
        return [
            {"household": household, "what": "timeline"} | found for each in told[0] for found in _rules(each)
        ]

    async def _ask(self, service: str, path: str, asked: str) -> dict[str, Any] | None:
        answers = [
            await self._lookout.get(service, f"{path}?language={language}&{asked}".rstrip("&"))
            for language in self._languages
        ]
        return answers[0]


def _rules(answer: Mapping[str, Any]) -> Iterator[Found]:
    """Yield each rule an answer names, with all that it says; one fact without a rule where it names none."""
    lines: Sequence[Mapping[str, Any]] = answer.get("lines", [])
    because = [*answer["because"], *lines]
    says = " ".join([answer["says"], *(each["says"] for each in because)])
    for rule in dict.fromkeys(each["rule"] for each in because) or {None: None}:
        yield {"rule": rule, "says": says}
