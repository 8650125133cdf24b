"""Payments, wired. The only file that knows everyone."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import date
from datetime import time as clock

from bulkhead.duties.overdue import overdue_duty
from bulkhead.duties.ports import Duty
from bulkhead.duties.standing import is_done
from bulkhead.files import Files, LocalFiles
from bulkhead.kernel.calendar import is_business_day
from bulkhead.kernel.personal import Masked
from bulkhead.kernel.webhooks import WebhookDoor
from bulkhead.kernel.webhooks import keys_of as webhook_keys_of
from bulkhead.key_ring import KeyRing
from bulkhead.maintenance.guard import MaintenanceGuard
from bulkhead.persistence.ports import UnitOfWorkFactory
from bulkhead.policy import PackParameters, PolicyPack
from bulkhead.runtime.addresses import SANDBOX
from bulkhead.service import Poller, Service, TakingIn
from payments.adapters.messaging.translation import INBOUND, OUTBOUND, SUBSCRIBES
from payments.adapters.metrics import MEASURES
from payments.adapters.postgres.tables import TABLES
from payments.adapters.processor.http import HttpProcessor
from payments.adapters.processor.payment_intents import PaymentIntentsProcessor
from payments.adapters.processor.sandbox import SandboxProcessor
from payments.application.bank_file_poller import BankFilePoller
from payments.application.call_off_debits import DebitCallOffPoller
from payments.application.clear_payments import clear_payments, households_to_clear, next_clearing
from payments.application.close_books import closing_duty, next_closing
from payments.application.concerned import concerned
from payments.application.correct_accounts import AccountChangePoller
from payments.application.correct_kept_accounts import KeptAccountChangePoller
from payments.application.debit_accounts import AccountDrawPoller
from payments.application.derive_movements import deriving_duty, trust_to_derive
from payments.application.draw_invoices import DrawPoller, begin_draws, households_to_draw, next_draw
from payments.application.find_overdue import KINDS, overdue_by
from payments.application.issue_remittances import carriers_to_remit_to, issue_remittances
from payments.application.lockbox_poller import LockboxPoller
from payments.application.match_return_items import ReturnItemPoller
from payments.application.pass_on_credit import PassingPoller
from payments.application.pay_refunds import RefundPoller
from payments.application.pictures import PICTURES
from payments.application.ports import DirectDebit, Parameters, Processor
from payments.application.remit_premiums import REMIT, households_to_remit, next_remittance_by, remit_premiums
from payments.application.resolve_attempts import AttemptPoller
from payments.application.return_file_poller import ReturnFilePoller
from payments.application.routing import handler
from payments.application.take_in_again import NAMES, TakeInAgain
from payments.application.take_online_payment import UnderWay
from payments.application.take_processor_events import ProcessorEventPoller
from payments.application.tell_maintenance import TellMaintenance
from payments.application.tell_remittances import RemittanceTeller
from payments.application.try_online_payment import OnlineTrials
from payments.application.waiting import RETRIES
from payments.application.write_debit_files import (
    MOST_HOUSEHOLDS,
    DebitFilePoller,
    filing_duty,
    households_to_debit,
    next_file,
)
from payments.application.write_remittance_files import RemittanceFilePoller
from payments.config import PaymentsSettings
from payments.domain.ach_debits import FILED_AT, Originator
from payments.domain.autopay import DRAWN_AT
from payments.domain.parameters import PaymentsParameters
from payments.domain.remittances import ISSUED_AT, is_remittance_day
from payments.domain.timed_webhooks import TimedWebhookDoor, secrets_of
from payments.entrypoints.api import (
    EXAMPLES,
    autopay,
    bank,
    bank_accounts,
    books,
    corrections,
    lockbox,
    online_payment,
    payment_intent_events,
    payments,
    processor_events,
    refunds,
    remittances,
    returns,
    suspense,
    third_parties,
    timeline,
    what_if,
)
from payments.entrypoints.api.intake import Intake

_NIGHT = clock(0, 10)


NO_TIMED_WEBHOOKS = TimedWebhookDoor(keys=(), window_seconds=0)


def every_day(_day: date) -> bool:
    """A duty of every day."""
    return True


def assemble(
    *,
    pack: PolicyPack,
    processor: Processor,
    lockbox_files: Files,
    return_files: Files,
    statement_files: Files,
    remittance_files: Files,
    trust_account: str | None,
    trial_token: Masked | None,
    webhooks: WebhookDoor,
    pace: Callable[[], float],
    wall_seconds: Callable[[], float] = time.time,
    timed_webhooks: TimedWebhookDoor = NO_TIMED_WEBHOOKS,
    direct_debit: DirectDebit | None = None,
) -> Service:
    """Return the service for a policy pack, a payment processor, and folders of lockbox, return, statement and
    remittance files.

    ``trust_account`` is the number of the account that statements are of, None where they are of one account alone.
    ``trial_token`` is of a card that paying online is tried with, ``webhooks`` and ``timed_webhooks`` say which calls
    of a processor of charges and of one of payment intents are let in. ``pace`` counts seconds while the exchange's
    clock may stand still. ``wall_seconds`` since 1970 is the time of webhooks, also in simulation: they come from a
    program that has a clock of its own. ``direct_debit`` is what debits of bank accounts kept here take, None where
    none are kept.
    """
    parameters, under_way = PackParameters(pack, "payments", PaymentsParameters), UnderWay()
    again = TakeInAgain(
        processor=processor,
        folder=lockbox_files,
        returns=return_files,
        statements=statement_files,
        trust_account=trust_account,
        parameters=parameters,
        is_done=is_done,
    )

    def pollers(uows: UnitOfWorkFactory) -> Sequence[Poller]:
        return (
            LockboxPoller(uows, folder=lockbox_files, parameters=parameters),
            ReturnFilePoller(uows, folder=return_files),
            BankFilePoller(uows, folder=statement_files, account=trust_account, parameters=parameters),
            AttemptPoller(uows, processor=processor, under_way=under_way, parameters=parameters),
            DrawPoller(uows, processor=processor, under_way=under_way, parameters=parameters),
            ProcessorEventPoller(uows, processor=processor, under_way=under_way, parameters=parameters),
            ReturnItemPoller(uows, parameters=parameters),
            AccountChangePoller(uows, processor=processor),
            RefundPoller(uows, processor=processor),
            *_debit_pollers(uows, direct_debit, parameters=parameters),
            PassingPoller(uows),
            RemittanceTeller(uows),
            RemittanceFilePoller(uows, folder=remittance_files),
            TellMaintenance(uows),
        )

    return Service(
        name="payments",
        tables=TABLES,
        subscribes=SUBSCRIBES,
        inbound=INBOUND,
        outbound=OUTBOUND,
        handle=handler(parameters=parameters),
        routers=(
            payments.router,
            online_payment.router,
            autopay.router,
            suspense.router,
            corrections.router,
            lockbox.router,
            third_parties.router,
            returns.router,
            remittances.router,
            processor_events.router,
            payment_intent_events.router,
            refunds.router,
            books.router,
            timeline.router,
            what_if.router,
            bank.router,
            bank_accounts.router,
        ),
        examples=EXAMPLES,
        maintenance=MaintenanceGuard(parameters=parameters, concerned=concerned),
        duties=_duties(parameters, lockbox_files, direct_debit),
        pollers=pollers,
        retries=RETRIES,
        overdue=overdue_by(parameters),
        measures=MEASURES,
        pictures=PICTURES,
        taking_in=TakingIn(names=NAMES, before=again.before, after=again.after, leave_out=again.leave_out),
        dependencies=Intake(
            processor=processor,
            under_way=under_way,
            parameters=parameters,
            trials=OnlineTrials(processor=processor, parameters=parameters, token=trial_token, pace=pace),
            webhooks=webhooks,
            timed_webhooks=timed_webhooks,
            wall_seconds=wall_seconds,
            account_keys=None if direct_debit is None else direct_debit.keys,
        ),
    )


def _debit_pollers(
    uows: UnitOfWorkFactory, debit: DirectDebit | None, *, parameters: Parameters
) -> Sequence[Poller]:
    if debit is None:
        return ()
    return (
        AccountDrawPoller(uows, keys=debit.keys, parameters=parameters),
        DebitCallOffPoller(uows),
        DebitFilePoller(uows, debit=debit),
        KeptAccountChangePoller(uows, keys=debit.keys),
    )


def _debit_duties(debit: DirectDebit | None) -> tuple[Duty, ...]:
    if debit is None:
        return ()
    return (
        Duty(
            name="debit-files",
            at=FILED_AT,
            runs_on=is_business_day,
            households=households_to_debit,
            run=filing_duty(debit),
            next_work=next_file,
            chunk=MOST_HOUSEHOLDS,
        ),
    )


def _duties(parameters: Parameters, lockbox_files: Files, debit: DirectDebit | None) -> tuple[Duty, ...]:
    """The calendar. At one hour the names decide: the books close, then money clears, then what moved on the trust
    account is looked at; premiums are remitted, then each
    carrier's remittance is issued.
    """

    def remits_on(day: date) -> bool:
        return is_remittance_day(day, parameters=parameters.as_of(day))

    return (
        Duty(
            name="close-books",
            at=_NIGHT,
            runs_on=every_day,
            run=closing_duty(folder=lockbox_files, parameters=parameters),
            next_work=next_closing,
        ),
        Duty(
            name="money-clears",
            at=_NIGHT,
            runs_on=every_day,
            households=households_to_clear,
            run=clear_payments,
            next_work=next_clearing,
        ),
        Duty(
            name="trust-movements",
            at=_NIGHT,
            runs_on=every_day,
            households=trust_to_derive,
            run=deriving_duty(parameters=parameters),
            next_work=next_closing,
        ),
        Duty(
            name="draw-invoices",
            at=DRAWN_AT,
            runs_on=every_day,
            households=households_to_draw,
            run=begin_draws,
            next_work=next_draw,
        ),
        Duty(
            name=REMIT,
            at=ISSUED_AT,
            runs_on=remits_on,
            households=households_to_remit,
            run=remit_premiums,
            next_work=next_remittance_by(parameters),
        ),
        Duty(
            name="remittances",
            at=ISSUED_AT,
            runs_on=remits_on,
            after=REMIT,
            households=carriers_to_remit_to,
            run=issue_remittances,
            next_work=next_remittance_by(parameters),
            chunk=1,
        ),
        *_debit_duties(debit),
        overdue_duty(overdue_by(parameters), kinds=KINDS),
    )


def build(settings: PaymentsSettings) -> Service:
    """Return the service as it runs."""
    token, window = settings.trial_token, settings.processor_webhook_window_seconds
    speaks_intents = settings.processor_protocol == "payment-intents"
    given = settings.processor_webhook_secrets
    secrets = "" if given is None else given.get_secret_value()
    return assemble(
        pack=PolicyPack.named(settings.policy_pack, directory=settings.policy_dir),
        processor=_processor(settings),
        lockbox_files=LocalFiles(settings.lockbox_dir),
        return_files=LocalFiles(settings.returns_dir),
        statement_files=LocalFiles(settings.statements_dir),
        remittance_files=LocalFiles(settings.remittance_dir),
        trust_account=settings.trust_account,
        trial_token=None if token is None else Masked(token.get_secret_value()),
        webhooks=WebhookDoor(keys=() if speaks_intents else webhook_keys_of(secrets), window_seconds=window),
        timed_webhooks=TimedWebhookDoor(
            keys=secrets_of(secrets) if speaks_intents else (), window_seconds=window
        ),
        direct_debit=_direct_debit(settings),
        pace=time.monotonic,
    )


def _processor(settings: PaymentsSettings) -> Processor:
    """Return the processor at the address that is set, in what it speaks."""
    if settings.processor_url == SANDBOX:
        return SandboxProcessor()
    # Who writes the document of the API alone has no settings; all others are refused without a key.
    key = Masked("" if settings.processor_key is None else settings.processor_key.get_secret_value())
    if settings.processor_protocol == "charges":
        return HttpProcessor(settings.processor_url, key=key)
    return PaymentIntentsProcessor(
        settings.processor_url,
        key=key,
        return_url=settings.processor_return_url or None,
    )


def _direct_debit(settings: PaymentsSettings) -> DirectDebit | None:
    """Return what debits of bank accounts kept here take, None where nothing of it is set."""
    keys, folder = keys_of(settings), settings.debits_dir
    if keys is None or folder is None:
        return None
    return DirectDebit(
        keys=keys,
        originator=Originator(
            bank=settings.debit_bank,
            bank_name=settings.debit_bank_name,
            company=settings.debit_company,
            company_id=settings.debit_company_id,
            offset=settings.offset_account,
        ),
        folder=LocalFiles(folder),
    )


def keys_of(settings: PaymentsSettings) -> KeyRing | None:
    """Return the keys that bank accounts are sealed by, None where none is set."""
    if settings.account_keys is None:
        return None
    return KeyRing.read(settings.account_keys.get_secret_value(), owner="payments")
