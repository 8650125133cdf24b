"""Every event type there is: its model, its topic and its owner, on one screen."""

from __future__ import annotations

from dataclasses import dataclass

from bulkhead.contracts.carrier_gateway import v1 as carrier_gateway
from bulkhead.contracts.enrollment import v1 as enrollment
from bulkhead.contracts.invoicing import v1 as invoicing
from bulkhead.contracts.notifications import v1 as notifications
from bulkhead.contracts.payments import v1 as payments
from bulkhead.contracts.wire import Wire


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One owner's ordered stream. ``readers`` are the services that subscribe to it, and alone may read it.

    Texts about people are sealed where it has ``personal_data``. It keeps everything; one of ``keys`` to that keeps of
    each household the latest alone, so that a key can be forgotten (ADR 0075).
    """

    name: str
    owner: str
    personal_data: bool = False
    keys: bool = False
    readers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EventType:
    """One type and version of event. A broadcast one is written to every partition of its topic."""

    name: str
    version: int
    model: type[Wire]
    topic: Topic
    broadcast: bool = False


POLICIES = Topic(
    name="enrollment.policies.v1",
    owner="enrollment",
    readers=("invoicing", "payments", "carrier-gateway", "notifications"),
)
CONTACTS = Topic(
    name="enrollment.contacts.v1",
    owner="enrollment",
    personal_data=True,
    readers=("carrier-gateway", "notifications"),
)
CONTACT_KEYS = Topic(
    name="enrollment.contact-keys.v1",
    owner="enrollment",
    keys=True,
    readers=("carrier-gateway", "notifications"),
)
RECEIVABLES = Topic(
    name="invoicing.receivables.v1",
    owner="invoicing",
    readers=("enrollment", "payments", "carrier-gateway", "notifications"),
)
PAYMENTS = Topic(
    name="payments.payments.v1",
    owner="payments",
    readers=("invoicing", "carrier-gateway", "notifications"),
)
CARRIERS = Topic(name="carrier-gateway.carriers.v1", owner="carrier-gateway", readers=("enrollment",))
NOTICES = Topic(name="notifications.notices.v1", owner="notifications")
CHANNELS = Topic(name="notifications.channels.v1", owner="notifications", readers=("invoicing",))

TOPICS: tuple[Topic, ...] = (
    POLICIES,
    CONTACTS,
    CONTACT_KEYS,
    RECEIVABLES,
    PAYMENTS,
    CARRIERS,
    NOTICES,
    CHANNELS,
)


_BROADCAST: frozenset[type[Wire]] = frozenset({payments.BooksClosed})


def _types(topic: Topic, *models: type[Wire]) -> tuple[EventType, ...]:
    return tuple(
        EventType(name=model.__name__, version=1, model=model, topic=topic, broadcast=model in _BROADCAST)
        for model in models
    )


EVENT_TYPES: tuple[EventType, ...] = (
    *_types(
        POLICIES,
        enrollment.HouseholdRegistered,
        enrollment.HouseholdMerged,
        enrollment.MergeReversed,
        enrollment.PlansSelected,
        enrollment.PlansRenewed,
        enrollment.CoverageNotRenewed,
        enrollment.PolicyActivated,
        enrollment.PolicyCanceled,
        enrollment.PolicyTerminated,
        enrollment.PolicyEndAsked,
        enrollment.PolicyReinstated,
        enrollment.PolicyChanged,
        enrollment.ChildrenAgeOut,
        enrollment.MedicaidBegun,
        enrollment.MedicaidEnded,
        enrollment.VerificationWanted,
        enrollment.VerificationDecided,
        enrollment.CarrierRecordDecided,
    ),
    *_types(CONTACTS, enrollment.ContactRecorded),
    *_types(CONTACT_KEYS, enrollment.ContactKeySet),
    *_types(
        RECEIVABLES,
        invoicing.InvoiceIssued,
        invoicing.AmountDueChanged,
        invoicing.InvoiceVoided,
        invoicing.InvoiceRestored,
        invoicing.BinderSatisfied,
        invoicing.BinderLapsed,
        invoicing.PremiumsSettled,
        invoicing.PremiumUnsettled,
        invoicing.GraceEntered,
        invoicing.GraceAdvanced,
        invoicing.GraceExited,
        invoicing.GraceExpired,
        invoicing.DelinquencyListed,
        invoicing.DelinquencyListClosed,
        invoicing.ReinstatementGranted,
        invoicing.RefundApproved,
        invoicing.CreditPassedOn,
        invoicing.CreditCalledBack,
        invoicing.DeadlineMoved,
        invoicing.DeadlineMovedBack,
    ),
    *_types(
        PAYMENTS,
        payments.PaymentReceived,
        payments.PaymentCleared,
        payments.PaymentReturned,
        payments.PaymentMoved,
        payments.PaymentRedated,
        payments.PaymentRefunded,
        payments.RefundWithdrawn,
        payments.AutopayBegan,
        payments.AutopayEnded,
        payments.DrawDeclined,
        payments.RemittanceIssued,
        payments.BooksClosed,
        payments.MaintenanceScheduled,
        payments.MaintenanceWithdrawn,
        payments.MaintenanceStarted,
        payments.MaintenanceEnded,
        payments.MaintenanceConcerns,
    ),
    *_types(
        CARRIERS,
        carrier_gateway.TransmissionSent,
        carrier_gateway.CoverageEffectuated,
        carrier_gateway.CoverageEndedByCarrier,
        carrier_gateway.CoverageReinstatedByCarrier,
    ),
    *_types(NOTICES, notifications.NoticeSent),
    *_types(CHANNELS, notifications.ChannelDown, notifications.ChannelUp),
)

BY_NAME: dict[tuple[str, int], EventType] = {(each.name, each.version): each for each in EVENT_TYPES}
BY_MODEL: dict[type[Wire], EventType] = {each.model: each for each in EVENT_TYPES}
SEALED: frozenset[type[Wire]] = frozenset(each.model for each in EVENT_TYPES if each.topic.personal_data)
"""The models of which each text about a person is sealed on its way (ADR 0075)."""
TOPIC_OF: dict[str, str] = {each.name: each.topic.name for each in EVENT_TYPES}
"""The name of the topic that each type of event is said on, in any version."""
