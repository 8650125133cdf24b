"""What of payments' work may have to wait, and how one odd answer of the processor delays nothing else (I9)."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

from bulkhead.retries.one_by_one import NotNow, OutOfReach
from bulkhead.retries.retries import RetryKind
from payments.application.ports import Processor, ProcessorSilent, ProcessorUnreachable

ATTEMPTS: Final = RetryKind("attempts")
REFUNDS: Final = RetryKind("refunds")
DRAWS: Final = RetryKind("draws")
ACCOUNT_DRAWS: Final = RetryKind("account-draws")
DEBITS: Final = RetryKind("debits")
DEBITS_TO_CALL_OFF: Final = RetryKind("debits-to-call-off")
DEBIT_FILES: Final = RetryKind("debit-files")
KEPT_ACCOUNT_CHANGES: Final = RetryKind("kept-account-changes")
LOCKBOX_FOLDER: Final = RetryKind("lockbox-folder", log_items=False)
LOCKBOX_FILES: Final = RetryKind("lockbox-files")
RETURN_FOLDER: Final = RetryKind("return-folder", log_items=False)
RETURN_FILES: Final = RetryKind("return-files")
BANK_FOLDER: Final = RetryKind("bank-folder", log_items=False)
BANK_FILES: Final = RetryKind("bank-files")
RETURN_ITEMS: Final = RetryKind("return-items")
ACCOUNT_CHANGES: Final = RetryKind("account-changes")
REMITTANCE_PARTS: Final = RetryKind("remittance-parts")
REMITTANCE_FILES: Final = RetryKind("remittance-files")
PROCESSOR_EVENTS: Final = RetryKind("processor-events")
PASSINGS: Final = RetryKind("passings")
MAINTENANCE_CONCERNS: Final = RetryKind("maintenance-concerns")

RETRIES: Final = (
    ATTEMPTS,
    REFUNDS,
    DRAWS,
    ACCOUNT_DRAWS,
    DEBITS,
    DEBITS_TO_CALL_OFF,
    DEBIT_FILES,
    LOCKBOX_FOLDER,
    LOCKBOX_FILES,
    RETURN_FOLDER,
    RETURN_FILES,
    BANK_FOLDER,
    BANK_FILES,
    RETURN_ITEMS,
    ACCOUNT_CHANGES,
    KEPT_ACCOUNT_CHANGES,
    REMITTANCE_PARTS,
    REMITTANCE_FILES,
    PROCESSOR_EVENTS,
    PASSINGS,
    MAINTENANCE_CONCERNS,
)


@asynccontextmanager
async def asking(processor: Processor) -> AsyncGenerator[None]:
    """Ask the processor about one item. Raises `OutOfReach` where it is away for all, `NotNow` where it is silent about
    this one.
    """
    try:
        yield
    except ProcessorUnreachable as error:
        raise OutOfReach(str(error)) from error
    except ProcessorSilent as error:
        if not await processor.is_reachable():
            raise OutOfReach(str(error)) from error
        raise NotNow(str(error)) from error
