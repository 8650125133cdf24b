"""Sound files of every kind that is read, each with the gateway that it is brought to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from book_builders import FEBRUARY, JUNE, KIT, ROBIN, book
from carriers_desk import (
    ACCEPTS_WITH_ERRORS,
    MAINTAINED,
    NO_CHANGE,
    REINSTATED,
    REJECTS,
    UNNAMED,
    effectuation_of,
    end_of,
    group_answer_of,
    interchange_answer_of,
)
from gateway_builders import (
    FAMILY,
    JANUARY,
    PACK,
    SMOKERS,
    TODAY,
    Gateway,
    contact,
    paid,
    profile,
    segments,
    selected,
    terms,
)

from bulkhead.policy import PackParameters
from carrier_gateway.adapters.x12.inbound import Reader834
from carrier_gateway.application.write_audits import begin_audits
from carrier_gateway.domain.carriers import CarrierProfile
from carrier_gateway.domain.parameters import GatewayParameters
from carrier_gateway.domain.records import Policy
from carrier_gateway.domain.said import SetSaid
from carrier_gateway.entrypoints.api.profile_files import read_profile_file
from mutation.changes import Layout, lines_of
from mutation.written import Line, cut

TESTS = Path(__file__).parents[1]
PROFILES = TESTS.parent / "profiles"
READER = Reader834()
EXCHANGE = PackParameters(PACK, "carrier-gateway", GatewayParameters)
JUNE_30 = date(2016, 6, 30)
FIFTEENTH = date(2016, 3, 15)
NUMBER: Final = 31
"""The control number of a carrier's file, not used before."""

