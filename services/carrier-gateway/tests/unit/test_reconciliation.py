"""A carrier's book against ours: each difference named, with who wins, until it is gone (CAR-6)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta

import pytest
from book_builders import FEBRUARY, HEADINGS, JUNE, KIT, ROBIN, Line, book, compared, dispositions, found
from carriers_desk import effectuation_of
from gateway_builders import (
    CARRIER,
    FAMILY,
    Gateway,
    activated,
    canceled,
    changed,
    contact,
    paid,
    profile,
    selected,
    since,
    terminated,
    terms,
)

from bulkhead.retries.retries import Retry
from carrier_gateway.adapters.dropbox import books as poller
from carrier_gateway.application import compare_books
from carrier_gateway.application.decide_discrepancies import (
    DiscrepancyChoice,
    NotOpen,
    NotOursToSend,
    decide_discrepancy,
    locks_of_discrepancy,
    oldest_discrepancies,
)
from carrier_gateway.application.take_books import keep_pieces, keep_whole_book
from carrier_gateway.domain.audits import Audit
from carrier_gateway.domain.books import (
    PIECE_BYTES,
    BookAnswer,
    BookContent,
    BookFault,
    BookRow,
    CarrierBook,
    Cut,
)
from carrier_gateway.domain.discrepancies import Discrepancy, DiscrepancyDecision
from carrier_gateway.domain.records import InboundFile, Transmission

MARCH = date(2016, 3, 15)
EVERYBODY = ("june-1", "june-2", "june-3")
OURS = (JUNE, ROBIN, KIT)


@pytest.fixture
async def gateway() -> Gateway:
    gateway = await Gateway().open()
    await gateway.tell(contact(*FAMILY), selected(terms(members=EVERYBODY)), paid(), activated())
    return gateway


async def test_CAR_6_a_book_that_is_ours_has_no_difference_and_each_line_is_told_so(gateway: Gateway) -> None:
    answer = await compared(gateway, *OURS)
    assert answer.splitlines() == [
        "RCNO|BCBSVT|20160215",
        "line|policy|member|disposition|ours|theirs|wins",
        "3|june-medical|june-1|agrees|||",
        "4|june-medical|june-2|agrees|||",
        "5|june-medical|june-3|agrees|||",
        "END|3|0|0",
    ]
    assert gateway.rows(Discrepancy) == []
    assert gateway.rows(BookRow) == []
    assert [(each.state, each.rows) for each in gateway.rows(CarrierBook)] == [("answered", 3)]
    assert [each.state for each in gateway.rows(InboundFile)] == ["processed"]


@pytest.mark.parametrize(
    ("planted", "kind", "ours", "theirs", "wins"),
    [
        (replace(JUNE, begin="20160201"), "begin", "2016-01-01", "2016-02-01", "exchange"),
        (replace(JUNE, end="20160331"), "end", "2016-12-31", "2016-03-31", "exchange"),
        (replace(JUNE, effectuated="Y"), "effectuated", "no", "yes", "carrier"),
        (replace(JUNE, premium="501.00"), "premium", "500.00", "501.00", "exchange"),
        (replace(JUNE, aptc="0.01"), "aptc", "0.00", "0.01", "exchange"),
        (replace(JUNE, plan="GOLD"), "plan", "SILVER", "", "exchange"),
        (replace(JUNE, subscriber="june-2"), "subscriber", "june-1", "june-2", "exchange"),
        (replace(JUNE, last_name="Exemple"), "name", "", "", "exchange"),
        (replace(JUNE, born="19800303"), "born", "", "", "exchange"),
    ],
)
async def test_CAR_6_each_field_that_differs_is_named_with_who_wins(
    gateway: Gateway, planted: Line, kind: str, ours: str, theirs: str, wins: str
) -> None:
    answer = await compared(gateway, planted, ROBIN, KIT)
    assert found(gateway) == [("june-1", kind, ours, theirs, wins)]
    assert dispositions(answer)[0] == f"3|june-medical|june-1|{kind}|{ours}|{theirs}|{wins}"
    assert answer.splitlines()[-1] == "END|2|1|0"


async def test_CAR_6_who_is_missing_in_either_book_is_named(gateway: Gateway) -> None:
    stranger = replace(KIT, member="900-12-3456")
    unknown = replace(JUNE, policy="who-knows")
    answer = await compared(gateway, JUNE, ROBIN, stranger, unknown)
    assert sorted(dispositions(answer)) == [
        "3|june-medical|june-1|agrees|||",
        "4|june-medical|june-2|agrees|||",
        "5|june-medical||missing-here|||exchange",
        "6|||missing-here|||exchange",
        "|june-medical|june-3|missing-there|||exchange",
    ]
    # What is not one of ours may be anything about anybody: the line says where it stands.
    assert sorted(
        ((each.policy, each.member, each.kind, each.line) for each in gateway.rows(Discrepancy)), key=str
    ) == [
        ("", "", "missing-here", 6),
        ("june-medical", "", "missing-here", 5),
        ("june-medical", "june-3", "missing-there", None),
    ]


async def test_CAR_6_what_is_named_twice_is_told_of_the_second_line(gateway: Gateway) -> None:
    answer = await compared(gateway, *OURS, ROBIN)
    assert found(gateway) == [("june-2", "repeated", "", "", "exchange")]
    assert "6|june-medical|june-2|repeated|||exchange" in dispositions(answer)


async def test_CAR_6_a_difference_that_is_put_right_is_gone_with_the_next_book(gateway: Gateway) -> None:
    await compared(gateway, replace(JUNE, premium="501.00"), ROBIN, KIT)
    await compared(gateway, *OURS, on=MARCH)
    (closed,) = gateway.rows(Discrepancy)
    assert (closed.state, closed.first_seen, closed.last_seen, closed.closed_on) == (
        "closed",
        FEBRUARY,
        FEBRUARY,
        MARCH,
    )


async def test_CAR_6_a_difference_that_comes_again_is_open_anew_and_counted(gateway: Gateway) -> None:
    wrong = replace(JUNE, premium="501.00")
    april = date(2016, 4, 15)
    await compared(gateway, wrong, ROBIN, KIT)
    await compared(gateway, *OURS, on=MARCH)
    await compared(gateway, replace(wrong, premium="502.00"), ROBIN, KIT, on=april)
    (again,) = gateway.rows(Discrepancy)
    assert (again.state, again.times, again.theirs) == ("open", 2, "502.00")
    assert (again.first_seen, again.open_since, again.last_seen, again.closed_on) == (
        FEBRUARY,
        april,
        april,
        None,
    )


async def test_CAR_6_one_that_stays_keeps_the_day_it_began(gateway: Gateway) -> None:
    wrong = replace(JUNE, premium="501.00")
    await compared(gateway, wrong, ROBIN, KIT)
    await compared(gateway, wrong, ROBIN, KIT, on=MARCH)
    (open_,) = gateway.rows(Discrepancy)
    assert (open_.open_since, open_.last_seen, open_.times) == (FEBRUARY, MARCH, 1)


async def test_CAR_6_what_counted_on_the_day_of_the_book_is_compared(gateway: Gateway) -> None:
    await gateway.tell(changed(since(date(2016, 3, 1), members=("june-1", "june-2"))))
    await compared(gateway, *OURS)
    assert found(gateway) == [("june-3", "end", "2016-02-29", "2016-12-31", "exchange")]
    left = replace(KIT, end="20160229")
    await compared(gateway, replace(JUNE, aptc="200.00"), ROBIN, left, on=MARCH)
    assert found(gateway) == []


async def test_CAR_6_who_has_left_need_not_be_in_it(gateway: Gateway) -> None:
    await gateway.tell(changed(since(date(2016, 3, 1), members=("june-1", "june-2"))))
    await compared(gateway, replace(JUNE, aptc="200.00"), ROBIN, on=MARCH)
    assert found(gateway) == []


async def test_CAR_6_an_ended_policy_is_missed_by_nobody_and_its_end_is_compared(gateway: Gateway) -> None:
    await gateway.tell(terminated(date(2016, 1, 31)))
    await compared(gateway)
    assert found(gateway) == []
    await compared(gateway, *OURS, on=MARCH)
    assert found(gateway) == [(member, "end", "2016-01-31", "2016-12-31", "exchange") for member in EVERYBODY]


async def test_CAR_6_coverage_that_never_began_is_not_ours(gateway: Gateway) -> None:
    await gateway.tell(canceled(reason="requested"))
    await compared(gateway, JUNE)
    assert found(gateway) == [("june-1", "missing-here", "", "", "exchange")]


async def test_CAR_6_what_the_carrier_confirmed_is_effectuated_here_too(gateway: Gateway) -> None:
    await gateway.drop("confirmed.834", effectuation_of(gateway.sets()[0]))
    await gateway.work()
    await compared(gateway, replace(JUNE, effectuated="Y"), ROBIN, KIT)
    assert found(gateway) == []


async def test_ENR_5_what_a_carrier_was_told_of_is_not_missing_here_while_enrollment_is_silent() -> None:
    gateway = await Gateway().open()
    await gateway.tell(contact(), selected(), paid())
    assert (gateway.policy().lifecycle, gateway.policy().told) == ("selected", "covered")
    await compared(gateway, JUNE)
    assert found(gateway) == []
    await compared(gateway, replace(JUNE, member="june-9"), on=MARCH)
    assert [(each[0], each[1]) for each in found(gateway)] == [
        ("", "missing-here"),
        ("june-1", "missing-there"),
    ]


async def test_CAR_6_a_plan_is_compared_by_the_carriers_name_for_it_without_dashes() -> None:
    gateway = await Gateway(plan_ids={"SILVER": "77566VT0040001-01"}).open()
    await gateway.tell(contact(), selected(), paid(), activated())
    await compared(gateway, replace(JUNE, plan="77566VT004000101"))
    assert found(gateway) == []


async def test_CAR_6_a_field_that_cannot_be_read_is_told_by_line_and_compares_nothing(
    gateway: Gateway,
) -> None:
    bad = replace(JUNE, begin="20161301", premium="five")
    answer = await compared(gateway, bad, ROBIN, KIT)
    assert dispositions(answer)[2:] == [
        "3|||unreadable||begin: must be a day, CCYYMMDD|",
        "3|||unreadable||premium: must be an amount with two decimals, as 500.00|",
    ]
    assert answer.splitlines()[-1] == "END|2|0|1"
    assert found(gateway) == []
    assert gateway.rows(BookFault) == []


async def test_CAR_6_what_cannot_be_read_is_told_a_stretch_at_a_time_each_line_in_one(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compare_books, "FAULTS_AT_ONCE", 3)
    twice = replace(KIT, begin="20161301", born="never")
    answer = await compared(gateway, JUNE, ROBIN, twice, twice, twice)
    assert [(line.split("|")[0], line.split("|")[5][:5]) for line in dispositions(answer)[-6:]] == [
        ("5", "begin"),
        ("5", "born:"),
        ("6", "begin"),
        ("6", "born:"),
        ("7", "begin"),
        ("7", "born:"),
    ]
    pieces = [each.content for each in gateway.rows(BookAnswer) if "unreadable" in each.content]
    assert [piece.count("\n") for piece in pieces] == [2, 2, 2]
    assert gateway.rows(BookFault) == []


@pytest.mark.parametrize("column", HEADINGS.split("|"))
async def test_CAR_6_what_no_database_takes_is_told_by_line_and_field_whichever_it_is(
    gateway: Gateway, column: str
) -> None:
    bad = replace(JUNE, **{column: f"{getattr(JUNE, column)}\x00"})
    answer = await compared(gateway, bad, ROBIN, KIT)
    unreadable = [line for line in dispositions(answer) if "unreadable" in line]
    assert [line for line in unreadable if line.startswith(f"3|||unreadable||{column}: must")] != []
    assert [each.bad_rows for each in gateway.rows(CarrierBook)] == [1]


async def test_CAR_6_a_line_that_is_longer_than_a_piece_is_one_fault_and_the_lines_after_it_count(
    gateway: Gateway,
) -> None:
    long = replace(ROBIN, first_name="R" * (2 * PIECE_BYTES + 100))
    answer = await compared(gateway, JUNE, long, KIT, replace(KIT, born="x"))
    assert answer.splitlines()[2:] == [
        "3|june-medical|june-1|agrees|||",
        "5|june-medical|june-3|agrees|||",
        "6|june-medical|june-3|repeated|||exchange",
        "|june-medical|june-2|missing-there|||exchange",
        "4|||unreadable||: the line is too long: it must have at most 4096 bytes|",
        "6|||unreadable||born: must be a day, CCYYMMDD|",
        "END|2|2|2",
    ]


async def test_CAR_6_a_name_without_end_is_none(gateway: Gateway) -> None:
    answer = await compared(gateway, replace(JUNE, first_name="J" * 201), ROBIN, KIT)
    assert dispositions(answer)[2:] == [
        "3|||unreadable||first_name: must be of at most 200 characters that can be printed|"
    ]


async def test_CAR_6_what_cannot_be_read_puts_nothing_right_of_whom_nobody_knows_here(
    gateway: Gateway,
) -> None:
    stranger = replace(JUNE, policy="nobody-here", member="nobody-1", subscriber="nobody-1")
    await compared(gateway, JUNE, ROBIN, KIT, stranger)
    (before,) = gateway.rows(Discrepancy)
    await compared(gateway, JUNE, ROBIN, KIT, replace(stranger, premium="five"), on=MARCH)
    (after,) = gateway.rows(Discrepancy)
    assert (before.kind, after.state, after.open_since) == ("missing-here", "open", before.open_since)


async def test_CAR_6_what_cannot_be_read_puts_nothing_right(gateway: Gateway) -> None:
    await compared(gateway, replace(JUNE, premium="501.00"), ROBIN, KIT)
    await compared(gateway, replace(JUNE, premium="five"), ROBIN, KIT, on=MARCH)
    assert found(gateway) == [("june-1", "premium", "500.00", "501.00", "exchange")]


@pytest.mark.parametrize(
    "unread",
    [
        replace(KIT, policy="june medical"),
        replace(KIT, member="june 3"),
        replace(KIT, policy="june medical", premium="five"),
    ],
)
async def test_CAR_6_who_stands_on_a_line_that_names_half_of_them_is_not_missing_and_is_put_right_by_nothing(
    gateway: Gateway, unread: Line
) -> None:
    await compared(gateway, JUNE, ROBIN, replace(KIT, born="20100715"))
    open_ = [("june-3", "born", "", "", "exchange")]
    assert found(gateway) == open_
    answer = await compared(gateway, JUNE, ROBIN, unread, on=MARCH)
    assert found(gateway) == open_
    assert [each.partition("|")[0] for each in dispositions(answer) if "missing" in each] == []
    assert answer.splitlines()[-1] == "END|2|0|1"
    assert {(each.rows, each.bad_rows) for each in gateway.rows(CarrierBook)} == {(3, 0), (2, 1)}


async def test_CAR_6_who_may_stand_on_a_line_that_names_nobody_is_missing_and_put_right_by_nothing(
    gateway: Gateway,
) -> None:
    await compared(gateway, replace(JUNE, premium="501.00"), ROBIN, replace(KIT, born="20100715"))
    await compared(gateway, JUNE, ROBIN, replace(KIT, policy="june medical", member="june 3"), on=MARCH)
    assert found(gateway) == [
        ("june-3", "born", "", "", "exchange"),
        ("june-3", "missing-there", "", "", "exchange"),
    ]


async def test_CAR_6_a_line_of_another_person_that_cannot_be_read_hides_nobody_who_is_missing(
    gateway: Gateway,
) -> None:
    await compared(gateway, JUNE, replace(ROBIN, policy="june medical"))
    assert found(gateway) == [("june-3", "missing-there", "", "", "exchange")]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (book(JUNE, carrier="MVP"), "Its first line names another carrier."),
        (book(JUNE, on=FEBRUARY + timedelta(days=1)), "It is of a day that has not come."),
        (book(JUNE, rows=2), "Its last line counts other than its lines."),
        (
            book(JUNE).replace("END|1\n", ""),
            "It has no last line that counts the others: it may have been cut off.",
        ),
        (book(JUNE) + JUNE.text(), "Lines come after its last one, which counts them."),
        (
            book(JUNE).replace("policy|sub", "sub|policy"),
            "Its second line does not name the columns as agreed.",
        ),
        ("anything", "Its first line is not RCNI, the carrier's id and the day of the book."),
        ("", "It is empty."),
    ],
)
async def test_CAR_6_a_book_that_is_not_whole_is_refused_and_compared_with_nothing(
    gateway: Gateway, text: str, says: str
) -> None:
    gateway.at(FEBRUARY)
    await gateway.drop("RCNI.txt", text)
    await gateway.work()
    (file,) = gateway.rows(InboundFile)
    assert (file.state, [each.says for each in file.reasons]) == ("refused", [says])
    assert (gateway.rows(Discrepancy), gateway.rows(BookRow)) == ([], [])
    (answer,) = [text for name, text in gateway.outbound().items() if name.startswith("RCNO")]
    head, told = answer.splitlines()
    day = "".join(text.partition("\n")[0].split("|")[2:])
    assert (head, told) == (f"RCNO|BCBSVT|{day}", f"REFUSED|{says}|RCNI.txt")
    assert [(each.state, each.answer) for each in gateway.rows(CarrierBook)] == [
        ("returned", next(name for name in gateway.outbound() if name.startswith("RCNO")))
    ]


async def test_CAR_6_a_refused_book_lies_among_what_is_refused_and_so_does_its_copy(gateway: Gateway) -> None:
    gateway.at(FEBRUARY)
    await gateway.drop("RCNI.txt", "anything")
    await gateway.work()
    assert lying(gateway) == {"refused/RCNI.txt": b"anything"}
    await gateway.drop("RCNI_copy.txt", "anything")
    await gateway.work()
    assert lying(gateway) == {"refused/RCNI.txt": b"anything", "refused/RCNI_copy.txt": b"anything"}


async def test_CAR_6_of_two_books_of_a_name_the_refused_one_is_moved_and_not_the_other(
    gateway: Gateway,
) -> None:
    await compared(gateway, *OURS)
    (name,) = lying(gateway)
    kept = book(*OURS)
    await gateway.drop(name.removeprefix("processed/"), "anything")
    await gateway.work()
    found = lying(gateway)
    assert found.pop(name) == kept.encode()
    assert list(found.values()) == [b"anything"]
    assert [each.startswith("refused/") for each in found] == [True]


async def test_CAR_6_a_refused_book_that_came_in_a_request_moves_none_of_its_name(gateway: Gateway) -> None:
    await compared(gateway, *OURS)
    before = lying(gateway)
    (name,) = before
    async with gateway.uows.begin(now=gateway.now) as uow:
        await keep_whole_book(uow, carrier=CARRIER, name=name.removeprefix("processed/"), data=b"anything")
    await gateway.work()
    assert sorted(each.state for each in gateway.rows(CarrierBook)) == ["answered", "returned"]
    assert lying(gateway) == before


def lying(gateway: Gateway) -> dict[str, bytes]:
    """Return what lies in the carrier's inbound box, by folder and name."""
    folder = f"{CARRIER}/inbound/"
    return {
        path.removeprefix(folder): data
        for path, data in gateway.boxes.content.items()
        if path.startswith(folder)
    }


