"""Checklists, scripts and profiles, as files have them."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from carrier_sim.domain.behaviours import BEHAVIOURS
from carrier_sim.domain.checklist import Expectation, Step, UnfitList

_OF_A_STEP = ("send", "expect", "about", "late", "backwards", "why")


def shipped_checklist() -> list[Step]:
    """Return the checklist that comes with this program."""
    text = (files("carrier_sim") / "checklist.yaml").read_text(encoding="utf-8")
    return _steps_of(_document(text, "the checklist"), "the checklist")


def steps_in(path: Path) -> list[Step]:
    """Return the steps of a file. Raises `UnfitList`, which names file and step."""
    return _steps_of(_document(_text(path), str(path)), str(path))


def names_in(path: Path) -> dict[str, str]:
    """Return a profile's names of reporting categories, by the standard's. Raises `UnfitList`."""
    document = _document(_text(path), str(path))
    options = document.get("options", {}) if isinstance(document, dict) else {}
    names = options.get("category_names", {}) if isinstance(options, dict) else {}
    if not isinstance(names, dict):
        raise UnfitList(f"{path}: options.category_names must be names by names")
    return {str(ours): str(theirs) for ours, theirs in names.items()}


def _steps_of(document: Any, where: str) -> list[Step]:
    """Return the steps of a checklist or a script. Raises `UnfitList`, which names the step."""
    if not isinstance(document, list) or not document:
        raise UnfitList(f"{where}: must be a list of steps")
    return [_step(f"{where}: step {number}", each) for number, each in enumerate(document, start=1)]


def _step(where: str, given: Any) -> Step:
    said = {given: None} if isinstance(given, str) else given
    if not isinstance(said, dict) or not said:
        raise UnfitList(f"{where}: must be fetch, answer, send or wait")
    if set(said) in ({"fetch"}, {"answer"}):
        return Step(name=next(iter(said)))
    if set(said) == {"wait"}:
        return Step(name="wait", seconds=_seconds(where, said["wait"]))
    if "send" not in said:
        raise UnfitList(f"{where}: must be fetch, answer, send or wait")
    if unknown := sorted(set(said) - set(_OF_A_STEP)):
        raise UnfitList(f"{where}: has {unknown[0]!r}; a step may have {', '.join(_OF_A_STEP)}")
    names, expects = _listed(said["send"]), _listed(said.get("expect"))
    for name in names:
        if name not in BEHAVIOURS:
            raise UnfitList(f"{where}: {name!r} is nothing that can be sent; `behaviours` lists what can")
    return Step(
        name=", ".join(names),
        sends=tuple(names),
        expects=tuple(_expectation(where, each) for each in expects),
        about=str(said.get("about") or ""),
        seconds=_seconds(where, said.get("late") or 0),
        backwards=said.get("backwards") is True,
        why=str(said.get("why") or ""),
    )


def _listed(given: Any) -> list[Any]:
    if given is None:
        return []
    return given if isinstance(given, list) else [given]


def _seconds(where: str, given: Any) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float) or given < 0:
        raise UnfitList(f"{where}: must be a number of seconds")
    return float(given)


def _expectation(where: str, given: Any) -> Expectation:
    if not isinstance(given, dict) or not set(given) <= {"file", "ta1", "group"}:
        raise UnfitList(f"{where}: expect may have file, ta1 and group")
    if given.get("file") not in ("processed", "refused"):
        raise UnfitList(f"{where}: file must be processed or refused")
    return Expectation(**{name: str(value) for name, value in given.items()})


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UnfitList(f"{path}: cannot be read: {type(error).__name__}") from error


def _document(text: str, where: str) -> Any:
    yaml: Any = YAML(typ="safe", pure=True)
    try:
        return yaml.load(text)
    except YAMLError as error:
        raise UnfitList(f"{where}: is no YAML: {type(error).__name__}") from error
