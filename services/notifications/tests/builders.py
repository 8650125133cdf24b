"""Facts as notifications hears them, each with what a test does not say of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Literal

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.personal import Masked
from bulkhead.policy import PackParameters, PolicyPack
from notifications.application import facts
from notifications.domain.autopay import DeclineReason, DrawnFrom
from notifications.domain.coverage import BilledByCarrier
from notifications.domain.deadlines import ExtensionGround
from notifications.domain.money import Funding
from notifications.domain.notices import InvoiceLine
from notifications.domain.parameters import NotificationsParameters

JUNE = "june"
NAME = "Juniper Seedname"
ADDRESS = "7 Seedaddress Lane\nBurlington, VT 05401"
EMAIL = "juniper.seedmail@example.test"
POLICY_DIR = Path(__file__).parents[3] / "policy"
VERMONT = PolicyPack.named("vermont-2016", directory=POLICY_DIR)
PARAMETERS = PackParameters(VERMONT, "notifications", NotificationsParameters)


def contact(
    household: str = JUNE,
    *,
    version: int = 1,
    language: str = "en",
    email: str | None = EMAIL,
    address: str | None = ADDRESS,
    name: str = NAME,
    estate: bool = False,
    responsible: str | None = None,
) -> facts.ContactRecorded:
    """Return a contact as enrollment tells it."""
    return facts.ContactRecorded(
        household=household,
        contact_version=version,
        language=language,
        email=None if email is None else Masked(email),
        address=None if address is None else Masked(address),
        members=(
            facts.ContactMember(member="somebody-2", name=Masked("Somebody Else")),
            facts.ContactMember(member="somebody-1", name=Masked(name)),
        ),
        subscriber="somebody-1",
        estate=estate,
        responsible_name=None if responsible is None else Masked(responsible),
    )


def selected(
    household: str = JUNE,
    *,
    policy: str | None = None,
    version: int = 1,
    selection: str = "s",
    net_cents: int = 50000,
    binder_required: bool = True,
    transferred_from: str | None = None,
    billed_by_carrier: BilledByCarrier | None = None,
) -> facts.PlansSelected:
    """Return a selection of one plan."""
    return facts.PlansSelected(
        household=household,
        selection=selection,
        contact_version=version,
        binder_required=binder_required,
        transferred_from=transferred_from,
        policies=(
            facts.SelectedPolicy(
                policy=policy or f"{household}-silver",
                plan="SILVER",
                carrier="BCBSVT",
                effective=date(2016, 1, 1),
                coverage_ends=date(2016, 12, 31),
                months=(
                    facts.PremiumMonths(
                        first=CoverageMonth(2016, 1), last=CoverageMonth(2016, 12), net_cents=net_cents
                    ),
                ),
                billed_by_carrier=billed_by_carrier,
            ),
        ),
    )


def renewed(household: str = JUNE, *, ending: tuple[facts.EndingPolicy, ...] = ()) -> facts.PlansRenewed:
    """Return coverage of 2016 that goes on from 2015 by itself, as another plan, beside what does not."""
    return facts.PlansRenewed(
        household=household,
        selection="r",
        contact_version=1,
        plan_year=2016,
        policies=(
            facts.RenewedPolicy(
                policy=f"{household}-silver",
                plan="SILVER",
                carrier="BCBSVT",
                effective=date(2016, 1, 1),
                coverage_ends=date(2016, 12, 31),
                months=(
                    facts.PremiumMonths(
                        first=CoverageMonth(2016, 1), last=CoverageMonth(2016, 12), net_cents=50000
                    ),
                ),
                net_cents=50000,
                plan_before="BRONZE",
                carrier_before="MVP",
                net_before_cents=40000,
                because="discontinued",
            ),
        ),
        ending=ending,
    )


def not_renewed(household: str = JUNE) -> facts.CoverageNotRenewed:
    """Return coverage of 2015 that goes on as none."""
    return facts.CoverageNotRenewed(
        household=household,
        contact_version=1,
        plan_year=2016,
        policies=(
            facts.EndingPolicy(
                policy=f"{household}-bronze",
                plan="BRONZE",
                carrier="MVP",
                coverage_ends=date(2015, 12, 31),
                because="discontinued",
            ),
        ),
    )


def age_out(household: str = JUNE) -> facts.ChildrenAgeOut:
    """Return that a child of the household will be too old after May 31."""
    return facts.ChildrenAgeOut(
        household=household,
        contact_version=1,
        members=(f"{household}-2",),
        age_limit=26,
        through=date(2016, 5, 31),
        select_from=date(2016, 4, 1),
        select_until=date(2016, 7, 30),
    )


def medicaid_begun(household: str = JUNE) -> facts.MedicaidBegun:
    """Return that Medicaid covers one of the household from June 1 on."""
    return facts.MedicaidBegun(
        household=household,
        contact_version=1,
        members=(f"{household}-1",),
        program="Green Mountain Care",
        begins=date(2016, 6, 1),
        plans_through=date(2016, 5, 31),
    )


def medicaid_ended(household: str = JUNE) -> facts.MedicaidEnded:
    """Return that Medicaid of one of the household ends with September."""
    return facts.MedicaidEnded(
        household=household,
        contact_version=1,
        members=(f"{household}-1",),
        program="Green Mountain Care",
        through=date(2016, 9, 30),
        select_from=date(2016, 8, 1),
        select_until=date(2016, 11, 29),
    )


def wanted(household: str = JUNE, *, reminder: bool = False, decision: str = "w") -> facts.VerificationWanted:
    """Return documents that are wanted by March 2, 2016."""
    return facts.VerificationWanted(
        household=household,
        contact_version=1,
        wanted=("income",),
        until=date(2016, 3, 2),
        reminder=reminder,
        decision=decision,
    )


def decided(
    household: str = JUNE,
    *,
    verification: Literal["verified", "failed"] = "failed",
    changes_on: date | None = date(2016, 4, 1),
    covered_through: date | None = None,
    may_enroll: Literal["no-longer", "again"] | None = None,
    decision: str = "d",
) -> facts.VerificationDecided:
    """Return what became of a verification: it failed, and there is no assistance any more, unless said otherwise."""
    return facts.VerificationDecided(
        household=household,
        contact_version=1,
        verification=verification,
        changes_on=changes_on,
        aptc_cents=0,
        subsidy_cents=0,
        decision=decision,
        covered_through=covered_through,
        may_enroll=may_enroll,
    )


def invoice(
    household: str = JUNE,
    *,
    invoice: str | None = None,
    policy: str | None = None,
    number: int = 1,
    selection: str | None = None,
    kind: str = "monthly",
    unpaid_before_cents: int = 0,
    total_cents: int = 50000,
    received_cents: int = 0,
    payments: int = 0,
    mail: bool = True,
    month: CoverageMonth = CoverageMonth(2016, 7),
    net_cents: int = 50000,
    on_time_until: date = date(2016, 6, 30),
) -> facts.InvoiceIssued:
    """Return June's invoice of June 5 for July, or another one like it."""
    return facts.InvoiceIssued(
        household=household,
        invoice=invoice or f"{household}-invoice",
        number=number,
        selection=selection,
        kind="initial" if kind == "initial" else "monthly",
        dated=date(2016, 6, 5),
        due=date(2016, 6, 26),
        on_time_until=on_time_until,
        charges=(InvoiceLine(policy=policy or f"{household}-silver", month=month, net_cents=net_cents),),
        adjustments_cents=0,
        unpaid_before_cents=unpaid_before_cents,
        held_cents=0,
        credit_cents=0,
        total_cents=total_cents,
        received_cents=received_cents,
        payments=payments,
        mail=mail,
    )


