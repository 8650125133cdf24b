"""Notifications, wired. The only file that knows everyone."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import time as time_of_day
from datetime import timedelta
from functools import partial

from bulkhead.duties.overdue import overdue_duty
from bulkhead.duties.ports import Duty
from bulkhead.files import Files, LocalFiles
from bulkhead.kernel.key_rings import Keys
from bulkhead.kernel.personal import Masked
from bulkhead.kernel.webhooks import WebhookDoor
from bulkhead.maintenance.guard import MaintenanceGuard
from bulkhead.persistence.ports import UnitOfWorkFactory
from bulkhead.policy import PackParameters, PolicyPack
from bulkhead.service import Poller, Service
from notifications.adapters.alarms import LogAlarms
from notifications.adapters.doors.http import CARRIERS, HUB, PAYMENT, SELECTION, OnlineDoor
from notifications.adapters.mail.smtp import SmtpMailbox, SmtpServer
from notifications.adapters.messaging.translation import INBOUND, OUTBOUND, SUBSCRIBES
from notifications.adapters.metrics import MEASURES
from notifications.adapters.postgres.tables import TABLES
from notifications.adapters.press.typeset import TypstPress
from notifications.adapters.writing.templates import TemplateWriter
from notifications.adapters.writing.wordings import WrittenParameters
from notifications.application.dispatch import Dispatcher
from notifications.application.drafts import Drafting
from notifications.application.find_overdue import KINDS, overdue_of
from notifications.application.outlets import EmailOutlet, PaperOutlet
from notifications.application.pictures import PICTURES
from notifications.application.ports import Door, Mailbox, Pace, Parameters, Press
from notifications.application.print_batches import PRINT_BATCH, ManifestPoller
from notifications.application.quiet_hours import end_of_quiet_hours
from notifications.application.read_returned_mail import ReturnedMail
from notifications.application.routing import handler
from notifications.application.take_in_again import TAKING_IN
from notifications.application.waiting import RETRIES
from notifications.application.watch_channels import ChannelPoller
from notifications.config import NotificationsSettings
from notifications.domain.channels import ChannelName
from notifications.domain.notices import NoticeType
from notifications.domain.outages import IN_A_ROW, NEAR
from notifications.entrypoints.api import (
    EXAMPLES,
    bounces,
    channels,
    drafts,
    mail_events,
    notices,
    preferences,
    print_batches,
    stops,
    timeline,
)
from notifications.entrypoints.api.dependencies import Dependencies
from notifications.entrypoints.api.reports import read_report

NO_WEBHOOKS = WebhookDoor(keys=(), window_seconds=0)


def assemble(
    *,
    pack: PolicyPack,
    contact_keys: Keys,
    mailbox: Mailbox,
    print_files: Files,
    sender: str,
    pace: Pace,
    press: Press,
    doors: Mapping[ChannelName, Door],
    webhooks: WebhookDoor = NO_WEBHOOKS,
    returned_mail: Files | None = None,
    proof_addresses: Sequence[Masked] = (),
    wall_seconds: Callable[[], float] = time.time,
    tries_in_a_row: int = IN_A_ROW,
    tries_near: timedelta = NEAR,
    instance: str = "notifications",
) -> Service:
    """Return the service for a policy pack, a mail server, a print folder and what sets the letters in it.

    ``contact_keys`` are those under which contacts are sealed.

    ``sender`` is the address e-mail comes from, with or without a name. ``pace`` counts the seconds by which
    what failed is tried again; it must go on while the exchange's clock stands still. ``doors`` are the channels that
    are tried as anybody would, of which ``tries_in_a_row`` that end alike decide, each ``tries_near`` the one before by
    ``wall_seconds``, those since 1970 by a clock that nobody moves. ``webhooks`` says which calls of the provider of
    e-mail are let in; ``returned_mail`` is the maildir of what comes back to the sender; ``proof_addresses`` are those
    of staff to whom proofs of notices may be mailed.
    """
    parameters = PackParameters(pack, "notifications", WrittenParameters)
    writer = TemplateWriter()
    overdue = overdue_of(parameters)

    def pollers(uows: UnitOfWorkFactory) -> Sequence[Poller]:
        dispatcher = partial(
            Dispatcher,
            uows=uows,
            writer=writer,
            parameters=parameters,
            alarms=LogAlarms(),
            pace=pace,
            sender=instance,
        )
        return (
            *_returned_mail(uows),  # before the mail: nothing is sent to an address that takes none
            dispatcher(name="mail", outlet=EmailOutlet(mailbox=mailbox, sender=sender)),
            dispatcher(name="print", outlet=PaperOutlet(files=print_files, press=press)),
            ManifestPoller(uows, files=print_files),
            ChannelPoller(
                uows,
                doors=doors,
                alarms=LogAlarms(),
                pace=pace,
                wall_seconds=wall_seconds,
                in_a_row=tries_in_a_row,
                near=tries_near,
            ),
        )

    def _returned_mail(uows: UnitOfWorkFactory) -> Sequence[Poller]:
        if returned_mail is None:
            return ()
        alarms = LogAlarms()
        return (ReturnedMail(uows, maildir=returned_mail, read=read_report, alarms=alarms, pace=pace),)

    return Service(
        name="notifications",
        tables=TABLES,
        subscribes=SUBSCRIBES,
        inbound=INBOUND,
        outbound=OUTBOUND,
        contact_keys=contact_keys,
        handle=handler(parameters),
        routers=(
            notices.router,
            drafts.router,
            timeline.router,
            preferences.router,
            stops.router,
            bounces.router,
            mail_events.router,
            print_batches.router,
            channels.router,
        ),
        examples=EXAMPLES,
        dependencies=Dependencies(
            webhooks=webhooks,
            wall_seconds=wall_seconds,
            drafting=Drafting(
                writer=writer,
                press=press,
                parameters=parameters,
                mailbox=mailbox,
                sender=sender,
                proof_addresses=tuple(proof_addresses),
            ),
        ),
        maintenance=MaintenanceGuard(parameters=parameters),
        pollers=pollers,
        retries=RETRIES,
        duties=(*_mornings(pack, parameters), PRINT_BATCH, overdue_duty(overdue, kinds=KINDS)),
        overdue=overdue,
        measures=MEASURES,
        pictures=PICTURES,
        taking_in=TAKING_IN,
    )


def _mornings(pack: PolicyPack, parameters: Parameters) -> list[Duty]:
    """Return the ends of quiet hours that the pack has at any time."""
    types: dict[time_of_day, set[NoticeType]] = {}
    for entry in pack.file("notifications").parameters["quiet_hours"]:
        quiet = parameters.as_of(entry.since).quiet_hours
        if quiet is not None:
            types.setdefault(quiet.ends, set()).update(quiet.types)
    return [end_of_quiet_hours(at, types=each) for at, each in sorted(types.items())]


def build(settings: NotificationsSettings) -> Service:
    """Return the service as it runs."""
    password = settings.smtp_password
    server = SmtpServer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        tls=settings.smtp_tls,
        username=settings.smtp_username,
        password=None if password is None else Masked(password.get_secret_value()),
    )
    doors: dict[ChannelName, Door] = {}
    if settings.payments_url is not None:
        doors["payments-online"] = OnlineDoor(settings.payments_url, PAYMENT)
    if settings.enrollment_url is not None:
        doors["enrollment-online"] = OnlineDoor(settings.enrollment_url, SELECTION)
        doors["hub"] = OnlineDoor(settings.enrollment_url, HUB)
    if settings.carrier_gateway_url is not None:
        doors["carrier-exchange"] = OnlineDoor(settings.carrier_gateway_url, CARRIERS)
    return assemble(
        pack=PolicyPack.named(settings.policy_pack, directory=settings.policy_dir),
        contact_keys=settings.contact_key_ring,
        mailbox=SmtpMailbox(server),
        print_files=LocalFiles(settings.print_dir),
        sender=settings.sender,
        pace=time.monotonic,
        press=TypstPress(),
        doors=doors,
        returned_mail=None if settings.returned_mail_dir is None else LocalFiles(settings.returned_mail_dir),
        proof_addresses=settings.proof_recipients(),
        webhooks=WebhookDoor(
            keys=settings.mail_webhook_keys(), window_seconds=settings.mail_webhook_window_seconds
        ),
        instance=settings.instance,
        tries_near=timedelta(seconds=settings.tries_near_seconds),
    )
