"""What can go wrong with a story before or while it is played, each with its own exit code."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import ClassVar


class StoryProblem(Exception):
    """The root of what a story's author or player is told. ``exit_code`` tells the kinds apart."""

    exit_code: ClassVar[int] = 4


class StoryError(StoryProblem):
    """The story cannot be read: an unknown word, a date that does not exist. Names file and line."""

    exit_code = 2

    def __init__(self, message: str, *, line: int, file: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.file = file

    def __str__(self) -> str:
        where = f":{self.line}" if self.line else ""  # line 0: the file as a whole
        return f"{self.file or 'story'}{where}: {self.message}"


class NotBuilt(StoryProblem):
    """The story uses words of the language that the exchange does not act out yet."""

    exit_code = 3

    def __init__(self, words: Iterable[tuple[int, str]], *, file: str) -> None:
        self.words = tuple(words)
        super().__init__("\n".join(f"{file}:{line}: not built yet: {word}" for line, word in self.words))


class ExchangeProblem(StoryProblem):
    """The exchange could not be played: a service does not answer, or does not become quiet."""

    exit_code = 4


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a hint such as ``; nearest known word: 'select'``; where none is like it, the known words as well."""
    names = sorted(known)
    if not names:
        return ""
    likeness = {name: difflib.SequenceMatcher(a=word.casefold(), b=name.casefold()).ratio() for name in names}
    best = max(names, key=lambda name: likeness[name])
    others = "" if likeness[best] >= 0.5 else f" (known here: {', '.join(names)})"
    return f"; nearest known word: '{best}'{others}"


def unknown_word(word: str, known: Iterable[str], *, where: str, line: int) -> StoryError:
    """Return the error for a word nobody knows: it names the line and the nearest known word."""
    return StoryError(f"unknown word '{word}' {where}{nearest(word, known)}", line=line)
