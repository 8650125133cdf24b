"""Invoicing, wired. The only file that knows everyone."""

from __future__ import annotations

from datetime import date, time

from bulkhead.duties.overdue import overdue_duty
from bulkhead.duties.ports import Duty
from bulkhead.maintenance.guard import MaintenanceGuard
from bulkhead.messaging.partitioning import KnownPartitions
from bulkhead.policy import PackParameters, PolicyPack
from bulkhead.sentences import WrittenSentences
from bulkhead.service import Service
from invoicing.adapters.messaging.translation import BOOKS, INBOUND, OUTBOUND, SUBSCRIBES
from invoicing.adapters.metrics import MEASURES, ledger_disagrees
from invoicing.adapters.postgres.tables import TABLES
from invoicing.application.close_requests import CloseRequests
from invoicing.application.concerned import concerned
from invoicing.application.decide_lists import DecideLists
from invoicing.application.extensions import TellExtensions
from invoicing.application.issue_invoices import IssueInitialInvoices, RunMonthlyInvoices
from invoicing.application.lapse_binders import LapseBinders
from invoicing.application.look_for_overdue import KINDS, find_overdue
from invoicing.application.pictures import PICTURES
from invoicing.application.ports import Dependencies, Parameters, Partitions
from invoicing.application.prove_ledger import ProveLedger
from invoicing.application.routing import handler
from invoicing.application.waiting import RETRIES
from invoicing.config import InvoicingSettings
from invoicing.domain.billing import INVOICE_HOUR
from invoicing.domain.parameters import InvoicingParameters
from invoicing.entrypoints.api import (
    EXAMPLES,
    accounts,
    corrections,
    explain,
    extensions,
    lists,
    reinstatements,
    timeline,
    what_if,
)


def every_day(_day: date) -> bool:
    """A duty of every day."""
    return True


def assemble(*, pack: PolicyPack) -> Service:
    """Return the service for a policy pack."""
    parameters = PackParameters(pack, "invoicing", InvoicingParameters)
    partitions = KnownPartitions(BOOKS)
    return Service(
        name="invoicing",
        tables=TABLES,
        subscribes=SUBSCRIBES,
        inbound=INBOUND,
        outbound=OUTBOUND,
        handle=handler(parameters),
        routers=(
            accounts.router,
            corrections.router,
            extensions.router,
            lists.router,
            reinstatements.router,
            explain.router,
            timeline.router,
            what_if.router,
        ),
        examples=EXAMPLES,
        maintenance=MaintenanceGuard(parameters=parameters, concerned=concerned),
        pollers=lambda uows: (TellExtensions(uows, parameters=parameters),),
        retries=RETRIES,
        duties=_duties(parameters, partitions),
        overdue=find_overdue(parameters),
        measures=MEASURES,
        pictures=PICTURES,
        dependencies=Dependencies(
            parameters=parameters, partitions=partitions, sentences=WrittenSentences("invoicing")
        ),
    )


def _duties(parameters: Parameters, partitions: Partitions) -> tuple[Duty, ...]:
    """The calendar: lists, then lapses, then invoices, in the order of the business's day."""
    return (
        *_decisions(parameters, partitions),
        *_invoices(parameters),
        _proof(),
        overdue_duty(find_overdue(parameters), kinds=KINDS),
    )


def _decisions(parameters: Parameters, partitions: Partitions) -> tuple[Duty, ...]:
    """What is decided on closed books."""
    lists_of_the_first = DecideLists(parameters, partitions)
    lapse = LapseBinders(parameters, partitions)
    requests = CloseRequests(parameters, partitions)
    return (
        Duty(
            name="delinquency-lists",
            at=time(1, 0),
            runs_on=every_day,
            households=lists_of_the_first.households,
            run=lists_of_the_first.run,
            finish=lists_of_the_first.finish,
            next_work=lists_of_the_first.next_work,
        ),
        Duty(
            name="lapse-binders",
            at=time(1, 30),
            runs_on=every_day,
            households=lapse.households,
            run=lapse.run,
            finish=lapse.finish,
            next_work=lapse.next_work,
        ),
        Duty(
            name="close-reinstatement-requests",
            at=time(1, 30),
            runs_on=every_day,
            households=requests.households,
            run=requests.run,
            finish=requests.finish,
            next_work=requests.next_work,
        ),
    )


def _invoices(parameters: Parameters) -> tuple[Duty, ...]:
    initial = IssueInitialInvoices(parameters)
    monthly = RunMonthlyInvoices(parameters)
    return (
        Duty(
            name="initial-invoices",
            at=time(INVOICE_HOUR),
            runs_on=every_day,
            households=initial.households,
            run=initial.run,
            next_work=initial.next_work,
        ),
        # What was heard of late gets its invoice the same day, once the money paid with it was heard of as well.
        Duty(
            name="late-initial-invoices",
            at=time(22, 0),
            runs_on=every_day,
            households=initial.households,
            run=initial.run,
            next_work=initial.next_work,
        ),
        Duty(
            name="monthly-invoices",
            at=time(INVOICE_HOUR),
            runs_on=monthly.runs_on,
            households=monthly.households,
            run=monthly.run,
            chunk=1000,
        ),
    )


def _proof() -> Duty:
    proof = ProveLedger(ledger_disagrees)
    return Duty(
        name="prove-ledger",
        at=time(3, 0),
        runs_on=every_day,
        households=proof.households,
        run=proof.run,
        next_work=proof.next_work,
        only_latest=True,
    )


def build(settings: InvoicingSettings) -> Service:
    """Return the service as it runs."""
    pack = PolicyPack.named(settings.policy_pack, directory=settings.policy_dir)
    return assemble(pack=pack)
