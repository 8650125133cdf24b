"""Letters on paper: whole, readable by a screen reader, the same bytes for the same letter."""

from __future__ import annotations

import io
import warnings
from dataclasses import replace
from datetime import date
from typing import Any

import pypdf
import pytest

from bulkhead.kernel.calendar import local
from bulkhead.kernel.personal import Masked
from notifications.adapters.writing.taglines import tagline_texts
from notifications.application.ports import Letter
from notifications.domain.letters import Content
from services.notifications.tests.builders import ADDRESS, NAME
from services.notifications.tests.golden.test_notices import CASES
from services.notifications.tests.office import PRESS, WRITER

PRINTED = local(date(2016, 6, 5), 2)


def printed(content: Content) -> Letter:
    return PRESS.letter(content, WRITER.write(content), printed_at=PRINTED)


def text_of(letter: Letter) -> str:
    pages = pypdf.PdfReader(io.BytesIO(letter.pdf)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


@pytest.mark.parametrize(
    ("language", "dated"), [("en", "June 5, 2016"), ("es", "5 de junio de 2016"), ("fr", "5 juin 2016")]
)
@pytest.mark.parametrize("case", CASES)
def test_NOT_1_a_letter_has_its_address_and_every_word_of_the_notice(
    case: str, language: str, dated: str
) -> None:
    content = CASES[case](language)
    written = WRITER.write(content)
    letter = printed(content)
    shown = text_of(letter)
    for line in (NAME, *ADDRESS.splitlines(), dated, written.subject, "Premium Processing"):
        assert line.replace("\u00a0", " ").replace("\u202f", " ") in shown
    said = {word.strip("-=") for word in written.says.split()} - {""}
    assert {word for word in said if word not in shown} == set()


@pytest.mark.parametrize("language", WRITER.languages)
def test_NOT_1_a_letter_is_tagged_and_claims_pdf_ua_1(language: str) -> None:
    letter = printed(CASES["invoice"](language))
    reader = pypdf.PdfReader(io.BytesIO(letter.pdf))
    catalog: Any = reader.trailer["/Root"]
    assert letter.accessible
    assert catalog["/Lang"] == language
    assert catalog["/MarkInfo"]["/Marked"].value is True
    assert catalog["/ViewerPreferences"]["/DisplayDocTitle"].value is True
    assert "/StructTreeRoot" in catalog
    assert b"<pdfuaid:part>1</pdfuaid:part>" in catalog["/Metadata"].get_data()
    assert NAME.encode() not in catalog["/Metadata"].get_data()


def fonts_of(letter: Letter) -> set[str]:
    resources: list[Any] = [page["/Resources"] for page in pypdf.PdfReader(io.BytesIO(letter.pdf)).pages]
    return {
        font.get_object()["/BaseFont"].partition("+")[2]
        for each in resources
        for font in each["/Font"].values()
    }


def test_NOT_1_taglines_are_set_in_every_language_there_is_with_fonts_of_ours() -> None:
    content = CASES["receipt-with-taglines"]("en")
    in_all = replace(content.parameters, tagline_languages=tuple(tagline_texts()))
    letter = printed(replace(content, parameters=in_all))
    assert letter.accessible
    assert {each.partition("-")[0] for each in fonts_of(letter)} == {
        "LibertinusSerif",
        "NotoSansArabic",
        "NotoSansCJKjp",
        "NotoSansCJKkr",
        "NotoSansCJKtc",
        "NotoSansDevanagari",
        "NotoSansTelugu",
        "NotoSansThai",
    }
    assert text_of(letter).count("1-802-555-0100") >= len(tagline_texts())


def test_a_name_in_Chinese_is_set_with_a_font_of_ours() -> None:
    content = CASES["receipt"]("en")
    letter = printed(replace(content, contact=replace(content.contact, addressee=Masked("王小明"))))
    assert letter.accessible
    assert any(each.startswith("NotoSansCJKtc") for each in fonts_of(letter))


def test_NOT_1_a_letter_is_printed_at_any_instant() -> None:
    content = CASES["invoice"]("en")
    written = WRITER.write(content)
    at = PRINTED.replace(microsecond=345_678)
    assert PRESS.letter(content, written, printed_at=at) == printed(content)


def test_the_same_letter_is_the_same_bytes() -> None:
    assert printed(CASES["invoice"]("en")) == printed(CASES["invoice"]("en"))


@pytest.mark.parametrize("name", ["#panic() *x* $y$", "Žofie Nguyễn", "Дмитрий", "محمد", '"); #read("x")'])
def test_a_name_is_set_as_text_whatever_it_is(name: str) -> None:
    content = CASES["receipt"]("en")
    letter = printed(replace(content, contact=replace(content.contact, addressee=Masked(name))))
    assert letter.accessible
    if name.startswith("#"):
        assert name in text_of(letter)


def test_a_name_no_font_can_show_is_still_written_to_and_nothing_quotes_it() -> None:
    content = CASES["receipt"]("en")
    rare = replace(content, contact=replace(content.contact, addressee=Masked("\U0001f9ff\U00014400")))
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        letter = printed(rare)
    assert not letter.accessible
    assert "Burlington, VT 05401" in text_of(letter)
    assert said == []