def voided(
    household: str = JUNE,
    *,
    invoice: str | None = None,
    correction: str = "c1",
    kind: Literal["initial", "monthly"] = "monthly",
) -> facts.InvoiceVoided:
    """Return that June's invoice of June 5 is void since the 7th."""
    return facts.InvoiceVoided(
        household=household,
        invoice=invoice or f"{household}-invoice",
        kind=kind,
        dated=date(2016, 6, 5),
        total_cents=50000,
        voided_on=date(2016, 6, 7),
        correction=correction,
    )


def restored(
    household: str = JUNE,
    *,
    invoice: str | None = None,
    correction: str = "c2",
    due_cents: int = 50000,
    payments: int = 0,
) -> facts.InvoiceRestored:
    """Return that June's invoice stands again, and that nothing of it is paid."""
    return facts.InvoiceRestored(
        household=household,
        invoice=invoice or f"{household}-invoice",
        due_cents=due_cents,
        payments=payments,
        correction=correction,
    )


def deadline_moved(
    household: str = JUNE,
    *,
    extension: str = "e1",
    cutoffs: tuple[date, ...] = (date(2016, 6, 30),),
    until: date = date(2016, 7, 1),
    ground: ExtensionGround = "outage",
) -> facts.DeadlineMoved:
    """Return that June 30 moved by a day, for nobody could pay online."""
    return facts.DeadlineMoved(
        household=household, extension=extension, cutoffs=cutoffs, until=until, ground=ground
    )