async def test_CAR_6_a_book_of_an_earlier_day_than_the_last_is_refused(gateway: Gateway) -> None:
    await compared(gateway, *OURS, on=MARCH)
    gateway.at(MARCH)
    await gateway.drop("RCNI_late.txt", book(*OURS))
    await gateway.work()
    late = next(each for each in gateway.rows(InboundFile) if each.name == "RCNI_late.txt")
    assert [each.says for each in late.reasons] == ["A book of a later day was compared before it."]


async def test_CAR_6_a_book_that_fails_for_itself_holds_up_no_later_one_and_is_refused_after_it(
    gateway: Gateway,
) -> None:
    gateway.at(FEBRUARY)
    await gateway.drop("RCNI_bad.txt", book(replace(JUNE, premium="501.00"), ROBIN, KIT))
    (inbound,) = [each for each in gateway.pollers if each.name == "inbound-files"]
    await inbound.turn(gateway.now)
    # What it would be told stands there already: a bug, of this book alone.
    async with gateway.uows.begin(now=gateway.now) as uow:
        (bad,) = await uow.records(CarrierBook).select()
        await uow.records(BookFault).add([BookFault(file=bad.file, line=3, field="born", says="taken")])
        (piece,) = await uow.records(BookContent).select()
        content = piece.content.replace(b"|19800302", b"|bad")
        await uow.records(BookContent).put([replace(piece, content=content)])
    await gateway.work()
    assert [(each.kind, each.item, each.failures) for each in gateway.rows(Retry)] == [("books", bad.file, 1)]
    await compared(gateway, *OURS, on=MARCH)
    await gateway.later(hours=1).work()
    assert sorted(each.state for each in gateway.rows(CarrierBook)) == ["answered", "returned"]
    states = {each.name: each.state for each in gateway.rows(InboundFile)}
    assert states == {"RCNI_bad.txt": "refused", "RCNI_20160315.txt": "processed"}
    assert (gateway.rows(Retry), gateway.rows(BookFault)) == ([], [])


