"""Which refusals a route can end in, as far as its code says: what it names, and what that names in turn."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from bulkhead.kernel.errors import Refused

_CHASSIS = ("bulkhead.web.", "bulkhead.messaging.", "bulkhead.retries.")


def refusals_of(route: Callable[..., Any], *, package: str) -> set[type[Refused]]:
    """Return the refusals named by a function, or by one that it calls, in this package and in the chassis.

    A method is any of that name in a class that the function's module knows: nobody says here what an object is.
    """
    ours = (*_CHASSIS, f"{package}.application.", f"{package}.domain.", f"{package}.entrypoints.")
    found: set[type[Refused]] = set()
    seen: set[FunctionType] = set()
    left: list[Any] = [route]
    while left:
        named = left.pop()
        if isinstance(named, type) and issubclass(named, Refused):
            found.add(named)
        function = _function(named)
        if function is not None and function not in seen and function.__module__.startswith(ours):
            seen.add(function)
            left.extend(_named(function))
    return found


def _named(function: FunctionType) -> Iterator[Any]:
    names = set(_names(function.__code__))
    for name, known in function.__globals__.items():
        if name in names:
            yield known
        if isinstance(known, type) or (isinstance(known, ModuleType) and name in names):
            yield from (inspect.getattr_static(known, each, None) for each in names)


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from _names(each)


def _function(named: Any) -> FunctionType | None:
    while hasattr(named, "__wrapped__"):
        named = named.__wrapped__
    if isinstance(named, MethodType | classmethod | staticmethod):
        named = named.__func__
    return named if isinstance(named, FunctionType) else None
