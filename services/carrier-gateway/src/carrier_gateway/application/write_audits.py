"""Monthly full-book audits: every policy that stands with a carrier, a set each, in one file (CAR-6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, time
from typing import Final

from bulkhead.duties.ports import Duty
from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.personal import Masked
from bulkhead.persistence.ports import UnitOfWork
from carrier_gateway.application.book import Book
from carrier_gateway.application.ports import AuditComposer, Envelope, Parameters, Uncomposable
from carrier_gateway.domain.audits import (
    BEGINNING,
    Audit,
    AuditContent,
    AuditState,
    part_since,
    standing_people,
    stands_on,
)
from carrier_gateway.domain.carriers import CarrierProfile
from carrier_gateway.domain.orders import EnrollmentOrder
from carrier_gateway.domain.records import ControlNumbers, Policy
from carrier_gateway.domain.telling import Step
from carrier_gateway.domain.versions import version_on

POLICIES_A_PIECE: Final = 50
"""So many policies are composed in one transaction: a few milliseconds each, and nobody else's turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditKey:
    """Which audit: a carrier's, of a day."""

    carrier: str
    on: date

    @property
    def name(self) -> str:
        """What the audit is called where people look."""
        return f"{self.carrier}/{self.on.isoformat()}"


def audit_duty(parameters: Parameters) -> Duty:
    """Return the monthly duty that begins an audit for each carrier that wants one, on the pack's day (CAR-6)."""

    def runs_on(day: date) -> bool:
        return day.day == parameters.as_of(day).audit_day

    async def run(uow: UnitOfWork, on: date, _households: list[str]) -> None:
        await begin_audits(uow, on=on)

    async def next_work(uow: UnitOfWork, today: date) -> date | None:
        if not await uow.records(CarrierProfile).count(audits=True):
            return None
        month = CoverageMonth.of(today)
        days = (
            each.first_day.replace(day=parameters.as_of(each.first_day).audit_day)
            for each in (month, month.plus(1))
        )
        return next(day for day in days if day >= today)

    return Duty(name="begin-audits", at=time(2, 0), runs_on=runs_on, run=run, next_work=next_work)


async def begin_audits(uow: UnitOfWork, *, on: date) -> None:
    """Begin the audit of a day for each carrier whose profile wants them; one that was begun stays as it is."""
    wanted = await uow.records(CarrierProfile).distinct("carrier", audits=True)
    await uow.records(Audit).add_new([Audit(carrier=each, on=on, begun_at=uow.now) for each in wanted])


async def open_audits(uow: UnitOfWork, *, state: AuditState | list[AuditState]) -> list[AuditKey]:
    """Return the audits in that state, each carrier's in order."""
    return await uow.records(Audit).select_as(AuditKey, state=state, order_by=("carrier", "on"))


async def audit_of(uow: UnitOfWork, key: AuditKey) -> Audit | None:
    """Return an audit."""
    return await uow.records(Audit).get(carrier=key.carrier, on=key.on)


async def audit_piece(uow: UnitOfWork, number: int, *, key: AuditKey) -> AuditContent | None:
    """Return the piece of an audit of that number; None after the last."""
    return await uow.records(AuditContent).get(carrier=key.carrier, on=key.on, number=number)


