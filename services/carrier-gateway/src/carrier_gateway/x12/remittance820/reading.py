"""An 820 read as its bytes come: each loop is given on once it is whole, and nothing of it is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from carrier_gateway.x12.faults import Problem
from carrier_gateway.x12.reading import FileReader
from carrier_gateway.x12.remittance820.model import Entity, Payment
from carrier_gateway.x12.remittance820.parse import parse_entity, parse_payment
from carrier_gateway.x12.remittance820.validate import Account, Guide
from carrier_gateway.x12.segments import Segment


@dataclass(frozen=True, slots=True, kw_only=True)
class RemittancesRead:
    """What a file held: its payments, one for each set, and everything that is wrong, on every floor."""

    payments: tuple[Payment, ...]
    problems: tuple[Problem, ...]


class RemittanceReader:
    """Reads a file of 820s as its bytes come; never raises.

    ``payment`` and ``entity`` are given each as it is read. What is kept grows with what is wrong, and with the longest
    loop 2000.
    """

    def __init__(
        self,
        *,
        guide: Guide,
        payment: Callable[[Payment], None] = lambda _: None,
        entity: Callable[[Entity], None] = lambda _: None,
    ) -> None:
        self._guide, self._payment, self._entity = guide, payment, entity
        self._payments: list[Payment] = []
        self._problems: list[Problem] = []
        self._reader = FileReader(self._set)

    def feed(self, data: bytes) -> None:
        """Read the next bytes."""
        self._reader.feed(data)

    def close(self) -> RemittancesRead:
        """Return what there was, once there are no more bytes."""
        file = self._reader.close()
        problems = [*file.problems, *self._problems]
        for interchange in file.interchanges:
            problems += interchange.problems
            for group in interchange.groups:
                problems += group.problems
                problems += [problem for one in group.sets for problem in one.problems]
        return RemittancesRead(payments=tuple(self._payments), problems=tuple(problems))

    def _set(self, opening: Segment) -> _Body:
        return _Body(opening, account=Account(guide=self._guide), given=self)

    def begins(self, payment: Payment) -> None:
        """Take the payment that a set is about."""
        self._payments.append(payment)
        self._payment(payment)

    def goes_on(self, entity: Entity) -> None:
        """Take whom a part of it is for."""
        self._entity(entity)

    def note(self, problem: Problem) -> None:
        """Take what is wrong."""
        self._problems.append(problem)


class _Body:
    """The segments of one set: those of the loop that is being read are kept, no others."""

    def __init__(self, opening: Segment, *, account: Account, given: RemittanceReader) -> None:
        self._account = account
        self._given = given
        self._loop = [opening]

    def take(self, segment: Segment) -> None:
        """Take the next segment."""
        if segment.tag == "ENT":
            self._end_of_loop()
            self._loop = []
        self._loop.append(segment)

    def close(self) -> tuple[Segment, ...]:
        """Judge the whole; no segment is kept."""
        self._end_of_loop()
        for problem in self._account.close():
            self._given.note(problem)
        return ()

    def _end_of_loop(self) -> None:
        if self._loop[0].tag == "ENT":
            entity, problems = parse_entity(segments=self._loop)
            problems += self._account.add(entity)
            self._given.goes_on(entity)
        else:
            payment, problems = parse_payment(segments=self._loop)
            problems += self._account.open(payment)
            self._given.begins(payment)
        for problem in problems:
            self._given.note(problem)
