"""What carriers of each profile in `profiles/` are sent: a whole file of each kind that their guides change.

``GOLDEN=write`` in the environment writes the files anew; the difference is then read like a change of words.
"""

from __future__ import annotations

import io
import os
from datetime import date
from pathlib import Path
from typing import Any, get_args

import pytest
from gateway_builders import FAMILY, Gateway, activated, contact, paid, segments, selected, terminated, terms
from pyx12.params import params
from pyx12.x12n_document import x12n_document

from carrier_gateway.domain.carriers import CarrierProfile, CategoryName
from carrier_gateway.entrypoints.api.profile_files import differences, read_profile_file
from carrier_gateway.entrypoints.api.schemas import CarrierOptions
from carrier_gateway.x12.enrollment834.categories import CATEGORIES

PROFILES = Path(__file__).parents[2] / "profiles"
GOLDEN = Path(__file__).parent / "profiles"
CARRIERS = sorted(path.stem for path in PROFILES.iterdir())
FEDERAL = CarrierProfile(carrier="OURS", name="Ours", receiver_id="OURS", qhp_id="OURS")


def profile_of(carrier: str) -> CarrierProfile:
    return read_profile_file(PROFILES / f"{carrier}.yaml").profile


async def sets_of(carrier: str) -> dict[str, str]:
    """Return what a carrier is sent of a family of two that begins and ends, by kind."""
    gateway = Gateway()
    await gateway.profile(profile_of(carrier))
    own: dict[str, Any] = {
        "carrier": carrier,
        "members": ("june-1", "june-2"),
        "coverage_ends": date(2016, 3, 31),
    }
    own |= {"aptc_cents": 20000, "subsidy_cents": 5000}
    own |= {"kind": "dental", "plan": "SMILE"} if carrier == "MVD" else {}
    await gateway.tell(contact(*FAMILY), selected(terms(**own)), paid(), activated())
    await gateway.tell(terminated(date(2016, 2, 29)))
    return dict(zip(("initial", "termination"), gateway.sets_sent(carrier), strict=True))


@pytest.mark.parametrize("carrier", CARRIERS)
async def test_CAR_1_each_profile_s_carrier_gets_its_own_834s(carrier: str, tmp_path: Path) -> None:
    for kind, text in (await sets_of(carrier)).items():
        shown = GOLDEN / carrier / f"{kind}.834"
        if os.environ.get("GOLDEN") == "write":
            shown.parent.mkdir(parents=True, exist_ok=True)
            shown.write_text(text, encoding="ascii")
        assert text == shown.read_text(encoding="ascii")
        assert x12n_document(
            param=params(), src_file=str(shown), fd_997=io.StringIO(), fd_html=None, fd_json=None
        )


def test_every_golden_file_of_a_profile_is_one_that_is_sent() -> None:
    kept = {path.relative_to(GOLDEN).as_posix() for path in GOLDEN.rglob("*.834")}
    assert kept == {f"{carrier}/{kind}.834" for carrier in CARRIERS for kind in ("initial", "termination")}


@pytest.mark.parametrize("carrier", CARRIERS)
def test_CAR_1_a_profile_says_why_for_each_thing_in_which_it_differs(carrier: str) -> None:
    file = read_profile_file(PROFILES / f"{carrier}.yaml")
    differing = {each.field for each in differences(FEDERAL, file.profile)} - {"receiver_qualifier"}
    assert differing == set(file.because)


def test_CAR_1_the_profiles_differ_in_what_carriers_guides_differ_in() -> None:
    varied = {
        name
        for name in CarrierOptions.model_fields
        if len({str(getattr(profile_of(carrier), name)) for carrier in CARRIERS}) > 1
    }
    # Of other categories no guide of these has any.
    assert set(CarrierOptions.model_fields) - varied == {"other_categories"}


def test_CAR_1_names_of_categories_are_those_the_codec_knows() -> None:
    assert set(get_args(CategoryName)) <= set(CATEGORIES)


async def test_CAR_1_what_an_older_guide_asks_for_stands_where_it_asks_for_it() -> None:
    begins, ends = (segments(text) for text in (await sets_of("LCH")).values())
    assert begins[0].split("*")[7] == "30"
    assert begins[3] == "BGN*00*000000001*20151210*100000****2"
    assert begins[4] == "REF*38*VTX-2016"
    of_member = begins[begins.index("REF*17*june-2") + 1 :][:2]
    assert of_member == ["REF*3H*june", "REF*ABB*june-2"]
    assert "N1*75*STATE SUBSIDY AMT" in begins and "N1*75*OTH PAY AMT 1" not in begins
    assert ends[ends.index("N1*75*AMRC") + 1] == "REF*17*TERMINATION"
    assert [line for line in ends if line.startswith(("HD", "DTP*348", "DTP*349"))] == [
        "HD*024**HLT",
        "DTP*348*D8*20160101",
        "DTP*349*D8*20160229",
    ]


async def test_CAR_1_the_policy_stands_on_each_member_and_every_month_has_its_amounts() -> None:
    begins = segments((await sets_of("NEK"))["initial"])
    assert begins.count("REF*1L*june-medical") == 4  # of two members, in loop 2000 and in loop 2300
    assert begins[begins.index("REF*0F*june-1") + 1] == "REF*1L*june-medical"
    months = [line for line in begins if line.startswith("DTP*007*RD8")]
    assert months[0] == "DTP*007*RD8*20160101-20160131" and months[-1] == "DTP*007*RD8*20160301-20160331"


async def test_CAR_1_a_plan_goes_by_its_sixteen_characters_and_the_group_by_fourteen() -> None:
    begins = segments((await sets_of("GMH"))["initial"])
    assert "REF*CE*99101VT004000104" in begins
    assert begins[1].startswith("GS*BE*VT0*99101VT0040001*")
    assert begins[0].split("*")[15] == "P" and "*1*P*" in begins[0]


async def test_CAR_1_a_carrier_that_tests_is_sent_test_files_and_asked_for_no_TA1() -> None:
    assert segments((await sets_of("MVD"))["initial"])[0].split("*")[14:16] == ["0", "T"]