async def test_CAR_6_of_what_does_not_begin_as_a_book_no_more_than_its_beginning_is_kept(
    gateway: Gateway,
) -> None:
    await gateway.drop("RCNI_zeros.txt", "\0" * (3 * PIECE_BYTES + 1))
    await gateway.work()
    assert [len(each.content) for each in gateway.rows(BookContent)] == [PIECE_BYTES]
    (file,) = gateway.rows(InboundFile)
    assert (file.state, file.size_bytes, [each.says for each in file.reasons]) == (
        "refused",
        3 * PIECE_BYTES + 1,
        ["Its first line is not RCNI, the carrier's id and the day of the book."],
    )


async def test_CAR_6_a_book_that_is_too_long_is_never_read_and_waits_with_why() -> None:
    gateway = await Gateway(book_bytes=100).open()
    gateway.at(FEBRUARY)
    await gateway.drop("RCNI_long.txt", book(*OURS))
    await gateway.drop("RCNI_short.txt", "anything")
    await gateway.work()
    assert [each.name for each in gateway.rows(InboundFile)] == ["RCNI_short.txt"]
    (waiting,) = gateway.rows(Retry)
    assert f"{len(book(*OURS))} bytes: it must be of 100 at most" in waiting.reason
    assert f"{CARRIER}/inbound/RCNI_long.txt" in gateway.boxes.content


