"""What a carrier says is what it was told, and a few things of its own: nothing is passed over.

Every element is compared with the set that the carrier was sent, unless a table here says what becomes of it
otherwise (CAR-5). What is in no table and was not told is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from bulkhead.kernel.personal import Masked
from carrier_gateway.domain.carriers import CarrierProfile
from carrier_gateway.domain.parameters import GatewayParameters
from carrier_gateway.domain.records import InboundKind
from carrier_gateway.domain.said import Finding, InterchangeSaid, MemberSaid, Part, SetSaid

NOT_TOLD: Final = "not-told"

ENDS: Final = "024"
"""INS03 of a member whose coverage ends."""

OUR_QUALIFIER: Final = "ZZ"
"""ISA05 of what we send: our id is one that both agreed on."""

TAKEN_UP: Final[Mapping[str, str]] = {
    "2000 INS 03": "tells what the record is about",
    "2000 INS 04": "tells what the record is about",
    "2750:ADDL MAINT REASON N1*75 01": "tells what the record is about",
    "2750:ADDL MAINT REASON N1*75 02": "tells what the record is about",
    "2750:ADDL MAINT REASON REF 01": "tells what the record is about",
    "2750:ADDL MAINT REASON REF 02": "tells what the record is about",
    "2000 REF*ZZ 01": "the carrier's id of the subscriber is kept",
    "2000 REF*ZZ 02": "the carrier's id of the subscriber is kept",
    "2000 REF*23 01": "the carrier's id of the member is kept",
    "2000 REF*23 02": "the carrier's id of the member is kept",
    "2300 REF*X9 01": "the carrier's id of the policy is kept",
    "2300 REF*X9 02": "the carrier's id of the policy is kept",
    "2300 DTP*543 01": "the last paid day is judged and kept",
    "2300 DTP*543 02": "the last paid day is judged and kept",
    "2300 DTP*543 03": "the last paid day is judged and kept",
    "1000B N1*IN 03": "compared with the carrier's profile",
    "1000B N1*IN 04": "compared with the carrier's profile",
}
"""What a carrier says of its own, and what becomes of it."""

MEANINGLESS: Final[Mapping[str, str]] = {
    "ISA ISA 09": "the day the carrier wrote the file: nothing is decided by it",
    "ISA ISA 10": "the hour the carrier wrote the file: nothing is decided by it",
    "ISA ISA 11": "the sign between repetitions, of which there are none",
    "ISA ISA 13": "the file's number: that it was never used before is checked elsewhere",
    "ISA ISA 14": "whether a TA1 is asked for: nothing else is decided by it",
    "ISA ISA 16": "the sign between components, of which there are none",
    "GS GS 04": "the day the carrier wrote the group: nothing is decided by it",
    "GS GS 05": "the hour the carrier wrote the group: nothing is decided by it",
    "GS GS 06": "the group's number: that it is used once, and closes the group, is checked elsewhere",
    "ST ST 02": "the set's number: that it is used once, and closes the set, is checked elsewhere",
    "ST BGN 02": "the carrier's own number of the set",
    "ST BGN 03": "the day the carrier wrote the set: nothing is decided by it",
    "ST BGN 04": "the hour the carrier wrote the set: nothing is decided by it",
    "ST BGN 05": "the zone of that hour",
    "ST QTY*TO 02": "how many members: that it is right, and that they are those told, is checked elsewhere",
    "ST QTY*DT 02": "how many dependents: likewise",
    "1000B N1*IN 02": "how the carrier spells its own name: it is known by its drop-box and its id",
    "2700 LX 01": "a running number: that it counts on is checked elsewhere",
    "2750:REQUEST SUBMIT TIMESTAMP REF 02": "when the carrier wrote the record: nothing is decided by it",
}
"""What carries no meaning in a confirmation, and why."""

FIXED: Final[Mapping[str, frozenset[str]]] = {
    "ST BGN 01": frozenset({"00", "15"}),  # an original or a corrected one; 22 is a copy to look at
    "2300 HD 01": frozenset({"021"}),
}
"""What must be one of these in a confirmation, whatever was told."""

COUNTERPARTS: Final[Mapping[str, str]] = {"GS GS 02": "GS GS 03", "GS GS 03": "GS GS 02"}
"""Sender and receiver change places in an answer."""

SAME_AS: Final[Mapping[str, str]] = {
    "2000 REF*1L": "2300 REF*1L",
    "2000 DTP*303": "2300 DTP*348",
    "2300 DTP*303": "2300 DTP*348",
    "2750:ADDL MAINT REASON DTP*007": "2300 DTP*348",
}
"""Places where a carrier may say again what it was told in another one."""

NAMES: Final[Mapping[str, str]] = {
    "GS GS 02": "the plan's id in the group's header",
    "2000 REF*0F 02": "the subscriber (0F)",
    "2000 REF*1L 02": "the policy (1L)",
    "2000 DTP*356 03": "E046: the eligibility's begin (356)",
    "2300 HD 01": "the coverage's own maintenance type, which contradicts the member's,",
    "2300 DTP*348 03": "E046: the begin date (348)",
    "2300 REF*CE 02": "the plan (CE)",
    "2300 REF*1L 02": "the policy (1L)",
}
"""Words for what is refused most often; an error code of the companion guide where it has one."""

NEEDED: Final[Mapping[str, tuple[str, int]]] = {
    "2000 REF*0F 02": ("REF", 2),
    "2300 DTP*348 03": ("DTP", 3),
    "2300 REF*CE 02": ("REF", 2),
    "2300 REF*1L 02": ("REF", 2),
}
"""What every member's confirmation must say again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Echo:
    """What a record of a kind says otherwise than a confirmation: keys that are ``taken_up`` or are ``meaningless``
    besides, with why; what must be one of some (``fixed``); what must be there (``needed``); and places where it says
    its end again.
    """

    named: str
    taken_up: Mapping[str, str] = field(default_factory=dict[str, str])
    meaningless: Mapping[str, str] = field(default_factory=dict[str, str])
    fixed: Mapping[str, frozenset[str]] = field(default_factory=lambda: FIXED)
    needed: Mapping[str, tuple[str, int]] = field(default_factory=lambda: NEEDED)
    end_again: frozenset[str] = frozenset()