def deadline_moved_back(
    household: str = JUNE, *, extension: str = "e1", cutoffs: tuple[date, ...] = (date(2016, 6, 30),)
) -> facts.DeadlineMovedBack:
    """Return that June 30 is where it was."""
    return facts.DeadlineMovedBack(household=household, extension=extension, cutoffs=cutoffs)


def maintenance_concerns(
    household: str = JUNE,
    *,
    begins_at: datetime,
    cutoffs: tuple[date, ...] = (date(2016, 6, 26),),
    withdrawn: bool = False,
) -> facts.MaintenanceConcerns:
    """Return that paying online is closed for four hours of a last day to pay, or that this is called off."""
    return facts.MaintenanceConcerns(
        household=household,
        maintenance="m-1",
        begins_at=begins_at,
        ends_at=begins_at + timedelta(hours=4),
        cutoffs=cutoffs,
        withdrawn=withdrawn,
    )


def settled(
    household: str = JUNE,
    *,
    by: dict[str, int],
    group: str = "month:2016-07",
    policy: str | None = None,
    month: CoverageMonth = CoverageMonth(2016, 7),
    settlement: str | None = None,
) -> facts.PremiumsSettled:
    """Return that one premium is paid, by these cents of these payments."""
    return facts.PremiumsSettled(
        household=household,
        group=group,
        premiums=(
            facts.SettledPremium(
                policy=policy or f"{household}-silver",
                month=month,
                cents=sum(by.values()),
                rest_cents=0,
                settlement=settlement or f"{policy or household}.{month}.1",
                funded_by=tuple(Funding(payment=payment, cents=cents) for payment, cents in by.items()),
            ),
        ),
    )


def activated(household: str = JUNE, *, version: int = 1) -> facts.PolicyActivated:
    """Return that the silver policy stands."""
    return facts.PolicyActivated(
        household=household,
        policy=f"{household}-silver",
        effective=date(2016, 1, 1),
        contact_version=version,
    )


def terminated(
    household: str = JUNE, *, through: date = date(2016, 6, 30), reason: str = "non-payment"
) -> facts.PolicyTerminated:
    """Return that the silver policy ends."""
    return facts.PolicyTerminated(
        household=household,
        policy=f"{household}-silver",
        effective=date(2016, 1, 1),
        through=through,
        reason=reason,
        contact_version=1,
    )


def canceled(household: str = JUNE, *, reason: str = "non-payment") -> facts.PolicyCanceled:
    """Return that the silver policy never began."""
    return facts.PolicyCanceled(
        household=household,
        policy=f"{household}-silver",
        effective=date(2016, 1, 1),
        reason=reason,
        contact_version=1,
    )


