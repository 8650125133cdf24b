"""What an exchange is expected to do with what a carrier sends: data, and what came of it beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from carrier_sim.domain.files import Answer

NOTHING: Final = "none"


class UnfitList(Exception):
    """A checklist or a script cannot be followed: it says where and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What becomes of one file: where it is put, which TA1 answers it (``A/000``), which 999 (``A``), ``none`` each."""

    file: str
    ta1: str = NOTHING
    group: str = NOTHING

    def __str__(self) -> str:
        return f"{self.file}, TA1 {self.ta1}, 999 {self.group}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Files to bring and what is expected of each, or of all alike where one is given.

    ``seconds`` pass between writing and bringing them; ``backwards`` brings the last one first; ``why`` says what its
    outcome is due to where that is not plain. A step of nothing to send fetches, answers or waits.
    """

    name: str
    sends: tuple[str, ...] = ()
    expects: tuple[Expectation, ...] = ()
    about: str = ""
    seconds: float = 0.0
    backwards: bool = False
    why: str = ""

    def expected(self, files: int) -> tuple[Expectation, ...]:
        """Return what is expected of each of so many files; nothing where nothing is, or another number is said."""
        if len(self.expects) == 1:
            return self.expects * files
        return self.expects if len(self.expects) == files else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of a step: for each file what was expected and what came."""

    step: Step
    got: tuple[Expectation, ...]
    problem: str = ""

    @property
    def passed(self) -> bool:
        """Whether all was as expected."""
        return not self.problem and (not self.step.expects or self.got == self.step.expected(len(self.got)))


def seen(file: str, answers: Mapping[str, Answer]) -> Expectation:
    """Return what became of a file, by the kinds of what answered it."""
    return Expectation(
        file=file,
        ta1=str(answers["TA1"]) if "TA1" in answers else NOTHING,
        group=str(answers["999"]) if "999" in answers else NOTHING,
    )
