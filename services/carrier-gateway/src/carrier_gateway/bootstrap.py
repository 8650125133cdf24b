"""The carrier gateway, wired. The only file that knows everyone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bulkhead.clock import WallClock
from bulkhead.duties.overdue import overdue_duty
from bulkhead.files import Files, LocalFiles
from bulkhead.kernel.errors import InvalidValue
from bulkhead.kernel.key_rings import Keys
from bulkhead.key_ring import KeyRing
from bulkhead.maintenance.guard import MaintenanceGuard
from bulkhead.persistence.ports import UnitOfWorkFactory
from bulkhead.policy import PackParameters, PolicyPack
from bulkhead.service import Poller, Service
from carrier_gateway.adapters.dropbox.acknowledgements import AcknowledgementPoller
from carrier_gateway.adapters.dropbox.audits import AuditPoller
from carrier_gateway.adapters.dropbox.books import BookPoller
from carrier_gateway.adapters.dropbox.inbound import InboundPoller
from carrier_gateway.adapters.dropbox.lists import ListPoller
from carrier_gateway.adapters.dropbox.remittances import RemittancePoller
from carrier_gateway.adapters.dropbox.transmissions import TransmissionPoller
from carrier_gateway.adapters.messaging.translation import INBOUND, OUTBOUND, SUBSCRIBES
from carrier_gateway.adapters.metrics import MEASURES
from carrier_gateway.adapters.postgres.tables import TABLES
from carrier_gateway.adapters.x12.acknowledging import AcknowledgerX12
from carrier_gateway.adapters.x12.audit import AuditComposer834
from carrier_gateway.adapters.x12.inbound import Reader834
from carrier_gateway.adapters.x12.outbound import Composer834
from carrier_gateway.adapters.x12.remittance import Composer820
from carrier_gateway.application.find_overdue import KINDS, overdue_of
from carrier_gateway.application.forget_contacts import FORGET_CONTACTS
from carrier_gateway.application.inbound_files import MOST_BYTES
from carrier_gateway.application.pictures import PICTURES
from carrier_gateway.application.ports import Dependencies
from carrier_gateway.application.routing import handle
from carrier_gateway.application.waiting import RETRIES
from carrier_gateway.application.write_audits import audit_duty
from carrier_gateway.config import CarrierGatewaySettings
from carrier_gateway.domain.books import MOST_BOOK_BYTES
from carrier_gateway.domain.parameters import GatewayParameters
from carrier_gateway.entrypoints.api import (
    EXAMPLES,
    carriers,
    discrepancies,
    exchange,
    exchanged,
    files,
    lists,
    records,
    remittances,
    timeline,
    transmissions,
)

if TYPE_CHECKING:
    from carrier_gateway.adapters.sftp.box import Limits
    from carrier_gateway.adapters.sftp.courier import Courier
    from carrier_gateway.adapters.sftp.door import SftpDoor


def assemble(
    *,
    pack: PolicyPack,
    dropbox: Files,
    contact_keys: Keys,
    book_bytes: int = MOST_BOOK_BYTES,
    keys: Keys | None = None,
) -> Service:
    """Return the service for a policy pack, the carriers' drop-boxes, the keys under which contacts are sealed on their
    way, and those that its database is sealed by: in memory nothing is.
    """
    parameters = PackParameters(pack, "carrier-gateway", GatewayParameters)
    overdue = overdue_of(parameters)

    def pollers(uows: UnitOfWorkFactory) -> Sequence[Poller]:
        return (
            TransmissionPoller(uows=uows, files=dropbox, composer=Composer834(), parameters=parameters),
            ListPoller(uows=uows, files=dropbox),
            RemittancePoller(uows=uows, files=dropbox, composer=Composer820(), parameters=parameters),
            InboundPoller(
                uows=uows,
                files=dropbox,
                reader=Reader834(),
                acknowledger=AcknowledgerX12(),
                parameters=parameters,
                book_bytes=book_bytes,
            ),
            AcknowledgementPoller(uows=uows, files=dropbox),
            BookPoller(uows=uows, files=dropbox, parameters=parameters),
            AuditPoller(uows=uows, files=dropbox, composer=AuditComposer834(), parameters=parameters),
        )

    return Service(
        name="carrier-gateway",
        tables=TABLES,
        subscribes=SUBSCRIBES,
        inbound=INBOUND,
        outbound=OUTBOUND,
        contact_keys=contact_keys,
        handle=handle,
        routers=(
            carriers.router,
            exchange.router,
            transmissions.router,
            lists.router,
            remittances.router,
            files.router,
            records.router,
            exchanged.router,
            timeline.router,
            discrepancies.router,
        ),
        keys=keys,
        examples=EXAMPLES,
        maintenance=MaintenanceGuard(parameters=parameters),
        pollers=pollers,
        retries=RETRIES,
        duties=(audit_duty(parameters), FORGET_CONTACTS, overdue_duty(overdue, kinds=KINDS)),
        overdue=overdue,
        measures=MEASURES,
        dependencies=Dependencies(composer=Composer834(), parameters=parameters),
        pictures=PICTURES,
    )


def sftp_door(settings: CarrierGatewaySettings, *, uows: UnitOfWorkFactory) -> SftpDoor:
    """Return the door of the carriers' drop-boxes; raises `InvalidValue` where no host keys are set."""
    # SSH is a third of a second to load, and API and worker do without.
    from carrier_gateway.adapters.sftp.door import SftpDoor, SftpPlace

    if settings.sftp_host_keys is None:
        raise InvalidValue(
            field="CARRIER_GATEWAY_SFTP_HOST_KEYS", problem="must name a folder of private keys"
        )
    place = SftpPlace(
        host=settings.sftp_host,
        port=settings.sftp_port,
        host_keys=settings.sftp_host_keys,
        boxes=settings.dropbox_dir,
        limits=_limits(settings),
    )
    return SftpDoor(place, uows=uows, now=WallClock().now)


def courier(settings: CarrierGatewaySettings, *, uows: UnitOfWorkFactory) -> Courier:
    """Return who goes to carriers' own hosts; raises `InvalidValue` where no keys of ours are set."""
    from carrier_gateway.adapters.sftp.courier import Courier, CourierPlace

    if settings.courier_keys is None:
        raise InvalidValue(field="CARRIER_GATEWAY_COURIER_KEYS", problem="must name a folder of private keys")
    place = CourierPlace(
        boxes=settings.dropbox_dir,
        keys=settings.courier_keys,
        limits=_limits(settings),
        look_seconds=settings.courier_seconds,
    )
    return Courier(place, uows=uows, now=WallClock().now)


def _limits(settings: CarrierGatewaySettings) -> Limits:
    from carrier_gateway.adapters.sftp.box import Limits

    most = settings.sftp_box_bytes
    return Limits(file_bytes=MOST_BYTES, book_bytes=min(settings.book_bytes, most), box_bytes=most)


def build(settings: CarrierGatewaySettings) -> Service:
    """Return the service as it runs."""
    pack = PolicyPack.named(settings.policy_pack, directory=settings.policy_dir)
    return assemble(
        pack=pack,
        dropbox=LocalFiles(settings.dropbox_dir),
        contact_keys=settings.contact_key_ring,
        book_bytes=settings.book_bytes,
        keys=keys_of(settings),
    )


def keys_of(settings: CarrierGatewaySettings) -> Keys | None:
    """Return the keys that files and people are sealed by; None for the settings that a document is written with."""
    text = settings.file_keys.get_secret_value()
    return KeyRing.read(text, owner="carrier-gateway") if text else None
