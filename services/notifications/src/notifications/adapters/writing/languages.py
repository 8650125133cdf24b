"""The languages notices are written in: those there are templates in, and what each lacks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

DEFAULT: Final = "en"
"""The language of a reader whose own no notice is written in. Every template is there in it."""

LAYOUT: Final = "layout/v1"
"""What all notices are set in."""

_TEMPLATE: Final = re.compile(r"([a-z]{2,3})\..*j2")


@cache
def languages() -> tuple[str, ...]:
    """Return the languages that there is any template in, such as ``fr``; the first is `DEFAULT`. One that lacks others
    is refused where parameters are looked at.
    """
    found = {
        match[1]
        for notice in _templates().iterdir()
        for version in notice.iterdir()
        for name in _names(version)
        if (match := _TEMPLATE.fullmatch(name))
    }
    return (DEFAULT, *sorted(found - {DEFAULT}))


@cache
def versions_of(notice: str) -> Mapping[str, tuple[str, ...]]:
    """Return the versions of a notice, each with the templates it lacks in one of the languages."""
    folder = _templates() / notice
    return {version.name: lacking(version) for version in folder.iterdir() if version.is_dir()}


@cache
def lacking(folder: Traversable | None = None) -> tuple[str, ...]:
    """Return which templates a folder, else the layout, lacks: each is there in `DEFAULT`, and not in all languages."""
    names = _names(_templates() / LAYOUT if folder is None else folder)
    parts = sorted(name.removeprefix(DEFAULT) for name in names if name.startswith(f"{DEFAULT}."))
    needed = [f"{language}{part}" for language in languages() for part in parts]
    return tuple(sorted(set(needed) - names))


def _templates() -> Traversable:
    return files("notifications") / "templates"


def _names(folder: Traversable) -> set[str]:
    return {each.name for each in folder.iterdir() if each.is_file()}
