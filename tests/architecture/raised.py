"""Which refusals a route can end in, as far as its code says: what it names, and what that names in turn."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from bulkhead.kernel.errors import Refused

_CHASSIS = (
    "bulkhead.web.",
    "bulkhead.messaging.",
    "bulkhead.retries.",
    "bulkhead.maintenance.",
    "bulkhead.kernel.corrections",
    "bulkhead.kernel.maintenance",
    "bulkhead.kernel.webhooks",
    "bulkhead.persistence.corrections",
)


def refusals_of(route: Callable[..., Any], *, package: str) -> set[type[Refused]]:
    """Return the refusals named by a function, or by one that it calls, in this package and in the chassis.

    A method is any of that name in a class that the function's module knows: nobody says here what an object is.
    What is called where any refusal is caught, and not looked at, is not followed: its refusals end there.
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
    names = set(_names(function.__code__)) - _caught(function)
    for name, known in function.__globals__.items():
        if name in names:
            yield known
        if isinstance(known, type) or (isinstance(known, ModuleType) and name in names):
            yield from (inspect.getattr_static(known, each, None) for each in names)


def _caught(function: FunctionType) -> set[str]:
    """Return the names used where a bare ``except Refused`` catches what they raise, and does not raise it again."""
    return {
        name.id
        for each in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(function))))
        if isinstance(each, ast.Try) and any(_ends_refusals(handler) for handler in each.handlers)
        for inner in each.body
        for name in ast.walk(inner)
        if isinstance(name, ast.Name)
    }


def _ends_refusals(handler: ast.ExceptHandler) -> bool:
    any_refusal = isinstance(handler.type, ast.Name) and handler.type.id == Refused.__name__
    again = any(isinstance(each, ast.Raise) for each in ast.walk(handler))
    return any_refusal and handler.name is None and not again


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
