"""Whatever looks for work is held up by nothing that it finds: each poller has a test that shows it (I9)."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from bulkhead.policy import PolicyPack
from stories.stages.memory import InMemory
from stories.tests.builders import story_of

REPOSITORY = Path(__file__).resolve().parents[2]
PACK = PolicyPack.named("vermont-2016", directory=REPOSITORY / "policy")

_PAYMENTS = (
    "payments/tests/unit/test_one_of_ten.py::test_I9_of_ten_{}_one_that_fails_delays_itself_alone_and_shows"
)
_THINGS, _FILES = _PAYMENTS.format("things_to_do"), _PAYMENTS.format("files")
_BOXES = (
    "carrier-gateway/tests/unit/test_one_of_ten.py::"
    "test_I9_of_ten_carriers_files_those_of_one_that_fail_delay_themselves_alone_and_show"
)
_WINDOWS = (
    "payments/tests/contract/test_http_maintenance.py::"
    "test_I9_one_of_ten_windows_that_fails_keeps_no_other_from_being_told"
)
_SENT = "notifications/tests/unit/test_sending.py::{}"

SHOWN = {
    "enrollment": {
        "renewals": "enrollment/tests/unit/test_renewals.py::"
        "test_ENR_14_a_household_with_a_fault_of_ours_is_passed_over_and_reported",
        "hub": "enrollment/tests/unit/test_hub.py::test_I9_an_answer_that_is_none_delays_nobody_else",
        "maintenance": _WINDOWS,
    },
    "invoicing": {
        "extensions": "invoicing/tests/unit/test_moved_cutoffs.py::"
        "test_OPS_4_a_household_that_fails_is_told_later_and_keeps_no_other_from_being_told",
        "maintenance": _WINDOWS,
    },
    "payments": {
        **dict.fromkeys(("lockbox", "return-files", "bank-files", "debit-files"), _FILES),
        **dict.fromkeys(
            (
                "attempts",
                "draws",
                "processor-events",
                "return-items",
                "account-changes",
                "refunds",
                "account-draws",
                "debits-to-call-off",
                "kept-account-changes",
                "passings",
                "remittance-parts",
            ),
            _THINGS,
        ),
        "remittance-files": "payments/tests/unit/test_remittances.py::"
        "test_I9_a_carriers_folder_that_fails_delays_its_own_file_alone",
        "maintenance-concerns": "payments/tests/contract/test_http_maintenance.py::"
        "test_OPS_2_one_of_ten_whom_telling_fails_is_told_later_and_keeps_no_other_from_it",
        "maintenance": _WINDOWS,
    },
    "carrier-gateway": {
        **dict.fromkeys(
            (
                "transmissions",
                "delinquency-lists",
                "remittances",
                "inbound-files",
                "acknowledgements",
                "audits",
            ),
            _BOXES,
        ),
        "books": "carrier-gateway/tests/unit/test_reconciliation.py::"
        "test_CAR_6_a_book_that_fails_for_itself_holds_up_no_later_one_and_is_refused_after_it",
        "maintenance": _WINDOWS,
    },
    "notifications": {
        "returned-mail": "notifications/tests/unit/test_returned_mail.py::"
        "test_I9_one_mail_of_ten_that_cannot_be_read_is_tried_later_by_itself_and_the_others_are_taken",
        "mail": _SENT.format("test_a_fault_in_one_notice_holds_nobody_else_back_and_someone_is_told"),
        "print": _SENT.format(
            "test_OPS_1_one_households_print_folder_that_cannot_be_written_delays_itself_alone"
        ),
        "print-manifests": "notifications/tests/unit/test_print_batches.py::"
        "test_I9_a_manifest_that_cannot_be_written_waits_by_itself_and_the_others_are",
        "channels": "notifications/tests/unit/test_watching_channels.py::"
        "test_I9_a_channel_with_which_trying_fails_keeps_no_other_from_being_watched",
        "maintenance": _WINDOWS,
    },
}
"""By service and poller: the test in which one of several things fails and waits, and the others are done."""


@cache
def text_of(path: Path) -> str:
    return path.read_text("utf-8")


async def test_I9_each_poller_is_shown_to_be_held_up_by_nothing_that_it_finds() -> None:
    exchange = InMemory(PACK, story_of())
    await exchange.start()
    found = {
        service: {each.name for each in running.pollers}
        for service, running in exchange.exchange.running.items()
    }
    assert found == {service: set(shown) for service, shown in SHOWN.items()}


def test_what_shows_it_is_there() -> None:
    for shown in (each for pollers in SHOWN.values() for each in pollers.values()):
        path, _, name = shown.partition("::")
        assert f"def {name}(" in text_of(REPOSITORY / "services" / path), shown