_END_TAKEN_UP: Final = {
    f"{place} {element:02d}": "the end is judged and told on"
    for place in ("2000 DTP*357", "2300 DTP*349")
    for element in (1, 2, 3)
}
_END_MEANINGLESS: Final = {
    f"ST DTP*303 {element:02d}": "the day from which the file counts: the end's own day decides"
    for element in (1, 2, 3)
}
_END_FIXED: Final[Mapping[str, frozenset[str]]] = {
    **FIXED,
    "2000 INS 08": frozenset({"AC", "TE"}),
    "2300 HD 01": frozenset({ENDS}),
}
_END_NEEDED: Final[Mapping[str, tuple[str, int]]] = {
    "2000 REF*0F 02": ("REF", 2),
    "2000 REF*1L 02": ("REF", 2),
}
_END_AGAIN: Final = frozenset(
    {"2000 DTP*303", "2750:ADDL MAINT REASON DTP*007", "2750:SOURCE EXCHANGE ID DTP*007"}
)


def _end(named: str) -> Echo:
    return Echo(
        named=named,
        taken_up=_END_TAKEN_UP,
        meaningless=_END_MEANINGLESS,
        fixed=_END_FIXED,
        needed=_END_NEEDED,
        end_again=_END_AGAIN,
    )


ECHOES: Final[Mapping[InboundKind, Echo]] = {
    "effectuation": Echo(named="confirmation"),
    "cancellation": _end("cancellation"),
    "termination": _end("termination"),
    "reinstatement": Echo(named="reinstatement", fixed={**FIXED, "2300 HD 01": frozenset({"025"})}),
    "maintenance": Echo(
        named="maintenance record",
        fixed={**FIXED, "2300 HD 01": frozenset({"001"})},
        needed={"2000 REF*0F 02": ("REF", 2)},
    ),
}
"""What a record of each kind says of its own, and what it must say again."""


def envelope_differences(
    said: InterchangeSaid, *, profile: CarrierProfile, exchange: GatewayParameters
) -> list[Finding]:
    """Return what of an interchange's header is not as agreed with the carrier whose drop-box it lies in.

    A test file where the profile says production is refused, and the other way round (CAR-1).
    """
    expected = {
        1: ("00", "announces authorization, which nobody agreed on"),
        2: ("", "holds authorization, which nobody agreed on"),
        3: ("00", "announces a password, which nobody agreed on"),
        4: ("", "holds a password, which nobody agreed on"),
        5: (profile.receiver_qualifier, "is not the kind of id this carrier goes by"),
        6: (profile.receiver_id, "is not the carrier whose drop-box it lies in"),
        7: (OUR_QUALIFIER, "is not the kind of id this exchange goes by"),
        8: (exchange.sender_id, "is not this exchange"),
        12: ("00501", "is not the version agreed on"),
        15: (profile.usage, f"is not {profile.usage}, test or production, as agreed with this carrier"),
    }
    found: list[Finding] = []
    for part in said.parts:
        if part.key in MEANINGLESS:
            continue
        value, says = expected.get(part.element, ("", "is not known here"))
        if not part.is_one_of(value):
            found.append(part.finding(fault="envelope-differs", says=says))
    return found


def covered_by(told: SetSaid) -> SetSaid:
    """Return a set that was sent without those whose coverage it ends: they are nobody's to confirm."""
    covered = [
        each
        for each in told.members
        if (part := each.part("2000 INS 03")) is None or not part.is_one_of(ENDS)
    ]
    return replace(told, members=tuple(covered))


