"""How a bug is planted, and what is known of each: its rule, and the year that finds it."""

from __future__ import annotations
import __future__

import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

from simulation.workload import MOST_HOUSEHOLDS
from simulation.year import OFTEN, SHORT

MANY = 16
"""How many households at most live where a bug needs a rare household rather than a rare meeting."""

ROUGH = 0.4
"""How often something goes wrong where only a rare meeting shows a bug: in years as they are it takes many more."""

Planted: TypeAlias = AbstractContextManager[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bug:
    """A bug, and a year that finds it, which holds without it: ``says`` is what is wrong, ``breaks`` which rule or guarantee
    that breaks. ``seed`` is None where no such year is known: a bug that is looked for and was not found yet.
    """

    name: str
    says: str
    breaks: str
    plant: Callable[[], Planted]
    seed: int | None
    months: int
    often: float
    most_households: int

    def __str__(self) -> str:
        return self.name


BUGS: dict[str, Bug] = {}


def bug(
    breaks: str,
    *,
    seed: int | None,
    months: int = SHORT,
    often: float = OFTEN,
    most_households: int = MOST_HOUSEHOLDS,
) -> Callable[[Callable[[], Planted]], Callable[[], Planted]]:
    """Keep a function that plants a bug under its own name."""

    def keep(plant: Callable[[], Planted]) -> Callable[[], Planted]:
        name = plant.__name__.replace("_", " ")
        BUGS[name] = Bug(
            name=name,
            says=plant.__doc__ or "",
            breaks=breaks,
            plant=plant,
            seed=seed,
            months=months,
            often=often,
            most_households=most_households,
        )
        return plant

    return keep


@contextmanager
def instead(function: Any, right: str, wrong: str) -> Iterator[None]:
    """Let a function have other code in one place, for all who hold it, as long as this lasts."""
    source = textwrap.dedent(inspect.getsource(function))
    source = source[re.search(r"^(async )?def ", source, re.MULTILINE).start() :]  # pyright: ignore[reportOptionalMemberAccess]
    if source.count(right) != 1:
        raise ValueError(f"{right!r} is {source.count(right)} times in {function.__qualname__}")
    flags = __future__.annotations.compiler_flag
    found: dict[str, Any] = {}
    exec(
        compile(source.replace(right, wrong), "<planted>", "exec", flags=flags, dont_inherit=True),
        function.__globals__,
        found,
    )
    right_code = function.__code__
    function.__code__ = found[function.__name__].__code__
    try:
        yield
    finally:
        function.__code__ = right_code
