"""What a 999 says, apart from how it is written. Positions in the file it was read from do not count in equality."""

from __future__ import annotations

from dataclasses import dataclass, field

from bulkhead.kernel.personal import Masked


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementPlace:
    """Where an element stands in its segment; component and repetition 0 where it has none."""

    element: int
    component: int = 0
    repetition: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """A CTX: what an error hangs together with. ``reference`` is the value it points at, which may be a person's."""

    name: str
    reference: Masked | None = None
    segment: str = ""
    position: int | None = None
    loop: str = ""
    place: ElementPlace | None = None
    data_element: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementError:
    """An IK4: an element in error. ``copy`` is what stood there, where the sender says so: it may be a person's."""

    place: ElementPlace
    code: str
    data_element: str = ""
    copy: Masked | None = None
    contexts: tuple[Context, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentError:
    """An IK3 and its loop: a segment in error, by its position in the set (ST is 1), and its elements' errors."""

    segment: str
    position: int
    code: str
    loop: str = ""
    contexts: tuple[Context, ...] = ()
    elements: tuple[ElementError, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SetResponse:
    """An AK2 and its loop: what became of one set, its verdict (IK501) and why (IK502 to IK506)."""

    identifier: str
    control_number: str
    verdict: str
    version: str = ""
    errors: tuple[str, ...] = ()
    segments: tuple[SegmentError, ...] = ()
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """A 999: what became of a functional group (AK1, AK9), and of the sets in it that are named.

    ``included`` sets were announced, ``received`` were there, ``accepted`` were accepted.
    """

    control_number: str
    functional: str
    group_number: int
    version: str
    verdict: str
    included: int
    received: int
    accepted: int
    errors: tuple[str, ...] = ()
    sets: tuple[SetResponse, ...] = ()
    at: int = field(default=0, compare=False)
