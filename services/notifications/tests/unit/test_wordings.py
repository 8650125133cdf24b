"""A pack names wordings that there are, in every language, or no service starts with it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bulkhead.policy import PackParameters, PolicyError, PolicyPack, packs_in
from notifications.adapters.writing.wordings import WrittenParameters, wordings_of
from notifications.domain.notices import NOTICE_TYPES
from services.notifications.tests.builders import POLICY_DIR


@pytest.mark.parametrize("notice", NOTICE_TYPES)
def test_NOT_1_every_notice_has_a_first_wording_in_every_language(notice: str) -> None:
    assert "v1" in wordings_of(notice)


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
