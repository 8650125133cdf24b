"""A pack names wordings that there are, in every language, or no service starts with it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Collection
from dataclasses import fields
from datetime import date
from pathlib import Path

import pytest

import notifications
from bulkhead.policy import PackParameters, PolicyError, PolicyPack, packs_in
from notifications.adapters.writing.languages import lacking, versions_of
from notifications.adapters.writing.wordings import WrittenParameters
from notifications.domain.notices import NOTICE_TYPES
from services.notifications.tests.builders import PARAMETERS, POLICY_DIR


@pytest.mark.parametrize("notice", NOTICE_TYPES)
def test_NOT_1_every_notice_has_a_first_wording_in_every_language(notice: str) -> None:
    assert versions_of(notice) == {"v1": ()}


def test_NOT_1_the_layout_is_there_in_every_language() -> None:
    assert lacking() == ()


@pytest.mark.parametrize("pack", packs_in(POLICY_DIR))
def test_NOT_1_every_pack_names_wordings_that_there_are(pack: str) -> None:
    PolicyPack.named(pack, directory=POLICY_DIR).check("notifications", WrittenParameters)


@pytest.mark.parametrize("version", ["v9", "first", ".."])
def test_NOT_1_a_wording_without_templates_is_refused_on_its_line_with_those_there_are(
    tmp_path: Path, version: str
) -> None:
    shutil.copytree(POLICY_DIR / "vermont-2016", tmp_path / "vermont-2016")
    file = tmp_path / "vermont-2016" / "notifications.yaml"
    file.write_text(file.read_text().replace("invoice: v1", f"invoice: {version}"))
    line = next(n for n, each in enumerate(file.read_text().splitlines(), 1) if "invoice:" in each)
    with pytest.raises(PolicyError) as raised:
        PackParameters(
            PolicyPack.named("vermont-2016", directory=tmp_path), "notifications", WrittenParameters
        )
    assert str(raised.value) == (
        f"vermont-2016/notifications.yaml:{line}: wordings from 2015-01-01 gives invoice the version "
        f"{version!r}: there is v1 (NOT-1)"
    )


def test_NOT_1_a_tagline_that_there_is_not_is_refused_with_those_there_are() -> None:
    there = PARAMETERS.as_of(date(2016, 11, 1))
    values = {each.name: getattr(there, each.name) for each in fields(there)}
    found = WrittenParameters(**{**values, "tagline_languages": ("en", "tlh", "en")}).faults()
    assert [each.parameter for each in found] == ["tagline_languages"] * 2
    assert found[0].problem == "names en twice"
    assert found[1].problem.startswith("names tlh, which has no tagline: there is ar, de, en, es,")


RUN = """
from bulkhead.policy import PackParameters, PolicyError
from notifications.adapters.writing.templates import TemplateWriter
from notifications.adapters.writing.wordings import WrittenParameters
from services.notifications.tests.builders import VERMONT
from services.notifications.tests.golden.test_notices import CASES
try:
    PackParameters(VERMONT, "notifications", WrittenParameters)
except PolicyError as error:
    print(error)
else:
    print(*TemplateWriter().languages, TemplateWriter().write(CASES["payment-returned"]("pt")).subject, sep="; ")
"""


def test_NOT_1_another_language_is_added_by_files_alone(tmp_path: Path) -> None:
    put_beside(tmp_path, leave=())
    assert said_by(tmp_path) == "en; es; fr; pt; Su pago de US$\u00a01.234,56 foi devolvido\n"


def test_NOT_1_a_language_that_lacks_a_template_is_refused_with_what_is_missing(tmp_path: Path) -> None:
    put_beside(
        tmp_path,
        leave=(
            "layout/v1/pt.html.j2",
            "layout/v1/pt.pay.html.j2",
            "receipt/v1/pt.html.j2",
            "receipt/v1/pt.subject.j2",
        ),
    )
    said = said_by(tmp_path)
    assert "gives invoice the version 'v1': layout/v1 lacks pt.html.j2, pt.pay.html.j2 (NOT-1)" in said
    assert "gives receipt the version 'v1': receipt/v1 lacks pt.html.j2, pt.subject.j2 (NOT-1)" in said


def put_beside(folder: Path, *, leave: Collection[str]) -> None:
    """Copy the service as it is, and put templates in a language it does not know beside the others."""
    source = Path(notifications.__file__).parent
    shutil.copytree(source, folder / "notifications", ignore=shutil.ignore_patterns("__pycache__"))
    templates = folder / "notifications" / "templates"
    for spanish in templates.glob("*/v1/es.*"):
        added = spanish.with_name(f"pt{spanish.name.removeprefix('es')}")
        if str(added.relative_to(templates)) not in leave:
            text = spanish.read_text(encoding="utf-8").replace('"layout/v1/es.', '"layout/v1/pt.')
            added.write_text(text.replace("fue devuelto", "foi devolvido"), encoding="utf-8")


def said_by(folder: Path) -> str:
    """Return what the service in a folder says of its languages, in a process of its own."""
    path = os.pathsep.join((str(folder), str(POLICY_DIR.parent)))
    done = subprocess.run(
        [sys.executable, "-c", RUN],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        encoding="utf-8",
        check=True,
        timeout=60,
    )
    return done.stdout
