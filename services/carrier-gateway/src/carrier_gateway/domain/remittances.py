"""Remittances as payments tells them, and what an 820 says of each policy in them (PAY-6, PAY-7)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import dropwhile, takewhile
from typing import Final, Literal, TypeAlias

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.personal import Masked
from carrier_gateway.domain.carriers import CarrierProfile, PaymentKind
from carrier_gateway.domain.parameters import GatewayParameters
from carrier_gateway.domain.records import ContactMember, Policy
from carrier_gateway.domain.versions import subscriber_on

RemittanceState: TypeAlias = Literal["waiting", "numbered", "built", "written", "unwanted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidLine:
    """A policy's coverage month in a remittance: cents paid on, or taken back where they are less than nothing."""

    household: str
    policy: str
    month: CoverageMonth
    cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RemittancePart:
    """One of the parts that a remittance is told in, from 1: its lines make ``cents``."""

    remittance: str
    part: int
    lines: tuple[PaidLine, ...]
    cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBack:
    """A policy's month that was taken back from a carrier, first in its remittance of this number: what is paid for it
    since then takes the place of that (PAY-7).
    """

    policy: str
    month: CoverageMonth
    carrier: str
    sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Remittance:
    """What a carrier is paid on a day, and how far its 820 has come.

    ``total_cents`` is what is paid, ``brought_forward_cents`` and ``carried_cents`` what the carrier owed before and
    owes after, 0 or more. ``sequence`` numbers the carrier's remittances from 1.

    *waiting* until all parts are here and all of them are composed (``composed_parts`` are: so many ``entities`` and
    ``segments``, and ``plan_cents`` for each plan's id); *numbered* when its ends are composed too; *built* when it was
    read again; *written* when it is in the drop-box; *unwanted* where the carrier wants none. ``problem`` says why it
    cannot be composed as things are.
    """

    remittance: str
    carrier: str
    sequence: int
    business_date: date
    issued_on: date
    total_cents: int
    brought_forward_cents: int
    carried_cents: int
    parts: int
    heard_at: datetime
    state: RemittanceState = "waiting"
    problem: str = ""
    composed_parts: int = 0
    lines: int = 0
    entities: int = 0
    segments: int = 0
    plan_cents: dict[str, int] = field(default_factory=lambda: dict[str, int]())
    control_number: int | None = None
    file: str | None = None
    sha256: str | None = None
    size_bytes: int | None = None
    written_on: date | None = None

    @property
    def net_cents(self) -> int:
        """What all its lines make together."""
        return self.total_cents - self.carried_cents + self.brought_forward_cents

    @property
    def trace(self) -> str:
        """What the payment is called at the bank, and in TRN02."""
        return f"{self.carrier} {self.business_date} {self.sequence}"

    @property
    def balances(self) -> tuple[int, ...]:
        """The cents by which the payment differs from its lines: the debt brought forward, and the one carried."""
        return tuple(each for each in (-self.brought_forward_cents, self.carried_cents) if each)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemittanceContent:
    """A piece of an 820 as composed, and of the readable twin beside it. Pieces follow each other by ``number``: 0 is
    the beginning, then one for each part, then the end. They name people; the twin does not.
    """

    remittance: str
    number: int
    content: Masked
    twin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareItem:
    """What is paid for one month, and whether it takes something back or the place of what was."""

    kind: PaymentKind
    month: CoverageMonth
    cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What is paid under one policy while it has one subscriber. ``person`` is None where no name is known."""

    number: int
    policy: str
    plan: str
    subscriber: str
    person: ContactMember | None
    issuer_policy: str
    issuer_subscriber: str
    items: tuple[ShareItem, ...]

    @property
    def cents(self) -> int:
        """What all of it makes together."""
        return sum(each.cents for each in self.items)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemittanceOrder:
    """What the two ends of an 820 are made from."""

    remittance: Remittance
    profile: CarrierProfile
    exchange: GatewayParameters
    control_number: int
    made_at: datetime


BEGINNING: Final = 0
"""The number of an 820's first piece."""


def lines_that_begin(
    part: Sequence[PaidLine], *, before: Sequence[PaidLine], after: Iterable[Sequence[PaidLine]]
) -> list[PaidLine]:
    """Return the lines of the policies that begin in a part: what parts ``after`` it go on with is among them, and what
    it goes on with from the one ``before`` is not.
    """
    begun = before[-1].policy if before else None
    found = list(dropwhile(lambda each: each.policy == begun, part))
    if found:
        last = found[-1].policy
        for lines in after:
            more = list(takewhile(lambda each: each.policy == last, lines))
            found += more
            if len(more) < len(lines):
                break
    return found


def shares_of(
    lines: Iterable[PaidLine],
    *,
    policies: Mapping[str, Policy],
    people: Mapping[str, Sequence[ContactMember]],
    taken_back: Collection[tuple[str, CoverageMonth]],
    after: int,
) -> list[Share]:
    """Return lines by policy and subscriber, counted on from ``after``: of each month what is taken back comes before
    what takes its place (PAY-7). Raises `KeyError` for a policy that is not among these.
    """
    grouped: dict[tuple[str, str], list[ShareItem]] = {}
    for line in lines:
        subscriber = subscriber_on(policies[line.policy].versions, line.month.first_day)
        again = line.cents < 0 or (line.policy, line.month) in taken_back
        item = ShareItem(kind="adjustment" if again else "premium", month=line.month, cents=line.cents)
        grouped.setdefault((line.policy, subscriber), []).append(item)
    return [
        _share(
            policies[policy],
            subscriber,
            sorted(items, key=lambda each: (each.month, each.cents > 0)),
            people=people.get(policy, ()),
            number=number,
        )
        for number, ((policy, subscriber), items) in enumerate(grouped.items(), start=after + 1)
    ]


def _share(
    policy: Policy,
    subscriber: str,
    items: Sequence[ShareItem],
    *,
    people: Sequence[ContactMember],
    number: int,
) -> Share:
    return Share(
        number=number,
        policy=policy.policy,
        plan=policy.plan,
        subscriber=subscriber,
        person=next((each for each in people if each.member == subscriber), None),
        issuer_policy=policy.issuer_policy,
        issuer_subscriber=_issuer_subscriber(policy, subscriber, on=items[0].month.first_day),
        items=tuple(items),
    )


def _issuer_subscriber(policy: Policy, subscriber: str, *, on: date) -> str:
    """Return the carrier's own id of a subscriber, as far as it has given one to them."""
    for part in policy.succeeded:
        if subscriber_on(part.versions, on) == subscriber and on <= part.through:
            return part.issuer_subscriber
    told = policy.told_versions
    return policy.issuer_subscriber if told and subscriber_on(told, on) == subscriber else ""
