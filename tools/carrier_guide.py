"""Writes the companion guide in docs/carriers from profiles, golden files and the test bench's checklist:
``python -m tools.carrier_guide [--check]``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from carrier_gateway.adapters.x12.outbound import (
    BEGINS,
    COMES,
    ENDS,
    GOES,
    NEVER_CAME,
    NEW_TO_ISSUER,
    STAYS,
    SUCCEEDS,
)
from carrier_gateway.domain.carriers import CarrierProfile
from carrier_gateway.entrypoints.api.profile_files import ProfileFile, differences, read_profile_file
from carrier_gateway.x12.enrollment834.kinds import INBOUND
from carrier_sim.adapters.lists import shipped_checklist
from carrier_sim.domain.behaviours import BEHAVIOURS
from carrier_sim.domain.checklist import Expectation, Step
from carrier_sim.domain.files import read_enrollment
from carrier_sim.domain.writing import Parcel, Pen
from tools.generated import REPOSITORY, replace_or_check

FOLDER = REPOSITORY / "docs" / "carriers"
GATEWAY = REPOSITORY / "services" / "carrier-gateway"
GOLDEN = GATEWAY / "tests" / "golden"
WRITTEN_AT = datetime(2015, 12, 11, 9)  # noqa: DTZ001 - a carrier's own clock
OURS = CarrierProfile(carrier="ours", name="Ours", receiver_id="OURS", qhp_id="OURS")
"""A profile that asks for nothing of its own."""
SUFFIXES = {".834": "x12", ".820": "x12", ".ta1": "x12", ".999": "x12", ".csv": "csv"}


def main() -> None:
    """Write the pages; with ``--check`` end with 1 when one is out of date."""
    arguments = sys.argv[1:]
    replace_or_check(FOLDER / "README.md", "\n\n".join(_guide()), arguments=arguments)
    _write(FOLDER / "examples.md", _page(_examples()), arguments)
    for path in sorted((GATEWAY / "profiles").glob("*.yaml")):
        file = read_profile_file(path)
        _write(FOLDER / f"{file.profile.carrier}.md", _page(_carrier(file)), arguments)


def _page(parts: Iterable[str]) -> str:
    return "\n\n".join(parts) + "\n"


def _write(page: Path, text: str, arguments: Sequence[str]) -> None:
    if "--check" not in arguments:
        page.write_text(text, encoding="utf-8")
    elif not page.exists() or page.read_text(encoding="utf-8") != text:
        sys.exit(f"{page.relative_to(REPOSITORY)} is out of date.\n  What to do: make contracts")


def _guide() -> Iterator[str]:
    yield _table(
        ("what you send", "what it is", "where it lies then", "TA1", "999"),
        (
            (
                f"`{step.name}`",
                _says(step),
                *_expected(step.expects),
            )
            for step in shipped_checklist()
            if step.sends
        ),
    )
    yield "## What we say"
    yield (
        "INS03, INS04 and ADDL MAINT REASON, of the subscriber unless it says otherwise."
        " Your profile may spell the last its own way."
    )
    yield _table(("kind", "INS03", "INS04", "ADDL MAINT REASON"), _outbound())
    yield "## What you say"
    yield (
        "What is in order and is not so waits in our work queue, and somebody sees to it; its 999 accepts it. Of what"
        " ends coverage because of something you have against your member, somebody decides here too."
    )
    yield _table(
        ("INS03", "INS04", "ADDL MAINT REASON", "it is"),
        ((*map(_code, codes), kind) for codes, kind in INBOUND.items()),
    )


def _says(step: Step) -> str:
    return " ".join([*(BEHAVIOURS[name].says for name in step.sends), *([step.why] if step.why else [])])


def _expected(expects: Sequence[Expectation]) -> tuple[str, str, str]:
    said = [(each.file, each.ta1, each.group) for each in expects]
    columns = [list(dict.fromkeys(column)) for column in zip(*said, strict=True)]
    first, second, third = (", then ".join(column) for column in columns)
    return first, second, third


def _outbound() -> Iterator[tuple[str, str, str, str]]:
    for kind, codes in BEGINS.items():
        yield kind, *_codes(codes)
    yield "renewal, from another carrier", *_codes(NEW_TO_ISSUER)
    yield "initial, of who takes up a subscriber's part", *_codes(SUCCEEDS)
    for who, codes in (("stays", STAYS), ("comes", COMES), ("goes", GOES), ("never came", NEVER_CAME)):
        yield f"change, of who {who}", *_codes(codes)
    for (kind, why), (reason, additional) in ENDS.items():
        yield (
            f"{kind}, {why or 'of a subscriber whose part another takes up'}",
            *_codes(("024", reason, additional)),
        )


def _codes(codes: tuple[str, str, str]) -> tuple[str, str, str]:
    one, two, three = map(_code, codes)
    return one, two, three


def _code(code: str) -> str:
    return f"`{code}`" if code else "–"


def _examples() -> Iterator[str]:
    yield "# Examples"
    yield (
        "Each is a whole file as a carrier with a profile that asks for nothing of its own is sent it."
        " All people are made up."
    )
    for path in sorted(GOLDEN.iterdir()):
        if path.suffix in SUFFIXES:
            yield f"## {path.name}"
            yield _block(path.read_text(encoding="ascii"), SUFFIXES[path.suffix])


def _carrier(file: ProfileFile) -> Iterator[str]:
    profile = file.profile
    yield f"# {profile.name}"
    yield (
        f"A made-up carrier, `{profile.carrier}`, whose profile is "
        f"[`{profile.carrier}.yaml`](../../services/carrier-gateway/profiles/{profile.carrier}.yaml)."
        " All else is as in [the guide](README.md)."
    )
    yield _table(
        ("in which it differs", "what it is", "here", "because"),
        (
            (
                f"`{each.field}`",
                each.says,
                f"`{each.values[1]}`".replace("|", "\\|"),
                file.because.get(each.field, ""),
            )
            for each in differences(OURS, profile)
        ),
    )
    told = GOLDEN / "profiles" / profile.carrier
    for kind, title in (
        ("initial", "What it is sent as coverage begins"),
        ("termination", "And as it ends, unpaid"),
    ):
        yield f"## {title}"
        yield _block((told / f"{kind}.834").read_text(encoding="ascii"), "x12")
    for name, title in (("acknowledgements", "What it answers"), ("confirmation", "And how it confirms")):
        yield f"## {title}"
        for parcel in _answers(told / "initial.834", name, profile):
            yield _block(parcel.content.decode("ascii"), "x12")


def _answers(told: Path, name: str, profile: CarrierProfile) -> list[Parcel]:
    enrollment = read_enrollment(told.name, told.read_text(encoding="ascii"))
    return BEHAVIOURS[name].make(enrollment, Pen(now=WRITTEN_AT, last=0, names=profile.category_names))


def _block(text: str, language: str) -> str:
    return f"```{language}\n{text.rstrip()}\n```"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(each)} |" for each in lines)


if __name__ == "__main__":
    main()