async def compose_more_of_audit(
    uow: UnitOfWork, key: AuditKey, *, composer: AuditComposer, parameters: Parameters
) -> tuple[str, ...] | None:
    """Number an audit, or compose its next piece, or its two ends once all is there. Return the policies that were left
    out, or None where nothing is left to be done.

    A policy whose people are not known, or that cannot be written, is left out and counted: the carrier's book is
    compared with what stands here all the same. The caller holds the carrier's lock.
    """
    audit = await audit_of(uow, key)
    profile = await uow.records(CarrierProfile).get(carrier=key.carrier)
    if audit is None or profile is None or audit.state not in ("waiting", "numbered"):
        return None
    if audit.state == "waiting":
        await _number(uow, audit, profile)
        return ()
    policies = await uow.records(Policy).select(
        carrier=audit.carrier,
        policy__gt=audit.through_policy,
        effective__le=audit.on,
        coverage_ends__ge=audit.on,
        order_by=("policy",),
        limit=POLICIES_A_PIECE,
    )
    piece = _Piece(audit, _envelope(uow, audit, profile, parameters), composer)
    if policies:
        await piece.compose(uow, [each for each in policies if stands_on(each, audit.on)])
        audit = replace(
            audit, through_policy=policies[-1].policy, left_out=audit.left_out + len(piece.left_out)
        )
        if piece.sets:
            audit = replace(audit, pieces=audit.pieces + 1, sets=audit.sets + len(piece.sets))
            await uow.records(AuditContent).add([_content(audit, audit.pieces, "".join(piece.sets))])
        await uow.records(Audit).put([audit])
        return tuple(piece.left_out)
    beginning, end = composer.compose_ends(piece.envelope, sets=audit.sets)
    await uow.records(AuditContent).add(
        [_content(audit, BEGINNING, beginning), _content(audit, audit.pieces + 1, end)]
    )
    await uow.records(Audit).put([replace(audit, state="built")])
    return ()


def _content(audit: Audit, number: int, text: str) -> AuditContent:
    return AuditContent(carrier=audit.carrier, on=audit.on, number=number, content=Masked(text))


async def _number(uow: UnitOfWork, audit: Audit, profile: CarrierProfile) -> None:
    numbers = await uow.records(ControlNumbers).get(carrier=audit.carrier)
    number = (0 if numbers is None else numbers.last) + 1
    await uow.records(ControlNumbers).put([ControlNumbers(carrier=audit.carrier, last=number)])
    numbered = replace(
        audit,
        state="numbered",
        control_number=number,
        made_at=uow.now,
        file=profile.audit_file_for(control_number=number, made_at=uow.now),
    )
    await uow.records(Audit).put([numbered])


def _envelope(uow: UnitOfWork, audit: Audit, profile: CarrierProfile, parameters: Parameters) -> Envelope:
    return Envelope(
        profile=profile,
        exchange=parameters.as_of(audit.on),
        control_number=audit.control_number or 0,
        made_at=audit.made_at or uow.now,
    )


class _Piece:
    """The sets of some policies."""

    def __init__(self, audit: Audit, envelope: Envelope, composer: AuditComposer) -> None:
        self._audit = audit
        self._composer = composer
        self.envelope = envelope
        self.sets: list[str] = []
        self.left_out: list[str] = []

    async def compose(self, uow: UnitOfWork, policies: Sequence[Policy]) -> None:
        """Compose a set of each policy, in order."""
        book = await Book.load(uow, {each.household for each in policies})
        for policy in policies:
            try:
                self.sets.append(self._composed(book, policy))
            except Uncomposable:
                self.left_out.append(policy.policy)

    def _composed(self, book: Book, policy: Policy) -> str:
        people, contact = book.people_of(policy), book.contact_of(policy)
        if people is None or contact is None:
            raise Uncomposable("its contact is not known")
        on = self._audit.on
        order = EnrollmentOrder(
            step=Step(kind="initial", effective=part_since(policy, on), end_reason=None),
            policy=policy,
            people=standing_people(policy, everybody=people, on=on),
            terms=version_on(policy.versions, on),
            contact=contact,
            profile=self.envelope.profile,
            exchange=self.envelope.exchange,
            control_number=self.envelope.control_number,
            made_at=self.envelope.made_at,
        )
        number = self._audit.sets + len(self.sets) + 1
        return self._composer.compose_set(order, number=number).reveal()


async def mark_audit_written(uow: UnitOfWork, key: AuditKey) -> None:
    """Note that an audit is whole in the drop-box. The caller holds the carrier's lock."""
    audit = await audit_of(uow, key)
    if audit is not None and audit.state == "built":
        await uow.records(Audit).put([replace(audit, state="written", written_on=uow.today)])
