"""Everything a carrier can be told to send, by name: what is right, and everything that carriers get wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final, TypeAlias

from carrier_sim.domain.files import Enrollment, Segment, element
from carrier_sim.domain.writing import (
    Draft,
    Parcel,
    Pen,
    begin_of,
    confirmation,
    ending,
    group_answer,
    interchange_answer,
    of_all,
    parcel,
    with_elements,
    written,
)

Make: TypeAlias = Callable[[Enrollment, Pen], list[Parcel]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """What a carrier sends about a set that it fetched: ``make`` returns the files, in the order they are brought."""

    says: str
    make: Make


def _broken(name: str, change: Callable[[Draft], Draft]) -> Make:
    """Return what sends a confirmation with its set changed; its counts still fit."""
    return lambda told, pen: [parcel(name, change(confirmation(told, pen)))]


def _reworded(
    name: str, change: Callable[[list[Segment]], list[Segment]], *, answerable: bool = True
) -> Make:
    """Return what sends a confirmation whose segments, envelopes and all, are changed as they are."""

    def make(told: Enrollment, pen: Pen) -> list[Parcel]:
        draft = confirmation(told, pen)
        return [parcel(name, draft, text=written(change(draft.segments())), answerable=answerable)]

    return make


def _in_envelope(name: str, tag: str, **elements: str) -> Make:
    """Return what sends a confirmation with elements of an envelope's segment as given."""
    numbers = {int(each.removeprefix("e")): value for each, value in elements.items()}
    return _reworded(
        name, lambda all_: [with_elements(each, numbers) if each[0] == tag else each for each in all_]
    )


def _on_text(name: str, change: Callable[[str], str], *, answerable: bool = True) -> Make:
    def make(told: Enrollment, pen: Pen) -> list[Parcel]:
        draft = confirmation(told, pen)
        return [parcel(name, draft, text=change(draft.text()), answerable=answerable)]

    return make


def _confirmation(told: Enrollment, pen: Pen) -> list[Parcel]:
    return [parcel("confirmation", confirmation(told, pen))]


def _twice(told: Enrollment, pen: Pen) -> list[Parcel]:
    """Return a confirmation, and the same bytes under another name."""
    (once,) = _confirmation(told, pen)
    return [once, replace(once, name=f"again-{once.name}")]


def _number_again(told: Enrollment, pen: Pen) -> list[Parcel]:
    """Return two files under one number: the second says something else. Neither is a sound confirmation."""
    first = confirmation(told, pen).where("REF", "CE", e2="NOPLAN")
    second = replace(first, body=(with_elements(first.body[0], {2: "0"}), *first.body[1:]))
    return [parcel("used-once", first), parcel("used-again", second)]


def _acknowledged(told: Enrollment, pen: Pen) -> list[Parcel]:
    asked = [interchange_answer(told, pen)] if told.asks else []
    return [*asked, group_answer(told, pen)]


def _out_of_order(told: Enrollment, pen: Pen) -> list[Parcel]:
    return list(reversed(_acknowledged(told, pen)))


def _test_or_production(told: Enrollment, pen: Pen) -> list[Parcel]:
    draft = confirmation(told, pen)
    other = "P" if draft.isa[15] == "T" else "T"
    return [parcel("wrong-usage", replace(draft, isa=with_elements(draft.isa, {15: other})))]


def _other_begin(told: Enrollment, pen: Pen) -> list[Parcel]:
    begin = begin_of(told) + timedelta(days=31)
    draft = confirmation(told, pen).where("DTP", "348", e3=f"{begin:%Y%m%d}")
    return [parcel("other-begin", draft.where("DTP", "543", e3=f"{begin:%Y%m%d}"))]


def _termination(told: Enrollment, pen: Pen) -> list[Parcel]:
    # The second covered day: the first one would be a cancellation, and a plan year's last one is refused while grace
    # may last.
    on = begin_of(told) + timedelta(days=1)
    return [parcel("termination", ending(told, pen, codes=("024", "59", "TERM"), on=on))]


def _cancellation(told: Enrollment, pen: Pen) -> list[Parcel]:
    codes = ("024", "59", "CANCEL")
    return [parcel("cancellation", ending(told, pen, codes=codes, on=begin_of(told)))]


def _of_all(name: str, *codes: str, action: str = "2") -> Make:
    said = (codes[0], codes[1], codes[2])
    return lambda told, pen: [parcel(name, of_all(told, pen, codes=said, action=action))]


