"""The wordings there are: which versions of a notice have templates, in every language, and which taglines."""

from __future__ import annotations

from bulkhead.kernel.parameters import ParameterFault
from notifications.adapters.writing.languages import LAYOUT, lacking, versions_of
from notifications.adapters.writing.taglines import tagline_texts
from notifications.domain.notices import NOTICE_TYPES
from notifications.domain.parameters import NotificationsParameters


class WrittenParameters(NotificationsParameters):
    """The parameters of notices, held against the templates there are: what they name can be written."""

    __slots__ = ()

    def faults(self) -> list[ParameterFault]:
        """Return what of these values a notice cannot be written with, a wording without templates too (NOT-1)."""
        missing = [
            ParameterFault(parameter="wordings", problem=problem, rule="NOT-1", key=notice)
            for notice, version in sorted(self.wordings.items())
            if notice in NOTICE_TYPES and (problem := _problem(notice, version))
        ]
        unwritten = [
            ParameterFault(
                parameter="tagline_languages",
                problem=f"names {language}, which has no tagline: there is {', '.join(tagline_texts())}",
                rule="NOT-1",
            )
            for language in self.tagline_languages
            if language not in tagline_texts()
        ]
        return [*super().faults(), *missing, *unwritten]


def _problem(notice: str, version: str) -> str:
    """Return why a version of a notice cannot be written; empty where it can."""
    versions = versions_of(notice)
    if version not in versions:
        whole = sorted(name for name, lacks in versions.items() if not lacks)
        return f"gives {notice} the version {version!r}: there is {' and '.join(whole)}"
    for folder, lacks in ((f"{notice}/{version}", versions[version]), (LAYOUT, lacking())):
        if lacks:
            return f"gives {notice} the version {version!r}: {folder} lacks {', '.join(lacks)}"
    return ""
