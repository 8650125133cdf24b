"""Answer what was fetched, and send what one is told to send."""

from __future__ import annotations

from carrier_sim.application.ports import Desk
from carrier_sim.domain.behaviours import BEHAVIOURS
from carrier_sim.domain.files import Enrollment, Unreadable, faults_of, kind_of, read_enrollment
from carrier_sim.domain.writing import Parcel


class NothingToAnswer(Exception):
    """No set was fetched that this could be about."""


async def answer(desk: Desk) -> list[Parcel]:
    """Acknowledge every set that was fetched and not answered, and confirm what begins; return what was brought. A set
    that is not in order is rejected, and not confirmed. Raises `Unreadable`.
    """
    brought: list[Parcel] = []
    for told in enrollments(desk):
        if told.name in desk.notebook.answered:
            continue
        for name in _answers(desk, told):
            for each in make(desk, name, told):
                await desk.door.put(each.name, each.content)
                brought.append(each)
        desk.notebook.answered.add(told.name)
        desk.notebook.save()
    return brought


def _answers(desk: Desk, told: Enrollment) -> tuple[str, ...]:
    if faults_of(desk.notebook.kept()[told.name], names=desk.names):
        return ("rejecting-group",)
    return ("acknowledgements", "confirmation") if told.begins else ("acknowledgements",)


async def send(desk: Desk, name: str, *, about: str = "") -> list[Parcel]:
    """Send what a name of `BEHAVIOURS` stands for, about a set that was fetched; return what was brought. Raises
    `NothingToAnswer`, `Unreadable`.
    """
    made = make(desk, name, told_in(desk, about))
    for each in made:
        await desk.door.put(each.name, each.content)
    return made


def make(desk: Desk, name: str, told: Enrollment) -> list[Parcel]:
    """Return the files of a behaviour; their numbers are used from now on."""
    pen = desk.pen()
    made = BEHAVIOURS[name].make(told, pen)
    desk.wrote(pen)
    return made


def enrollments(desk: Desk) -> list[Enrollment]:
    """Return the 834s that were fetched and can be read, in the order of their numbers."""
    found: list[Enrollment] = []
    for name, content in desk.notebook.kept().items():
        if kind_of(content) == "834":
            try:
                found.append(read_enrollment(name, content))
            except Unreadable:
                continue  # `fetch` says what is wrong with it
    return sorted(found, key=lambda each: each.number)


def told_in(desk: Desk, name: str) -> Enrollment:
    """Return the set of that file; where none is named, the last one that begins coverage. Raises `NothingToAnswer`."""
    sets = enrollments(desk)
    fitting = [each for each in sets if (each.name == name if name else each.begins)]
    if not fitting:
        raise NothingToAnswer(
            f"{name} was not fetched" if name else "no set that begins coverage was fetched"
        )
    return fitting[-1]