def _second_coverage(segments: list[Segment]) -> list[Segment]:
    """Return a confirmation with a second loop 2300, of another policy, after the first."""
    begin = next(place for place, each in enumerate(segments) if each[0] == "HD")
    end = next(place for place, each in enumerate(segments) if each[0] in ("LS", "INS") and place > begin)
    again = [
        with_elements(each, {2: "another-policy"}) if each[:2] == ("REF", "1L") else each
        for each in segments[begin:end]
        if each[:2] != ("DTP", "543")
    ]
    added = [*segments[:end], *again, *segments[end:]]
    return [with_elements(each, {1: str(len(added) - 4)}) if each[0] == "SE" else each for each in added]


def _without(*beginning: str) -> Callable[[Draft], Draft]:
    return lambda draft: draft.changed(lambda each: [] if each[: len(beginning)] == beginning else [each])


def _reporting(draft: Draft, *, name: str) -> Draft:
    return draft.changed(
        lambda each: [with_elements(each, {2: name})] if each[:2] == ("N1", "75") else [each]
    )


def _half(text: str) -> str:
    return text[: text.index("~\nHD") + 1]


def _two_subscribers(draft: Draft) -> Draft:
    """Return a confirmation whose first member stands in it twice, both times as the subscriber."""
    begin = next(place for place, each in enumerate(draft.body) if each[0] == "INS")
    end = next(place for place, each in enumerate(draft.body) if each[0] == "LE") + 1
    body = [*draft.body[:end], *draft.body[begin:end], *draft.body[end:]]
    total = str(sum(each[0] == "INS" for each in body))
    return replace(draft, body=tuple(body)).where("QTY", "TO", e2=total)