Kind: TypeAlias = Literal["word", "audit", "acknowledgement", "ours", "remittance", "book"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """A file in which nothing is wrong, and what it is judged by.

    ``policy`` and ``told`` are the policy that it is about and what its carrier was told of that; ``gateway`` is where
    it is brought, None of what nobody brings: our own files, which are read before they are sent.
    """

    name: str
    kind: Kind
    data: bytes
    profile: CarrierProfile
    today: date = TODAY
    file: str = "theirs.834"
    policy: Policy | None = None
    told: SetSaid | None = None
    gateway: Gateway | None = None
    lines: Sequence[Line] = ()
    """Its segments, cut apart from the codec; none of a book."""

    @property
    def layout(self) -> Layout:
        """How it is written."""
        return "book" if self.kind == "book" else "x12"


async def _told(*people: str, of: CarrierProfile | None = None, **options: Any) -> Gateway:
    gateway = await Gateway(**options).open()
    own: dict[str, Any] = {"members": people or ("june-1",), "aptc_cents": 20000}
    if of is not None:
        await gateway.profile(of)
        own |= {"carrier": of.carrier}
        own |= {"kind": "dental", "plan": "SMILE"} if of.carrier == "MVD" else {}
    await gateway.tell(contact(*FAMILY), selected(terms(**own)), paid())
    return gateway


async def _smokers() -> Gateway:
    gateway = await Gateway().open()
    await gateway.tell(contact(*SMOKERS), selected(terms(members=("june-2",), rating_area=1)), paid())
    return gateway


def _word(name: str, gateway: Gateway, text: str, *, of: CarrierProfile | None = None) -> Sound:
    by = of or profile()
    (sent, *_) = gateway.sets_sent(by.carrier)
    return Sound(
        name=name,
        kind="word",
        data=text.encode("ascii"),
        profile=by,
        policy=gateway.policy(),
        told=READER.read(sent.encode("ascii"), profile=by).sets[0],
        gateway=gateway,
    )


async def _confirmed(*people: str) -> tuple[Gateway, str]:
    gateway = await _told(*people)
    (sent,) = gateway.sets()
    await gateway.drop("first.834", effectuation_of(sent))
    await gateway.work()
    return gateway, sent


async def _words() -> list[Sound]:
    found: list[Sound] = []
    for name, people in {"single": ("june-1",), "family": ("june-1", "june-2", "june-3")}.items():
        gateway = await _told(*people)
        found.append(
            _word(f"effectuation-{name}", gateway, effectuation_of(gateway.sets()[0], number=NUMBER))
        )
    smokers = await _smokers()
    found.append(_word("effectuation-tobacco", smokers, effectuation_of(smokers.sets()[0], number=NUMBER)))
    for carrier in ("GMH", "MVD"):
        by = read_profile_file(PROFILES / f"{carrier}.yaml").profile
        gateway = await _told("june-1", "june-2", of=by)
        text = effectuation_of(gateway.sets_sent(carrier)[0], number=NUMBER)
        found.append(_word(f"effectuation-{carrier}", gateway, text, of=by))
    gateway, sent = await _confirmed("june-1")
    ends = {
        "termination": (("", "TERM-OTH"), JUNE_30),
        "termination-non-payment": (("59", "TERM"), JUNE_30),
        "cancellation": (("14", "CANCEL-FLC"), JANUARY),
    }
    for name, (codes, last) in ends.items():
        found.append(_word(name, gateway, end_of(sent, codes, last, number=NUMBER)))
    for name, codes3 in {"maintenance": MAINTAINED, "no-change": NO_CHANGE}.items():
        text = effectuation_of(sent, kind=codes3, leaving_out=["DTP*543"], number=NUMBER)
        found.append(_word(name, gateway, text))
    gateway, sent = await _confirmed("june-1")
    await gateway.drop("end.834", end_of(sent, ("", "TERM-OTH"), JUNE_30, number=2))
    await gateway.work()
    found.append(_word("reinstatement", gateway, effectuation_of(sent, kind=REINSTATED, number=NUMBER)))
    return found


async def _audit() -> Sound:
    gateway = await _told("june-1", "june-2", "june-3", audits=True)
    gateway.at(FIFTEENTH, 2)
    async with gateway.uows.begin(now=gateway.now) as uow:
        await begin_audits(uow, on=FIFTEENTH)
    await gateway.work()
    (ours,) = [text for name, text in gateway.outbound().items() if name.startswith("AUDIT")]
    lines = [line.split("*") for line in segments(ours)]
    isa, gs, ge, iea = lines[0], lines[1], lines[-2], lines[-1]
    isa[6], isa[8], isa[13], iea[2] = isa[8], isa[6], f"{NUMBER:09d}", f"{NUMBER:09d}"
    gs[2], gs[3], gs[6], ge[2] = gs[3], gs[2], str(NUMBER), str(NUMBER)
    text = "".join("*".join(line) + "~\n" for line in lines)
    return Sound(
        name="audit",
        kind="audit",
        data=text.encode("ascii"),
        profile=profile(audits=True),
        today=FIFTEENTH,
        gateway=gateway,
    )


async def _acknowledgements() -> list[Sound]:
    gateway = await _told("june-1", "june-2")
    (sent,) = gateway.sets()
    texts = {
        "interchange-accepted": interchange_answer_of(sent, number=NUMBER),
        "interchange-rejected": interchange_answer_of(sent, number=NUMBER, verdict="R", note="020"),
        "group-accepted": group_answer_of(sent, number=NUMBER),
        "group-accepted-with-errors": group_answer_of(sent, number=NUMBER, says=ACCEPTS_WITH_ERRORS),
        "group-rejected": group_answer_of(sent, number=NUMBER, says=REJECTS),
        "group-rejected-unnamed": group_answer_of(sent, number=NUMBER, says=UNNAMED),
    }
    ta1 = segments(texts["interchange-accepted"])[1]
    first, *rest = segments(texts["group-accepted"])
    texts["both"] = "".join(f"{line}~\n" for line in (first, ta1, *rest))
    return [
        Sound(
            name=name,
            kind="acknowledgement",
            data=text.encode("ascii"),
            profile=profile(),
            file="theirs.999",
            gateway=gateway,
        )
        for name, text in texts.items()
    ]


async def _book() -> Sound:
    gateway = await _told("june-1", "june-2", "june-3")
    gateway.at(FEBRUARY)
    await gateway.work()
    text = book(JUNE, ROBIN, KIT)
    return Sound(
        name="book",
        kind="book",
        data=text.encode(),
        profile=profile(),
        today=FEBRUARY,
        file="RCNI_theirs.txt",
        gateway=gateway,
    )


def _ours() -> list[Sound]:
    found: list[Sound] = []
    for path in sorted((TESTS / "golden").rglob("*.834")):
        carrier = path.parent.name
        by = read_profile_file(PROFILES / f"{carrier}.yaml").profile if carrier != "golden" else profile()
        name = f"ours-{path.stem}" if carrier == "golden" else f"ours-{carrier}-{path.stem}"
        found.append(Sound(name=name, kind="ours", data=path.read_bytes(), profile=by))
    for path in sorted((TESTS / "golden").glob("*.820")):
        found.append(
            Sound(name=f"ours-{path.stem}", kind="remittance", data=path.read_bytes(), profile=profile())
        )
    for path in sorted([*(TESTS / "golden").glob("*.999"), *(TESTS / "golden").glob("*.ta1")]):
        found.append(
            Sound(name=f"ours-{path.stem}", kind="acknowledgement", data=path.read_bytes(), profile=profile())
        )
    return found


async def sound_files() -> dict[str, Sound]:
    """Return the sound files, by their names."""
    made = [*await _words(), await _audit(), *await _acknowledgements(), await _book(), *_ours()]
    return {each.name: each if each.kind == "book" else replace(each, lines=cut(each.data)) for each in made}


@cache
def pool_of(*files: bytes) -> tuple[list[str], ...]:
    """Return every segment of some sound 834s, 999s and 820s, each once."""
    lines = [line for data in files for line in lines_of(data, "x12")]
    return tuple(list(each) for each in dict.fromkeys(tuple(line) for line in lines))
