"""The wordings there are: which versions of a notice have templates, in every language."""

from __future__ import annotations

from importlib.resources import files

from bulkhead.kernel.parameters import ParameterFault
from notifications.domain.contacts import LANGUAGES
from notifications.domain.notices import NOTICE_TYPES
from notifications.domain.parameters import NotificationsParameters


class WrittenParameters(NotificationsParameters):
    """The parameters of notices, held against the templates there are: what they name can be written."""

    __slots__ = ()

    def faults(self) -> list[ParameterFault]:
        """Return what of these values a notice cannot be written with, a wording without templates too (NOT-1)."""
        missing = [
            ParameterFault(
                parameter="wordings",
                problem=f"gives {notice} the version {version!r}: there is {' and '.join(versions)}",
                rule="NOT-1",
                key=notice,
            )
            for notice, version in sorted(self.wordings.items())
            if notice in NOTICE_TYPES and version not in (versions := wordings_of(notice))
        ]
        return [*super().faults(), *missing]


def wordings_of(notice: str) -> list[str]:
    """Return the versions of a notice that have a subject and a page in every language."""
    needed = {f"{language}.{part}.j2" for language in LANGUAGES for part in ("subject", "html")}
    versions = files("notifications") / "templates" / notice
    return sorted(
        version.name
        for version in versions.iterdir()
        if version.is_dir() and needed <= {each.name for each in version.iterdir()}
    )
