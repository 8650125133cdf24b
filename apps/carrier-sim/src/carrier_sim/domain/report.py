"""What came of a checklist, as people read it."""

from __future__ import annotations

from collections.abc import Sequence

from carrier_sim.domain.behaviours import BEHAVIOURS
from carrier_sim.domain.checklist import Result


def report_of(results: Sequence[Result]) -> str:
    """Return a report: a line for each step, what was expected and came where that differs, and the count."""
    lines: list[str] = []
    for number, each in enumerate(results, start=1):
        lines.append(f"{number:3} {'passed' if each.passed else 'FAILED'}  {each.step.name}: {_says(each)}")
        if each.problem:
            lines.append(f"       {each.problem}")
        elif not each.passed:
            lines += [f"       expected {wanted}" for wanted in each.step.expects]
        if not each.passed or not each.step.expects:
            lines += [f"       came     {came}" for came in each.got]
    passed = sum(each.passed for each in results)
    return "\n".join([*lines, f"{len(results)} steps, {passed} passed, {len(results) - passed} failed"])


def _says(result: Result) -> str:
    step = result.step
    if not step.sends:
        return {
            "fetch": "All that lies for the carrier is fetched and in order.",
            "answer": "All that was fetched is acknowledged, and confirmed where it begins coverage.",
        }.get(step.name, f"{step.seconds:g} seconds pass.")
    return " ".join([*(BEHAVIOURS[name].says for name in step.sends), *([step.why] if step.why else [])])
