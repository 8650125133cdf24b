"""Every table the chassis keeps in a service's own database."""

from __future__ import annotations

from sqlalchemy import MetaData
from sqlalchemy.orm import registry

from bulkhead.audit.entries import AuditEntry
from bulkhead.audit.tables import AuditEntries
from bulkhead.clock_tables import ClockRecord, SimulationClock
from bulkhead.duties.tables import Duties, DutyCalendar, DutyCalendars, DutyClaim, DutyClaims, DutyRecord
from bulkhead.kernel.maintenance import MaintenanceWindow
from bulkhead.maintenance.tables import MaintenanceWindows
from bulkhead.persistence.event_tables import (
    ConsumerOffset,
    ConsumerOffsets,
    ForgottenType,
    ForgottenTypes,
    HouseholdLock,
    HouseholdLocks,
    Inbox,
    InboxRecord,
    Outbox,
    OutboxRecord,
    ParkedEvent,
    ParkedEvents,
    PartitionCount,
    PassedOverType,
    PassedOverTypes,
    Pruned,
    PrunedTables,
    ReadOffset,
    ReadOffsets,
    StoppedPartition,
    StoppedPartitions,
    TopicPartitions,
)
from bulkhead.persistence.household_keys import HouseholdKey, HouseholdKeys, SealedEvent, SealedEvents
from bulkhead.persistence.tables import ChassisTable, Tables
from bulkhead.retries.retries import Retry
from bulkhead.retries.tables import Retries
from bulkhead.web.tables import IdempotencyKeys, IdempotencyRecord

CHASSIS_TABLES: Tables = {
    HouseholdLock: HouseholdLocks,
    OutboxRecord: Outbox,
    InboxRecord: Inbox,
    ParkedEvent: ParkedEvents,
    PassedOverType: PassedOverTypes,
    ForgottenType: ForgottenTypes,
    PartitionCount: TopicPartitions,
    StoppedPartition: StoppedPartitions,
    ConsumerOffset: ConsumerOffsets,
    ReadOffset: ReadOffsets,
    Pruned: PrunedTables,
    HouseholdKey: HouseholdKeys,
    SealedEvent: SealedEvents,
    DutyRecord: Duties,
    DutyCalendar: DutyCalendars,
    DutyClaim: DutyClaims,
    Retry: Retries,
    IdempotencyRecord: IdempotencyKeys,
    ClockRecord: SimulationClock,
    MaintenanceWindow: MaintenanceWindows,
    AuditEntry: AuditEntries,
}


def service_registry() -> registry:
    """Return the registry of a service's table classes. Its metadata is that of the whole database, the
    chassis's tables included: one migration covers both, and no service can take one of their names.
    """
    metadata = MetaData()
    for table in ChassisTable.metadata.tables.values():
        table.to_metadata(metadata)
    return registry(metadata=metadata)