async def test_CAR_6_what_was_kept_of_a_book_that_never_was_whole_is_gone_with_the_next_one(
    gateway: Gateway,
) -> None:
    async with gateway.uows.begin(now=gateway.now) as uow:
        await keep_pieces(uow, file="killed", contents=[b"RCNI|", b"1\n"])
    gateway.later(hours=23)
    async with gateway.uows.begin(now=gateway.now) as uow:
        await keep_pieces(uow, file="under-way", contents=[b"RCNI|", b"1\n"])
    await gateway.later(hours=2).drop("RCNI.txt", book(*OURS, on=gateway.now.date()))
    await gateway.work()
    (kept,) = gateway.rows(CarrierBook)
    assert {each.file for each in gateway.rows(BookContent)} == {kept.file, "under-way"}
    await gateway.later(days=2).drop("RCNI.txt", book(JUNE, on=gateway.now.date()))
    await gateway.work()
    assert {each.file for each in gateway.rows(BookContent)} == {
        each.file for each in gateway.rows(CarrierBook)
    }


async def test_CAR_6_the_same_book_twice_is_a_copy(gateway: Gateway) -> None:
    await compared(gateway, *OURS)
    await gateway.drop("RCNI_again.txt", book(*OURS))
    await gateway.work()
    assert [(each.copies, each.state) for each in gateway.rows(InboundFile)] == [(1, "processed")]
    assert len(gateway.rows(CarrierBook)) == 1
    assert await gateway.boxes.list(f"{CARRIER}/inbound") == []


