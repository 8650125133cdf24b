"""Writes into docs/domain-map.md who says and who hears what: ``python -m tools.event_index [--check]``."""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Mapping

from bulkhead.contracts.registry import EVENT_TYPES, TOPICS, EventType
from bulkhead.contracts.wire import Wire
from tools.generated import REPOSITORY, replace_or_check

PAGE = REPOSITORY / "docs" / "domain-map.md"
SERVICES = ("enrollment", "invoicing", "payments", "carrier-gateway", "notifications")


def heard_by() -> Mapping[str, set[type[Wire]]]:
    """Return for each service the wire models it turns into facts of its own."""
    packages = {service: service.replace("-", "_") for service in SERVICES}
    return {
        service: set(importlib.import_module(f"{package}.adapters.messaging.translation").INBOUND)
        for service, package in packages.items()
    }


def picture(heard: Mapping[str, set[type[Wire]]]) -> str:
    """Return a mermaid graph of the topics between their owners and those who listen to something of them."""
    lines = ["```mermaid", "flowchart LR", *(f'    {_node(service)}["{service}"]' for service in SERVICES)]
    for topic in TOPICS:
        events = {each.model for each in EVENT_TYPES if each.topic == topic}
        lines.append(f'    {_node(topic.owner)} --> {_node(topic.name)}[/"{topic.name}"/]')
        lines += [
            f"    {_node(topic.name)} --> {_node(service)}" for service in SERVICES if heard[service] & events
        ]
    return "\n".join([*lines, "```"])


def _node(name: str) -> str:
    return name.replace(".", "_").replace("-", "_")


def table(heard: Mapping[str, set[type[Wire]]]) -> str:
    """Return the table of all event types, a row each, in the registry's order."""
    rows = ["| event | says | owner, on topic | turned into facts by |", "|---|---|---|---|"]
    for each in EVENT_TYPES:
        readers = ", ".join(service for service in SERVICES if each.model in heard[service]) or "nobody yet"
        said = f"{_first_sentence(each)} | {each.topic.owner}, `{each.topic.name}`"
        rows.append(f"| `{each.name}` | {said} | {readers} |")
    return "\n".join(rows)


def _first_sentence(event: EventType) -> str:
    text = " ".join((inspect.getdoc(event.model) or "").split())
    sentence, dot, _ = text.partition(". ")
    return (sentence + dot.strip()).replace("``", "`")


def main() -> None:
    """Write the page's generated part; with ``--check`` end with 1 when it is not what it would be."""
    heard = heard_by()
    replace_or_check(PAGE, f"{picture(heard)}\n\n{table(heard)}", arguments=sys.argv[1:])


if __name__ == "__main__":
    main()