def reinstated(
    household: str = JUNE,
    *,
    reason: str = "postmark",
    coverage_ends: date = date(2016, 12, 31),
    begins_later: bool = False,
) -> facts.PolicyReinstated:
    """Return that the silver policy stands again, to the end of the year or to an end asked for before, or that it is
    selected again.
    """
    return facts.PolicyReinstated(
        household=household,
        policy=f"{household}-silver",
        effective=date(2016, 1, 1),
        coverage_ends=coverage_ends,
        reason=reason,
        contact_version=1,
        begins_later=begins_later,
    )


def paid(
    household: str = JUNE,
    *,
    payment: str | None = None,
    cents: int = 50000,
    selection: str | None = None,
    invoice: str | None = None,
) -> facts.PaymentReceived:
    """Return a payment by check, of 500.00 and named for nothing unless said otherwise."""
    return facts.PaymentReceived(
        household=household,
        payment=payment or f"{household}-payment",
        cents=cents,
        method="check",
        received_on=date(2016, 6, 20),
        selection=selection,
        invoice=invoice,
    )


def gone(household: str = JUNE, *, payment: str | None = None, cents: int = 50000) -> facts.PaymentReturned:
    """Return that a payment by check, of 500.00 unless said otherwise, was returned."""
    return facts.PaymentReturned(
        household=household,
        payment=payment or f"{household}-payment",
        cents=cents,
        kind="nsf",
        returned_on=date(2016, 6, 22),
        method="check",
        received_on=date(2016, 6, 20),
    )


def moved(
    household: str = JUNE,
    *,
    payment: str | None = None,
    cents: int = 20000,
    correction: str = "c1",
    because: str = "keying-error",
) -> facts.PaymentMoved:
    """Return that 200.00 of a payment by check, unless said otherwise, is another household's."""
    return facts.PaymentMoved(
        household=household,
        payment=payment or f"{household}-payment",
        cents=cents,
        moved_on=date(2016, 6, 22),
        method="check",
        received_on=date(2016, 6, 20),
        because=because,
        correction=correction,
    )


def autopay_begun(
    household: str = JUNE,
    *,
    mandate: str = "m-1",
    method: DrawnFrom = "card",
    begins_on: date = date(2016, 6, 1),
    draws_on: date | None = None,
) -> facts.AutopayBegan:
    """Return that invoices are drawn from June 1 on."""
    return facts.AutopayBegan(
        household=household, mandate=mandate, method=method, begins_on=begins_on, draws_on=draws_on
    )


def autopay_ended(
    household: str = JUNE,
    *,
    mandate: str = "m-1",
    because: Literal[
        "asked", "replaced", "declined", "account-closed", "account-changed", "household-merged", "lost"
    ] = "asked",
) -> facts.AutopayEnded:
    """Return that invoices are drawn no more."""
    return facts.AutopayEnded(
        household=household, mandate=mandate, method="card", ended_on=date(2016, 6, 5), because=because
    )


def declined(
    household: str = JUNE,
    *,
    mandate: str = "m-1",
    decline: DeclineReason = "insufficient-funds",
    tries: int = 1,
    again_on: date | None = date(2016, 6, 27),
    ended: bool = False,
) -> facts.DrawDeclined:
    """Return that June's invoice of 500.00 was not drawn on the 26th."""
    return facts.DrawDeclined(
        household=household,
        draw="d-1",
        mandate=mandate,
        invoice=f"{household}-invoice",
        cents=50000,
        method="card",
        decline=decline,
        tries=tries,
        declined_on=date(2016, 6, 26),
        again_on=again_on,
        pay_by=date(2016, 6, 30),
        autopay_ended=ended,
    )


def lapsed(household: str = JUNE, *, selection: str = "s") -> facts.BinderLapsed:
    """Return that the first premium of a selection was not paid in time."""
    return facts.BinderLapsed(household=household, selection=selection)


def in_all_orders(streams: Iterable[Iterable[object]]) -> list[list[object]]:
    """Return every way of hearing these streams together, each in its own order."""
    lists = [list(stream) for stream in streams]
    if not any(lists):
        return [[]]
    return [
        [chosen[0], *rest]
        for index, chosen in enumerate(lists)
        if chosen
        for rest in in_all_orders([*lists[:index], chosen[1:], *lists[index + 1 :]])
    ]