async def test_CAR_6_a_book_waits_for_its_carriers_profile() -> None:
    gateway = await Gateway().open("MVP")
    gateway.at(FEBRUARY)
    await gateway.tell(contact(), selected(terms()), paid())
    await gateway.drop("RCNI.txt", book(JUNE))
    await gateway.work()
    assert [each.state for each in gateway.rows(CarrierBook)] == ["stored"]
    assert sum((await gateway.pending()).values()) == 0
    await gateway.open()
    await gateway.work()
    assert [each.state for each in gateway.rows(CarrierBook)] == ["answered"]


async def test_CAR_6_books_are_compared_in_stretches_and_in_pieces(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(poller, "Cut", lambda: Cut(most=200))
    monkeypatch.setattr(compare_books.compare_more, "__kwdefaults__", {"at_once": 1})
    for name in ("abe", "zoe"):
        await gateway.tell(
            contact(replace(FAMILY[0], member=f"{name}-1"), household=name),
            selected(terms(f"{name}-medical", members=(f"{name}-1",)), household=name),
            paid(f"{name}-medical", household=name),
            activated(f"{name}-medical", household=name),
        )
    zoe = replace(JUNE, policy="zoe-medical", subscriber="zoe-1", member="zoe-1")
    strangers = [replace(JUNE, policy=f"{number:03d}") for number in range(7)]
    answer = await compared(gateway, zoe, *strangers, *OURS)
    assert answer.splitlines()[-1] == "END|4|8|0"
    assert found(gateway) == [
        *[("", "missing-here", "", "", "exchange")] * 7,
        ("abe-1", "missing-there", "", "", "exchange"),
    ]
    contents = sorted(gateway.rows(BookContent), key=lambda each: each.number)
    assert b"".join(each.content for each in contents).decode() == book(zoe, *strangers, *OURS)


async def test_CAR_6_what_the_exchange_wins_goes_again_and_is_closed_by_the_next_book_alone(
    gateway: Gateway,
) -> None:
    await compared(gateway, replace(JUNE, premium="501.00"), ROBIN, KIT)
    decided = await decide(gateway, "send-again")
    await gateway.work()
    assert decided.sent_again == ("june-medical-002",)
    assert [each.again_of for each in gateway.rows(Transmission)] == [None, "june-medical-001"]
    assert len(gateway.sets()) == 2
    assert [each.state for each in gateway.rows(Discrepancy)] == ["open"]


async def test_CAR_6_what_the_carrier_wins_is_not_sent_again(gateway: Gateway) -> None:
    await compared(gateway, replace(JUNE, effectuated="Y"), ROBIN, KIT)
    with pytest.raises(NotOursToSend):
        await decide(gateway, "send-again")
    assert (len(gateway.sets()), gateway.rows(DiscrepancyDecision)) == (1, [])


async def test_CAR_6_what_nobody_here_knows_is_not_sent_again(gateway: Gateway) -> None:
    await compared(gateway, *OURS, replace(JUNE, policy="who-knows"))
    with pytest.raises(NotOursToSend):
        await decide(gateway, "send-again")


async def test_CAR_6_nothing_is_decided_about_what_is_closed(gateway: Gateway) -> None:
    await compared(gateway, replace(JUNE, premium="501.00"), ROBIN, KIT)
    await compared(gateway, *OURS, on=MARCH)
    with pytest.raises(NotOpen):
        await decide(gateway, "note")


async def test_CAR_6_one_that_is_old_is_overdue_until_it_is_left(gateway: Gateway) -> None:
    await compared(gateway, replace(JUNE, premium="501.00"), ROBIN, KIT)
    assert await overdue(gateway.at(date(2016, 3, 17))) == []
    assert await overdue(gateway.at(date(2016, 3, 18))) == [
        ("discrepancy", "june", "its carrier's book differs: premium, the exchange wins")
    ]
    await decide(gateway, "leave")
    assert await overdue(gateway) == []


async def test_CAR_6_the_list_says_what_was_done_about_each(gateway: Gateway) -> None:
    await compared(gateway, replace(JUNE, premium="501.00"), ROBIN, KIT)
    assert await seen_to(gateway) == ["nobody saw to it"]
    await decide(gateway, "note")
    await decide(gateway, "note")
    assert await seen_to(gateway) == ["notes: 2"]
    await decide(gateway, "send-again")
    await decide(gateway, "leave")
    assert await seen_to(gateway) == ["left, sent again: 1, notes: 2"]


async def seen_to(gateway: Gateway) -> list[str]:
    async with gateway.uows.begin(now=gateway.now) as uow:
        return [each.seen_to for each in await oldest_discrepancies(uow, carrier=CARRIER, limit=9)]


async def test_CAR_6_one_that_was_left_and_comes_again_is_everybodys_again(gateway: Gateway) -> None:
    wrong = replace(JUNE, premium="501.00")
    await compared(gateway, wrong, ROBIN, KIT)
    await decide(gateway, "leave")
    await compared(gateway, *OURS, on=MARCH)
    await compared(gateway, wrong, ROBIN, KIT, on=date(2016, 4, 15))
    assert [each.is_left for each in gateway.rows(Discrepancy)] == [False]


@pytest.mark.parametrize(
    ("premium", "is_left"),
    [("501.00", True), ("502.00", False)],
)
async def test_CAR_6_one_that_was_left_is_everybodys_again_once_it_differs_otherwise(
    gateway: Gateway, premium: str, is_left: bool
) -> None:
    await compared(gateway, replace(JUNE, premium="501.00"), ROBIN, KIT)
    await decide(gateway, "leave")
    await compared(gateway, replace(JUNE, premium=premium), ROBIN, KIT, on=MARCH)
    assert [(each.is_left, each.open_since) for each in gateway.rows(Discrepancy)] == [(is_left, FEBRUARY)]


async def decide(gateway: Gateway, decision: DiscrepancyChoice) -> DiscrepancyDecision:
    """Decide about the one discrepancy."""
    (found_,) = gateway.rows(Discrepancy)
    async with gateway.uows.begin(now=gateway.now) as uow:
        locks = await locks_of_discrepancy(uow, found_.discrepancy)
    async with gateway.uows.begin(now=gateway.now, households=locks) as uow:
        return await decide_discrepancy(
            uow,
            discrepancy=found_.discrepancy,
            decision=decision,
            reason="their table was wrong",
            decided_by="operator:kim",
            composer=gateway.service.dependencies.composer,
            parameters=gateway.service.dependencies.parameters,
        )


async def overdue(gateway: Gateway) -> list[tuple[str, str | None, str]]:
    """Return the differences that are overdue."""
    assert gateway.service.overdue is not None
    async with gateway.uows.begin(now=gateway.now) as uow:
        late = await gateway.service.overdue(uow)
    return [(each.kind, each.household, each.says) for each in late if each.kind == "discrepancy"]


async def test_CAR_6_a_plan_of_the_carriers_is_shown_and_what_is_none_is_not() -> None:
    gateway = await Gateway(plan_ids={"SILVER": "77566VT0040001-01", "GOLD": "77566VT0040002-01"}).open()
    await gateway.tell(contact(), selected(), paid(), activated())
    await compared(gateway, replace(JUNE, plan="77566VT0040002-01"))
    assert found(gateway) == [("june-1", "plan", "77566VT004000101", "77566VT004000201", "exchange")]
    await compared(gateway, replace(JUNE, plan="900-12-3456"), on=MARCH)
    assert found(gateway) == [("june-1", "plan", "77566VT004000101", "", "exchange")]


async def test_CAR_6_the_duty_begins_audits_on_the_packs_day_for_who_wants_them() -> None:
    gateway = await Gateway(audits=True).open()
    await gateway.profile(profile("MVP"))
    (duty,) = [each for each in gateway.service.duties if each.name == "begin-audits"]
    assert [day for day in range(1, 32) if duty.runs_on(date(2016, 3, day))] == [15]
    gateway.at(MARCH, 2)
    async with gateway.uows.begin(now=gateway.now) as uow:
        assert duty.next_work is not None
        assert await duty.next_work(uow, date(2016, 3, 1)) == MARCH
        assert await duty.next_work(uow, date(2016, 3, 16)) == date(2016, 4, 15)
        await duty.run(uow, MARCH, [])
    assert [(each.carrier, each.on) for each in gateway.rows(Audit)] == [(CARRIER, MARCH)]


async def test_OPS_1_a_kill_at_any_step_leaves_the_same_list_and_the_same_answer(gateway: Gateway) -> None:
    whole = await compared(gateway, replace(JUNE, premium="501.00"), ROBIN)
    listed = gateway.rows(Discrepancy)
    for steps in range(1, 30):
        again = await Gateway().open()
        await again.tell(contact(*FAMILY), selected(terms(members=EVERYBODY)), paid(), activated())
        again.at(FEBRUARY)
        await again.drop("RCNI_20160215.txt", book(replace(JUNE, premium="501.00"), ROBIN))
        again.boxes.interrupt = killed_after(steps)
        with suppress(Killed):
            await again.work()
        again.boxes.interrupt = None
        await again.later(hours=1).work()
        answers = [text for name, text in again.outbound().items() if name.startswith("RCNO")]
        assert (answers, again.rows(Discrepancy)) == ([whole], listed)


class Killed(BaseException):
    """The process ends."""


def killed_after(steps: int) -> Callable[[str], Awaitable[None]]:
    left = iter(range(steps))

    async def interrupt(_operation: str) -> None:
        if next(left, None) is None:
            raise Killed

    return interrupt
