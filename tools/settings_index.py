"""Writes into docs/settings.md what the environment tells services: ``python -m tools.settings_index [--check]``."""

from __future__ import annotations

import importlib
import sys
from typing import Any, get_args

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from bulkhead.runtime.settings import Settings
from status_page.config import StatusSettings
from tools.event_index import SERVICES
from tools.generated import REPOSITORY, replace_or_check

PAGE = REPOSITORY / "docs" / "settings.md"


def settings_of(service: str) -> type[Settings]:
    """Return the class of a service's settings."""
    config = importlib.import_module(f"{service.replace('-', '_')}.config")
    (found,) = [
        each
        for each in vars(config).values()
        if isinstance(each, type) and issubclass(each, Settings) and each.__module__ == config.__name__
    ]
    return found


def tables() -> str:
    """Return a table of what every service is told, one of what each is told besides, and one of the status page."""
    parts = ["## Every service", *_table(Settings, set())]
    for service in SERVICES:
        own = settings_of(service)
        if own.model_fields.keys() - Settings.model_fields.keys():
            parts += ["", f"## Besides, {service}", *_table(own, set(Settings.model_fields))]
    parts += ["", "## The status page, which is told nothing else", *_table(StatusSettings, set())]
    return "\n".join(parts)


def _table(settings: type[BaseSettings], known: set[str]) -> list[str]:
    return [
        "",
        "| variable | default | what it is |",
        "|---|---|---|",
        *(
            f"| `{variable_of(name, field)}` | {_default(field)} | {says(field)} |"
            for name, field in settings.model_fields.items()
            if name not in known
        ),
    ]


def variable_of(name: str, field: FieldInfo) -> str:
    """Return the name of the variable that a setting is read from."""
    alias = field.validation_alias
    return alias if isinstance(alias, str) else f"{Settings.model_config.get('env_prefix', '')}{name}".upper()


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "*needed*"
    return "" if field.default in (None, "") else f"`{field.default}`"


def says(field: FieldInfo) -> str:
    """Return what a setting is, what it may be, and that it is a secret."""
    if not field.description:
        sys.exit(
            "a setting has no description.\n  What to do: say in its Field what it is, and in which unit"
        )
    sentences = [field.description, *(_bound(each) for each in field.metadata)]
    if choices := choices_of(field):
        sentences.append(f"One of {', '.join(f'`{each}`' for each in choices)}.")
    if is_secret(field):
        sentences.append("A secret.")
    return " ".join(each for each in sentences if each)


def choices_of(field: FieldInfo) -> list[str]:
    """Return the words a setting may be, where it may not be anything."""
    return [each for each in get_args(field.annotation) if isinstance(each, str)]


def is_secret(field: FieldInfo) -> bool:
    """Whether a setting is never to be seen."""
    return SecretStr in (field.annotation, *get_args(field.annotation))


def _bound(bound: Any) -> str:
    for name, words in (("ge", "At least"), ("gt", "More than"), ("le", "At most")):
        if (value := getattr(bound, name, None)) is not None:
            return f"{words} {value}."
    return ""


def main() -> None:
    """Write the page's generated part; with ``--check`` end with 1 when it is not what it would be."""
    replace_or_check(PAGE, tables(), arguments=sys.argv[1:])


if __name__ == "__main__":
    main()