BEHAVIOURS: Final[Mapping[str, Behaviour]] = {
    "acknowledgements": Behaviour(
        says="A TA1, where one is asked for, and a 999: both accept the set.", make=_acknowledged
    ),
    "acknowledgements-out-of-order": Behaviour(says="The 999 comes before the TA1.", make=_out_of_order),
    "rejecting-interchange": Behaviour(
        says="A TA1 that rejects the set's interchange, with note 024.",
        make=lambda told, pen: [interchange_answer(told, pen, verdict="R", note="024")],
    ),
    "rejecting-group": Behaviour(
        says="A 999 that rejects the set's group for the subscriber's name.",
        make=lambda told, pen: [group_answer(told, pen, verdict="R")],
    ),
    "confirmation": Behaviour(
        says="The effectuation (021/28/CONFIRM) of everybody on the set.", make=_confirmation
    ),
    "twice": Behaviour(says="A confirmation, and the same bytes again under another name.", make=_twice),
    "same-number-again": Behaviour(
        says="Two different files under one interchange number (ISA13).", make=_number_again
    ),
    "half-a-file": Behaviour(
        says="A confirmation that breaks off in the middle of the set.", make=_on_text("half-a-file", _half)
    ),
    "not-x12": Behaviour(
        says="A file that is no interchange.",
        make=_on_text("not-x12", lambda _: "member;policy\njune;1\n", answerable=False),
    ),
    "empty": Behaviour(
        says="A file with an interchange in it, and nothing in that.",
        make=_reworded("empty", lambda all_: [all_[0], ("IEA", "0", all_[-1][2])]),
    ),
    "byte-order-mark": Behaviour(
        says="A confirmation that begins with a byte-order mark.",
        make=_on_text("byte-order-mark", lambda text: f"\ufeff{text}"),
    ),
    "blanks-between-segments": Behaviour(
        says="A confirmation with blanks and line ends between its segments.",
        make=_on_text("blanks-between-segments", lambda text: text.replace("~\n", "~ \r\n")),
    ),
    "u-as-repetition-separator": Behaviour(
        says="A confirmation with U in ISA11, as versions before had it: nothing is repeated.",
        make=_in_envelope("u-as-repetition-separator", "ISA", e11="U"),
    ),
    "wrong-usage": Behaviour(
        says="A test file where production is agreed (ISA15), or the other way round.",
        make=_test_or_production,
    ),
    "wrong-sender": Behaviour(
        says="ISA06 is another carrier's.", make=_in_envelope("wrong-sender", "ISA", e6="NOTTHISCARRIER ")
    ),
    "wrong-receiver": Behaviour(
        says="ISA08 is another exchange's.",
        make=_in_envelope("wrong-receiver", "ISA", e8="NOTTHISEXCHANGE"),
    ),
    "wrong-interchange-number": Behaviour(
        says="IEA02 is not the number in ISA13.",
        make=_in_envelope("wrong-interchange-number", "IEA", e2="000000000"),
    ),
    "wrong-interchange-count": Behaviour(
        says="IEA01 is not how many groups there are.",
        make=_in_envelope("wrong-interchange-count", "IEA", e1="2"),
    ),
    "wrong-group-number": Behaviour(
        says="GE02 is not the number in GS06.", make=_in_envelope("wrong-group-number", "GE", e2="0")
    ),
    "wrong-group-count": Behaviour(
        says="GE01 is not how many sets there are.", make=_in_envelope("wrong-group-count", "GE", e1="2")
    ),
    "wrong-set-number": Behaviour(
        says="SE02 is not the number in ST02.", make=_in_envelope("wrong-set-number", "SE", e2="0000")
    ),
    "wrong-set-count": Behaviour(
        says="SE01 is not how many segments there are.",
        make=_in_envelope("wrong-set-count", "SE", e1="9"),
    ),
    "outside-of-groups": Behaviour(
        says="A set outside of any group.",
        make=_reworded(
            "outside-of-groups",
            lambda all_: [
                with_elements(each, {1: "0"}) if each[0] == "IEA" else each
                for each in all_
                if each[0] not in ("GS", "GE")
            ],
        ),
    ),
    "name-missing": Behaviour(
        says="NM103, a member's last name, is empty.",
        make=_broken("name-missing", lambda draft: draft.where("NM1", "IL", e3="")),
    ),
    "code-unknown": Behaviour(
        says="N103 of the insurer is no code that the guide has.",
        make=_broken("code-unknown", lambda draft: draft.where("N1", "IN", e3="QQ")),
    ),
    "sponsor-missing": Behaviour(
        says="Loop 1000A is not there.", make=_broken("sponsor-missing", _without("N1", "P5"))
    ),
    "quantity-wrong": Behaviour(
        says="QTY TO is not how many members there are.",
        make=_broken("quantity-wrong", lambda draft: draft.where("QTY", "TO", e2="99")),
    ),
    "two-subscribers": Behaviour(
        says="Two members are the subscriber (INS01 Y).", make=_broken("two-subscribers", _two_subscribers)
    ),
    "category-unknown": Behaviour(
        says="A reporting category (loop 2750) that nobody agreed on.",
        make=_broken("category-unknown", lambda draft: _reporting(draft, name="FAVOURITE COLOUR")),
    ),
    "reporting-not-closed": Behaviour(
        says="LS without LE.", make=_broken("reporting-not-closed", _without("LE"))
    ),
    "policy-unknown": Behaviour(
        says="REF 1L is no policy of this carrier.",
        make=_broken("policy-unknown", lambda draft: draft.where("REF", "1L", e2="NO-SUCH-POLICY")),
    ),
    "policy-missing": Behaviour(
        says="REF 1L is not there.", make=_broken("policy-missing", _without("REF", "1L"))
    ),
    "plan-differs": Behaviour(
        says="REF CE is another plan than the set has.",
        make=_broken("plan-differs", lambda draft: draft.where("REF", "CE", e2="NO-SUCH-PLAN")),
    ),
    "other-begin": Behaviour(says="DTP 348 is another day than the set has (E046).", make=_other_begin),
    "member-unknown": Behaviour(
        says="REF 17 is nobody on the set.",
        make=_broken(
            "member-unknown",
            lambda draft: draft.changed(
                lambda each: (
                    [with_elements(each, {2: "NOBODY"})]
                    if each[:2] == ("REF", "17") and element(each, 2) != "CONFIRM"
                    else [each]
                )
            ),
        ),
    ),
    "paid-through-missing": Behaviour(
        says="DTP 543 of the subscriber is not there.",
        make=_broken("paid-through-missing", _without("DTP", "543")),
    ),
    "coverage-says-end": Behaviour(
        says="HD01 says 024 inside a confirmation.",
        make=_broken(
            "coverage-says-end",
            lambda draft: draft.changed(
                lambda each: [with_elements(each, {1: "024"})] if each[0] == "HD" else [each]
            ),
        ),
    ),
    "second-coverage": Behaviour(
        says="A second loop 2300, of another policy.", make=_reworded("second-coverage", _second_coverage)
    ),
    "termination": Behaviour(says="A termination for non-payment (024/59/TERM).", make=_termination),
    "cancellation": Behaviour(
        says="A cancellation: the binder was not paid (024/59/CANCEL).", make=_cancellation
    ),
    "reinstatement": Behaviour(
        says="A reinstatement (025, ISSUER - REINSTATEMENT).",
        make=_of_all("reinstatement", "025", "", "ISSUER - REINSTATEMENT"),
    ),
    "maintenance": Behaviour(
        says="A change of the issuer's own (001/25/ISSUER MAINT).",
        make=_of_all("maintenance", "001", "25", "ISSUER MAINT"),
    ),
    "audit": Behaviour(
        says="An audit file (BGN08 4, 030/XN) of everybody on the set.",
        make=_of_all("audit", "030", "XN", "", action="4"),
    ),
}
"""What ``send``, ``certify`` and scripts know, by name."""
