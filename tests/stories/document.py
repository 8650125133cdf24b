"""A YAML 1.2 file as a tree of texts that remember their lines.

Every scalar stays the text it was written as: a reader that resolves types turns the key ``on`` into true, and
500.00 into a float.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.nodes import Node as YamlNode

from stories.errors import StoryError


@dataclass(frozen=True, slots=True)
class Text:
    """One scalar, as written. An empty one is the empty text."""

    value: str
    line: int


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of nodes."""

    items: tuple[Node, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Record:
    """Keys and their nodes, in order; no key twice."""

    entries: tuple[tuple[Text, Node], ...]
    line: int

    def __iter__(self) -> Iterator[tuple[Text, Node]]:
        return iter(self.entries)

    def get(self, key: str) -> Node | None:
        """Return the node under a key, or None."""
        return next((value for name, value in self.entries if name.value == key), None)


Node: TypeAlias = Text | Listing | Record


def read_document(text: str) -> Record:
    """Return the file's one mapping; raises `StoryError` with the line for anything else."""
    try:
        node = YAML(typ="safe", pure=True).compose(text)  # pyright: ignore[reportUnknownMemberType]
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark is not None else 1
        said = ": ".join(each for each in (error.context, error.problem) if each)
        raise StoryError(f"not readable as YAML: {said}", line=line) from None
    except YAMLError as error:
        raise StoryError(f"not readable as YAML: {' '.join(str(error).split())}", line=1) from None
    if node is None:
        raise StoryError("the file is empty", line=1)
    tree = _tree(node)
    if not isinstance(tree, Record):
        raise StoryError("a story is a mapping that begins with 'scenario:'", line=tree.line)
    return tree


def _tree(node: YamlNode) -> Node:
    line = node.start_mark.line + 1
    match node:
        case ScalarNode():
            return Text(str(node.value), line)
        case SequenceNode():
            return Listing(tuple(_tree(item) for item in node.value), line)
        case MappingNode():
            return _record(node, line)
        case _:
            raise StoryError("not a text, a list or a mapping", line=line)


def _record(node: MappingNode, line: int) -> Record:
    entries: list[tuple[Text, Node]] = []
    seen: dict[str, int] = {}
    for key_node, value_node in node.value:
        key = _tree(key_node)
        if not isinstance(key, Text):
            raise StoryError("a key must be a word", line=key.line)
        if key.value in seen:
            raise StoryError(
                f"'{key.value}' stands twice here, first on line {seen[key.value]}", line=key.line
            )
        seen[key.value] = key.line
        value = _tree(value_node)
        if value == Text("", value.line):
            value = Text("", key.line)  # an empty value begins, for YAML, where the next thing stands
        entries.append((key, value))
    return Record(tuple(entries), line)