def differences(
    *, said: SetSaid, told: SetSaid, profile: CarrierProfile, kind: InboundKind = "effectuation"
) -> list[Finding]:
    """Return every element of a carrier's set that is not what the carrier was told, or that it was not told
    and that nobody has use for. ``kind`` is what the set is about."""
    echo = ECHOES[kind]
    told_members = {member.member: _values(member.parts) for member in told.members}
    found = [
        *_against(said.parts, _values(told.parts), profile, echo, ()),
        *_insurer_differences(said, profile),
    ]
    for member in said.members:
        values = told_members.get(member.member)
        if values is None:
            found.append(
                Finding(
                    fault="member-unknown",
                    position=member.position,
                    segment="REF",
                    element=2,
                    says="with 17 names nobody on the set it answers",
                )
            )
            continue
        found += _against(member.parts, values, profile, echo, _ends_of(member))
        found += [
            Finding(
                fault="not-echoed",
                position=member.position,
                segment=segment,
                element=element,
                says=f"{NAMES[key]} is missing",
            )
            for key, (segment, element) in echo.needed.items()
            if member.part(key) is None
        ]
    return found


def _values(parts: Iterable[Part]) -> dict[str, Masked]:
    return {part.key: part.value for part in parts}


def _ends_of(member: MemberSaid) -> tuple[Masked, ...]:
    """Return the last day that a record says, as it is written there."""
    parts = (member.part("2000 DTP*357 03"), member.part("2300 DTP*349 03"))
    return tuple(part.value for part in parts if part is not None)


def _against(
    parts: Sequence[Part],
    told: Mapping[str, Masked],
    profile: CarrierProfile,
    echo: Echo,
    ends: Sequence[Masked],
) -> Iterator[Finding]:
    second = [part for part in parts if _is_of_another_coverage(part)]
    if second:
        yield second[0].finding(fault="coverage-twice", says=_second_coverage(second, told))
    untold: set[int] = set()
    for part in parts:
        if part.key in TAKEN_UP or part.key in MEANINGLESS or _agreed(part, profile):
            continue
        if part.key in echo.taken_up or part.key in echo.meaningless:
            continue
        if _is_of_another_coverage(part):
            continue  # refused as a whole
        if part.place in echo.end_again and part.element == 3 and part.value in ends:
            continue
        finding = _difference(part, told, echo)
        if finding is None or (finding.fault == NOT_TOLD and part.position in untold):
            continue  # of a segment that was not told, its first element says enough
        if finding.fault == NOT_TOLD:
            untold.add(part.position)
        yield finding


def _difference(part: Part, told: Mapping[str, Masked], echo: Echo) -> Finding | None:
    named = NAMES.get(part.key, "it")
    if part.key in echo.fixed:
        if part.is_one_of(*echo.fixed[part.key]):
            return None
        says = f"{named} is not one that a {echo.named} has"
        return part.finding(fault="not-a-confirmation", says=says)
    if part.key not in COUNTERPARTS and part.value == told.get(part.key):
        return None
    place = f"{SAME_AS.get(part.place, part.place)} {part.element:02d}"
    expected = told.get(COUNTERPARTS.get(place, place))
    if expected is None:
        return part.finding(fault=NOT_TOLD, says="the carrier was not told this, and nobody has use for it")
    # In another place the same is said under another qualifier.
    if expected == part.value or (part.element == 1 and part.place in SAME_AS):
        return None
    return part.finding(fault="told-otherwise", says=f"{named} is not what the carrier was told")


def _agreed(part: Part, profile: CarrierProfile) -> bool:
    """Whether a reporting category is one that the carrier's guide has and that carries nothing for us."""
    loop = part.place.rpartition(" ")[0]
    return loop.startswith("2750:") and loop.removeprefix("2750:") in profile.other_categories


def _is_of_another_coverage(part: Part) -> bool:
    return part.place.startswith("2300#")


def _second_coverage(second: Sequence[Part], told: Mapping[str, Masked]) -> str:
    policies = {each.value for each in second if each.key.endswith(" REF*1L 02")}
    if policies - {told.get("2300 REF*1L 02")}:
        return "begins a second coverage, of another policy (1L) than the set is about"
    return "begins a second coverage: a policy has one"


def _insurer_differences(said: SetSaid, profile: CarrierProfile) -> Iterator[Finding]:
    """Yield what of N1*IN names another carrier. A tax number is compared where the profile has one."""
    found = {part.element: part for part in said.parts if part.place == "1000B N1*IN"}
    qualifier, identifier = found.get(3), found.get(4)
    if qualifier is None or identifier is None:
        return
    if not qualifier.is_one_of("94", "FI"):
        yield qualifier.finding(fault="insurer-differs", says="is no id that we know carriers by")
        return
    known = profile.carrier if qualifier.is_one_of("94") else profile.tax_id
    if known and not identifier.is_one_of(known):
        yield identifier.finding(fault="insurer-differs", says="is not the carrier whose drop-box it lies in")
