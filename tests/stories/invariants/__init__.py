"""What must be true at every quiet moment of every story, whatever it is about (architecture, I1 to I10).

Asked through the public surface, like everything else here. Where a service or Kafka is away, what needs it is not
asked.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from stories.exchange import Exchange
from stories.invariants import by_day, limbo, money, on_time, remitted, told
from stories.lookout import Lookout
from stories.vocabulary import SERVICES

_ALL = frozenset({*SERVICES, "kafka"})


class Invariants:
    """Looks at an exchange for what contradicts itself.

    ``turned_away`` tells which enrollments and payments were not taken; ``awaited`` whether a lockbox file is
    late, so that what waits for it may wait.
    """

    def __init__(
        self,
        exchange: Exchange,
        lookout: Lookout,
        *,
        turned_away: Callable[[], Sequence[str]] = tuple,
        awaited: Callable[[], bool] = lambda: False,
    ) -> None:
        self._exchange = exchange
        self._lookout = lookout
        self._turned_away = turned_away
        self._awaited = awaited

    async def broken(self) -> list[str]:
        """Return what is not as it must be, in words; an empty list where all is well."""
        look = self._lookout
        checks: list[tuple[frozenset[str], Callable[[], Awaitable[list[str]]]]] = [
            (frozenset({"invoicing", "payments", "enrollment"}), lambda: on_time.nobody_is_wronged(look)),
            (
                frozenset({"invoicing", "payments"}),
                lambda: on_time.nobody_is_wronged_over_money_on_its_way(look),
            ),
            (_ALL, lambda: on_time.what_was_in_time_is_undone(look)),
            (frozenset({"payments"}), lambda: money.every_cent_is_in_one_place(look)),
            (frozenset({"invoicing"}), lambda: money.the_ledger_is_sound(look)),
            (frozenset({"invoicing", "payments", "kafka"}), lambda: money.both_books_agree(look)),
            (frozenset({"payments"}), lambda: remitted.a_month_is_remitted_once(look)),
            (frozenset({"invoicing", "payments"}), lambda: remitted.a_group_goes_out_whole(look)),
            (_ALL, lambda: remitted.carriers_are_told_what_they_are_paid(look)),
            (_ALL, lambda: told.carriers_know_what_is_so(look)),
            (_ALL, lambda: by_day.carriers_know_each_day(look)),
            (frozenset({"enrollment", "invoicing"}), lambda: told.nothing_goes_before_the_binder(look)),
            (frozenset({"notifications"}), lambda: told.nobody_is_sent_to_a_closed_door(look)),
            (frozenset(), self._everybody_is_let_in),
            (frozenset({"invoicing"}), lambda: money.a_month_is_charged_once(look)),
            (frozenset(), lambda: money.everything_is_said_once(look)),
            (frozenset(), self._nothing_is_in_limbo),
            (_ALL, lambda: told.paid_is_told(look)),
        ]
        down = set(self._exchange.down)
        with look.still():
            return [problem for needs, check in checks if not needs & down for problem in await check()]

    async def _everybody_is_let_in(self) -> list[str]:
        return [f"I7: {each}" for each in self._turned_away()]

    async def _nothing_is_in_limbo(self) -> list[str]:
        """Nothing hangs that nothing holds up: while something is away, what waits for it stands in a list."""
        down = set(self._exchange.down)
        found = await limbo.parked(self._lookout, [name for name in SERVICES if name not in down])
        if not down and not self._awaited():
            found += await limbo.overdue(self._lookout)
            found += await limbo.selections_nobody_decides(self._lookout)
            found += await limbo.duties_that_wait(self._lookout)
        return found
