"""820s for carriers: what payments paid, in the words of 005010X306 and of the carrier's profile."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bulkhead.kernel.personal import Masked
from carrier_gateway.adapters.x12.enveloping import enveloped
from carrier_gateway.adapters.x12.names import name_parts, written_name
from carrier_gateway.application.ports import Composed, Envelope, Uncomposable
from carrier_gateway.domain.carriers import CarrierProfile
from carrier_gateway.domain.remittances import RemittanceOrder, Share
from carrier_gateway.x12.envelope import Interchange, TransactionSet, compose_around
from carrier_gateway.x12.remittance820.build import build_entity, build_payment
from carrier_gateway.x12.remittance820.model import ACH, NON, Entity, Item, Party, Payment, Subscriber
from carrier_gateway.x12.remittance820.reading import RemittanceReader
from carrier_gateway.x12.remittance820.structure import FUNCTIONAL_GROUP, IDENTIFIER, VERSION
from carrier_gateway.x12.remittance820.validate import Guide
from carrier_gateway.x12.segments import CannotWrite, Segment, write


def remittance_guide(profile: CarrierProfile) -> Guide:
    """Return what a carrier's profile calls payments, for the validator."""
    return Guide(
        of_months=frozenset({profile.payment_type("premium"), profile.payment_type("adjustment")}),
        balance=profile.payment_type("balance"),
    )


class Composer820:
    """Writes one payment as one set in one group in one interchange, all under the order's control number."""

    def compose_shares(self, shares: Sequence[Share], *, profile: CarrierProfile) -> Composed:
        """Return what an 820 says of some policies. Raises `Uncomposable`."""
        return _composed(
            segment for share in shares for segment in build_entity(entity=_entity_of(share, profile=profile))
        )

    def compose_ends(self, order: RemittanceOrder) -> tuple[Composed, Composed]:
        """Return what stands before all policies, and after them: balances and ends. Raises `Uncomposable`."""
        profile, remittance = order.profile, order.remittance
        balances = [
            segment
            for number, cents in enumerate(remittance.balances, start=remittance.entities + 1)
            for segment in build_entity(entity=_balance_of(cents, number=number, profile=profile))
        ]
        try:
            beginning, end = compose_around(
                interchange=_interchange(order), inside=remittance.segments + len(balances)
            )
        except CannotWrite as error:
            raise Uncomposable(str(error)) from error
        return _composed(beginning), _composed([*balances, *end])

    def check(self, profile: CarrierProfile) -> Check820:
        """Return who reads one again that was written for this carrier."""
        return Check820(profile)


class Check820:
    """Reads an 820 again, as the carrier would: nothing leaves that we would refuse ourselves."""

    def __init__(self, profile: CarrierProfile) -> None:
        self._reader = RemittanceReader(guide=remittance_guide(profile))

    def feed(self, data: bytes) -> None:
        """Read the next bytes."""
        self._reader.feed(data)

    def close(self) -> str:
        """Return the first thing that is wrong; empty where nothing is."""
        problems = self._reader.close().problems
        return str(problems[0]) if problems else ""


def _composed(segments: Iterable[Segment]) -> Composed:
    made = list(segments)
    try:
        data = write(segments=made)
    except CannotWrite as error:
        raise Uncomposable(str(error)) from error
    return Composed(content=Masked(data.decode("ascii")), segments=len(made))


def _entity_of(share: Share, *, profile: CarrierProfile) -> Entity:
    def wanted(qualifier: str, value: str) -> str:
        return value if qualifier in profile.payment_references else ""

    return Entity(
        number=share.number,
        subscriber=_subscriber_of(share),
        plan=wanted("38", profile.plan_id(share.plan)),
        policy=wanted("POL", share.policy),
        issuer_policy=wanted("AZ", share.issuer_policy),
        issuer_subscriber=wanted("0F", share.issuer_subscriber),
        items=tuple(
            Item(
                payment_type=profile.payment_type(each.kind),
                cents=each.cents,
                first=each.month.first_day,
                last=each.month.last_day,
            )
            for each in share.items
        ),
    )


def _subscriber_of(share: Share) -> Subscriber:
    """Return the subscriber with the name X12 can carry: one that it cannot is left out, as the guide allows, for the
    ids alone say whose money it is.
    """
    parts = None if share.person is None else name_parts(written_name(share.person))
    return Subscriber(
        identifier=share.subscriber,
        last_name=None if parts is None else parts.last,
        first_name=None if parts is None else parts.first,
    )


def _balance_of(cents: int, *, number: int, profile: CarrierProfile) -> Entity:
    balance = profile.payment_type("balance")
    report = (profile.balance_report, balance) if profile.balance_report else None
    return Entity(number=number, items=(Item(payment_type=balance, cents=cents, report=report),))


def _interchange(order: RemittanceOrder) -> Interchange:
    profile, exchange, remittance = order.profile, order.exchange, order.remittance
    plans = list(remittance.plan_cents)
    payment = Payment(
        control_number=f"{order.control_number:09d}",
        cents=remittance.total_cents,
        method=ACH if remittance.total_cents else NON,
        paid_on=remittance.issued_on,
        trace=remittance.trace,
        payee=Party(
            name=profile.name,
            qualifier="FI" if profile.tax_id else "94",
            identifier=profile.tax_id or profile.carrier,
        ),
        payer=Party(name=exchange.payer_name, qualifier="58", identifier=exchange.application_id),
        telephone=exchange.payer_phone,
    )
    envelope = Envelope(
        profile=profile, exchange=exchange, control_number=order.control_number, made_at=order.made_at
    )
    return enveloped(
        (
            TransactionSet(
                identifier=IDENTIFIER,
                control_number=payment.control_number,
                version=VERSION,
                segments=tuple(build_payment(payment=payment)),
            ),
        ),
        envelope,
        functional=FUNCTIONAL_GROUP,
        version=VERSION,
        sender=exchange.application_id,
        receiver=plans[0] if len(plans) == 1 else profile.qhp_id,
        asks=False,  # nobody waits for a TA1 of one (ADR 0066)
    )
